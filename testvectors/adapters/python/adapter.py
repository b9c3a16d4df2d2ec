#!/usr/bin/env python3
"""A whole token and a whole verifier, written from docs/SPEC.md: answers the questions of `camtoken conform`.

    camtoken conform --cmd 'python3 testvectors/adapters/python/adapter.py' testvectors

Needs Python 3.11 and the package cryptography. docs/CONFORMANCE.md describes the questions.
"""

import hashlib
import json
import sys

import camera
import reference as ref
import verifier

Refused = ref.code.Refused


class Unsupported(Exception):
    """What this implementation does not have."""


# --- Values --------------------------------------------------------------------------------------------------------


def bad_is_refused(function):
    def compute(given):
        try:
            return function(given)
        except ref.oath.Bad as bad:
            raise Refused({"why": str(bad)}) from None

    return compute


def hotp(given):
    return {"response": ref.oath.hotp(key(given), given["counter"], given["digits"], given["hash"])}


def totp(given):
    step = given["time"] // given["stepSecs"]
    return {"response": ref.oath.hotp(key(given), step, given["digits"], given["hash"])}


@bad_is_refused
def ocra_suite(given):
    ref.oath.Suite(given["suite"])
    return {}


@bad_is_refused
def ocra(given):
    suite = ref.oath.Suite(given["suite"])
    return {"response": ref.oath.ocra(suite, key(given), given["question"], **ocra_values(given, suite))}


@bad_is_refused
def ocra_mode(given):
    suite, other = ref.oath.Suite(given["suite"]), given.get("otherQuestion")
    values = ocra_values(given, suite)
    return {"response": ref.oath.ocra_mode(given["mode"], suite, key(given), given["question"], other, **values)}


def ocra_values(given, suite):
    values = {}
    if "counter" in given:
        values["counter"] = given["counter"]
    if "pin" in given:
        values["pin_hash"] = hashlib.new(suite.pin or "SHA1", given["pin"].encode()).digest()
    for name, member in (("pin_hash", "pinHash"), ("session", "session")):
        if member in given:
            try:
                values[name] = bytes.fromhex(given[member])
            except ValueError:
                raise ref.oath.Bad(member) from None
    if "timeSteps" in given:
        values["steps"] = given["timeSteps"]
    return values


def key(given):
    return bytes.fromhex(given["key"])


def code_seal(given):
    return ref.code.sealed(given, given)


def activation(given):
    return ref.code.registered(given, given)


def opened(kind):
    def compute(given):
        values = ref.code.found({**given, "type": kind}, given)
        if values.pop("result") == "invalid":
            raise Refused(values)
        return values

    return compute


def kana(given):
    spelled = ref.text.kana(given["input"])
    if spelled is None or len(spelled) > given["max"]:
        raise Refused({})
    return {"jis": ref.text.jis(spelled).hex()}


def display(given):
    shown = ref.text.display(given["input"])
    if shown is None or ref.text.columns(shown) > given["maxColumns"]:
        raise Refused({})
    form, data = ref.text.wire(shown)
    return {"wire": form, "bytes": data.hex()}


def table(given):
    lines = hashlib.sha256()
    for line in ref.text.TABLES[given["table"]]():
        lines.update(line.encode())
    return {"sha256": lines.hexdigest()}


def typed(given):
    digits = ref.text.typed(given["input"], given["min"], given["max"])
    if digits is None:
        raise Refused({})
    return {"digits": digits}


def zengin(given):
    try:
        said = ref.zengin.values(bytes.fromhex(given["bytes"]), given["encoding"], given.get("onOrAfter"), given.get("window"))
        said.pop("onOrAfter", None)
        return said
    except ref.zengin.Bad as bad:
        raise Refused({"error": {"record": bad.record, "field": bad.field}}) from None


COMPUTE = {
    "HotpRespond": hotp, "TotpRespond": totp, "OcraSuite": ocra_suite, "OcraRespond": ocra, "OcraMode": ocra_mode,
    "CodeSeal": code_seal, "CodeOpen": opened("CodeOpen"), "Activation": activation, "FirstOpen": opened("FirstOpen"),
    "SecondOpen": opened("SecondOpen"), "KanaText": kana, "DisplayText": display, "TextTable": table, "Zengin": zengin,
    "TypedDigits": typed,
}  # fmt: skip
CHECK = ("HotpRespond", "TotpRespond", "OcraRespond", "OcraMode", "DeviceCode")


def compute(question):
    if question["type"] not in COMPUTE:
        raise Unsupported(f"type {question['type']}")
    try:
        return {"values": COMPUTE[question["type"]](question["given"])}
    except Refused as refused:
        why = refused.args[0]
        return {"refused": why if isinstance(why, dict) else {} if why == "field" else {"error": why}}


