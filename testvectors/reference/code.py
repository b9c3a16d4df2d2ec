#!/usr/bin/env python3
"""The codes of docs/SPEC.md, made and opened a second time: AES-GCM and HKDF by cryptography, CBOR by cbor.py, text by text.py,
responses by oath.py.

    code.py --check [FILE...]    computes every test of code_test.json and activation_test.json again, or of other files
                                 of their types; exit 1 on a difference
    code.py seal FILE            makes a code; FILE holds key, activation, id, expiresAt, operation, fields and suite
    code.py open KEY CODE        says what a code says to the holder of the activation's KEY (hexadecimal)

Needs the package cryptography. With cbor2, base45 or pycose installed, their results are compared as well.
"""

import datetime
import hashlib
import json
import pathlib
import re
import string
import sys
from dataclasses import dataclass

HERE = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(HERE))
import cbor  # noqa: E402
import text as spelling  # noqa: E402

import oath  # noqa: E402

# Some files here have the names of modules that packages want: look for those elsewhere.
sys.path = [entry for entry in sys.path if pathlib.Path(entry).resolve() != HERE]
from cryptography.exceptions import InvalidTag  # noqa: E402
from cryptography.hazmat.primitives.ciphers.aead import AESGCM  # noqa: E402
from cryptography.hazmat.primitives.hashes import SHA256  # noqa: E402
from cryptography.hazmat.primitives.kdf.hkdf import HKDF  # noqa: E402

try:
    import cbor2
except ImportError:
    cbor2 = None
try:
    import base45 as base45_peer
except ImportError:
    base45_peer = None
try:
    from pycose.keys import SymmetricKey
    from pycose.messages import Enc0Message
except ImportError:
    Enc0Message = None

FOLDER = HERE.parent
CATALOGUE = json.loads((FOLDER / "catalogue.json").read_text())
OPERATIONS = {operation["name"]: operation for operation in CATALOGUE["operations"]}
CHOICES = {name: [choice["name"] for choice in choices] for name, choices in CATALOGUE["choices"].items()}
DECIMALS = {code: int(count) for count, codes in CATALOGUE["currencies"].items() for code in codes.split()}
DOMAINS = CATALOGUE["domains"]
COUNTRIES = CATALOGUE["countries"].split()
IBAN_LENGTHS = {entry[:2]: int(entry[2:]) for entry in CATALOGUE["ibanLengths"].split()}
LAST_SECOND = 253_402_300_799
EPOCH = datetime.date(1970, 1, 1)


class Refused(Exception):
    """Its argument is the class of error, section 4.6; `field` for texts that make no transaction."""


def must(condition, error):
    if not condition:
        raise Refused(error)


# --- Section 3: canonical text of a field ---------------------------------------------------------------------------


