#!/usr/bin/env python3
"""Runs vectors of type OcraRespond with nothing but Python's own library: ocra_runner.py [FILE_test.json ...]"""

import hashlib, hmac, json, pathlib, string, sys  # noqa: E401

ALPHABETS = {"A": string.digits + string.ascii_letters, "N": string.digits, "H": string.hexdigits}
FIELDS = {"C": "counter", "Q": "question", "P": "pinHash", "S": "session", "T": "timeSteps"}


def data_input(part, value):
    """One part of the data input (RFC 6287, section 5.1)."""
    if part[0] in "CT":
        return value.to_bytes(8, "big")
    if part[0] in "PS":
        size = int(part[1:] or 64) if part[0] == "S" else hashlib.new(part[1:] or "SHA1").digest_size
        data = bytes.fromhex(value)
        if len(data) > size or part[0] == "P" and len(data) < size:
            raise ValueError("length")
        return data.rjust(size, b"\0")
    kind, limit = part[1:2] or "N", int(part[2:] or 8)
    if not 1 <= len(value) <= 2 * limit or any(character not in ALPHABETS[kind] for character in value):
        raise ValueError("question")
    if kind == "A":
        return value.encode().ljust(128, b"\0")
    return bytes.fromhex((value if kind == "H" else f"{int(value):x}").ljust(256, "0"))


def respond(suite, key, values):
    _, function, data = suite.split(":")
    _, name, digits = function.split("-")
    parts = data.split("-")
    if "pin" in values:
        pin_hash = next((part[1:] for part in parts if part[0] == "P"), "") or "SHA1"
        values["pinHash"] = hashlib.new(pin_hash, values.pop("pin").encode()).hexdigest()
    if {FIELDS[part[0]] for part in parts} != values.keys():
        raise ValueError("a value is missing or superfluous")
    message = suite.encode() + b"\0" + b"".join(data_input(part, values[FIELDS[part[0]]]) for part in parts)
    mac = hmac.new(key, message, name).digest()
    if digits == "0":
        return mac.hex()
    number = int.from_bytes(mac[mac[-1] & 15 :][:4], "big") & 0x7FFFFFFF
    return str(number)[-int(digits) :].zfill(int(digits))


def passes(group, test):
    values = dict(test)
    _, _, _, response, result = [values.pop(name) for name in ("tcId", "comment", "flags", "response", "result")]
    if group["type"] != "OcraRespond" or result not in ("valid", "invalid") or values.keys() - {*FIELDS.values(), "pin"}:
        return False  # What a runner does not know, it does not pass over.
    try:
        right = respond(group["suite"], bytes.fromhex(group["key"]), values) == response.lower()
    except ValueError:
        right = False
    return right == (result == "valid")


def main():
    files = [pathlib.Path(name) for name in sys.argv[1:] if name != "--check"]
    passed = failed = 0
    for path in files or sorted(pathlib.Path(__file__).parent.parent.glob("ocra_r*_test.json")):
        for group in json.loads(path.read_text(encoding="utf-8"))["testGroups"]:
            for test in group["tests"]:
                good = passes(group, test)
                passed, failed = passed + good, failed + (not good)
                if not good:
                    print(f"{path.name}: tcId {test['tcId']} ({test['comment']})")
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