def check(question):
    kind, given = question["type"], dict(question["given"])
    if kind not in CHECK:
        raise Unsupported(f"type {kind}")
    if kind == "DeviceCode":
        return {"valid": ref.code.found({**given, "type": kind}, given)["result"] == "valid"}
    typed = given.pop("response")
    try:
        right = COMPUTE[kind](given)["response"]
    except Refused:
        return {"valid": False}
    return {"valid": typed.lower() == right if len(right) > 10 else typed == right}


# --- Stories -------------------------------------------------------------------------------------------------------

stage = {"verifier": None, "tokens": {}}


def verifier_begin(question):
    policy = question["policy"]
    stage["verifier"] = verifier.Verifier(
        question["bank"], policy["suite"], policy["lifetime"], policy["maxAttempts"], policy["maxFailures"],
        policy["testTokens"],
    )  # fmt: skip
    return {}


def verifier_restart(_):
    stage["verifier"].restart()
    return {}


def verifier_says(name, q):
    bank, now = stage["verifier"], q["now"]
    match name:
        case "register":
            bank.register(q["tokenId"], q["deviceKey"], q["test"])
        case "enroll":
            made, code = bank.enroll(q["tokenId"], q["contract"], q["user"], now)
            return {"activation": made, "code": code}
        case "second":
            return {"code": bank.second(q["activation"], q["deviceCode"], q["attempt"], now)}
        case "confirm":
            bank.confirm(q["activation"], q["response"], q["attempt"], now)
        case "generator":
            made, secret = bank.generator(now)
            return {"activation": made, "key": secret}
        case "issue":
            _, code = bank.issue(q["activation"], q["operation"], q["fields"], q.get("lifetime"), now)
            return {"code": code}
        case "verify":
            operation, fields, first = bank.verify(q["activation"], q["challenge"], q["response"], q["attempt"], now)
            return {"outcome": told(first), "operation": operation, "fields": fields}
        case "password":
            return {"outcome": told(bank.password(q["activation"], q["password"], q["attempt"], now))}
        case "reset" | "revoke" | "resume":
            getattr(bank, name)(q["activation"], now)
        case "revokeToken":
            bank.revoke_token(q["tokenId"], now)
        case _:
            raise Unsupported(f"verifier.{name}")
    return {}


def told(first):
    return "accepted" if first else "accepted again"


def token_begin(_):
    stage["tokens"] = {}
    return {}


def token_says(name, q):
    if name == "make":
        stage["tokens"][q["token"]] = camera.Token(q["tokenId"], bytes.fromhex(q["deviceKey"]), q["places"])
        return {}
    token = stage["tokens"][q["token"]]
    match name, q.get("press") or q.get("act") or q.get("fault"):
        case "read", press:
            challenge, brought = token.read(q["text"])
            answer = {"shown": challenge.fields()}
            if press == "cancel":
                raise camera.Refusal("T10")
            if press == "ok":
                said = token.approve(challenge, brought)
                answer |= {"answer": said} if said else {}
            elif press in ("keep", "discard"):
                if not brought:
                    raise ValueError("not at the second code")
                token.approve(challenge, brought)
                token.keep(challenge, brought) if press == "keep" else token.discard()
            return answer
        case "pin", "set":
            token.set_pin(q["digits"])
        case "pin", "enter":
            token.enter(q["digits"])
        case "pin", "lock":
            token.lock()
        case "fault", "battery":
            token.battery = False
        case "fault", "halfActivated":
            token.half = True
        case _:
            raise Unsupported(f"token.{name}")
    return {}


def play(function, *arguments):
    try:
        return {"outcome": "done"} | function(*arguments)
    except verifier.Rejected as no:
        return {"outcome": f"rejected {no}"}
    except camera.Refusal as no:
        return {"outcome": f"refused {no}"}
    except (verifier.Undecided, camera.PinError) as error:
        return {"outcome": f"error {error}"}


# --- The protocol --------------------------------------------------------------------------------------------------

HELLO = {
    "protocol": 1, "name": "SPEC in Python", "version": "1", "compute": sorted(COMPUTE), "check": sorted(CHECK),
    "roles": ["token", "verifier"], "features": ["pin", "faults", "restart", "timeBased"],
}  # fmt: skip
PLAIN = {"verifier.begin": verifier_begin, "verifier.restart": verifier_restart, "token.begin": token_begin}


def answer(question):
    ask = question.pop("ask")
    if ask == "hello":
        return HELLO
    if ask in ("compute", "check"):
        return {"compute": compute, "check": check}[ask](question)
    if ask in PLAIN:
        return play(PLAIN[ask], question)
    party, _, name = ask.partition(".")
    if party in ("verifier", "token"):
        return play({"verifier": verifier_says, "token": token_says}[party], name, question)
    raise Unsupported(ask)


def main():
    for line in sys.stdin:
        question = json.loads(line)
        number = question.pop("id")
        try:
            said = answer(question)
        except Unsupported as what:
            said = {"unsupported": str(what)}
        except Exception as error:  # a mistake of this file: the kit reports it, and goes on
            said = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps({"id": number} | said, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