def moment_text(seconds):
    return datetime.datetime.fromtimestamp(seconds, datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


MOMENT = re.compile(r"([0-9-]{10}T[0-9:]{8})(\.[0-9]+)?(Z|([+-])([01][0-9]|2[0-3]):([0-5][0-9]))", re.IGNORECASE)


def seconds_of(text):
    """RFC 3339, section 5.6, without the fraction; Python knows no second 60."""
    found = MOMENT.fullmatch(text)
    must(found, "field")
    try:
        moment = datetime.datetime.strptime(found[1].upper(), "%Y-%m-%dT%H:%M:%S")
    except ValueError:
        raise Refused("field") from None
    minutes = int(f"{found[4]}{int(found[5]) * 60 + int(found[6])}") if found[4] else 0
    return (moment - datetime.datetime(1970, 1, 1)) // datetime.timedelta(seconds=1) - minutes * 60


WHITE_SPACE = "".join(map(chr, (*range(9, 14), 0x20, 0x85, 0xA0, 0x1680, *range(0x2000, 0x200B), 0x2028, 0x2029, 0x202F, 0x205F, 0x3000)))


def account(text):
    """R-5: an IBAN in capitals without blanks, or the number of a country without IBANs as it is."""
    compact = text.replace(" ", "").upper()
    iban = compact.removeprefix("IBAN").lstrip(":") if compact.startswith("IBAN") else compact
    if not (iban[:2] in IBAN_LENGTHS and re.fullmatch("[0-9]{2}", iban[2:4])):
        must(iban == compact, "field")
        return text
    must(re.fullmatch("[A-Z0-9]+", iban) and len(iban) == IBAN_LENGTHS[iban[:2]], "field")
    must(int("".join(str(int(c, 36)) for c in iban[4:] + iban[:4])) % 97 == 1, "field")
    must(2 <= int(iban[2:4]) <= 98, "field")
    return iban


def canonical(field, text):
    """The canonical text of a field, from text as a person writes it."""
    kind, most = field["kind"], field.get("max")
    must(isinstance(text, str), "field")
    if kind == "kana":
        text = spelling.kana(text)
        must(text is not None and 1 <= len(text) <= most, "field")
    elif kind == "text":
        text = spelling.display(text)
        must(text and spelling.columns(text) <= most, "field")
    elif kind == "ascii":
        must(re.fullmatch(r"[!-~]([ -~]*[!-~])?", text) and len(text) <= most, "field")
    elif kind == "account":
        must(re.fullmatch(r"[!-~]([ -~]*[!-~])?", text) and len(text) <= 2 * most, "field")
        text = account(text)
        must(len(text) <= most, "field")
    elif kind == "bic":
        text = text.upper()
        must(re.fullmatch("[A-Z0-9]{8}([A-Z0-9]{3})?", text) and text[4:6] in COUNTRIES, "field")
        text = text[:8] if text[8:] == "XXX" else text
    elif kind == "country":
        text = text.upper()
        must(text in COUNTRIES, "field")
    elif kind == "digits":
        must(re.fullmatch("[0-9]*", text) and field["min"] <= len(text) <= most, "field")
    elif kind in ("yen", "count"):
        must(re.fullmatch("[0-9]+", text) and int(text) < 10 ** field["digits"], "field")
        text = str(int(text))
    elif kind == "money":
        currency, _, amount = text.partition(" ")
        must(currency in DECIMALS, "field")
        decimals = DECIMALS[currency]
        must(re.fullmatch(r"(0|[1-9][0-9]*)" + (rf"\.[0-9]{{{decimals}}}" if decimals else ""), amount), "field")
        must(int(amount.replace(".", "")) < 10 ** field["digits"], "field")
    elif kind == "date":
        must(re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text), "field")
        try:
            must(datetime.date.fromisoformat(text) >= EPOCH, "field")
        except ValueError:
            raise Refused("field") from None
    elif kind == "moment":
        seconds = int(text) if re.fullmatch("[0-9]+", text) else seconds_of(text)
        must(0 <= seconds <= LAST_SECOND, "field")
        text = moment_text(seconds)
    elif kind == "choice":
        must(text in CHOICES[field["choices"]], "field")
    elif kind == "choices":
        names = [name.strip(WHITE_SPACE) for name in text.split(",")]
        known = CHOICES[field["choices"]]
        must(set(names) <= set(known) and len(set(names)) == len(names) <= most, "field")
        text = ",".join(sorted(names, key=known.index))
    elif kind == "flag":
        text = {"yes": "yes", "true": "yes", "no": "no", "false": "no"}.get(text)
        must(text, "field")
    elif kind in ("hash", "checkCode"):
        must(re.fullmatch("[0-9a-fA-F]{64}" if kind == "hash" else "[0-9a-fA-F]{16}", text), "field")
        text = text.lower()
    else:
        raise SystemExit(f"unknown kind {kind}")
    return text


# --- Section 3.5: rules ------------------------------------------------------------------------------------------------


