"""A verifier by docs/SPEC.md, sections 7 and 8. Its records are one JSON file, so it can end and begin again."""

import hashlib
import hmac
import json
import os
import pathlib
import secrets
import tempfile

import reference as ref

MEMORY = 600  # seconds for which a repeated attempt gets the same answer, 7.5


class Rejected(Exception):
    """A no, by its name in 7.3."""


class Undecided(Exception):
    """An error of 7.7, by its name."""


def masked(contract):
    """Section 2."""
    told = min(len(contract) // 2, 4)
    return "*" * min(len(contract) - told, 4) + contract[len(contract) - told :]


class Verifier:
    FIRST_LIFE, SECOND_LIFE, TOLERANCE = 90 * 86400, 600, 5

    def __init__(self, bank, suite="OCRA-1:HOTP-SHA256-8:QH64", lifetime=180, tries=3, failures=5, test_tokens=False):
        self.bank, self.suite, self.lifetime, self.test_tokens = bank, suite, lifetime, test_tokens
        self.tries, self.failures = tries, failures
        self.folder = tempfile.TemporaryDirectory()
        self.file = pathlib.Path(self.folder.name) / "records.json"
        self.tokens, self.records = {}, {}
        self.save()

    # --- The store: a record is replaced as a whole, and durable before an answer is given (7.6).

    def save(self):
        new = self.file.with_suffix(".new")
        with new.open("w") as file:
            json.dump([self.tokens, self.records], file)
            file.flush()
            os.fsync(file.fileno())
        new.replace(self.file)

    def restart(self):
        del self.tokens, self.records
        self.tokens, self.records = json.loads(self.file.read_text())

    def at(self, record, now):
        """The time by which is decided: never before what the record has seen (7.3)."""
        if record["latest"] - now > self.TOLERANCE:
            raise Undecided("ClockBehind")
        record["latest"] = max(now, record["latest"])
        return record["latest"]

    def known(self, activation):
        if activation not in self.records:
            raise Undecided("UnknownActivation")
        return self.records[activation]

    # --- Tokens and registration (7.7, 8)

    def register(self, token, device_key, test):
        if test and not self.test_tokens:
            raise Undecided("TestToken")
        if len(set(bytes.fromhex(device_key))) < 2:
            raise Undecided("UnfitDeviceKey")
        known = self.tokens.setdefault(token, {"key": device_key, "test": test, "revoked": False, "users": []})
        if known["revoked"]:
            raise Undecided("TokenRevoked")
        if not hmac.compare_digest(known["key"], device_key):
            raise Undecided("TokenExists")
        self.save()

    def usable(self, token):
        if token not in self.tokens:
            raise Undecided("UnknownToken")
        if self.tokens[token]["revoked"]:
            raise Undecided("TokenRevoked")
        if self.tokens[token]["test"] and not self.test_tokens:
            raise Undecided("TestToken")
        return self.tokens[token]

    def record(self, state, now, **more):
        activation = secrets.token_hex(6)
        self.records[activation] = {"state": state, "failures": 0, "challenge": None, "past": [], "attempt": None,
                                    "latest": now, "signed": False, **more}
        return activation

    def enroll(self, token, contract, user, now):
        known = self.usable(token)
        users = [name for name in known["users"] if self.records[name]["state"] not in ("reset", "revoked")]
        if len(users) >= 8:
            raise Undecided("TokenFull")
        first = {"id": challenge_id(now), "expires": now + self.FIRST_LIFE, "wrong": 0}
        introduction = {"bank": self.bank, "contract": masked(contract), "user": user}
        activation = self.record("first", now, token=token, key=secrets.token_hex(32), suite=self.suite, first=first,
                                 introduction=introduction)
        known["users"] = [*users, activation]
        self.save()
        challenge = self.introduced("activation1", activation, first)
        return activation, ref.code.seal_first(challenge, token, bytes.fromhex(known["key"]))

    def introduced(self, operation, activation, awaited):
        fields, name = self.records[activation]["introduction"], bytes.fromhex(activation)
        return ref.code.make(operation, fields, bytes.fromhex(awaited["id"]), name, awaited["expires"])

    def second(self, activation, typed, attempt, now):
        typed = folded(typed, 12)
        record = self.records.get(activation)
        if not record or "secret" in record:
            raise Rejected("Unknown")
        device_key = bytes.fromhex(self.usable(record["token"])["key"])
        now = self.at(record, now)
        if record["state"] == "revoked":
            raise Rejected("Revoked")
        number = typed[:6]
        tag = attempt_tag(bytes.fromhex(record["key"]), attempt, f"device code {number}", typed[6:])
        repeated = self.repeated(record, tag, now)
        if repeated and repeated["said"] != "accepted":
            raise Rejected(repeated["said"])
        if record["state"] not in ("first", "second"):
            raise Rejected("NotActivated")
        first = record["first"]
        if now >= first["expires"]:
            raise Rejected("Expired")
        right = ref.code.device_code(self.introduced("activation1", activation, first), device_key, number)
        if not hmac.compare_digest(right, typed):
            self.wrong_answer(record, tag, now)
        if record["state"] == "first":
            record["second"] = {"id": challenge_id(now), "expires": now + self.SECOND_LIFE, "wrong": 0, "number": number}
            record["state"] = "second"
            record["attempt"] = {"tag": tag, "at": now, "said": "accepted"}
        elif record["second"]["number"] != number:
            raise Rejected("AlreadySettled")
        self.save()
        binding = bytes.fromhex(first["id"]), number
        challenge = self.introduced("activation2", activation, record["second"])
        key = bytes.fromhex(record["key"])
        return ref.code.seal_second(challenge, record["token"], device_key, binding, record["suite"], key)

    def confirm(self, activation, typed, attempt, now):
        record = self.records.get(activation)
        if not record or "secret" in record:
            raise Rejected("Unknown")
        now = self.at(record, now)
        if record["state"] == "revoked":
            raise Rejected("Revoked")
        typed = folded(typed, digits_of(record["suite"]))
        key = bytes.fromhex(record["key"])
        tag = attempt_tag(key, attempt, "confirm", typed)
        if repeated := self.repeated(record, tag, now):
            if repeated["said"] != "accepted":
                raise Rejected(repeated["said"])
            return self.save()
        if record["state"] in ("active", "suspended"):
            raise Rejected("AlreadySettled")
        if record["state"] != "second":
            raise Rejected("NotActivated")
        if now >= record["second"]["expires"]:
            raise Rejected("Expired")
        challenge = self.introduced("activation2", activation, record["second"])
        if not hmac.compare_digest(ref.code.respond(challenge, key, record["suite"]), typed):
            self.wrong_answer(record, tag, now)
        record["state"] = "active"
        record["attempt"] = {"tag": tag, "at": now, "said": "accepted"}
        return self.save()

    def wrong_answer(self, record, tag, now):
        """Counts a wrong device code or confirmation; the last one ends the registration."""
        awaited = record[record["state"]]
        awaited["wrong"] += 1
        left = max(self.tries - awaited["wrong"], 0)
        if not left:
            record["state"] = "reset"
        self.say(record, tag, now, f"Wrong, {left} left")

    def say(self, record, tag, now, said):
        record["attempt"] = {"tag": tag, "at": now, "said": said}
        self.save()
        raise Rejected(said)

    def repeated(self, record, tag, now):
        last = record["attempt"]
        return last if last and hmac.compare_digest(last["tag"], tag) and now - last["at"] < MEMORY else None

    # --- Challenges (7.2 to 7.5)

    def issue(self, activation, operation, fields, lifetime, now):
        if operation not in ref.code.OPERATIONS or ref.code.OPERATIONS[operation]["domain"] not in ("signature", "deletion"):
            raise Undecided("Operation")
        lifetime = self.lifetime if lifetime is None else lifetime
        if not 1 <= lifetime <= 600:
            raise Undecided("Lifetime")
        record = self.records.get(activation)
        if not record:
            raise Rejected("Unknown")
        now = self.at(record, now)
        self.must_be_active(record)
        if "secret" in record:
            raise Rejected("Unknown")
        if self.tokens[record["token"]]["test"] and not self.test_tokens:
            raise Undecided("TestToken")
        name = challenge_id(now)
        challenge = ref.code.make(operation, fields, bytes.fromhex(name), bytes.fromhex(activation), now + lifetime)
        self.end(record, "Superseded")
        if record["challenge"]:
            record["past"] = [record["challenge"], *record["past"]][:4]
        record["challenge"] = {"id": name, "expires": now + lifetime, "operation": operation, "wrong": 0, "end": None,
                               "fields": canonical(operation, fields)}
        record["attempt"] = None
        self.save()
        return name, ref.code.seal_challenge(challenge, bytes.fromhex(record["key"]))

    def must_be_active(self, record):
        if record["state"] == "revoked":
            raise Rejected("Revoked")
        if record["state"] == "suspended":
            raise Rejected("Suspended")
        if record["state"] != "active":
            raise Rejected("NotActivated")

    def verify(self, activation, name, typed, attempt, now):
        """7.3, line by line; the transaction to execute, and whether it is given for the first time."""
        record = self.records.get(activation)
        if not record or "secret" in record or self.tokens[record["token"]]["test"] and not self.test_tokens:
            folded(typed, digits_of(self.suite))
            raise Rejected("Unknown")
        now = self.at(record, now)
        typed = folded(typed, digits_of(record["suite"]))
        key, last = bytes.fromhex(record["key"]), record["challenge"]
        tag = attempt_tag(key, attempt, bytes.fromhex(last["id"]), typed) if last else ""
        if repeated := self.repeated(record, tag, now):
            if repeated["said"] != "accepted":
                raise Rejected(repeated["said"])
            self.save()
            return last["operation"], last["fields"], False
        self.must_be_active(record)
        for past in record["past"]:
            if past["id"] == name:
                raise Rejected(past["end"])
        if not last or last["id"] != name:
            raise Rejected("Unknown")
        if not last["end"] and now >= last["expires"]:
            last["end"] = "Expired"
            self.save()
        if last["end"]:
            raise Rejected(last["end"])
        ids = bytes.fromhex(name), bytes.fromhex(activation)
        challenge = ref.code.make(last["operation"], last["fields"], *ids, last["expires"])
        if not hmac.compare_digest(ref.code.respond(challenge, key, record["suite"]), typed):
            self.wrong_response(record, tag, now)
        last["end"] = "AlreadySettled"
        self.accept(record, tag, now)
        return last["operation"], last["fields"], True

    def accept(self, record, tag, now):
        record["failures"], record["signed"] = 0, True
        record["attempt"] = {"tag": tag, "at": now, "said": "accepted"}
        self.save()

    def wrong_response(self, record, tag, now):
        """7.4"""
        record["failures"] += 1
        left = max(self.failures - record["failures"], 0)
        if challenge := record["challenge"]:
            challenge["wrong"] += 1
            tries = max(self.tries - challenge["wrong"], 0)
            if not tries:
                challenge["end"] = "Exhausted"
            left = min(left, tries)
        suspended = record["failures"] >= self.failures
        if suspended:
            record["state"] = "suspended"
        self.say(record, tag, now, "Wrong, suspended" if suspended else f"Wrong, {left} left")

    # --- Time-based passwords (7.3)

    def generator(self, now):
        secret = secrets.token_hex(20)
        activation = self.record("active", now, secret=secret, step=None)
        self.save()
        return activation, secret

    def password(self, activation, typed, attempt, now):
        record = self.records.get(activation)
        if not record or "secret" not in record:
            raise Rejected("Unknown")
        typed = folded(typed, 6)
        now, secret = self.at(record, now), bytes.fromhex(record["secret"])
        tag = attempt_tag(secret, attempt, "time-based", typed)
        if repeated := self.repeated(record, tag, now):
            if repeated["said"] != "accepted":
                raise Rejected(repeated["said"])
            self.save()
            return False
        self.must_be_active(record)
        steps = [step for step in range(now // 30 - 1, now // 30 + 2) if step >= 0]
        right = [step for step in steps if hmac.compare_digest(ref.oath.hotp(secret, step, 6), typed)]
        if not right:
            self.wrong_response(record, tag, now)
        if record["step"] is not None and right[-1] <= record["step"]:
            raise Rejected("AlreadySettled")
        record["step"] = right[-1]
        self.accept(record, tag, now)
        return True

    # --- What an operator does (7.7)

    def end(self, record, how):
        if record["challenge"] and not record["challenge"]["end"]:
            record["challenge"]["end"] = how

    def noted(self, activation, now):
        """For what only ends something: the time is noted, and decides nothing."""
        record = self.known(activation)
        record["latest"] = max(now, record["latest"])
        return record

    def reset(self, activation, now):
        record = self.noted(activation, now)
        if record["state"] == "revoked":
            raise Undecided("Revoked")
        if record["signed"]:
            raise Undecided("HasSigned")
        self.end(record, "Superseded")
        record["state"] = "reset"
        self.save()

    def revoke(self, activation, now):
        record = self.noted(activation, now)
        self.end(record, "Superseded")
        record["state"] = "revoked"
        self.save()

    def resume(self, activation, now):
        record = self.known(activation)
        self.at(record, now)
        if record["state"] != "suspended":
            raise Undecided("NotSuspended")
        self.end(record, "Superseded")
        record["state"], record["failures"] = "active", 0
        self.save()

    def revoke_token(self, token, now):
        if token not in self.tokens:
            raise Undecided("UnknownToken")
        self.tokens[token]["revoked"] = True
        self.save()
        for activation in self.tokens[token]["users"]:
            self.revoke(activation, now)


def challenge_id(now):
    return (now % 2**32).to_bytes(4, "big").hex() + secrets.token_hex(8)


def canonical(operation, fields):
    entry = ref.code.OPERATIONS[operation]
    return {field["name"]: ref.code.canonical(field, fields[field["name"]]) for field in entry["fields"] if field["name"] in fields}


def digits_of(suite):
    return ref.oath.Suite(suite).digits


def folded(typed, digits):
    """What was typed, as so many digits (7.3)."""
    folded = ref.text.typed(typed, digits, digits)
    if folded is None:
        raise Rejected("Malformed")
    return folded


def attempt_tag(key, attempt, name, response):
    """7.5"""
    name = name if isinstance(name, bytes) else name.encode()
    data = bytes.fromhex(attempt) + bytes([len(name)]) + name + response.encode()
    return hmac.new(ref.code.derive(key, b"camtoken/1 attempt"), data, hashlib.sha256).digest()[:16].hex()
