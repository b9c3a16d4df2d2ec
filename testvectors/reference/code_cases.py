#!/usr/bin/env python3
"""The cases of code_test.json and activation_test.json, and the generated parts of docs/SPEC.md; values by code.py.

code_cases.py            writes them
code_cases.py --check    compares them; exit 1 on a difference
"""

import datetime
import hashlib
import hmac
import json
import random
import re
import string
import sys

from code import (  # the file beside this one
    CATALOGUE,
    CHOICES,
    COUNTRIES,
    DECIMALS,
    DOMAINS,
    EPOCH,
    FOLDER,
    IBAN_LENGTHS,
    LAST_SECOND,
    OPERATIONS,
    PROTECTED,
    AESGCM,
    additional_data,
    base45,
    canonical,
    derive,
    device_code,
    envelope,
    found,
    item_of,
    key_name,
    make,
    moment_text,
    oath,
    ocra,
    open_challenge,
    open_first,
    open_second,
    parse,
    payload_of,
    registered,
    seal,
    seal_challenge,
    seal_first,
    seal_key,
    seal_second,
    sealed,
    spelling,
    text_of,
    unbase45,
)

import cbor2  # also for what is no item of a code


def dumps(item):
    return cbor2.dumps(item, canonical=True)


DOCUMENT = FOLDER.parent / "docs" / "SPEC.md"

# --- Samples ---------------------------------------------------------------------------------------------------------

ACTIVATION, KEY, DEVICE_KEY = bytes.fromhex("a1b2c3d4e5f6"), bytes(range(32)), bytes(range(0x40, 0x60))
EXPIRES_AT = 1_795_230_180
SUITE = "OCRA-1:HOTP-SHA256-8:QH64"


def smallest(field):
    least = "1" if field.get("positive") else "0"
    return {
        "kana": "ｱ",
        "text": "A",
        "ascii": "A",
        "account": "1",
        "bic": "AAAANOAA",
        "country": "AD",
        "digits": "0" * field.get("min", 0),
        "yen": least,
        "count": least,
        "money": f"JPY {least}",
        "date": "1970-01-01",
        "moment": "1970-01-01T00:00:00Z",
        "flag": "no",
        "hash": "00" * 32,
        "checkCode": "00" * 8,
    }.get(field["kind"]) or CHOICES[field["choices"]][0]