def check_rules(entry, texts, error):
    """What no transaction says; `texts` are canonical, and have what is there."""
    for field in entry["fields"]:
        text = texts.get(field["name"])
        if text is None:
            continue
        if field.get("positive"):
            must(re.search("[1-9]", text), error)
        if field["kind"] == "kana":
            must(re.search("[0-9A-Zｦｱ-ﾝ]", text) and text[0] not in "ﾞﾟ", error)
        elif field["name"] in ("payee", "biller"):
            must(any(c.isalnum() for c in text), error)
    if entry["name"] in ("bulk", "payroll"):
        count, total, most, new = (int(texts[name]) for name in ("count", "total", "largestAmount", "newPayees"))
        must(new <= count and most + count - 1 <= total <= count * most, error)
        must("file" not in texts or texts["file"].startswith(texts["checkCode"]), error)


# --- Section 4.5: a field as an item of CBOR -------------------------------------------------------------------------


def is_short_number(field):
    return field["min"] == field["max"] <= 18


def item_of(field, text):
    """The item of a canonical text."""
    kind = field["kind"]
    if kind == "kana":
        return spelling.jis(text)
    if kind == "text":
        form, data = spelling.wire(text)
        return data if form == "sjis" else text
    if kind == "digits":
        return int(text) if is_short_number(field) else text
    if kind in ("yen", "count"):
        return int(text)
    if kind == "money":
        currency, amount = text.split(" ")
        return [currency, int(amount.replace(".", ""))]
    if kind == "date":
        return (datetime.date.fromisoformat(text) - EPOCH).days
    if kind == "moment":
        return seconds_of(text)
    if kind == "choice":
        return CHOICES[field["choices"]].index(text)
    if kind == "choices":
        return sum(1 << CHOICES[field["choices"]].index(name) for name in text.split(","))
    if kind == "flag":
        return text == "yes"
    if kind in ("hash", "checkCode"):
        return bytes.fromhex(text)
    return text


def of_type(kind, item):
    must(type(item) is kind and (kind is not int or item >= 0), "content")
    return item


def text_of(field, item):
    """The canonical text of an item; refused unless the item is the one of that text."""
    kind = field["kind"]
    try:
        if kind == "kana":
            text = of_type(bytes, item).decode("cp932").replace("\\", "¥")
        elif kind == "text":
            text = item.decode("cp932") if type(item) is bytes else of_type(str, item)
        elif kind == "digits" and is_short_number(field):
            text = str(of_type(int, item)).zfill(field["min"])
        elif kind in ("yen", "count"):
            text = str(of_type(int, item))
        elif kind == "money":
            must(len(of_type(list, item)) == 2, "content")
            currency, amount = of_type(str, item[0]), of_type(int, item[1])
            decimals = DECIMALS.get(currency)
            must(decimals is not None, "content")
            digits = str(amount).zfill(decimals + 1)
            text = f"{currency} {digits[:-decimals]}.{digits[-decimals:]}" if decimals else f"{currency} {digits}"
        elif kind == "date":
            text = (EPOCH + datetime.timedelta(days=of_type(int, item))).isoformat()
        elif kind == "moment":
            must(of_type(int, item) <= LAST_SECOND, "content")
            text = moment_text(item)
        elif kind == "choice":
            text = CHOICES[field["choices"]][of_type(int, item)]
        elif kind == "choices":
            known = CHOICES[field["choices"]]
            must(of_type(int, item) >> len(known) == 0, "content")
            text = ",".join(name for place, name in enumerate(known) if item >> place & 1)
        elif kind == "flag":
            text = "yes" if of_type(bool, item) else "no"
        elif kind in ("hash", "checkCode"):
            text = of_type(bytes, item).hex()
        elif kind in ("account", "bic", "country"):
            # A token takes what verifiers of before sealed, if it means something.
            text = of_type(str, item)
            most = field.get("max") or {"bic": 11, "country": 2}[kind]
            must(re.fullmatch(r"[!-~]([ -~]*[!-~])?", text) and len(text) <= most and canonical(field, text), "content")
            return text
        else:
            text = of_type(str, item)
        same = canonical(field, text) == text and item_of(field, text) == item
    except (UnicodeDecodeError, OverflowError, IndexError, Refused):
        raise Refused("content") from None
    must(same, "content")
    return text


