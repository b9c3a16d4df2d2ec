#!/usr/bin/env python3
"""HOTP, TOTP and OCRA written from RFC 4226, 6238 and 6287 with nothing but the standard library.

    oath.py            writes the generated vector files beside this folder
    oath.py --check    writes them in memory, and computes every HOTP, TOTP and OCRA file there again; exit 1 on a difference

With the package `oath` installed (PyPI, 1.4.5) each OCRA value that it is able to compute is compared with it as well.
"""

import hashlib
import hmac
import json
import pathlib
import random
import re
import string
import sys

HERE = pathlib.Path(__file__).resolve().parent
FOLDER = HERE.parent
SOURCE = {"name": "testvectors/reference/oath.py", "version": "1"}

# This file has the package's name: look for the package elsewhere.
sys.path = [entry for entry in sys.path if pathlib.Path(entry).resolve() != HERE]
try:
    from oath import _ocra as peer
except ImportError:
    peer = None

HASHES = {"SHA1": 20, "SHA256": 32, "SHA512": 64}
UNITS = {"S": 1, "M": 60, "H": 3600}
ALPHABETS = {
    "A": string.digits + string.ascii_letters,
    "N": string.digits,
    "H": string.hexdigits,
}


# --- The standards -------------------------------------------------------------------------------------------------


class Bad(ValueError):
    """The standard has no response for this."""


def mac(name, key, data):
    return hmac.new(key, data, name.lower()).digest()


def truncate(value, digits):
    """RFC 4226, 5.3; with no digits the whole HMAC, as the prose of RFC 6287 has it."""
    if digits == 0:
        return value.hex()
    offset = value[-1] & 0x0F
    number = int.from_bytes(value[offset : offset + 4], "big") & 0x7FFFFFFF
    return str(number)[-digits:].zfill(digits)


def hotp(key, counter, digits, name="SHA1"):
    return truncate(mac(name, key, counter.to_bytes(8, "big")), digits)