def largest(field, kanji="架空商事株式会社支払"):
    most = field.get("max", 0)
    match field["kind"]:
        case "kana":
            return ("ｶﾌﾞｼｷｶﾞｲｼﾔ ｶｸｳ/" * 6)[: most - 1] + "ﾝ"
        case "text":
            return (kanji * most)[: most // spelling.columns(kanji[0])]
        case "ascii":
            return ("AB12CD34" * most)[:most]
        case "account":
            return ("12AB34CD" * most)[:most]
        case "bic":
            return "MIHONOKKABC"
        case "country":
            return "NO"
        case "digits":
            return ("9876543210" * most)[:most]
        case "yen" | "count":
            return "9" * field["digits"]
        case "money":
            return "KWD " + "9" * (field["digits"] - 3) + ".999"
        case "date":
            return "2099-12-31"
        case "moment":
            return "2099-12-31T23:59:59Z"
        case "choice":
            return CHOICES[field["choices"]][-1]
        case "choices":
            return ",".join(CHOICES[field["choices"]][-most:])
        case "flag":
            return "yes"
        case "hash":
            return "ff" * 32
        case "checkCode":
            return "ff" * 8


def drawn(field, rng):
    """Some text that is canonical already."""
    most = field.get("max", 0)

    def some(alphabet, lawful=lambda text: True):
        text = ""
        for _ in range(rng.randint(1, most)):
            c = rng.choice(alphabet)
            text += c if spelling.columns(text + c) <= most else ""
        text = text.strip(" ")
        return text if text and lawful(text) else alphabet[0]

    match field["kind"]:
        case "kana":
            return some("ｱｶｻﾀﾅﾊﾏﾔﾗﾜｦﾝﾞﾟABZ09 -().,/'+:?¥｢｣", lambda text: re.search("[0-9A-Zｦｱ-ﾝ]", text) and text[0] not in "ﾞﾟ")
        case "text":
            return some(
                rng.choice(["架空会計センター東京", "ｶﾌﾞｼｷｶﾞｲｼﾔ架空", "Kakuu Accounting-0", "髙﨑架空éｱ€①ΩЖ\U00020bb7"])
            )
        case "ascii":
            return some(string.ascii_letters + string.digits + " .,-/+()'&", lambda text: any(c.isalnum() for c in text))
        case "account":
            if rng.random() < 0.5:
                return "".join(rng.choices(string.digits + "-/", k=rng.randint(4, most)))
            country, length = rng.choice(sorted(IBAN_LENGTHS.items()))
            rest = "".join(rng.choices(string.digits + string.ascii_uppercase, k=length - 4))
            number = int("".join(str(int(c, 36)) for c in rest + country + "00"))
            return f"{country}{98 - number % 97:02}{rest}"
        case "bic":
            letters = "".join(rng.choices(string.ascii_uppercase, k=6))
            return letters[:4] + rng.choice(COUNTRIES) + letters[4:] + rng.choice(["", "A1B", "001"])
        case "country":
            return rng.choice(COUNTRIES)
        case "digits":
            return "".join(rng.choices(string.digits, k=rng.randint(field["min"], most)))
        case "yen" | "count":
            return str(max(rng.randrange(10 ** rng.randint(1, field["digits"])), int(field.get("positive", False))))
        case "money":
            currency = rng.choice(sorted(DECIMALS))
            digits = str(rng.randrange(1, 10 ** rng.randint(1, field["digits"]))).zfill(DECIMALS[currency] + 1)
            at = len(digits) - DECIMALS[currency]
            return f"{currency} {digits[:at]}" + (f".{digits[at:]}" if DECIMALS[currency] else "")
        case "date":
            return (EPOCH + datetime.timedelta(days=rng.randrange(40_000))).isoformat()
        case "moment":
            return moment_text(rng.randrange(2**33))
        case "choice":
            return rng.choice(CHOICES[field["choices"]])
        case "choices":
            known = CHOICES[field["choices"]]
            return ",".join(sorted(rng.sample(known, rng.randint(1, most)), key=known.index))
        case "flag":
            return rng.choice(["yes", "no"])
        case "hash":
            return rng.randbytes(32).hex()
        case "checkCode":
            return rng.randbytes(8).hex()


def texts(operation, kind=largest, leave_out=lambda field: False):
    fields = OPERATIONS[operation]["fields"]
    made = {f["name"]: kind(f) for f in fields if not (f.get("optional") and leave_out(f))}
    return agreeing(made) if operation in ("bulk", "payroll") else made


def agreeing(fields):
    """The fields of a batch, so that none contradicts another (R-8, R-9)."""
    count, total, most, new = (int(fields[name]) for name in ("count", "total", "largestAmount", "newPayees"))
    total = min(max(total, most + count - 1), count * most, 10**12 - 1)
    if most + count - 1 > total:
        count, total = 1, most
    return fields | {"count": str(count), "total": str(total), "newPayees": str(min(new, count)), "checkCode": fields["file"][:16]}


TRANSFER = {
    "bankCode": "9990",
    "bankName": "ｶｸｳﾁﾕｳｵｳ",
    "branchCode": "001",
    "branchName": "ﾎﾝﾃﾝ",
    "accountType": "ordinary",
    "account": "0123456",
    "payee": "ｶ)ｶｸｳｼﾖｳｼﾞ",
    "amount": "1250000",
    "date": "2026-11-24",
    "newPayee": "yes",
    "payingAccount": "4321",
    "originator": "ｶ)ﾀﾅｶｺｳｷﾞﾖｳ",
    "orderId": "20261121-0042",
}


# --- The files -------------------------------------------------------------------------------------------------------


def group_of(kind, tests, **header):
    return (
        {"type": kind, "source": {"name": "testvectors/reference/code.py", "version": "1"}} | header | {"tests": tests}
    )


def id_of(number):
    return (EXPIRES_AT - 180).to_bytes(4, "big") + hashlib.sha256(number.to_bytes(4, "big")).digest()[:8]


class Tests(list):
    """Tests of one group; each gets a challenge ID of its own."""

    next_id = 0

    def seal(self, comment, flags, operation, fields, suite=SUITE, expires_at=EXPIRES_AT):
        Tests.next_id += 1
        self.append(
            {
                "comment": f"{operation}: {comment}",
                "flags": flags,
                "id": id_of(Tests.next_id).hex(),
                "expiresAt": expires_at,
                "operation": operation,
                "fields": fields,
                "suite": suite,
            }
        )

    def open(self, comment, flag, code, error=None, **fields):
        self.append({"comment": comment, "flags": [flag], "code": code} | fields | ({"error": error} if error else {}))


SEAL_NOTES = {
    "Smallest": ("BASIC", "Every field as short as it may be, optional fields left out."),
    "Largest": ("BASIC", "Every field as long as it may be."),
    "Random": ("BASIC", "Fields drawn at random, optional ones left out at random."),
    "Utf8": ("BASIC", "Text with a character outside JIS X 0208 travels as UTF-8, all other text as Shift_JIS."),
    "Kana": ("BASIC", "Half-width kana travel as one byte each."),
    "Bound": ("BASIC", "Fields that are not shown are under the digest, and so under the response."),
    "Spelling": ("BASIC", "One transaction, written in several ways: one question, one code."),
    "Numbers": ("BASIC", "Numbers at the lengths of CBOR's short forms."),
    "Suite": ("BASIC", "Response suites: every hash, 6 to 10 digits, questions of 40 to 64 digits."),
    "Rule": ("SECURITY", "Section 3.5: what no transaction says, and the one spelling of an account abroad."),
    "NoTransaction": ("INPUT", "Fields that make no transaction: nothing may be sealed."),
}


BATCH = {
    "count": "12", "total": "3450000", "date": "2026-11-27", "payingAccount": "1234567", "largestPayee": "ﾐﾎﾝ ｼﾖｳｼﾞ(ｶ",
    "largestAmount": "1250000", "newPayees": "1", "checkCode": "4bb24efc9641afc5",
    "file": "4bb24efc9641afc5ded1ca77eabb6e2fcf062d2112ccd61bd8bd6acd89180bae",
}  # fmt: skip
REMITTANCE = {
    "amount": "USD 1250.00", "payee": "ACME TRADING AS", "account": "NO9386011117947", "bic": "MIHONOKK", "country": "NO",
    "charges": "sha", "valueDate": "2026-11-26",
}  # fmt: skip
# Examples of the IBAN Registry.
IBANS = [
    "NO93 8601 1117 947", "GB29 NWBK 6016 1331 9268 19", "DE89 3704 0044 0532 0130 00", "FR14 2004 1010 0505 0001 3M02 606",
    "MT84 MALT 0110 0001 2345 MTLC AST0 01S", "SA03 8000 0000 6080 1016 7519", "BR18 0036 0305 0000 1000 9795 493C 1",
    "CH93 0076 2011 6238 5295 7", "NL91 ABNA 0417 1643 00", "LC55 HEMM 0001 0001 0012 0012 0002 3015",
]  # fmt: skip


def rules(tests, none):
    """Section 3.5, at the verifier."""
    for iban in IBANS:
        compact = iban.replace(" ", "")
        for written in (compact, iban, iban.lower(), f"IBAN {iban}"):
            tests.seal(f"account {written}", ["Rule"], "remittance", REMITTANCE | {"account": written})
        for at in (2, 3, 4, len(compact) - 1):
            other = compact[:at] + ("1" if compact[at] == "0" else "0") + compact[at + 1 :]
            none(f"account {other}", "remittance", REMITTANCE | {"account": other})
        swapped = compact[:6] + compact[7] + compact[6] + compact[8:]
        if swapped != compact:
            none(f"account {swapped}", "remittance", REMITTANCE | {"account": swapped})
        none(f"account {compact[:-1]}", "remittance", REMITTANCE | {"account": compact[:-1]})
        none(f"account {compact}0", "remittance", REMITTANCE | {"account": compact + "0"})
    for account in ("NO00 8601 1117 947", "NO9386011117-947", "IBAN 12345678", "IBAN"):
        none(f"account {account}", "remittance", REMITTANCE | {"account": account})
    for account in ("12345678", "0044 1234/5", "US12345678", "a-b-c", "N093860111179", "X" * 34):
        tests.seal(f"account {account}, no IBAN", ["Rule"], "remittance", REMITTANCE | {"account": account})
    for bic in ("MIHONOKK", "mihonokk", "MIHONOKKXXX", "MIHONOKKABC", "MIHODEFF500", "1A2BXK3C"):
        tests.seal(f"bic {bic}", ["Rule"], "remittance", REMITTANCE | {"bic": bic, "intermediaryBic": bic})
    for bic in ("MIHONOK", "MIHO1OKK", "MIHONOKKX", "MIHONOKKXX", "MIHONOKKXXXX", "MIHOXXKK", "MIHOUKKK", "MIH NOKK", "MIHONO-K", ""):
        none(f"bic {bic!r}", "remittance", REMITTANCE | {"bic": bic})
    none("intermediaryBic MIHONOK", "remittance", REMITTANCE | {"intermediaryBic": "MIHONOK"})
    for country in ("NO", "no", "GB", "XK", "SX"):
        tests.seal(f"country {country}", ["Rule"], "remittance", REMITTANCE | {"country": country})
    for country in ("XX", "UK", "EU", "AN", "N", "NOR", "N0", "47", ""):
        none(f"country {country!r}", "remittance", REMITTANCE | {"country": country})
    for amount in ("USD 0.00", "JPY 0", "KWD 0.000"):
        none(f"amount {amount}", "remittance", REMITTANCE | {"amount": amount})
    for payee in ("...", "- / -", "(&)"):
        none(f"payee {payee!r}", "remittance", REMITTANCE | {"payee": payee})
    for operation, name in (("transfer", "amount"), ("pay-easy", "amount"), ("approval", "count"), ("approval", "total")):
        base = TRANSFER if operation == "transfer" else texts(operation, smallest)
        none(f"{operation}, {name} 0", operation, base | {name: "0"})
        none(f"{operation}, {name} 000", operation, base | {name: "000"})
    none("biller ・・・", "pay-easy", texts("pay-easy", smallest) | {"biller": "・・・"})
    for name in ("bankName", "branchName", "payee", "originator", "edi"):
        for text in ("゛", "ﾟ", "ー", ".", "ー・".replace("・", "."), "( ) - ? ¥", "ﾞｶ", "\u3099カ", "゜ア"):
            none(f"{name} {text}", "transfer", TRANSFER | {name: text})
    for text in ("A", "0", "ｦ", "-1-", "カ゛"):
        tests.seal(f"payee {text}", ["Rule"], "transfer", TRANSFER | {"payee": text})
    for operation in ("bulk", "payroll"):
        tests.seal("a batch", ["Rule"], operation, BATCH)
        tests.seal("one payment", ["Rule"], operation, BATCH | {"count": "1", "total": "1250000"})
        tests.seal("all payments as large", ["Rule"], operation, BATCH | {"total": "15000000"})
        tests.seal("all others a yen", ["Rule"], operation, BATCH | {"total": "1250011"})
        tests.seal("all payees new", ["Rule"], operation, BATCH | {"newPayees": "12"})
        for change in (
            {"count": "0"}, {"count": "0", "total": "0"}, {"total": "0"}, {"largestAmount": "0"}, {"newPayees": "13"},
            {"count": "1"}, {"total": "15000001"}, {"total": "1250010"}, {"total": "1249999"}, {"count": "2"},
            {"checkCode": "4bb24efc9641afc4"}, {"checkCode": "0" * 16}, {"file": "0" * 64},
            {"largestAmount": "9999999999"}, {"largestPayee": "ﾞ"},
        ):  # fmt: skip
            none(f"{operation} with {change}", operation, BATCH | change)


def seal_tests():
    tests = Tests()
    signed = [name for name, entry in OPERATIONS.items() if entry["domain"] in ("signature", "deletion")]
    rng = random.Random(9052)
    for name in signed:
        tests.seal("smallest", ["Smallest"], name, texts(name, smallest, lambda field: True))
        tests.seal("every field, smallest", ["Smallest"], name, texts(name, smallest))
        tests.seal("largest", ["Largest"], name, texts(name))
        tests.seal("largest, optional fields left out", ["Largest"], name, texts(name, leave_out=lambda field: True))
        for _ in range(2):
            fields = texts(name, lambda field: drawn(field, rng), lambda field: rng.random() < 0.4)
            tests.seal("drawn at random", ["Random"], name, fields, expires_at=rng.randrange(2**33))
    for name in ("login", "user-management", "external-linkage"):
        for kanji, comment in (
            ("髙", "an ideograph of names"),
            ("Ṁ", "narrow letters"),
            ("\U00020bb7", "second plane"),
        ):
            tests.seal(f"largest, {comment}", ["Utf8"], name, texts(name, lambda field: largest(field, kanji)))  # noqa: B023
    approval = {"subject": "ｶﾌﾞｼｷｶﾞｲｼﾔ架空A", "requestedBy": "ﾀﾅｶ", "content": "00" * 32}
    tests.seal("half-width kana beside kanji", ["Kana"], "approval", approval)
    tests.seal("the same beside a euro sign", ["Utf8"], "approval", approval | {"subject": "ｶﾌﾞｼｷｶﾞｲｼﾔ€"})
    tests.seal("every sign of a kana field", ["Kana"], "transfer", TRANSFER | {"payee": "()-./,'+:?¥｢｣ｦ ﾞﾟ"})
    tests.seal("as in the specification", ["Bound"], "transfer", TRANSFER)
    without = {name: text for name, text in TRANSFER.items() if name not in ("originator", "orderId")}
    tests.seal("no bound field", ["Bound"], "transfer", without)
    tests.seal("another originator", ["Bound"], "transfer", TRANSFER | {"originator": "ｶ)ﾅｶﾀｺｳｷﾞﾖｳ"})
    tests.seal("the originator as EDI", ["Bound"], "transfer", without | {"edi": "ｶ)ﾀﾅｶｺｳｷﾞﾖｳ"})
    tests.seal("an order ID alone", ["Bound"], "transfer", without | {"orderId": "20261121-0042"})
    linkage = texts("external-linkage", smallest)
    other = {
        "transfer": [
            {"payee": "カ）カクウショウジ", "amount": "0001250000", "newPayee": "true", "bankName": "かくうちゅうおう"},
            {"payee": "\u3000ｶ)ｶｸｳｼｮｳｼﾞ ", "originator": "カ)タナカコウギョウ"},
        ],
        "login": [
            {"service": "Ｋａｋｕｕ　Ｂａｎｋ", "lastLogin": "2026-11-21T12:04:05+09:00"},
            {"lastLogin": "1795230245"},
        ],
        "external-linkage": [{"menus": "debit, balance,bulk", "scope": "AB" * 32}],
    }
    login = texts("login", smallest) | {"service": "Kakuu Bank", "lastLogin": "2026-11-21T03:04:05Z"}
    bases = {
        "transfer": TRANSFER,
        "login": login,
        "external-linkage": linkage | {"menus": "balance,bulk,debit", "scope": "ab" * 32},
    }
    for name, changes in other.items():
        tests.seal("canonical", ["Spelling"], name, bases[name])
        for change in changes:
            tests.seal("written otherwise", ["Spelling"], name, bases[name] | change)
            tests[-1]["id"] = tests[-2]["id"]
    for number in (23, 24, 255, 256, 65_535, 65_536, 2**32 - 1, 2**32):
        fields = {"limit": "bulk", "old": str(number), "new": str(number + 1)}
        tests.seal(f"{number}", ["Numbers"], "limit-change", fields, expires_at=number)
    tests.seal("the last second", ["Numbers"], "limit-change", fields, expires_at=LAST_SECOND)
    for name in ("lastLogin", "date"):
        operation = "login" if name == "lastLogin" else "approval"
        for text in ("9999-12-31T23:59:59Z", "2106-02-07T06:28:16Z", "1970-01-01T00:00:24Z"):
            fields = texts(operation, smallest) | {name: text if operation == "login" else text[:10]}
            tests.seal(f"{name} {fields[name]}", ["Numbers"], operation, fields)
    for currency in ("JPY", "USD", "KWD"):
        for amount in (1, 10**15 - 1):
            field = {"kind": "money", "digits": 15}
            fields = texts("remittance", smallest) | {"amount": text_of(field, [currency, amount])}
            tests.seal(f"{currency}, {amount} units", ["Numbers"], "remittance", fields)
    for suite in ("SHA1-6:QH40", "SHA1-8:QH64", "SHA256-6:QH40", "SHA256-7:QH41", "SHA256-9:QH63", "SHA256-10:QH64",
                  "SHA512-6:QH40", "SHA512-8:QH50", "SHA512-10:QH64"):  # fmt: skip
        tests.seal(suite, ["Suite"], "transfer", TRANSFER, suite=f"OCRA-1:HOTP-{suite}")

    def none(comment, operation, fields):
        tests.seal(comment, ["NoTransaction"], operation, fields)

    none("an operation that is not in the catalogue", "gift", {})
    none("no field at all", "transfer", {})
    none("a field of another operation", "transfer", TRANSFER | {"newPayees": "1"})
    for name in ("bankCode", "payee", "amount", "date"):
        none(f"without {name}", "transfer", {key: text for key, text in TRANSFER.items() if key != name})
    for name, value in (
        ("bankCode", "999"), ("bankCode", "99900"), ("bankCode", "99９0"), ("account", "12345 7"), ("accountType", "1"),
        ("accountType", "Ordinary"), ("payee", ""), ("payee", "\u3000"), ("payee", "株式会社架空"), ("payee", "ｱ" * 49),
        ("payee", "ガ" * 25), ("payee", "ｶｸｳ\u200bｼﾞﾛｳ"), ("amount", ""), ("amount", "1,250"), ("amount", "-1"),
        ("amount", "1250.00"), ("amount", "10000000000"), ("amount", "99999999999999999999"), ("date", "2026-02-29"),
        ("date", "2026-2-3"), ("date", "20261124"), ("date", "1969-12-31"), ("newPayee", "1"), ("orderId", "注文1"),
        ("orderId", " A"), ("orderId", ""), ("orderId", "A" * 17), ("edi", "&"),
    ):  # fmt: skip
        none(f"{name} {value!r}", "transfer", TRANSFER | {name: value})
    for amount in ("USD 1250", "USD 1250.0", "JPY 1250.00", "KWD 1.00", "USD 01.00", "usd 1.00", "XXX 1.00",
                   "USD  1.00", "USD -1.00", "1250.00", "USD 10000000000000.00", "JPY 1000000000000000"):  # fmt: skip
        none(f"amount {amount!r}", "remittance", texts("remittance", smallest) | {"amount": amount})
    rules(tests, none)
    for name, value in (
        ("menus", ""), ("menus", "balance,balance"), ("menus", "balance,gift"), ("scope", "ab" * 31),
        ("menus", "balance,statement,transfer,bulk,payroll,pay-easy"), ("scope", "zz" * 32), ("provider", "架" * 21),
        ("provider", "架空\u202e"),
    ):  # fmt: skip
        none(f"{name} {value[:20]!r}", "external-linkage", linkage | {name: value})
    return tests


OPEN_NOTES = {
    "Rule": ("SECURITY", "Section 3.5: what no transaction says is not shown, whoever sealed it."),
    "OlderSpelling": ("BASIC", "Accounts, banks and countries as verifiers of before sealed them are shown as they stand."),
    "Opens": ("BASIC", "A code that opens; shown is what the token shows."),
    "Foreign": ("INPUT", "The text of some other 2D code."),
    "OtherVersion": ("INPUT", "A code of a version that this token does not know."),
    "Text": ("ENCODING", "Not the one base45 text of some bytes."),
    "Envelope": ("ENCODING", "Not the one envelope of its values, or other headers than the two."),
    "KeyName": ("ENCODING", "A key name of no known domain, or of another form than its domain has."),
    "WrongKey": ("SEAL", "Sealed with another key, or with a key of another domain."),
    "Altered": ("SEAL", "Altered after it was sealed."),
    "OtherKind": ("PURPOSE", "A code of another kind than the one that is opened."),
    "UnknownOperation": ("CONTENT", "Sealed right, with an operation that the catalogue does not have."),
    "NotCanonical": ("CONTENT", "Sealed right, in another form than the one that its content has."),
    "Shape": ("CONTENT", "Sealed right, with other items than the specification has."),
    "FieldForm": ("CONTENT", "Sealed right, with a field of another CBOR type or spelling than its kind has."),
    "FieldLimits": ("CONTENT", "Sealed right, with a field beyond what its kind may hold."),
    "Missing": ("CONTENT", "Sealed right, without something that must be there."),
}


def open_tests():
    tests = Tests()
    name, challenge_id = key_name("signature", ACTIVATION), id_of(0)
    signature = seal_key(KEY, "signature")
    base = make("transfer", TRANSFER, challenge_id, ACTIVATION, EXPIRES_AT)
    payload = payload_of(base)
    code = seal(name, challenge_id, signature, payload)
    data = unbase45(code[4:])
    ciphertext = parse(code)[3]

    for operation in ("transfer", "login", "deletion", "remittance"):
        sample = make(operation, texts(operation), challenge_id, ACTIVATION, EXPIRES_AT)
        tests.open(operation, "Opens", seal_challenge(sample, KEY))
    tests.open("as in the specification", "Opens", code)

    # The text
    for comment, text in (
        ("nothing", ""),
        ("an address", "https://example.com/?q=CT1:"),
        ("no colon", "CT1"),
        ("lower case", code.lower()),
        ("a space before", " " + code),
        ("a byte order mark before", "\ufeff" + code),
        ("no number", "CT:" + code[4:]),
        ("a letter for the number", "CTA:" + code[4:]),
        ("full-width digit", "CT１:" + code[4:]),
    ):
        tests.open(comment, "Foreign", text, "foreign")
    for version in ("2", "0", "10", "01"):
        tests.open(f"version {version}", "OtherVersion", f"CT{version}:" + code[4:], "version")

    def text(comment, text):
        tests.open(comment, "Text", text, "form")

    text("nothing behind the prefix", "CT1:")
    text("a letter in lower case", code[:-1] + "a")
    text("a line feed behind", code + "\n")
    text("a space behind", code + " ")
    text("a full-width letter", code[:50] + "Ａ" + code[51:])
    text("one character short", code[:-1])
    text("a group of three beyond FFFF", "CT1:GGX" + code[7:])
    text("a last group of two beyond FF", "CT1:" + base45(data)[: len(data) // 2 * 3] + "::")
    text("longer than any symbol holds", "CT1:" + base45(envelope(name, challenge_id, bytes(2900))))

    # The envelope
    def outside(comment, data, flag="Envelope"):
        tests.open(comment, flag, "CT1:" + base45(data), "form")

    def sealed_as(item, aad_name=name, protected=PROTECTED):
        aad = dumps(["Encrypt0", protected, aad_name])
        return dumps(item(AESGCM(signature).encrypt(challenge_id, payload, aad)))

    tag, headers = cbor2.CBORTag, {4: name, 5: challenge_id}
    outside("a byte behind", data + b"\0")
    outside("its last byte missing", data[:-1])
    outside("no tag", data[1:])
    outside("the tag in a longer form", b"\xd8\x10" + data[1:])
    outside("two tags", b"\xd0" + data)
    outside("COSE_Mac0", b"\xd1" + data[1:])
    outside("COSE_Encrypt", b"\xd8\x60" + data[1:])
    outside("an array without its length", b"\xd0\x9f" + data[2:] + b"\xff")
    outside("an array of four", dumps(tag(16, [PROTECTED, headers, ciphertext, b""])))
    outside("an array of two", dumps(tag(16, [PROTECTED, headers])))
    outside("AES-128-GCM", sealed_as(lambda c: tag(16, [b"\xa1\x01\x01", headers, c]), protected=b"\xa1\x01\x01"))
    outside("no protected header", sealed_as(lambda c: tag(16, [b"", headers, c]), protected=b""))
    outside("the algorithm unprotected", sealed_as(lambda c: tag(16, [b"", {1: 3} | headers, c]), protected=b""))
    outside("a protected header more", sealed_as(lambda c: tag(16, [dumps({1: 3, 2: [1]}), headers, c])))
    outside("a header more", sealed_as(lambda c: tag(16, [PROTECTED, headers | {6: b"\0"}, c])))
    outside("no IV", sealed_as(lambda c: tag(16, [PROTECTED, {4: name}, c])))
    outside("no key name", sealed_as(lambda c: tag(16, [PROTECTED, {5: challenge_id}, c])))
    outside("a partial IV", sealed_as(lambda c: tag(16, [PROTECTED, {4: name, 6: challenge_id}, c])))
    swapped = b"\x83" + dumps(PROTECTED) + b"\xa2\x05" + dumps(challenge_id) + b"\x04" + dumps(name) + dumps(ciphertext)
    outside("headers in the other order", b"\xd0" + swapped)
    doubled = b"\x83" + dumps(PROTECTED) + b"\xa3\x04" + dumps(name) + b"\x04" + dumps(name) + b"\x05"
    outside("the key name twice", b"\xd0" + doubled + dumps(challenge_id) + dumps(ciphertext))
    outside("an IV of 11 bytes", dumps(tag(16, [PROTECTED, {4: name, 5: challenge_id[:11]}, ciphertext])))
    outside("an IV of 13 bytes", dumps(tag(16, [PROTECTED, {4: name, 5: challenge_id + b"\0"}, ciphertext])))
    outside("an IV as text", dumps(tag(16, [PROTECTED, {4: name, 5: "A" * 12}, ciphertext])))
    outside("a ciphertext shorter than its tag", dumps(tag(16, [PROTECTED, headers, ciphertext[:15]])))
    outside("no ciphertext", dumps(tag(16, [PROTECTED, headers, None])))
    at = len(data) - len(ciphertext) - 2
    assert data[at] == 0x58
    outside("a length in a longer form", data[:at] + b"\x59\x00" + data[at + 1 :])
    pieces = b"\x5f" + dumps(ciphertext[:20]) + dumps(ciphertext[20:]) + b"\xff"
    outside("a ciphertext in pieces", data[:at] + pieces)
    for comment, other in (
        ("nothing", b""),
        ("a domain and no name", b"\0"),
        ("an unknown domain", b"\4" + ACTIVATION),
        ("an activation ID of five bytes", b"\0" + ACTIVATION[:5]),
        ("an activation ID of seven bytes", b"\0" + ACTIVATION + b"\0"),
        ("a token ID in lower case", b"\1kkk0000001"),
        ("a token ID of eleven characters", b"\1KKK00000001"),
        ("a token ID of nothing", b"\2"),
        ("a token ID outside ASCII", b"\2" + "ＫＫＫ".encode()),
    ):
        outside(comment, envelope(other, challenge_id, ciphertext), "KeyName")

    # The seal
    def wrong(comment, flag, code):
        tests.open(comment, flag, code, "seal")

    wrong("another activation's key", "WrongKey", seal(name, challenge_id, seal_key(DEVICE_KEY, "signature"), payload))
    wrong("the key itself", "WrongKey", seal(name, challenge_id, KEY, payload))
    wrong("the key of responses", "WrongKey", seal(name, challenge_id, derive(KEY, b"camtoken/1 respond"), payload))
    for domain in ("deletion", "activation1", "activation2"):
        wrong(f"the key of domain {domain}", "WrongKey", seal(name, challenge_id, seal_key(KEY, domain), payload))
    deletion = seal(key_name("deletion", ACTIVATION), challenge_id, signature, payload)
    wrong("a challenge as a deletion", "WrongKey", deletion)
    wrong("a bit of the ciphertext", "Altered", "CT1:" + base45(data[:-20] + bytes([data[-20] ^ 1]) + data[-19:]))
    wrong("a bit of the tag", "Altered", "CT1:" + base45(data[:-1] + bytes([data[-1] ^ 0x80])))
    wrong("a character of the text", "Altered", code[:120] + ("0" if code[120] != "0" else "1") + code[121:])
    wrong("the challenge ID", "Altered", "CT1:" + base45(envelope(name, id_of(1), ciphertext)))
    renamed = envelope(key_name("signature", b"\0" * 6), challenge_id, ciphertext)
    wrong("the activation ID", "Altered", "CT1:" + base45(renamed))
    wrong("a shorter ciphertext", "Altered", "CT1:" + base45(envelope(name, challenge_id, ciphertext[:-1])))
    wrong("nothing but a tag", "Altered", "CT1:" + base45(envelope(name, challenge_id, ciphertext[-16:])))
    for comment, aad in (
        ("no additional data", b""),
        ("additional data without the key name", dumps(["Encrypt0", PROTECTED, b""])),
        ("additional data of another context", dumps(["Encrypt", PROTECTED, name])),
        ("the key name alone as additional data", name),
    ):
        other = AESGCM(signature).encrypt(challenge_id, payload, aad)
        wrong(comment, "Altered", "CT1:" + base45(envelope(name, challenge_id, other)))

    # Another kind
    bank = texts("activation1")
    first = make("activation1", bank, challenge_id, ACTIVATION, EXPIRES_AT)
    second = make("activation2", bank, challenge_id, ACTIVATION, EXPIRES_AT)
    binding = challenge_id, "012345"
    tests.open("first code of a registration", "OtherKind", seal_first(first, "KKK0000001", KEY), "purpose")
    second = seal_second(second, "KKK0000001", KEY, binding, SUITE, KEY)
    tests.open("second code of a registration", "OtherKind", second, "purpose")

    # The content
    def inside(comment, flag, payload, error="content", domain="signature"):
        named = key_name(domain, ACTIVATION)
        tests.open(comment, flag, seal(named, challenge_id, seal_key(KEY, domain), payload), error)

    expiry, operation, shown, digest = dumps(EXPIRES_AT), dumps(4), dumps(base.shown), dumps(base.digest)
    assert b"\x84" + expiry + operation + shown + digest == payload
    for number in (17, 23, 24, 200, 255, 256, 2**32, 2**64 - 1):
        content = dumps([EXPIRES_AT, number, base.shown, base.digest])
        inside(f"operation {number}", "UnknownOperation", content, "operation")
    inside("a byte behind", "NotCanonical", payload + b"\0")
    inside("an array without its length", "NotCanonical", b"\x9f" + payload[1:] + b"\xff")
    inside("an array's length in a longer form", "NotCanonical", b"\x98\x04" + payload[1:])
    inside("a time of eight bytes", "NotCanonical", b"\x84\x1b" + EXPIRES_AT.to_bytes(8, "big") + payload[6:])
    inside("an operation of two bytes", "NotCanonical", b"\x84" + expiry + b"\x18\x04" + shown + digest)
    listed = b"\x9f" + shown[1:] + b"\xff"
    inside("a list of fields without its length", "NotCanonical", b"\x84" + expiry + operation + listed + digest)
    cut = b"\x5f" + dumps(base.digest[:16]) + dumps(base.digest[16:]) + b"\xff"
    inside("a digest in pieces", "NotCanonical", b"\x84" + expiry + operation + shown + cut)
    inside("a tag around it", "NotCanonical", b"\xd8\x18" + payload)
    inside("nothing", "Shape", b"")
    inside("cut off", "Shape", payload[:-1])
    inside("three items", "Missing", dumps([EXPIRES_AT, 4, base.shown]))
    inside("five items", "Shape", dumps([EXPIRES_AT, 4, base.shown, base.digest, None]))
    inside("a map", "Shape", dumps({1: EXPIRES_AT}))
    for comment, item in (
        ("a time before 1970", -1),
        ("a time after 9999", LAST_SECOND + 1),
        ("the latest time of all", 2**64 - 1),
        ("a time as text", "2026-11-21T03:03:00Z"),
        ("a time as a float", 1.5),
        ("a tagged time", cbor2.CBORTag(1, EXPIRES_AT)),
        ("no time", None),
    ):
        inside(comment, "Shape", dumps([item, 4, base.shown, base.digest]))
    inside("an operation below zero", "Shape", dumps([EXPIRES_AT, -5, base.shown, base.digest]))
    inside("an operation by its name", "Shape", dumps([EXPIRES_AT, "transfer", base.shown, base.digest]))
    inside("an operation of another domain", "Shape", payload_of(first))
    gone = make("deletion", texts("deletion"), challenge_id, ACTIVATION, EXPIRES_AT)
    inside("a deletion under a challenge's key", "Shape", payload_of(gone))
    inside("a challenge under a deletion's key", "Shape", payload, domain="deletion")
    inside("the fields of another operation", "Shape", dumps([EXPIRES_AT, 5, base.shown, base.digest]))
    inside("a field more", "Shape", dumps([EXPIRES_AT, 4, base.shown + [None], base.digest]))
    inside("a field less", "Missing", dumps([EXPIRES_AT, 4, base.shown[:-1], base.digest]))
    inside("no digest of bound fields", "Missing", dumps([EXPIRES_AT, 4, base.shown, None]))
    inside("a digest of 31 bytes", "Shape", dumps([EXPIRES_AT, 4, base.shown, base.digest[:31]]))
    inside("a digest as text", "Shape", dumps([EXPIRES_AT, 4, base.shown, base.digest.hex()[:32]]))
    digested = dumps([EXPIRES_AT, 2, gone.shown, base.digest])
    inside("a digest where there is no bound field", "Shape", digested, domain="deletion")

    def field(operation, name, item, comment, flag):
        fields = [field for field in OPERATIONS[operation]["fields"] if not field.get("bound")]
        sample = make(operation, texts(operation, smallest), challenge_id, ACTIVATION, EXPIRES_AT)
        place = [field["name"] for field in fields].index(name)
        shown = b"".join(item if at == place else dumps(other) for at, other in enumerate(sample.shown))
        content = b"\x84" + dumps(EXPIRES_AT) + dumps(sample.operation["code"])
        content += dumps(sample.shown)[:1] + shown + dumps(sample.digest)
        inside(f"{operation}, {name}: {comment}", flag, content)

    for operation, name, item, comment in (
        ("transfer", "payee", None, "null"),
        ("transfer", "amount", None, "null"),
        ("external-linkage", "menus", None, "null"),
    ):
        field(operation, name, dumps(item), comment, "Missing")
    field("transfer", "newPayee", b"\xf7", "undefined for null", "FieldForm")
    for operation, name, item, comment in (
        ("transfer", "payee", "ｶｸｳ", "text for bytes"),
        ("transfer", "payee", b"\xb6\xa7", "a small kana"),
        ("transfer", "payee", b"abc", "lower case"),
        ("transfer", "payee", b"\xbe\xdd\xc0\xb0", "a prolonged sound mark"),
        ("transfer", "payee", b"\xb6\xa5\xb8", "a middle dot"),
        ("transfer", "payee", b"A&B", "an ampersand"),
        ("transfer", "payee", b"A\x1b[2J", "an escape"),
        ("transfer", "payee", b" \xb6\xb8\xb3", "a space before"),
        ("transfer", "payee", b"\xb6\xb8\xb3 ", "a space behind"),
        ("transfer", "payee", "架空".encode("cp932"), "kanji"),
        ("transfer", "payee", "ｶｸｳ".encode(), "UTF-8"),
        ("approval", "subject", "架空", "UTF-8 where Shift_JIS is due"),
        ("approval", "subject", "abc", "ASCII as UTF-8"),
        ("approval", "subject", "髙橋".encode("cp932"), "Shift_JIS where UTF-8 is due"),
        ("approval", "subject", "か\u3099€", "a decomposed kana"),
        ("approval", "subject", "Ａ€", "a full-width letter in UTF-8"),
        ("approval", "subject", "Ａ".encode("cp932"), "a full-width letter in Shift_JIS"),
        ("approval", "subject", "\u3000架空".encode("cp932"), "an ideographic space"),
        ("approval", "subject", "架空\u202e€", "a directional character"),
        ("approval", "subject", "架空\n".encode("cp932"), "a line feed"),
        ("approval", "subject", b"\x81", "half a character"),
        ("approval", "subject", b"\xee\xe0", "a character of another row with the same meaning"),
        ("approval", "subject", "€ ", "a space behind"),
        ("approval", "subject", 1, "a number"),
        ("limit-change", "limit", "bulk", "a choice by its name"),
        ("limit-change", "old", -1, "a number below zero"),
        ("limit-change", "old", 1.0, "a float"),
        ("limit-change", "old", "1", "a number as text"),
        ("transfer", "newPayee", 1, "a number for a flag"),
        ("transfer", "bankCode", "9990", "digits of fixed length as text"),
        ("bulk", "payingAccount", 1234567, "digits of other lengths as a number"),
        ("bulk", "payingAccount", "12345A7", "a letter among digits"),
        ("bulk", "payingAccount", "１２３４", "full-width digits"),
        ("bulk", "checkCode", "00" * 8, "a check code as text"),
        ("remittance", "payee", b"A", "bytes for text"),
        ("remittance", "payee", "Café", "a character outside ASCII"),
        ("remittance", "payee", " A", "a space before"),
        ("remittance", "payee", "A ", "a space behind"),
        ("remittance", "payee", "A\x7fB", "a control character"),
        ("remittance", "amount", "JPY 0", "an amount as text"),
        ("remittance", "amount", ["JPY"], "a currency alone"),
        ("remittance", "amount", ["JPY", 1, 0], "three items"),
        ("remittance", "amount", ["jpy", 1], "a currency in lower case"),
        ("remittance", "amount", [0, "JPY"], "amount and currency exchanged"),
        ("remittance", "valueDate", "2026-11-24", "a date as text"),
        ("login", "lastLogin", "2026-11-24T00:00:00Z", "a moment as text"),
    ):
        field(operation, name, dumps(item), comment, "FieldForm")
    field("approval", "subject", b"\x63\xe2\x82\x28", "text that is no UTF-8", "FieldForm")
    field("approval", "subject", b"\x7f\x63\xe2\x82\xac\xff", "text in pieces", "FieldForm")
    field("limit-change", "old", b"\xc2\x41\x01", "a number as a bignum", "FieldForm")
    field("limit-change", "old", b"\x18\x01", "a number in a longer form", "FieldForm")
    field("limit-change", "limit", b"\x18\x01", "a choice in a longer form", "FieldForm")
    field("transfer", "payee", b"\x58\x01\xb1", "a length in a longer form", "FieldForm")
    older = make("remittance", REMITTANCE, challenge_id, ACTIVATION, EXPIRES_AT)
    for change in (
        {"account": "NO93 8601 1117 947"}, {"account": "no9386011117947"}, {"bic": "mihonokk"}, {"bic": "MIHONOKKXXX"},
        {"country": "no"},
    ):  # fmt: skip
        names = [field["name"] for field in older.operation["fields"] if not field.get("bound")]
        shown = [change.get(name, item) for name, item in zip(names, older.shown, strict=True)]
        code = seal(key_name("signature", ACTIVATION), challenge_id, seal_key(KEY, "signature"), dumps([EXPIRES_AT, 8, shown, older.digest]))
        tests.open(f"{change}", "OlderSpelling", code)
    for operation, name, item, comment in (
        ("transfer", "amount", 0, "nothing"),
        ("pay-easy", "amount", 0, "nothing"),
        ("remittance", "amount", ["JPY", 0], "nothing"),
        ("bulk", "count", 0, "nothing"),
        ("bulk", "total", 0, "nothing"),
        ("bulk", "total", 2, "more than all payments"),
        ("bulk", "largestAmount", 2, "more than the total"),
        ("payroll", "newPayees", 2, "more than count"),
        ("transfer", "payee", b"\xde", "a sound mark alone"),
        ("transfer", "payee", b"\xdf\xb6", "a sound mark first"),
        ("transfer", "bankName", b"-", "no letter"),
        ("remittance", "payee", "...", "no letter"),
        ("remittance", "account", "NO9386011117948", "wrong check digits"),
        ("remittance", "account", "NO938601111794", "an IBAN too short"),
        ("remittance", "account", "IBAN", "nothing but the word"),
        ("remittance", "bic", "MIHONOK", "seven characters"),
        ("remittance", "bic", "MIHO1OKK", "no country in it"),
        ("remittance", "country", "XX", "no country"),
        ("remittance", "country", "UK", "no country of ISO 3166"),
    ):
        field(operation, name, dumps(item), comment, "Rule")
    for operation, name, item, comment in (
        ("transfer", "payee", b"\xb1" * 49, "49 characters"),
        ("transfer", "payee", b"", "empty"),
        ("transfer", "bankName", b"\xb1" * 16, "16 characters"),
        ("approval", "subject", b"", "empty"),
        ("approval", "subject", ("架" * 10 + "A").encode("cp932"), "21 columns"),
        ("approval", "subject", "é" * 21, "21 columns in UTF-8"),
        ("remittance", "payee", "", "empty"),
        ("remittance", "payee", "A" * 141, "141 characters"),
        ("remittance", "amount", ["JPY", 10**15], "16 digits"),
        ("remittance", "amount", ["XXX", 1], "no currency"),
        ("remittance", "amount", ["USN", 1], "a currency that is left out"),
        ("transfer", "bankCode", 10000, "five digits"),
        ("transfer", "account", 10**7, "eight digits"),
        ("bulk", "payingAccount", "123", "three digits"),
        ("bulk", "payingAccount", "1234567890123", "thirteen digits"),
        ("transfer", "amount", 10**10, "eleven digits"),
        ("transfer", "amount", 2**64 - 1, "twenty digits"),
        ("bulk", "count", 10**6, "seven digits"),
        ("bulk", "checkCode", bytes(7), "seven bytes"),
        ("bulk", "checkCode", bytes(9), "nine bytes"),
        ("transfer", "date", 2_932_897, "after 9999"),
        ("transfer", "date", 2**32, "long after 9999"),
        ("login", "lastLogin", LAST_SECOND + 1, "after 9999"),
        ("transfer", "accountType", 4, "a choice beyond the list"),
        ("transfer", "accountType", 2**64 - 1, "a choice far beyond the list"),
        ("external-linkage", "menus", 0, "none chosen"),
        ("external-linkage", "menus", 0b111111, "six chosen"),
        ("external-linkage", "menus", 1 << 8, "a choice beyond the list"),
    ):
        field(operation, name, dumps(item), comment, "FieldLimits")
    for item, comment in (
        ("・・・".encode("cp932"), "no letter, in Shift_JIS"),
        ("゛".encode("cp932"), "a sound mark that is no letter"),
        ("€", "no letter, in UTF-8"),
        ("㈱", "a sign of several letters"),
    ):
        field("pay-easy", "biller", dumps(item), comment, "Rule")
    for biller in ("々", "①", "ﾞ"):
        sample = make("pay-easy", texts("pay-easy", smallest) | {"biller": biller}, challenge_id, ACTIVATION, EXPIRES_AT)
        tests.open(f"pay-easy, biller: {biller}", "Opens", seal_challenge(sample, KEY))
    return tests


def later_seal_tests():
    """Cases that came later: a test keeps its tcId."""
    tests = Tests()
    pay_easy, login = texts("pay-easy", smallest), texts("login", smallest)
    linkage = texts("external-linkage", smallest)
    for biller in ("々", "①", "²", "ﾞ", "ー"):
        tests.seal(f"biller {biller}", ["Rule"], "pay-easy", pay_easy | {"biller": biller})
    for biller in ("゛", "€", "㈱", "- / -"):
        tests.seal(f"biller {biller}", ["NoTransaction"], "pay-easy", pay_easy | {"biller": biller})
    for moment in (
        "2026-11-21T03:04:05.999Z", "2026-11-21T03:04:05.123456789012Z", "2026-11-21t03:04:05z", "2026-11-21T03:04:05-00:00",
        "2026-11-21T03:04:05+23:59", "2026-11-21T03:04:05-23:59", "1970-01-01T00:00:00.5Z", "1969-12-31T23:59:00-00:01",
        "9999-12-31T23:59:59.9Z", "9999-12-31T23:59:59+00:01", "0000001795230245",
    ):  # fmt: skip
        tests.seal(f"lastLogin {moment}", ["Spelling"], "login", login | {"lastLogin": moment})
    for moment in (
        "2026-11-21", "2026-11-21T03:04Z", "2026-11-21T03:04:05", "2026-11-21 03:04:05Z", "2026-11-21T03:04:05 Z",
        " 2026-11-21T03:04:05Z", "2026-11-21T03:04:05.Z", "2026-11-21T03:04:05,5Z", "2026-11-21T03:04:05+09",
        "2026-11-21T03:04:05+0900", "2026-11-21T03:04:05+09:00:00", "2026-11-21T03:04:05+24:00", "2026-11-21T03:04:05+09:60",
        "2026-11-21T03:04:05Z[UTC]", "20261121T030405Z", "+002026-11-21T03:04:05Z", "２026-11-21T03:04:05Z", "2026-11-21T24:00:00Z",
        "2026-11-21T03:04:60Z", "2016-12-31T23:59:60Z", "2026-02-29T00:00:00Z", "1969-12-31T23:59:59.5Z",
        "1970-01-01T00:00:00+00:01", "9999-12-31T23:59:59-00:01", "1795230245.5", "-1", "",
    ):  # fmt: skip
        tests.seal(f"lastLogin {moment!r}", ["NoTransaction"], "login", login | {"lastLogin": moment})
    for menus in ("debit,\u3000balance ,\tbulk", "balance\u00a0,\nbulk,debit"):
        tests.seal("other spaces around the names", ["Spelling"], "external-linkage", linkage | {"menus": menus})
    for menus in ("balance,bulk,\u200bdebit", "balance, ,bulk"):
        tests.seal(f"menus {menus!r}", ["NoTransaction"], "external-linkage", linkage | {"menus": menus})
    return tests


ACTIVATION_NOTES = {
    "Registration": ("BASIC", "A whole registration, from the first code to the token's confirmation."),
    "Suite": ("BASIC", "Suites that the second code may bring."),
    "WrongDeviceCode": ("MODIFIED_RESPONSE", "Not the device code of this token for this first code."),
    "WrongNonce": ("SEAL", "A second code that was made for another number of the token."),
    "WrongFirst": ("SEAL", "A second code that was made for another first code."),
    "WrongKey": ("SEAL", "Sealed with another token's key, or a key of another domain."),
    "OtherKind": ("PURPOSE", "A code of another kind than the one that is opened."),
    "UnfitSuite": ("CONTENT", "Sealed right, with a suite that cannot sign challenges."),
    "NotCanonical": ("CONTENT", "Sealed right, in another form than the one that its content has."),
    "Shape": ("CONTENT", "Sealed right, with other items than the specification has."),
    "Opens": ("BASIC", "A code that opens."),
}


def activation_groups():
    rng = random.Random(8392)
    registrations = Tests()
    cases = [("架空中央銀行", "****7890", "TANAKA"), ("Kakuu Central Bank", "****0001", "髙橋"), ("ｶｸｳﾁﾕｳｵｳ", "*", "A")]
    suites = [SUITE, "OCRA-1:HOTP-SHA1-6:QH40", "OCRA-1:HOTP-SHA512-10:QH64", "OCRA-1:HOTP-SHA256-7:QH41"]
    for number, suite in enumerate(suites):
        bank, contract, user = cases[number % len(cases)]
        registrations.append(
            {
                "comment": f"a registration for {suite}",
                "flags": ["Registration", "Suite"] if number else ["Registration"],
                "activation": rng.randbytes(6).hex(),
                "fields": {"bank": bank, "contract": contract, "user": user},
                "firstId": id_of(1000 + number).hex(),
                "firstExpiresAt": EXPIRES_AT + 90 * 86400,
                "nonce": ["012345", "000000", "999999", "640213"][number],
                "secondId": id_of(2000 + number).hex(),
                "secondExpiresAt": EXPIRES_AT + 600,
                "suite": suite,
                "key": rng.randbytes(32).hex(),
            }
        )
    token = "KKK0000001"
    group = group_of("Activation", registrations, tokenId=token, deviceKey=DEVICE_KEY.hex())
    for test in registrations:
        test |= registered(group, test)
    model, other = registrations[0], registrations[1]
    first_id, nonce, granted = bytes.fromhex(model["firstId"]), model["nonce"], bytes.fromhex(model["key"])
    activation, second_id = bytes.fromhex(model["activation"]), bytes.fromhex(model["secondId"])
    first = open_first(model["firstCode"], DEVICE_KEY)
    second, _, _ = open_second(model["secondCode"], DEVICE_KEY, (first_id, nonce))

    devices = Tests()

    def device(comment, answer, flag="WrongDeviceCode"):
        devices.append({"comment": comment, "flags": [flag], "firstCode": model["firstCode"], "deviceCode": answer})

    right = model["deviceCode"]
    device("the right one", right, "Registration")
    device("another number drawn by the same token", device_code(first, DEVICE_KEY, "999999"), "Registration")
    device("the last digit is another", right[:-1] + str((int(right[-1]) + 1) % 10))
    device("another number with the same check", "012346" + right[6:])
    device("of another first code", other["deviceCode"])
    device("of another token", device_code(first, KEY, nonce))
    device("check and number exchanged", right[6:] + right[:6])
    device("one digit missing", right[:-1])
    device("one digit more", right + "0")
    device("a space between", right[:6] + " " + right[6:])
    device("full-width digits", right.translate({ord(d): ord(d) + 0xFEE0 for d in string.digits}))
    device("nothing", "")

    firsts = Tests()
    name1, key1 = key_name("activation1", token.encode()), seal_key(DEVICE_KEY, "activation1")
    payload1 = payload_of(first, activation)

    def inside1(comment, flag, payload, error="content", key=key1, name=name1):
        firsts.open(comment, flag, seal(name, first_id, key, payload), error)

    firsts.open("the first code", "Opens", model["firstCode"])
    firsts.open("the second code", "OtherKind", model["secondCode"], "purpose")
    signed = make("transfer", TRANSFER, first_id, activation, EXPIRES_AT)
    firsts.open("a challenge", "OtherKind", seal_challenge(signed, DEVICE_KEY), "purpose")
    inside1("another token's key", "WrongKey", payload1, "seal", seal_key(KEY, "activation1"))
    inside1("the key of second codes", "WrongKey", payload1, "seal", seal_key(DEVICE_KEY, "activation2"))
    inside1("a byte behind", "NotCanonical", payload1 + b"\0")
    inside1("no activation ID", "Shape", payload_of(first))
    inside1("an activation ID of five bytes", "Shape", payload_of(first, activation[:5]))
    inside1("an activation ID as text", "Shape", payload_of(first, activation.hex()))
    inside1("the operation of second codes", "Shape", payload_of(second, activation))
    inside1("the items of a second code", "Shape", payload_of(first, activation, SUITE, granted))

    seconds = Tests()
    name2, key2 = key_name("activation2", token.encode()), seal_key(DEVICE_KEY, "activation2", (first_id, nonce))

    def second_of(comment, flag, code, error=None, first=first_id, number=nonce):
        seconds.open(comment, flag, code, error, firstId=first.hex(), nonce=number)

    def inside2(comment, flag, payload, error="content", key=key2):
        second_of(comment, flag, seal(name2, second_id, key, payload), error)

    second_of("the second code", "Opens", model["secondCode"])
    second_of("another number", "WrongNonce", model["secondCode"], "seal", number="012346")
    second_of("another first code", "WrongFirst", model["secondCode"], "seal", first=bytes.fromhex(other["firstId"]))
    second_of("another registration's second code", "WrongFirst", other["secondCode"], "seal")
    second_of("the first code", "OtherKind", model["firstCode"], "purpose")
    payload2 = payload_of(second, activation, SUITE, granted)
    inside2("another token's key", "WrongKey", payload2, "seal", seal_key(KEY, "activation2", (first_id, nonce)))
    inside2("a key without the number", "WrongKey", payload2, "seal", seal_key(DEVICE_KEY, "activation2"))
    inside2("the key of first codes", "WrongKey", payload2, "seal", seal_key(DEVICE_KEY, "activation1"))
    for suite in (
        "", "OCRA-1", "OCRA-1:HOTP-SHA256-8:QH64 ", "OCRA-1:HOTP-SHA256-8:QN08", "OCRA-1:HOTP-SHA256-8:QA64",
        "OCRA-1:HOTP-SHA256-8:QH39", "OCRA-1:HOTP-SHA256-8:Q", "OCRA-1:HOTP-SHA256-5:QH64", "OCRA-1:HOTP-SHA256-0:QH64",
        "OCRA-1:HOTP-SHA256-11:QH64", "OCRA-1:HOTP-MD5-8:QH64", "OCRA-1:HOTP-SHA256-8:C-QH64",
        "OCRA-1:HOTP-SHA256-8:QH64-PSHA1", "OCRA-1:HOTP-SHA256-8:QH64-S064", "OCRA-1:HOTP-SHA256-8:QH64-T1M",
    ):  # fmt: skip
        inside2(f"suite {suite!r}", "UnfitSuite", payload_of(second, activation, suite, granted), "suite")
    inside2("a byte behind", "NotCanonical", payload2 + b"\0")
    inside2("a suite in bytes", "Shape", payload_of(second, activation, SUITE.encode(), granted))
    inside2("a key of 31 bytes", "Shape", payload_of(second, activation, SUITE, granted[:31]))
    inside2("a key of 33 bytes", "Shape", payload_of(second, activation, SUITE, granted + b"\0"))
    inside2("no key", "Shape", payload_of(second, activation, SUITE))
    inside2("an item more", "Shape", payload_of(second, activation, SUITE, granted, None))
    inside2("the operation of first codes", "Shape", payload_of(first, activation, SUITE, granted))
    device_key = {"deviceKey": DEVICE_KEY.hex()}
    return [
        group,
        group_of("DeviceCode", devices, **device_key),
        group_of("FirstOpen", firsts, **device_key),
        group_of("SecondOpen", seconds, **device_key),
    ]


def document(algorithm, header, notes, groups):
    count = 0
    for group in groups:
        for place, test in enumerate(group["tests"]):
            count += 1
            values = found(group, test)
            assert test.get("error") == values.get("error"), (test, values)
            result = values.pop("result")
            group["tests"][place] = {"tcId": count} | test | values | {"result": result}
    return {
        "algorithm": algorithm,
        "schema": f"{algorithm.lower()}_test_schema.json",
        "numberOfTests": count,
        "header": header,
        "notes": {flag: {"bugType": kind, "description": text} for flag, (kind, text) in notes.items()},
        "testGroups": groups,
    }


def files():
    keyed = {"key": KEY.hex(), "activation": ACTIVATION.hex()}
    code = document(
        "Code",
        [
            "Codes of docs/SPEC.md for challenges and deletions, made and opened by reference/code.py.",
            "CodeSeal: the fields, as anybody might write them, give this payload (before the seal), code, question",
            "and response; shown is what the token shows. Invalid: the fields make no transaction.",
            "CodeOpen: the code opens and says this, or is refused with this class of error (section 4.6).",
        ],
        SEAL_NOTES | OPEN_NOTES,
        [
            group_of("CodeSeal", seal_tests(), **keyed),
            group_of("CodeOpen", open_tests(), key=KEY.hex()),
            group_of("CodeSeal", later_seal_tests(), **keyed),
        ],
    )
    questions = {}
    for test in code["testGroups"][0]["tests"]:
        assert test["result"] == "invalid" or questions.setdefault(test["id"], test["question"]) == test["question"]
    activation = document(
        "Activation",
        [
            "Registrations of docs/SPEC.md, section 8, made and opened by reference/code.py.",
            "Activation: both codes, the device code and the confirmation. DeviceCode: whether the bank takes it.",
            "FirstOpen, SecondOpen: what each code says to the token, or the class of error (section 4.6).",
        ],
        ACTIVATION_NOTES,
        activation_groups(),
    )
    return {"code_test.json": code, "activation_test.json": activation}


def written(document):
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


# --- The generated parts of docs/SPEC.md -----------------------------------------------------------------------------


def kind_text(field):
    kind, most = field["kind"], field.get("max")
    match kind:
        case "kana" | "text" | "ascii" | "account":
            return f"{kind} {most}"
        case "digits":
            return f"digits {most}" if field["min"] == most else f"digits {field['min']}-{most}"
        case "yen" | "count" | "money":
            return f"{kind} {field['digits']}"
        case "choice":
            return f"choice of {field['choices']}"
        case "choices":
            return f"1 to {most} of {field['choices']}"
        case "checkCode":
            return "check code"
    return kind


def catalogue_table():
    lines = ["| code | operation | domain | field | kind | |", "| --- | --- | --- | --- | --- | --- |"]
    for entry in OPERATIONS.values():
        head = f"| {entry['code']} | **{entry['name']}** {entry['ja']} | {entry['domain']}"
        for field in entry["fields"]:
            marks = [mark for mark in ("bound", "optional") if field.get(mark)]
            marks += ["not zero"] if field.get("positive") else []
            lines.append(f"{head} | {field['name']} {field['ja']} | {kind_text(field)} | {', '.join(marks)} |")
            head = "| | |"
    return lines


def choice_table():
    lines = ["| list | numbers and names |", "| --- | --- |"]
    for name, choices in CATALOGUE["choices"].items():
        entries = ", ".join(f"{number} {c['name']} {c['ja']}" for number, c in enumerate(choices))
        lines.append(f"| {name} | {entries} |")
    return lines


# ISO/IEC 18004, table 7: alphanumeric characters at level M, versions 1 to 17.
CAPACITY = [20, 38, 61, 90, 122, 154, 178, 221, 262, 311, 366, 419, 483, 528, 600, 656, 734]


def size_table():
    def size(name, kanji):
        sample = make(name, texts(name, lambda field: largest(field, kanji)), id_of(0), ACTIVATION, EXPIRES_AT)
        if OPERATIONS[name]["domain"] == "activation1":
            code = seal_first(sample, "KKK0000001", KEY)
        elif OPERATIONS[name]["domain"] == "activation2":
            code = seal_second(sample, "KKK0000001", KEY, (id_of(0), "000000"), "OCRA-1:HOTP-SHA512-10:QH64", KEY)
        else:
            code = seal_challenge(sample, KEY)
        version = next(at + 1 for at, capacity in enumerate(CAPACITY) if len(code) <= capacity)
        return f"{len(code)} | {version}"

    lines = ["| operation | characters | version | text in UTF-8 | version |", "| --- | --- | --- | --- | --- |"]
    for name, entry in OPERATIONS.items():
        has_text = any(field["kind"] == "text" and not field.get("bound") for field in entry["fields"])
        lines.append(
            f"| {name} | {size(name, '架')} | {size(name, 'Ṁ') if has_text else '|'} |".replace("| | |", "| | |")
        )
    return lines


def diagnostic(item):
    """RFC 8949, section 8, with what the numbers mean."""
    match item:
        case None:
            return "null"
        case bool():
            return str(item).lower()
        case bytes():
            return f"h'{item.hex()}'"
        case str():
            return json.dumps(item, ensure_ascii=False)
        case list():
            return "[" + ", ".join(diagnostic(part) for part in item) + "]"
    return str(item)


def dump(data, width=32):
    return [data[at : at + width].hex() for at in range(0, len(data), width)]


def example():
    """The transfer of section 10, step by step."""
    group = {"key": KEY.hex(), "activation": ACTIVATION.hex()}
    test = {"id": id_of(0).hex(), "expiresAt": EXPIRES_AT, "operation": "transfer", "fields": TRANSFER, "suite": SUITE}
    values = sealed(group, test)
    challenge = make("transfer", TRANSFER, id_of(0), ACTIVATION, EXPIRES_AT)
    name = key_name("signature", ACTIVATION)
    bound = [item_of(field, canonical(field, TRANSFER[field["name"]])) if field["name"] in TRANSFER else None
             for field in OPERATIONS["transfer"]["fields"] if field.get("bound")]  # fmt: skip
    payload = bytes.fromhex(values["payload"])
    key = seal_key(KEY, "signature")
    data = unbase45(values["code"][4:])
    assert open_challenge(values["code"], KEY) == challenge
    asked = ["camtoken/1", 0, challenge.id, ACTIVATION, EXPIRES_AT, *challenge.items()]
    lines = ["```text", f"activation key   {KEY.hex()}", f"activation ID    {ACTIVATION.hex()}"]
    lines += [f"challenge ID     {id_of(0).hex()}", f"expires at       {EXPIRES_AT} ({moment_text(EXPIRES_AT)})"]
    lines += [f"{field:16} {text}" for field, text in TRANSFER.items()]
    lines += ["", "bound fields, under the digest: 4, then", diagnostic(bound)]
    lines += dump(dumps(4) + dumps(bound)) + ["digest", challenge.digest.hex()]
    lines += ["", "payload", f"[{EXPIRES_AT}, 4,"]
    lines += [" " + diagnostic(challenge.shown) + ",", " " + diagnostic(challenge.digest) + "]"] + dump(payload)
    lines += ["", 'seal key: HKDF-SHA256(activation key, "camtoken/1 seal signature")', key.hex()]
    lines += ["additional data", diagnostic(["Encrypt0", PROTECTED, name]), additional_data(name).hex()]
    lines += ["envelope", f"16([h'a10103', {{4: h'{name.hex()}', 5: h'{id_of(0).hex()}'}}, ciphertext with tag])"]
    lines += dump(data) + ["code"] + [values["code"]]
    lines += ["", "question: SHA-256 of", *dump(dumps(asked)), "which is", values["question"]]
    lines += [
        'response key: HKDF-SHA256(activation key, "camtoken/1 respond")',
        derive(KEY, b"camtoken/1 respond").hex(),
    ]
    lines += message_lines(SUITE, derive(KEY, b"camtoken/1 respond"), challenge.question())
    lines += [f"response, {SUITE}", values["response"], "```"]
    return lines


def message_lines(suite, key, hashed):
    """The message of OCRA for a suite with SHA256 and QH64; it gives the response of oath.py."""
    message = suite.encode() + b"\0" + hashed + bytes(96)
    mac, digits = hmac.digest(key, message, "sha256"), oath.Suite(suite).digits
    truncated = int.from_bytes(mac[mac[-1] & 15 :][:4], "big") & 0x7FFFFFFF
    assert str(truncated % 10**digits).zfill(digits) == ocra(key, suite, hashed)
    return ["message of OCRA: this, then 96 bytes 00", *dump(message[:-96])]


def registration():
    """The registration of section 10, step by step."""
    group = activation_groups()[0]
    test = group["tests"][0]
    token, device_key, key = group["tokenId"], bytes.fromhex(group["deviceKey"]), bytes.fromhex(test["key"])
    activation, suite, number = bytes.fromhex(test["activation"]), test["suite"], test["nonce"]
    first_id, second_id = bytes.fromhex(test["firstId"]), bytes.fromhex(test["secondId"])
    first = make("activation1", test["fields"], first_id, activation, test["firstExpiresAt"])
    second = make("activation2", test["fields"], second_id, activation, test["secondExpiresAt"])
    values = registered(group, test)
    lines = ["```text", f"token ID         {token}", f"device key       {device_key.hex()}"]
    lines += [f"{field:16} {text}" for field, text in test["fields"].items()]
    lines += ["", "1. The verifier generates", f"activation ID    {activation.hex()}", f"activation key   {key.hex()}"]
    lines += [f"challenge ID     {first_id.hex()}", f"expires at       {first.expires_at} ({moment_text(first.expires_at)})"]
    how, sealed_with = 'device key, "camtoken/1 seal activation1"', seal_key(device_key, "activation1")
    lines += code_lines(first, token, how, sealed_with, values["firstCode"], activation)

    hashed = hashlib.sha256(first.question() + number.encode()).digest()
    code_suite, code_key = "OCRA-1:HOTP-SHA256-6:QH64", derive(device_key, b"camtoken/1 device code")
    lines += ["", "2. The token opens it, and on yes chooses", f"number           {number}"]
    lines += ["question of the first code: SHA-256 of", *dump(asked_of(first)), "which is", values["firstQuestion"]]
    lines += ["question of the device code: SHA-256 of", *dump(first.question() + number.encode()), "which is", hashed.hex()]
    lines += ['device code key: HKDF-SHA256(device key, "camtoken/1 device code")', code_key.hex()]
    lines += [f"response, {code_suite}", ocra(code_key, code_suite, hashed), "device code", values["deviceCode"]]

    root = seal_key(device_key, "activation2")
    lines += ["", "3. The verifier accepts the device code, and makes the second code", f"challenge ID     {second_id.hex()}"]
    lines += [f"expires at       {second.expires_at} ({moment_text(second.expires_at)})", f"suite            {suite}"]
    lines += ['first key: HKDF-SHA256(device key, "camtoken/1 seal activation2")', root.hex()]
    lines += ["label: challenge ID of the first code, number", (first_id + number.encode()).hex()]
    sealed_with = seal_key(device_key, "activation2", (first_id, number))
    lines += code_lines(second, token, "first key, this label", sealed_with, values["secondCode"], activation, suite, key)

    lines += ["", "4. The token opens it, and answers", "question: SHA-256 of", *dump(asked_of(second)), "which is"]
    lines += [values["secondQuestion"], 'response key: HKDF-SHA256(activation key, "camtoken/1 respond")']
    lines += [derive(key, b"camtoken/1 respond").hex(), f"response, {suite}", values["response"], "```"]
    return lines


def asked_of(challenge):
    """Section 5.1, under the hash."""
    domain = DOMAINS[challenge.operation["domain"]]
    asked = dumps(["camtoken/1", domain, challenge.id, challenge.activation, challenge.expires_at, *challenge.items()])
    assert hashlib.sha256(asked).digest() == challenge.question()
    return asked


def code_lines(challenge, token, how, key, code, *grant):
    """From the payload of a registration's code to its text."""
    domain = challenge.operation["domain"]
    name, payload = key_name(domain, token.encode()), payload_of(challenge, *grant)
    assert seal(name, challenge.id, key, payload) == code
    items = [challenge.expires_at, *challenge.items(), *grant]
    return [
        "payload", diagnostic(items), *dump(payload), f"seal key: HKDF-SHA256({how})", key.hex(),
        "key name", name.hex(), "additional data", additional_data(name).hex(),
        "envelope", *dump(unbase45(code[4:])), "code", code,
    ]  # fmt: skip


PARTS = {
    "catalogue": catalogue_table, "choices": choice_table, "sizes": size_table, "example": example, "registration": registration,
}  # fmt: skip


def with_parts(text):
    """The specification with its generated parts as they must be."""
    for name, lines in PARTS.items():
        start, end = f"<!-- {name}: generated by testvectors/reference/code_cases.py -->\n", f"<!-- end of {name} -->"
        before, _, rest = text.partition(start)
        _, found, after = rest.partition(end)
        if not found:
            raise SystemExit(f"docs/SPEC.md has no part {name}")
        text = before + start + "\n" + "\n".join(lines()) + "\n\n" + end + after
    return text


# --- The command line ------------------------------------------------------------------------------------------------


def main(arguments):
    contents = {FOLDER / name: written(document) for name, document in files().items()}
    contents[DOCUMENT] = with_parts(DOCUMENT.read_text())
    if arguments == ["--check"]:
        other = [path for path, content in contents.items() if path.read_text() != content]
        for path in other:
            print(f"{path.name} is not what code_cases.py writes")
        print(f"{len(contents) - len(other)} passed, {len(other)} failed")
        sys.exit(bool(other))
    if arguments:
        sys.exit(__doc__)
    for path, content in contents.items():
        path.write_text(content)


if __name__ == "__main__":
    main(sys.argv[1:])