# --- Sections 4.1 to 4.4: text, envelope, payload --------------------------------------------------------------------

ALPHABET = string.digits + string.ascii_uppercase + " $%*+-./:"
PROTECTED = bytes.fromhex("a10103")


def dumps(item):
    data = cbor.dumps(item)
    if cbor2 and not isinstance(item, cbor.Tag) and cbor2.dumps(item, canonical=True) != data:
        raise SystemExit(f"the package cbor2 writes {item} otherwise")
    return data


def base45(data):
    text = ""
    for at in range(0, len(data), 2):
        pair = data[at : at + 2]
        number = int.from_bytes(pair, "big")
        for _ in range(len(pair) + 1):
            number, digit = divmod(number, 45)
            text += ALPHABET[digit]
    return text


def unbase45(text):
    must(all(c in ALPHABET for c in text) and len(text) % 3 != 1, "form")
    data = b""
    for at in range(0, len(text), 3):
        group = text[at : at + 3]
        number = sum(ALPHABET.index(c) * 45**place for place, c in enumerate(group))
        must(number < 256 ** (len(group) - 1), "form")
        data += number.to_bytes(len(group) - 1, "big")
    return data


def derive(key, label):
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=label).derive(key)


def seal_key(key, domain, binding=None):
    """Section 6; for the second code with the first code's ID and the token's number."""
    derived = derive(key, b"camtoken/1 seal " + domain.encode())
    return derive(derived, binding[0] + binding[1].encode()) if binding else derived


def key_name(domain, holder):
    return bytes([DOMAINS[domain]]) + holder


def additional_data(name):
    return dumps(["Encrypt0", PROTECTED, name])


def envelope(name, challenge_id, ciphertext):
    return dumps(cbor.Tag(16, [PROTECTED, {4: name, 5: challenge_id}, ciphertext]))


def seal(name, challenge_id, key, payload):
    ciphertext = AESGCM(key).encrypt(challenge_id, payload, additional_data(name))
    return "CT1:" + base45(envelope(name, challenge_id, ciphertext))


def parse(code):
    """The outside of a code: domain, holder of the key, challenge ID, ciphertext."""
    if not code.startswith("CT1:"):
        raise Refused("version" if re.match("CT[0-9]+:", code) else "foreign")
    must(len(code.encode()) <= 4296, "form")
    data = unbase45(code[4:])
    try:
        item = cbor.loads(data)
        protected, headers, ciphertext = item.value
        name, challenge_id = headers[4], headers[5]
        must(item.tag == 16 and protected == PROTECTED and len(headers) == 2, "form")
        must([type(part) for part in (name, challenge_id, ciphertext)] == [bytes] * 3, "form")
        must(len(challenge_id) == 12 and len(ciphertext) >= 16, "form")
        domain, holder = next(domain for domain, number in DOMAINS.items() if name[0] == number), name[1:]
    except Exception:  # whatever a decoder has to say of bytes that are no CBOR
        raise Refused("form") from None
    if domain in ("signature", "deletion"):
        must(len(holder) == 6, "form")
    else:
        must(re.fullmatch(rb"[A-Z0-9-]{1,10}", holder), "form")
    return domain, holder, challenge_id, ciphertext


