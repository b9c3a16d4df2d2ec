"""A camera token by docs/SPEC.md, section 11. It is given the text of a symbol, so it never says T01 and T02."""

import hashlib
import hmac
import secrets

import reference as ref

PLACES, MEMORY, PIN_TRIES = 8, 64, 5
# The classes of 4.6, as a token says them.
SAYS = {"foreign": "T03", "version": "T06", "form": "T03", "seal": "T05", "operation": "T07", "suite": "T06", "content": "T06"}


class Refusal(Exception):
    """T01 to T14."""


class PinError(Exception):
    """Wrong or Locked."""


class Token:
    def __init__(self, token_id, device_key, places=PLACES):
        self.id, self.device_key, self.places = token_id, device_key, places
        self.activations, self.pending = {}, None
        self.pin, self.wrong, self.locked = None, 0, False
        self.battery, self.half = True, False

    # --- Reading (11.2)

    def read(self, text):
        """What the code says: its challenge, and what a second code brings."""
        if not self.battery:
            raise Refusal("T13")
        if self.locked:
            raise Refusal("T14")
        try:
            domain, holder, challenge_id, _ = ref.code.parse(text)
            if domain in ("signature", "deletion"):
                return self.read_challenge(text, holder)
            if holder.decode() != self.id:
                raise Refusal("T04")
            return self.read_first(text) if domain == "activation1" else self.read_second(text, challenge_id)
        except ref.code.Refused as refused:
            raise Refusal(SAYS[refused.args[0]]) from None

    def read_challenge(self, text, name):
        activation = self.activations.get(name)
        if not activation:
            if self.pending and self.pending["activation"] == name:
                raise Refusal("T09")
            raise Refusal("T04" if self.activations else "T08")
        if self.half:
            raise Refusal("T09")
        challenge = ref.code.open_challenge(text, activation["key"])
        if challenge.id in activation["answered"]:
            raise Refusal("T12")
        if challenge.operation["domain"] == "deletion" and challenge.fields()["tokenId"] != self.id:
            raise Refusal("T04")
        return challenge, None

    def read_first(self, text):
        challenge = ref.code.open_first(text, self.device_key)
        if challenge.activation in self.activations:
            raise Refusal("T12")
        self.must_have_a_place()
        return challenge, None

    def read_second(self, text, challenge_id):
        if not self.pending:
            known = any(challenge_id in activation["answered"] for activation in self.activations.values())
            raise Refusal("T12" if known else "T09")
        if self.half:
            raise Refusal("T09")
        binding = self.pending["first"], self.pending["number"]
        challenge, suite, key = ref.code.open_second(text, self.device_key, binding)
        if challenge.activation != self.pending["activation"]:
            raise Refusal("T09")
        self.must_have_a_place()
        return challenge, {"suite": suite, "key": key, "answered": [challenge.id]}

    def must_have_a_place(self):
        if len(self.activations) >= self.places:
            raise Refusal("T11")

    # --- What the person does with what is shown

    def approve(self, challenge, brought):
        """The answer; none to a deletion."""
        match challenge.operation["domain"]:
            case "activation1":
                number = f"{secrets.randbelow(10**6):06}"
                self.pending = {"activation": challenge.activation, "first": challenge.id, "number": number}
                return ref.code.device_code(challenge, self.device_key, number)
            case "activation2":
                return ref.code.respond(challenge, brought["key"], brought["suite"])
            case "deletion":
                del self.activations[challenge.activation]
                return None
        activation = self.activations[challenge.activation]
        activation["answered"] = [*activation["answered"], challenge.id][-MEMORY:]
        return ref.code.respond(challenge, activation["key"], activation["suite"])

    def keep(self, challenge, brought):
        self.activations[challenge.activation] = brought
        self.pending = None

    def discard(self):
        self.pending = None

    # --- The PIN (11.4)

    def set_pin(self, digits):
        if self.locked:
            raise Refusal("T14")
        digits = ref.text.typed(digits, 5, 8)
        if digits is None or is_weak(digits):
            raise ValueError("not a PIN")
        salt = secrets.token_bytes(16)
        self.pin, self.wrong = (salt, slow_hash(digits, salt)), 0

    def lock(self):
        self.locked = self.pin is not None

    def enter(self, digits):
        if self.pin:
            if self.wrong >= PIN_TRIES:
                raise PinError("Locked")
            digits = ref.text.typed(digits, 5, 8) or ""
            if not hmac.compare_digest(slow_hash(digits, self.pin[0]), self.pin[1]):
                self.wrong += 1
                raise PinError("Locked" if self.wrong >= PIN_TRIES else "Wrong")
        self.wrong, self.locked = 0, False


def is_weak(digits):
    steps = {(int(b) - int(a)) % 10 for a, b in zip(digits, digits[1:])}
    run = len(steps) == 1 and steps <= {0, 1, 9}
    one_pair = all(a == b for a, b in zip(digits, digits[2:]))
    doubled = len(digits) % 2 == 0 and all(a == b for a, b in zip(digits[::2], digits[1::2]))
    return run or one_pair or doubled


def slow_hash(digits, salt):
    return hashlib.scrypt(digits.encode(), salt=salt, n=2**14, r=8, p=1)