def totp(key, time, digits, name="SHA1", step=30):
    return hotp(key, time // step, digits, name)


SUITE = re.compile(
    r"OCRA-1:HOTP-(?P<hash>SHA1|SHA256|SHA512)-(?P<digits>0|[4-9]|10):"
    r"(?P<counter>C-)?"
    r"Q(?:(?P<kind>[ANH])(?P<length>0[4-9]|[1-5][0-9]|6[0-4]|[4-9]))?"
    r"(?:-(?P<pin>P)(?P<pinhash>SHA1|SHA256|SHA512)?)?"
    r"(?:-(?P<session>S)(?P<bytes>[0-9]{3})?)?"
    r"(?:-(?P<time>T)(?:(?P<step>[1-9]|[1-5][0-9])(?P<unit>[SM])|(?P<hours>[1-9]|[1-3][0-9]|4[0-8])H)?)?"
)


class Suite:
    def __init__(self, text):
        found = SUITE.fullmatch(text)
        if not found:
            raise Bad("suite")
        self.text = text
        self.hash = found["hash"]
        self.digits = int(found["digits"])
        self.counter = found["counter"] is not None
        self.kind = found["kind"] or "N"
        self.length = int(found["length"] or 8)
        self.pin = (found["pinhash"] or "SHA1") if found["pin"] else None
        self.session = int(found["bytes"] or 64) if found["session"] else None
        if self.session is not None and not 1 <= self.session <= 512:
            raise Bad("session length")
        self.step = None
        if found["hours"]:
            self.step = int(found["hours"]) * 3600
        elif found["time"]:
            self.step = int(found["step"] or 1) * UNITS[found["unit"] or "M"]


def encode_question(kind, text, limit):
    if not 1 <= len(text) <= limit or any(c not in ALPHABETS[kind] for c in text):
        raise Bad("question")
    if kind == "A":
        return text.encode("ascii").ljust(128, b"\0")
    digits = text if kind == "H" else format(int(text), "x")
    return bytes.fromhex(digits.ljust(256, "0"))


def ocra(suite, key, question, counter=None, pin_hash=None, session=None, steps=None, joined=True):
    given = [counter is not None, pin_hash is not None, session is not None, steps is not None]
    if given != [suite.counter, suite.pin is not None, suite.session is not None, suite.step is not None]:
        raise Bad("values")
    if pin_hash is not None and len(pin_hash) != HASHES[suite.pin]:
        raise Bad("PIN")
    if session is not None and len(session) > suite.session:
        raise Bad("session")
    question = encode_question(suite.kind, question, suite.length * (2 if joined else 1))
    return respond(suite, key, question, counter, pin_hash, session, steps)


def respond(suite, key, question, counter=None, pin_hash=None, session=None, steps=None):
    """The response to an encoded question and whatever else is given. Nothing is checked."""
    data = suite.text.encode("ascii") + b"\0"
    if counter is not None:
        data += counter.to_bytes(8, "big")
    data += question
    if pin_hash is not None:
        data += pin_hash
    if session is not None:
        data += session.rjust(suite.session, b"\0")
    if steps is not None:
        data += steps.to_bytes(8, "big")
    return truncate(mac(suite.hash, key, data), suite.digits)


# RFC 6287, section 7: the parts that a mode knows beside C and Q, and whether the other party's question goes first.
MODES = {
    "oneWay": ("PST", False),
    "mutualServer": ("ST", True),
    "mutualClient": ("PST", True),
    "sign": ("PT", False),
    "signatureServer": ("T", True),
    "signatureClient": ("PT", True),
}


def ocra_mode(mode, suite, key, question, other=None, **values):
    known, mutual = MODES[mode]
    asked = {"P": suite.pin, "S": suite.session, "T": suite.step}
    if any(value is not None and letter not in known for letter, value in asked.items()):
        raise Bad("mode")
    if mutual != (other is not None):
        raise Bad("questions")
    for text in [question] + [other] * mutual:
        encode_question(suite.kind, text, suite.length)
    return ocra(suite, key, (other or "") + question, joined=mutual, **values)


def ocra_by_peer(suite, key, question, counter=None, pin_hash=None, session=None, steps=None):
    """The value of PyPI's `oath`, or None where it can compute none."""
    odd = suite.kind == "H" and len(question) % 2
    if peer is None or suite.digits == 0 or odd:
        return None
    values = {"Qsc": question, "C": counter, "P_digest": pin_hash, "T_precomputed": steps}
    if session is not None:
        values["S"] = session.rjust(suite.session, b"\0")
    other = peer.str2ocrasuite(suite.text)
    if pin_hash is not None:
        # The package asks the hash function for its size, which only the function's result knows.
        other.data_input.P = other.data_input.P()
    return other(key, **values)


# --- The files -----------------------------------------------------------------------------------------------------


def values_of(test, suite=None):
    """The values of a test beside the question. A PIN in words is hashed as the suite says."""
    read = {
        "counter": ("counter", int),
        "pinHash": ("pin_hash", bytes.fromhex),
        "session": ("session", bytes.fromhex),
        "timeSteps": ("steps", int),
    }
    values = {name: kind(test[field]) for field, (name, kind) in read.items() if field in test}
    if "pin" in test:
        name = suite.pin or "SHA1"
        values["pin_hash"] = hashlib.new(name.lower(), test["pin"].encode()).digest()
    return values


def expected(group, test):
    """The right response to a test, or None if there is none."""
    key = bytes.fromhex(group.get("key", ""))
    try:
        match group["type"]:
            case "HotpRespond":
                return hotp(key, test["counter"], group["digits"], group.get("hash", "SHA1"))
            case "TotpRespond":
                return totp(key, test["time"], group["digits"], group["hash"], group["stepSecs"])
            case "OcraRespond":
                suite = Suite(group["suite"])
                values = values_of(test, suite)
                value = ocra(suite, key, test["question"], **values)
                other = ocra_by_peer(suite, key, test["question"], **values)
                if other not in (None, value):
                    raise SystemExit(f"{group['suite']} {test['tcId']}: {value}, but the package oath says {other}")
                expected.by_peer += other is not None
                return value
            case "OcraMode":
                suite = Suite(group["suite"])
                other = test.get("otherQuestion")
                return ocra_mode(group["mode"], suite, key, test["question"], other, **values_of(test))
    except Bad:
        return None
    raise SystemExit(f"unknown type {group['type']}")


expected.by_peer = 0


def holds(group, test):
    if group["type"] == "OcraSuite":
        try:
            Suite(test["suite"])
            found = True
        except Bad:
            found = False
    else:
        found = test["response"] == expected(group, test)
    return found == (test["result"] == "valid")


def check():
    failed = passed = 0
    for path in sorted(FOLDER.glob("*_test.json")):
        if path.name.split("_")[0] not in ("hotp", "totp", "ocra"):
            continue
        document = json.loads(path.read_text())
        tests = [(group, test) for group in document["testGroups"] for test in group["tests"]]
        ids = [test["tcId"] for _, test in tests]
        flags = {flag for _, test in tests for flag in test["flags"]}
        if document["numberOfTests"] != len(ids) or len(set(ids)) != len(ids) or flags != set(document["notes"]):
            print(f"{path.name}: the count, the ids or the notes are wrong")
            failed += 1
        for group, test in tests:
            good = holds(group, test)
            passed, failed = passed + good, failed + (not good)
            if not good:
                print(f"{path.name} {test['tcId']}: {test['comment']}")
    print(f"{passed} passed, {failed} failed; {expected.by_peer} compared with the package oath")
    return failed == 0


def unchanged():
    differ = [name for name, text in (made() for made in FILES) if (FOLDER / name).read_text() != text]
    for name in differ:
        print(f"{name} is not what this script writes")
    return not differ


def file_of(name, algorithm, header, notes, groups):
    """Name and text of a file."""
    count = 0
    for group in groups:
        for test in group["tests"]:
            count += 1
            test["tcId"] = count
        first = ("tcId", "comment", "flags")
        group["tests"] = [
            {field: test[field] for field in first} | {k: v for k, v in test.items() if k not in first}
            for test in group["tests"]
        ]
    document = {
        "algorithm": algorithm,
        "schema": f"{algorithm.lower()}_test_schema.json",
        "numberOfTests": count,
        "header": header,
        "notes": {flag: {"bugType": kind, "description": text} for flag, (kind, text) in notes.items()},
        "testGroups": groups,
    }
    return name, json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def test_of(comment, flags, result="valid", **fields):
    return {"comment": comment, "flags": flags} | fields | {"result": result}


INVALID = {
    "TruncatedResponse": ("MODIFIED_RESPONSE", "A digit is missing. Comparing a prefix would accept it."),
    "WrongResponse": ("MODIFIED_RESPONSE", "A digit is another one."),
    "OtherCounter": ("REPLAY", "The response belongs to another counter or time step."),
    "WhiteSpace": ("ENCODING", "White space stands before, between or after the digits. A library takes digits only."),
    "FullWidth": (
        "ENCODING",
        "The digits are full-width forms (U+FF10 to U+FF19), which some parsers take for digits.",
    ),
    "ExtraDigit": ("MODIFIED_RESPONSE", "A digit too many. Comparing numbers would accept a leading zero."),
}


def spoilt(valid, right, other):
    """Ways to spoil a right response; `other` is the one for another counter, question or time."""
    full_width = right.translate({ord(d): ord(d) + 0xFEE0 for d in string.digits})
    last = "0" if right[-1] != "0" else "1"
    cases = [
        ("one digit missing", "TruncatedResponse", right[:-1]),
        ("the last digit is another", "WrongResponse", right[:-1] + last),
        ("the response of another computation", "OtherCounter", other),
        ("a space before", "WhiteSpace", " " + right),
        ("a space between", "WhiteSpace", right[:3] + " " + right[3:]),
        ("a line feed after", "WhiteSpace", right + "\n"),
        ("full-width digits", "FullWidth", full_width),
        ("a zero before", "ExtraDigit", "0" + right),
    ]
    fields = {k: v for k, v in valid.items() if k not in ("comment", "flags", "result", "response")}
    return [test_of(comment, [flag], "invalid", **fields, response=text) for comment, flag, text in cases]


def hotp_file():
    published = "755224 287082 359152 969429 338314 254676 287922 162583 399871 520489".split()
    key = b"12345678901234567890"
    tests = [
        test_of(f"count {count}", ["Rfc4226"], counter=count, response=response)
        for count, response in enumerate(published)
    ]
    tests += spoilt(tests[0], published[0], published[1])
    groups = [
        {
            "type": "HotpRespond",
            "source": {"name": "RFC 4226, appendix D", "version": "2005-12"},
            "digits": 6,
            "hash": "SHA1",
            "key": key.hex(),
            "tests": tests,
        }
    ]
    for name, length in HASHES.items():
        for digits in range(4, 11):
            secret = (b"1234567890" * 7)[:length]
            counters = (0, 1, 2**32, 2**63, 2**64 - 1)
            groups.append(
                {
                    "type": "HotpRespond",
                    "source": SOURCE,
                    "digits": digits,
                    "hash": name,
                    "key": secret.hex(),
                    "tests": [
                        test_of(
                            "other lengths and hashes", ["Reference"], counter=c, response=hotp(secret, c, digits, name)
                        )
                        for c in counters
                    ],
                }
            )
    notes = {
        "Rfc4226": ("BASIC", "Listed in RFC 4226, appendix D."),
        "Reference": (
            "BASIC",
            "Computed by reference/oath.py: 4 to 10 digits, the hashes of RFC 6238, large counters.",
        ),
    }
    return file_of("hotp_test.json", "HOTP", ["Values of RFC 4226, and others by reference/oath.py."], notes | INVALID, groups)


def totp_file():
    published = {
        59: "94287082 46119246 90693936",
        1111111109: "07081804 68084774 25091201",
        1111111111: "14050471 67062674 99943326",
        1234567890: "89005924 91819424 93441116",
        2000000000: "69279037 90698825 38618901",
        20000000000: "65353130 77737706 47863826",
    }
    groups = []
    for index, (name, length) in enumerate(HASHES.items()):
        key = (b"1234567890" * 7)[:length]
        tests = [
            test_of(f"time {time}", ["Rfc6238"], time=time, response=row.split()[index])
            for time, row in published.items()
        ]
        if name == "SHA256":
            short = totp(key[:20], 59, 8, name)
            tests.append(test_of("the 20-byte seed of the prose", ["ShortSeed"], "invalid", time=59, response=short))
        if name == "SHA1":
            tests += spoilt(tests[1], tests[1]["response"], tests[2]["response"])
        groups.append(
            {
                "type": "TotpRespond",
                "source": {"name": "RFC 6238, appendix B", "version": "2011-05"},
                "hash": name,
                "digits": 8,
                "stepSecs": 30,
                "key": key.hex(),
                "tests": tests,
            }
        )
    for name, digits, step in (("SHA1", 6, 60), ("SHA256", 7, 1), ("SHA512", 10, 3600)):
        key = (b"0987654321" * 7)[: HASHES[name]]
        times = (0, step - 1, step, 1_700_000_000, 4_102_444_800)
        groups.append(
            {
                "type": "TotpRespond",
                "source": SOURCE,
                "hash": name,
                "digits": digits,
                "stepSecs": step,
                "key": key.hex(),
                "tests": [
                    test_of(f"time {t}", ["Reference"], time=t, response=totp(key, t, digits, name, step))
                    for t in times
                ],
            }
        )
    notes = {
        "Reference": ("BASIC", "Computed by reference/oath.py: other lengths and steps."),
        "Rfc6238": ("BASIC", "Listed in RFC 6238, appendix B; the seeds have 20, 32 and 64 bytes as in its code."),
        "ShortSeed": (
            "KNOWN_BUG",
            "The text of the RFC speaks of one seed of 20 bytes; its table was not made from it.",
        ),
    }
    return file_of("totp_test.json", "TOTP", ["Values of RFC 6238, and others by reference/oath.py."], notes | INVALID, groups)


def suites_file():
    head = "OCRA-1:HOTP-SHA1-6:"
    valid = {
        "Rfc6287": [
            head + "QN08",
            "OCRA-1:HOTP-SHA256-8:C-QN08-PSHA1",
            "OCRA-1:HOTP-SHA512-8:C-QN08",
            "OCRA-1:HOTP-SHA512-8:QN08-T1M",
            "OCRA-1:HOTP-SHA256-8:QA08",
            "OCRA-1:HOTP-SHA512-8:QA10-T1M",
            "OCRA-1:HOTP-SHA512-8:QA08-PSHA1",
            "OCRA-1:HOTP-SHA512-8:C-QN08-PSHA1",
            "OCRA-1:HOTP-SHA1-4:QH8-S512",
        ],
        "Defaults": [head + "Q", head + "C-Q", head + "Q-P", head + "Q-S", head + "Q-T", head + "C-Q-P-S-T"],
        "Combination": [
            head + "QA64-PSHA512-S512-T59S",
            head + "QN08-PSHA256-T48H",
            head + "QN08-S001-T1S",
            head + "QN08-PSHA1-S065",
            "OCRA-1:HOTP-SHA512-10:C-QH64-PSHA512-S512-T59M",
        ],
        "Length": [
            head + "QN04",
            head + "QN64",
            head + "QA4",
            head + "QN9",
            head + "QH40",
            head + "QH10-S",
            "OCRA-1:HOTP-SHA1-0:QN08",
            "OCRA-1:HOTP-SHA1-4:QN08",
            "OCRA-1:HOTP-SHA1-5:QN08",
            "OCRA-1:HOTP-SHA1-10:QN08",
            head + "QN08-S512",
            head + "QN08-S100",
            head + "QN08-T1H",
            head + "QN08-T59M",
        ],
    }
    invalid = {
        "Algorithm": ["", "OCRA-2:HOTP-SHA1-6:QN08", "ocra-1:HOTP-SHA1-6:QN08", "OCRA:HOTP-SHA1-6:QN08", "::"],
        "Parts": ["OCRA-1", "OCRA-1:HOTP-SHA1-6", head + "QN08:", head + "QN08:QN08", "OCRA-1::QN08", head],
        "Function": [
            "OCRA-1:TOTP-SHA1-6:QN08",
            "OCRA-1:HOTP-MD5-6:QN08",
            "OCRA-1:HOTP-sha1-6:QN08",
            "OCRA-1:HOTP-SHA1:QN08",
            "OCRA-1:HOTP-SHA1-:QN08",
            "OCRA-1:HOTP-SHA-1-6:QN08",
            "OCRA-1:HOTP-SHA224-6:QN08",
            "OCRA-1:HOTP--6:QN08",
        ],
        "Digits": [
            f"OCRA-1:HOTP-SHA1-{d}:QN08" for d in ("1", "2", "3", "11", "06", "00", "-6", "+6", "６", "256", "6 ")
        ],
        "Question": [
            head + q
            for q in (
                "C",
                "C-",
                "QN",
                "QN03",
                "QN65",
                "QN00",
                "QN3",
                "QN008",
                "QX08",
                "Q08",
                "qn08",
                "QN+8",
                "QN 8",
                "QN-8",
                "PSHA1",
                "T1M",
                "C-C-QN08",
                "QN08-C",
                "QNN8",
                "QN０８",
                "Qé08",
            )
        ],
        "Pin": [head + "QN08-" + p for p in ("PMD5", "Psha1", "PSHA", "PSHA384", "P1234")],
        "Session": [head + "QN08-" + s for s in ("S000", "S513", "S64", "S0064", "S1", "S-64", "Sabc", "s064", "S+64")],
        "Time": [
            head + "QN08-" + t
            for t in (
                "T0S",
                "T60S",
                "T0M",
                "T60M",
                "T0H",
                "T49H",
                "T1D",
                "T1",
                "TM",
                "T01M",
                "T1m",
                "T-1M",
                "T1M1S",
                "T100S",
                "T1é",
            )
        ],
        "Order": [
            head + "QN08-" + x
            for x in ("T1M-PSHA1", "S064-PSHA1", "T1M-S064", "PSHA1-PSHA1", "S-S", "T-T", "X", "QN08", "")
        ]
        + [head + "-QN08", head + " QN08", head + "QN08 ", head + "QN08\n", head + "QN08\0", head + "QN08--T1M"],
        "TooLong": [head + "QN08" + "-T1M" * 20, "O" * 4096],
    }
    notes = {
        "Rfc6287": ("BASIC", "Written in RFC 6287."),
        "Defaults": ("BASIC", "What is left out has a default: N08, SHA1, 064, 1M."),
        "Combination": (
            "BASIC",
            "Any of P, S and T may follow the question, in this order (section 7 and the RFC's code).",
        ),
        "Length": ("BASIC", "The ends of each range; one digit is enough for a length below 10, as in section 6.4."),
        "Algorithm": ("GRAMMAR", "The first part is OCRA-1, in capitals."),
        "Parts": ("GRAMMAR", "There are three parts, none of them empty."),
        "Function": ("GRAMMAR", "HOTP, one of three hashes, and the digits."),
        "Digits": ("GRAMMAR", "0, or 4 to 10, without a leading zero or a sign."),
        "Question": ("GRAMMAR", "There is one question, of 4 to 64 characters, after the counter if there is one."),
        "Pin": ("GRAMMAR", "A PIN is hashed with one of three hashes."),
        "Session": ("GRAMMAR", "A session has 001 to 512 bytes, in three digits."),
        "Time": ("GRAMMAR", "1 to 59 seconds or minutes, 1 to 48 hours (erratum 3729), no leading zero."),
        "Order": ("GRAMMAR", "C, Q, P, S, T, each once and in this order, and nothing else."),
        "TooLong": ("GRAMMAR", "No suite has more than 64 characters."),
    }
    tests = [
        test_of("" if result == "invalid" else "of the grammar", [flag], result, suite=text)
        for result, table in (("valid", valid), ("invalid", invalid))
        for flag, texts in table.items()
        for text in texts
    ]
    for test in tests:
        test["comment"] = test["comment"] or notes[test["flags"][0]][1]
    groups = [{"type": "OcraSuite", "source": {"name": "RFC 6287, section 6", "version": "2011-06"}, "tests": tests}]
    return file_of("ocra_suite_test.json", "OCRA", ["OCRASuites, well formed and not."], notes, groups)


def random_text(rng, kind, length):
    return "".join(rng.choice(ALPHABETS[kind]) for _ in range(length))


def random_suite(rng, letters="PST", mutual=False):
    kind, length = rng.choice("ANH"), rng.randint(4, 64)
    width = "" if length < 10 and rng.random() < 0.3 else "02"
    parts = ["C"] if rng.random() < 0.4 else []
    parts.append("Q" if rng.random() < 0.05 else f"Q{kind}{length:{width}}")
    if "P" in letters and rng.random() < 0.4:
        parts.append("P" + rng.choice(["", *HASHES]))
    if "S" in letters and rng.random() < 0.4:
        parts.append(rng.choice(["S", "S064", "S128", "S256", "S512", f"S{rng.randint(1, 512):03}"]))
    if "T" in letters and rng.random() < 0.4:
        unit = rng.choice("SMH")
        parts.append(rng.choice(["T", f"T{rng.randint(1, 48 if unit == 'H' else 59)}{unit}"]))
    name, digits = rng.choice(list(HASHES)), rng.choice([0, 4, 5, 6, 7, 8, 9, 10])
    return Suite(f"OCRA-1:HOTP-{name}-{digits}:" + "-".join(parts))


def random_values(rng, suite):
    """Fields for whatever the suite asks for beside the question."""
    fields = {}
    if suite.counter:
        fields["counter"] = rng.choice([0, 1, rng.getrandbits(32), rng.getrandbits(64), 2**64 - 1])
    if suite.pin:
        pin = random_text(rng, "N", rng.randint(4, 8)) if rng.random() < 0.8 else "パスワード"
        fields["pinHash"] = hashlib.new(suite.pin.lower(), pin.encode()).hexdigest()
    if suite.session:
        length = suite.session if rng.random() < 0.5 else rng.randint(0, suite.session)
        fields["session"] = rng.randbytes(length).hex()
    if suite.step:
        fields["timeSteps"] = rng.randint(0, 4_102_444_800) // suite.step
    return fields


def random_question(rng, suite):
    full = rng.random() < 0.5
    return random_text(rng, suite.kind, suite.length if full else rng.randint(1, suite.length))


def random_file(seed=6287, count=240):
    rng = random.Random(seed)
    groups = []
    for index in range(count):
        suite = random_suite(rng)
        key = rng.randbytes(10 + index % 120)
        tests = []
        for _ in range(2):
            fields = {"question": random_question(rng, suite)} | random_values(rng, suite)
            tests.append(test_of("one question", ["Random"], **fields))
        two = random_question(rng, suite) + random_question(rng, suite)
        flag = "SignatureWithServerAuthentication" if suite.session is None else "Mutual"
        tests.append(test_of("two questions joined", [flag], question=two, **random_values(rng, suite)))
        for test in tests:
            test["response"] = ocra(suite, key, test["question"], **values_of(test))
            test["result"] = test.pop("result")
        if index % 10 == 0 and suite.digits:
            other = next(t["response"] for t in tests[1:] if t["response"] != tests[0]["response"])
            tests += spoilt(tests[0], tests[0]["response"], other)
        groups.append({"type": "OcraRespond", "source": SOURCE, "suite": suite.text, "key": key.hex(), "tests": tests})
    # The suite of the tiqr protocol; its PHP server gives the same value.
    session = "00112233445566778899aabbccddeeff"
    test = test_of("tiqr", ["Deployed"], question="0123456789", session=session, response="140113")
    suite, key = "OCRA-1:HOTP-SHA1-6:QH10-S", b"12345678" * 4
    groups.append({"type": "OcraRespond", "source": SOURCE, "suite": suite, "key": key.hex(), "tests": [test]})
    groups += malformed()
    notes = {
        "Random": (
            "BASIC",
            "Drawn from the whole grammar: keys of 10 to 129 bytes, all digits, hashes, lengths and steps.",
        ),
        "Mutual": ("BASIC", "Both parties' questions joined as text, the other party's first (section 7.2)."),
        "SignatureWithServerAuthentication": ("BASIC", "As mutual mode, in a suite without a session (section 7.3.2)."),
        "Deployed": ("BASIC", "As a deployed protocol has it: a session of 16 bytes in a field of 64."),
        "Pin": ("BASIC", "The PIN itself instead of its hash: UTF-8, hashed by the function that the suite names."),
        "Missing": (
            "INPUT",
            "The suite asks for a value that is not there; 0 would be a value. The response is the one with 0, or without a PIN.",
        ),
        "Superfluous": (
            "INPUT",
            "A value is there that the suite does not ask for. The response is the one without it.",
        ),
        "Malformed": (
            "INPUT",
            "A value is too long or not in the form that the suite asks for. The response is that of a reader that takes it.",
        ),
        "Collision": (
            "KNOWN_BUG",
            "N and H questions are padded to the right: different questions, one response, by the standard.",
        ),
        "SuiteText": (
            "KNOWN_BUG",
            "The text of the suite is hashed as it is given: QN8 and QN08 mean the same and differ.",
        ),
        "LeftPadding": (
            "KNOWN_BUG",
            "A session is padded to the left; padded to the right it gives the response refused here.",
        ),
        "NoTruncation": ("KNOWN_BUG", "With 0 digits the response is the whole HMAC in hexadecimal, not a number."),
    }
    header = [f"Random suites and inputs by reference/oath.py (seed {seed}), and the traps of RFC 6287."]
    return file_of("ocra_random_test.json", "OCRA", header, notes | INVALID, groups)


def malformed():
    """Inputs that have no response, and readings of the standard that are wrong."""
    key = b"12345678901234567890"
    groups = []

    def group(text, *tests):
        groups.append({"type": "OcraRespond", "source": SOURCE, "suite": text, "key": key.hex(), "tests": list(tests)})
        return Suite(text)

    def refused(comment, flag, response, **fields):
        return test_of(comment, [flag], "invalid", **fields, response=response)

    def hexadecimal(text):
        return encode_question("H", text, 64)

    pin = hashlib.sha1(b"1234").hexdigest()
    full = Suite("OCRA-1:HOTP-SHA1-8:C-QN08-PSHA1-S008-T1M")
    given = {"question": "1", "counter": 0, "pinHash": pin, "session": "00", "timeSteps": 0}

    def lenient(**read):
        """The response of a reader that goes on with another value, or without one."""
        return respond(full, key, hexadecimal("1"), **values_of(given) | read)

    def without(name):
        return {field: value for field, value in given.items() if field != name}

    longer, session = pin + "00", "00" * 9
    group(
        full.text,
        refused("no counter", "Missing", lenient(counter=0), **without("counter")),
        refused("no PIN", "Missing", lenient(pin_hash=None), **without("pinHash")),
        refused("no session", "Missing", lenient(session=b""), **without("session")),
        refused("no time", "Missing", lenient(steps=0), **without("timeSteps")),
        refused(
            "PIN hash of another hash",
            "Malformed",
            lenient(pin_hash=bytes.fromhex(longer), session=b""),
            **given | {"pinHash": longer, "session": ""},
        ),
        refused("session too long", "Malformed", lenient(session=bytes(8)), **given | {"session": session}),
    )
    bare = Suite("OCRA-1:HOTP-SHA1-8:QN08")
    right, many = ocra(bare, key, "1"), int("1" * 17)
    group(
        bare.text,
        refused("a counter too many", "Superfluous", right, question="1", counter=0),
        refused("a PIN too many", "Superfluous", right, question="1", pinHash=pin),
        refused("a session too many", "Superfluous", right, question="1", session=""),
        refused("a time too many", "Superfluous", right, question="1", timeSteps=0),
        refused("no question", "Malformed", respond(bare, key, bytes(128)), question=""),
        refused("a letter", "Malformed", respond(bare, key, hexadecimal("1234567a")), question="1234567a"),
        refused("a sign", "Malformed", right, question="+1"),
        refused("full-width digits", "Malformed", right, question="１"),
        refused("two questions and more", "Malformed", respond(bare, key, hexadecimal(f"{many:x}")), question=str(many)),
        *(test_of(f"{q} is 1", ["Collision"], question=q, response=right) for q in ("1", "16", "256", "00000016")),
    )
    group("OCRA-1:HOTP-SHA1-8:QN8", refused("the response under QN08", "SuiteText", right, question="1"))
    group("OCRA-1:HOTP-SHA1-8:Q", refused("the response under QN08", "SuiteText", right, question="1"))
    letters = Suite("OCRA-1:HOTP-SHA1-8:QA08")
    hyphen = respond(letters, key, b"AB-CD".ljust(128, b"\0"))
    group(letters.text, refused("a hyphen", "Malformed", hyphen, question="AB-CD"))
    text = "OCRA-1:HOTP-SHA1-8:QH08"
    value = ocra(Suite(text), key, "abc")
    group(
        text,
        refused("no hexadecimal digit", "Malformed", value, question="abcg"),
        *(test_of(f"{q} is abc", ["Collision"], question=q, response=value) for q in ("abc", "ABC0", "abc00000")),
    )
    text = "OCRA-1:HOTP-SHA1-8:QN08-S008"
    left, right = (ocra(Suite(text), key, "1", session=s) for s in (b"\0\0\0\0\0abc", b"abc\0\0\0\0\0"))
    group(
        text,
        test_of("padded to the left", ["LeftPadding"], question="1", session=b"abc".hex(), response=left),
        refused("padded to the right", "LeftPadding", right, question="1", session=b"abc".hex()),
    )
    text = "OCRA-1:HOTP-SHA1-0:QN08"
    whole = ocra(Suite(text), key, "1")
    group(
        text,
        test_of("40 hexadecimal digits", ["NoTruncation"], question="1", response=whole),
        refused("0, as the RFC's code has it", "NoTruncation", "0", question="1"),
        refused("one digit missing", "TruncatedResponse", whole[:-1], question="1"),
        refused("the digits of another hash", "NoTruncation", whole + "0" * 24, question="1"),
    )
    for name in HASHES:
        suite = Suite(f"OCRA-1:HOTP-{name}-8:QN08-P{name}")
        pins = ("1234", "パスワード", "")
        right = [ocra(suite, key, "1", **values_of({"pin": pin}, suite)) for pin in pins]
        group(
            suite.text,
            *(test_of("a PIN in words", ["Pin"], question="1", pin=p, response=r) for p, r in zip(pins, right)),
            refused("another PIN", "Pin", right[0], question="1", pin="1235"),
        )
    group(bare.text, refused("a PIN in words too many", "Superfluous", ocra(bare, key, "1"), question="1", pin="1234"))
    return groups


def modes_file(seed=4113, each=12):
    rng = random.Random(seed)
    groups = []
    for mode, (letters, mutual) in MODES.items():
        for _ in range(each):
            suite = random_suite(rng, letters)
            key = rng.randbytes(rng.randint(20, 64))
            fields = {"question": random_question(rng, suite)} | random_values(rng, suite)
            if mutual:
                fields = {"otherQuestion": random_question(rng, suite)} | fields
            test = test_of("as section 7 has it", ["Mode"], **fields)
            other = fields.get("otherQuestion")
            test["response"] = ocra_mode(mode, suite, key, fields["question"], other, **values_of(fields))
            test["result"] = test.pop("result")
            tests = [test]
            if mutual and encode_question(suite.kind, other + fields["question"], 128) != encode_question(
                suite.kind, fields["question"] + other, 128
            ):
                own_first = ocra(suite, key, fields["question"] + other, **values_of(fields))
                tests.append(test_of("own question first", ["QuestionOrder"], "invalid", **fields, response=own_first))
            groups.append(
                {
                    "type": "OcraMode",
                    "source": SOURCE,
                    "mode": mode,
                    "suite": suite.text,
                    "key": key.hex(),
                    "tests": tests,
                }
            )
        for letter in sorted(set("PS") - set(letters)):
            suite = Suite("OCRA-1:HOTP-SHA256-8:QA08-" + letter)
            key = bytes(32)
            fields = {"question": "SIG10000"} | random_values(rng, suite)
            if mutual:
                fields = {"otherQuestion": "CLI22220"} | fields
            joined = fields.get("otherQuestion", "") + fields["question"]
            response = ocra(suite, key, joined, **values_of(fields))
            refused = test_of(
                "the mode does not know this part", ["UnknownPart"], "invalid", **fields, response=response
            )
            groups.append(
                {
                    "type": "OcraMode",
                    "source": SOURCE,
                    "mode": mode,
                    "suite": suite.text,
                    "key": key.hex(),
                    "tests": [refused],
                }
            )
        if mutual:
            long = test_of(
                "the other party's question is too long",
                ["QuestionLength"],
                "invalid",
                otherQuestion="CLI222200",
                question="SRV1111",
                response=ocra(Suite("OCRA-1:HOTP-SHA256-8:QA08"), bytes(32), "CLI222200SRV1111"),
            )
            groups.append(
                {
                    "type": "OcraMode",
                    "source": SOURCE,
                    "mode": mode,
                    "suite": "OCRA-1:HOTP-SHA256-8:QA08",
                    "key": bytes(32).hex(),
                    "tests": [long],
                }
            )
    notes = {
        "Mode": (
            "BASIC",
            "The formulas of RFC 6287, section 7, with suite and zero byte before them (errata 4113 to 4115).",
        ),
        "QuestionOrder": ("KNOWN_BUG", "The other party's question goes first."),
        "UnknownPart": ("INPUT", "A verifier's part has no PIN, a signature no session (section 7)."),
        "QuestionLength": ("INPUT", "Each question keeps to the length of the suite, not only both together."),
    }
    header = [
        "The four modes of RFC 6287, section 7, each party's part for itself.",
        "question is the computing party's own, otherQuestion the other party's; fields else as in type OcraRespond.",
    ]
    return file_of("ocra_modes_test.json", "OCRA", header, notes, groups)


FILES = (hotp_file, totp_file, suites_file, random_file, modes_file)

if __name__ == "__main__":
    if sys.argv[1:] == ["--check"]:
        sys.exit(not (check() and unchanged()))
    if sys.argv[1:]:
        sys.exit(__doc__)
    for made in FILES:
        name, text = made()
        (FOLDER / name).write_text(text)
    sys.exit(not check())