@dataclass
class Challenge:
    id: bytes
    activation: bytes
    expires_at: int
    operation: dict
    shown: list
    digest: bytes | None

    def items(self):
        return [self.operation["code"], self.shown, self.digest]

    def question(self):
        """Section 5.1."""
        domain = DOMAINS[self.operation["domain"]]
        whole = ["camtoken/1", domain, self.id, self.activation, self.expires_at, *self.items()]
        return hashlib.sha256(dumps(whole)).digest()

    def fields(self):
        """What a token shows, as canonical texts."""
        shown = [field for field in self.operation["fields"] if not field.get("bound")]
        return {f["name"]: text_of(f, item) for f, item in zip(shown, self.shown, strict=True) if item is not None}


def make(operation, fields, challenge_id, activation, expires_at):
    """A challenge from the texts of its fields."""
    must(operation in OPERATIONS, "field")
    entry = OPERATIONS[operation]
    must(set(fields) <= {field["name"] for field in entry["fields"]}, "field")
    items, texts = {False: [], True: []}, {}
    for field in entry["fields"]:
        text = fields.get(field["name"])
        must(text is not None or field.get("optional"), "field")
        if text is not None:
            texts[field["name"]] = text = canonical(field, text)
        items[field.get("bound", False)].append(None if text is None else item_of(field, text))
    check_rules(entry, texts, "field")
    digest = None
    if items[True]:
        digest = hashlib.sha256(dumps(entry["code"]) + dumps(items[True])).digest()
    return Challenge(challenge_id, activation, expires_at, entry, items[False], digest)


def payload_of(challenge, *grant):
    return dumps([challenge.expires_at, *challenge.items(), *grant])


def opened(payload, domain, challenge_id, activation=None, extra=0):
    """The challenge of a payload, and what stands behind its four items."""
    try:
        item = cbor.loads(payload)
    except cbor.Bad:
        raise Refused("content") from None
    must(type(item) is list and len(item) == 4 + extra, "content")
    expires_at, code, shown, digest, *rest = item
    must(of_type(int, expires_at) <= LAST_SECOND, "content")
    entry = next((e for e in OPERATIONS.values() if e["code"] == of_type(int, code)), None)
    must(entry, "operation")
    must(entry["domain"] == domain, "content")
    fields = [field for field in entry["fields"] if not field.get("bound")]
    must(len(of_type(list, shown)) == len(fields), "content")
    texts = {}
    for field, item in zip(fields, shown, strict=True):
        if item is None:
            must(field.get("optional"), "content")
        else:
            texts[field["name"]] = text_of(field, item)
    check_rules(entry, texts, "content")
    if len(fields) == len(entry["fields"]):
        must(digest is None, "content")
    else:
        must(len(of_type(bytes, digest)) == 32, "content")
    if extra:
        activation = of_type(bytes, rest[0])
        must(len(activation) == 6, "content")
    return Challenge(challenge_id, activation, expires_at, entry, shown, digest), rest[1:]


def unseal(code, key, *domains, binding=None):
    domain, holder, challenge_id, ciphertext = parse(code)
    must(domain in domains, "purpose")
    key = seal_key(key, domain, binding)
    try:
        payload = AESGCM(key).decrypt(challenge_id, ciphertext, additional_data(key_name(domain, holder)))
    except InvalidTag:
        raise Refused("seal") from None
    compare_with_peers(code, key, payload)
    return domain, holder, challenge_id, payload


def compare_with_peers(code, key, payload):
    data = unbase45(code[4:])
    if base45_peer:
        if base45_peer.b45encode(data).decode() != code[4:]:
            raise SystemExit(f"the package base45 writes another text than {code}")
    if Enc0Message:
        # Its own reading of bytes does not know the tuples of cbor2 6.
        protected, headers, ciphertext = cbor.loads(data).value
        message = Enc0Message.from_cose_obj([protected, dict(headers), ciphertext], False)
        message.external_aad, message.key = key_name_of(code), SymmetricKey(key)
        if message.decrypt() != payload:
            raise SystemExit(f"pycose opens {code} otherwise")
        compare_with_peers.count += 1


compare_with_peers.count = 0


def key_name_of(code):
    domain, holder, _, _ = parse(code)
    return key_name(domain, holder)


def open_challenge(code, key):
    domain, holder, challenge_id, payload = unseal(code, key, "signature", "deletion")
    return opened(payload, domain, challenge_id, holder)[0]


def open_first(code, device_key):
    domain, _, challenge_id, payload = unseal(code, device_key, "activation1")
    return opened(payload, domain, challenge_id, extra=1)[0]


def open_second(code, device_key, binding):
    domain, _, challenge_id, payload = unseal(code, device_key, "activation2", binding=binding)
    challenge, (suite, key) = opened(payload, domain, challenge_id, extra=3)
    must(is_response_suite(of_type(str, suite)), "suite")
    must(len(of_type(bytes, key)) == 32, "content")
    return challenge, suite, key


def seal_challenge(challenge, key):
    domain = challenge.operation["domain"]
    name = key_name(domain, challenge.activation)
    return seal(name, challenge.id, seal_key(key, domain), payload_of(challenge))


def seal_first(challenge, token, device_key):
    payload = payload_of(challenge, challenge.activation)
    return seal(key_name("activation1", token.encode()), challenge.id, seal_key(device_key, "activation1"), payload)


def seal_second(challenge, token, device_key, binding, suite, key):
    payload = payload_of(challenge, challenge.activation, suite, key)
    name = key_name("activation2", token.encode())
    return seal(name, challenge.id, seal_key(device_key, "activation2", binding), payload)


# --- Section 5: response and device code -----------------------------------------------------------------------------


def is_response_suite(text):
    try:
        suite = oath.Suite(text)
    except oath.Bad:
        return False
    other = suite.counter or suite.pin or suite.session or suite.step
    return 6 <= suite.digits <= 10 and suite.kind == "H" and suite.length >= 40 and not other


def ocra(key, suite, hashed):
    suite = oath.Suite(suite)
    return oath.ocra(suite, key, hashed.hex().upper()[: suite.length])


def respond(challenge, key, suite):
    return ocra(derive(key, b"camtoken/1 respond"), suite, challenge.question())


def device_code(first, device_key, nonce):
    hashed = hashlib.sha256(first.question() + nonce.encode()).digest()
    return nonce + ocra(derive(device_key, b"camtoken/1 device code"), "OCRA-1:HOTP-SHA256-6:QH64", hashed)


# --- Computing a test ------------------------------------------------------------------------------------------------


def sealed(group, test):
    """What a CodeSeal test has to say."""
    ids = bytes.fromhex(test["id"]), bytes.fromhex(group["activation"])
    challenge = make(test["operation"], test["fields"], *ids, test["expiresAt"])
    key = bytes.fromhex(group["key"])
    code = seal_challenge(challenge, key)
    assert open_challenge(code, key) == challenge
    return {
        "shown": challenge.fields(),
        "payload": payload_of(challenge).hex(),
        "code": code,
        "question": challenge.question().hex(),
        "response": respond(challenge, key, test["suite"]),
    }


def said(challenge):
    """What an opened challenge has to say."""
    return {
        "id": challenge.id.hex(),
        "activation": challenge.activation.hex(),
        "expiresAt": challenge.expires_at,
        "operation": challenge.operation["name"],
        "shown": challenge.fields(),
        "question": challenge.question().hex(),
    }


def registered(group, test):
    """What an Activation test has to say."""
    device_key, key = bytes.fromhex(group["deviceKey"]), bytes.fromhex(test["key"])
    activation = bytes.fromhex(test["activation"])
    first_id, second_id = bytes.fromhex(test["firstId"]), bytes.fromhex(test["secondId"])
    binding = first_id, test["nonce"]
    first = make("activation1", test["fields"], first_id, activation, test["firstExpiresAt"])
    second = make("activation2", test["fields"], second_id, activation, test["secondExpiresAt"])
    first_code = seal_first(first, group["tokenId"], device_key)
    second_code = seal_second(second, group["tokenId"], device_key, binding, test["suite"], key)
    assert open_first(first_code, device_key) == first
    assert open_second(second_code, device_key, binding) == (second, test["suite"], key)
    return {
        "shown": first.fields(),
        "firstCode": first_code,
        "firstQuestion": first.question().hex(),
        "deviceCode": device_code(first, device_key, test["nonce"]),
        "secondCode": second_code,
        "secondQuestion": second.question().hex(),
        "response": respond(second, key, test["suite"]),
    }


def found(group, test):
    """What this file finds for a test: result, and values or the error."""
    key = bytes.fromhex(group.get("deviceKey", group.get("key", "")))
    try:
        match group["type"]:
            case "CodeSeal":
                return {"result": "valid"} | sealed(group, test)
            case "Activation":
                return {"result": "valid"} | registered(group, test)
            case "CodeOpen":
                return {"result": "valid"} | said(open_challenge(test["code"], key))
            case "FirstOpen":
                return {"result": "valid"} | said(open_first(test["code"], key))
            case "SecondOpen":
                binding = bytes.fromhex(test["firstId"]), test["nonce"]
                challenge, suite, granted = open_second(test["code"], key, binding)
                return {"result": "valid"} | said(challenge) | {"suite": suite, "key": granted.hex()}
            case "DeviceCode":
                first, answer = open_first(test["firstCode"], key), test["deviceCode"]
                right = re.fullmatch("[0-9]{12}", answer) and answer == device_code(first, key, answer[:6])
                return {"result": "valid" if right else "invalid"}
            case other:
                raise SystemExit(f"unknown type {other}")
    except Refused as refused:
        error = refused.args[0]
        return {"result": "invalid"} | ({} if error == "field" else {"error": error})


def check_file(path):
    """Counts the tests of a file, and those that do not hold."""
    document = json.loads(path.read_text())
    tests = [(group, test) for group in document["testGroups"] for test in group["tests"]]
    ids = [test["tcId"] for _, test in tests]
    flags = {flag for _, test in tests for flag in test["flags"]}
    failed = 0
    if document["numberOfTests"] != len(ids) or len(set(ids)) != len(ids) or flags != set(document["notes"]):
        print(f"{path.name}: the count, the ids or the notes are wrong")
        failed += 1
    for group, test in tests:
        values = found(group, test)
        other = [name for name, value in values.items() if test.get(name) != value]
        if other or test.get("error") != values.get("error"):
            print(f"{path.name} {test['tcId']}: {test['comment']}: {', '.join(other)}")
            failed += 1
    return len(tests), failed


def check(paths):
    counts = [check_file(path) for path in paths]
    passed, failed = sum(count for count, _ in counts), sum(bad for _, bad in counts)
    if Enc0Message:
        print(f"{compare_with_peers.count} openings compared with the package pycose")
    print(f"{passed - failed} passed, {failed} failed")
    return failed == 0


def main(arguments):
    match arguments:
        case ["--check", *paths]:
            files = [pathlib.Path(path) for path in paths]
            sys.exit(not check(files or [FOLDER / "code_test.json", FOLDER / "activation_test.json"]))
        case ["seal", path]:
            test = json.loads(pathlib.Path(path).read_text())
            try:
                print(json.dumps(sealed(test, test), indent=1, ensure_ascii=False))
            except Refused:
                sys.exit("the fields make no transaction")
        case ["open", key, code]:
            try:
                challenge = open_challenge(code, bytes.fromhex(key))
            except Refused as refused:
                sys.exit(f"refused: {refused.args[0]}")
            print(json.dumps(said(challenge), indent=1, ensure_ascii=False))
        case _:
            sys.exit(__doc__)


if __name__ == "__main__":
    main(sys.argv[1:])
