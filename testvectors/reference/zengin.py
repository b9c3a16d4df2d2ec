#!/usr/bin/env python3
"""Zengin batch files, read a second time, with the standard library alone; and the sample files themselves.

    zengin.py            prints zengin_test.json, from the files in ../zengin
    zengin.py --make     writes those files
    zengin.py --check    compares files and JSON with what this script makes, exit 1 if they differ
"""

import calendar
import datetime
import hashlib
import importlib.util
import json
import pathlib
import sys

HERE = pathlib.Path(__file__).resolve().parent
FOLDER = HERE.parent / "zengin"
FILE = HERE.parent / "zengin_test.json"

spec = importlib.util.spec_from_file_location("reference_text", HERE / "text.py")
text = importlib.util.module_from_spec(spec)
spec.loader.exec_module(text)

# ---- the layout: name, N (digits), C (text), V (one of these values) or B (blank), length

HEADER = [
    ("record type", "V1", 1), ("kind", "N", 2), ("code division", "V0", 1), ("originator code", "N", 10),
    ("originator name", "C", 40), ("transfer date", "N", 4), ("paying bank code", "N", 4), ("paying bank name", "C", 15),
    ("paying branch code", "N", 3), ("paying branch name", "C", 15), ("paying account type", "V129", 1),
    ("paying account number", "N", 7), ("header filler", "B", 17),
]
DATA = [
    ("record type", "V2", 1), ("bank code", "N", 4), ("bank name", "C", 15), ("branch code", "N", 3),
    ("branch name", "C", 15), ("clearing house", "N", 4), ("account type", "V1249", 1), ("account number", "N", 7),
    ("payee name", "C", 30), ("amount", "N", 10), ("new code", "V012", 1),
]
CODES = [("customer code 1", "C", 10), ("customer code 2", "C", 10)]
EDI = [("EDI", "C", 20)]
BULK = [("route", "V 78", 1), ("identification", "V Y", 1), ("data filler", "B", 7)]
PAYROLL = [("data filler", "B", 9)]
TRAILER = [("record type", "V8", 1), ("count", "N", 6), ("total", "N", 12), ("trailer filler", "B", 101)]
END = [("record type", "V9", 1), ("end filler", "B", 119)]

# Blank fields that mean a value.
UNUSED = {"clearing house": ("    ", "0000"), "new code": (" ", "0"), "route": ("0", " ")}


class Bad(Exception):
    def __init__(self, record, field):
        super().__init__(f"record {record}, {field}")
        self.record, self.field = record, field


def cut(record, number, layout):
    """The fields of one record, by name, in canonical spelling and full length."""
    values, place = {}, 0
    for name, kind, length in layout:
        raw = record[place:place + length]
        place += length
        if name in UNUSED and raw == UNUSED[name][0]:
            raw = UNUSED[name][1]
        if kind == "N":
            good = all(c in "0123456789" for c in raw)
        elif kind == "B":
            good = raw == " " * length
        elif kind == "C":
            spelled = text.kana(raw)
            good = spelled is not None
            raw = (spelled or "").ljust(length)
        else:
            good = raw in kind[1:]
        if not good:
            raise Bad(number, name)
        values[name] = raw
    assert place == 120
    return values


def characters(data, encoding):
    """The file as text in which each character of JIS X 0201 is one character."""
    if encoding == "detect":
        try:
            return characters(data, "utf8")
        except (Bad, UnicodeDecodeError):
            return characters(data, "sjis")
    if encoding == "utf8":
        out = data.decode("utf-8-sig").replace("¥", "\\")
    else:
        # A byte that is no single-byte character becomes one that no field takes.
        out = "".join(bytes([b]).decode("cp932", "replace") if b < 0x80 or 0xA1 <= b <= 0xDF else "\ufffd" for b in data)
    lines = out.split("\n")
    if encoding == "utf8":
        for number, line in enumerate(lines, 1):
            if any(not (c.isascii() or "\uff61" <= c <= "\uff9f") for c in line):
                raise Bad(number, "record")
    return out


# What old transfer software fills the end of a file with.
PADDING = "\x1a\0\r"


def parse(data, encoding):
    if data[:1] == b"\xf1" or data[:2] in (b"\xff\xfe", b"\xfe\xff") or b"\0" in data[:2]:
        raise Bad(1, "record")  # EBCDIC, UTF-16
    whole = characters(data, encoding)
    if "\n" in whole[:240]:
        records = [line.removesuffix("\r") for line in whole.split("\n")]
    else:
        records = [whole[i:i + 120] for i in range(0, len(whole), 120)]
    while records and not records[-1].strip(PADDING + "\n"):
        records.pop()
    for number, record in enumerate(records):
        if record.startswith("9") and len(record.rstrip(PADDING)) <= 120:
            records[number] = record.rstrip(PADDING)
            # Behind an end record there may be padding and nothing else.
            while number + 1 < len(records) and not records[number + 1].strip(PADDING + "\n"):
                records.pop(number + 1)
    canonical, payees, header, trailer, done = [], [], None, None, False
    for number, record in enumerate(records, 1):
        if done:
            raise Bad(number, "record type")
        if len(record) != 120 or "\ufffd" in record:
            raise Bad(number, "record")
        kind = record[0]
        if kind == "1" and header is None:
            header = values = cut(record, number, HEADER)
            if values["kind"] not in ("11", "12", "21"):
                raise Bad(number, "kind")
            month, day = int(values["transfer date"][:2]), int(values["transfer date"][2:])
            if not 1 <= month <= 12 or not 1 <= day <= calendar.monthrange(2000, month)[1]:
                raise Bad(number, "transfer date")
        elif kind == "2" and header and not trailer:
            bulk = header["kind"] == "21"
            layout = DATA + (EDI if bulk and record[112] == "Y" else CODES) + (BULK if bulk else PAYROLL)
            values = cut(record, number, layout)
            name = values["payee name"].strip()
            if not any(c.isalnum() for c in name) or name[0] in "ﾞﾟ":
                raise Bad(number, "payee name")
            if int(values["amount"]) == 0:
                raise Bad(number, "amount")
            payees.append(values)
        elif kind == "8" and payees and not trailer:
            trailer = values = cut(record, number, TRAILER)
            total = sum(int(p["amount"]) for p in payees)
            if int(values["count"]) != len(payees):
                raise Bad(number, "count")
            if int(values["total"]) != total:
                raise Bad(number, "total")
        elif kind == "9" and trailer and not done:
            done = True
            values = cut(record, number, END)
        else:
            raise Bad(number, "record type")
        canonical.append("".join(values.values()))
    if not done:
        raise Bad(len(records) + 1, "record type")
    return header, payees, b"".join(text.jis(record) for record in canonical)


def account(payee):
    return "-".join(payee[name] for name in ("bank code", "branch code", "account type", "account number"))


def pay_date(mmdd, day):
    """The first such day from `day` on, by looking at each."""
    day = datetime.date.fromisoformat(day)
    while day.strftime("%m%d") != mmdd:
        day += datetime.timedelta(1)
    return day.isoformat()


def in_window(date, day, window):
    """Whether a payment date is at most so many days ahead."""
    return (datetime.date.fromisoformat(date) - datetime.date.fromisoformat(day)).days <= window


# ---- the samples

def record(layout, **values):
    """One record: values by name with underscores, text on the left, digits on the right."""
    out = ""
    for name, kind, length in layout:
        value = str(values.pop(name.replace(" ", "_"), kind[1:2].strip() or " "))
        out += value.rjust(length, "0") if kind == "N" else value.ljust(length)
    assert not values and len(out) == 120, (values, len(out))
    return out


def header(kind=21, **values):
    given = dict(
        kind=kind, originator_code="0012345678", originator_name="ｶ)ｶｸｳｼﾖｳｼﾞ", transfer_date="1127", paying_bank_code="9990",
        paying_bank_name="ｶｸｳﾁﾕｳｵｳ", paying_branch_code="101", paying_branch_name="ﾎﾝﾃﾝ", paying_account_type="1",
        paying_account_number="1234567",
    )
    return record(HEADER, **{**given, **values})


def payee(number, layout=CODES + BULK, **values):
    given = dict(
        bank_code="9991", bank_name="ｶｸｳﾀﾞｲｲﾁ", branch_code="205", branch_name="ｴｷﾏｴ", clearing_house="0000", account_type="1",
        account_number=f"{7000000 + number}", payee_name=f"ｶｸｳ ｼﾞﾛｳ{number}", amount=1000 * number, new_code="0",
    )
    return record(DATA + layout, **{**given, **values})


def trailer(count, total):
    return record(TRAILER, count=count, total=total)


END_RECORD = record(END)
STAFF = CODES + PAYROLL

BATCH = [
    header(),
    payee(1, payee_name="ｶ)ｶｸｳｾﾝﾀ-", amount=1250000, new_code="1", customer_code_1="0000004711", route="7"),
    payee(2, bank_code="9992", bank_name="ｶｸｳｼﾝｷﾝ", account_type="2", payee_name="ｶｸｳ ﾊﾅｺ", amount=98000),
    payee(3, EDI + BULK, payee_name="ﾕ)ｶｸｳｷｶｸ", amount=1250000, new_code="2", EDI="INV.2026/11-042 ¥", identification="Y"),
    payee(4, account_type="4", payee_name="ｶｸｳ ﾀﾛｳ", amount=1),
    payee(5, account_type="9", bank_name="", branch_name="", payee_name="ﾄﾞｸ)ｶｸｳ (ﾃｽﾄ)", amount=5500),
    trailer(5, 2603501),
    END_RECORD,
]
SMALL = [line.replace("ｶｸｳｼﾖｳｼﾞ", "ｶｸｳｼｮｳｼﾞ").replace("ｶｸｳﾁﾕｳｵｳ", "ｶｸｳﾁｭｳｵｳ").replace("ｾﾝﾀ-", "ｾﾝﾀｰ").replace("INV", "inv") for line in BATCH]
BLANKS = [line[:38] + "    " + line[42:90] + line[90].replace("0", " ") + line[91:] if line[0] == "2" else line for line in BATCH]


def staff(kind):
    return [
        header(kind, transfer_date="1225"),
        payee(1, STAFF, amount=310000, customer_code_1="0000000001", customer_code_2="0000000100"),
        payee(2, STAFF, amount=285000, customer_code_1="0000000002", customer_code_2="0000000100"),
        trailer(2, 595000),
        END_RECORD,
    ]


def sjis(lines, end=""):
    return b"".join(text.jis(line) + end.encode() for line in lines)


def utf8(lines, end=""):
    return "".join(line + end for line in lines).encode()


def changed(index, place, value, lines=BATCH):
    """A batch with a few characters of one record replaced; places count from 0."""
    line = lines[index]
    line = line[:place] + value + line[place + len(value):]
    return sjis([*lines[:index], line, *lines[index + 1:]], "\r\n")


MANY = [header(), *(payee(n) for n in range(1, 301)), trailer(300, 1000 * 300 * 301 // 2), END_RECORD]
MOST = [header(), *(payee(n, amount=9999999999) for n in range(1, 101)), trailer(100, 999999999900), END_RECORD]

GOOD = [
    ("bulk_crlf.txt", "sjis", "Shift_JIS with CR LF and a final 1A", "Bytes", sjis(BATCH, "\r\n") + b"\x1a"),
    ("bulk_lf.txt", "detect", "Shift_JIS with LF", "Bytes", sjis(BATCH, "\n")),
    ("bulk_plain.txt", "detect", "Shift_JIS without line ends", "Bytes", sjis(BATCH)),
    ("bulk_plain_1a.txt", "detect", "Shift_JIS without line ends, with a final 1A", "Bytes", sjis(BATCH) + b"\x1a"),
    ("bulk_no_last_line_end.txt", "detect", "CR LF between the records only", "Bytes", sjis(BATCH, "\r\n")[:-2]),
    ("bulk_utf8.txt", "detect", "UTF-8 with LF", "Bytes", utf8(BATCH, "\n")),
    ("bulk_utf8_bom.txt", "utf8", "UTF-8 with a byte order mark and CR LF", "Bytes", b"\xef\xbb\xbf" + utf8(BATCH, "\r\n")),
    ("bulk_utf8_plain.txt", "utf8", "UTF-8 without line ends", "Bytes", utf8(BATCH)),
    ("bulk_small_kana.txt", "detect", "small kana, prolonged sound mark, lower case", "Spelling", sjis(SMALL, "\r\n")),
    ("bulk_blank_clearing_house.txt", "detect", "clearing house and new code blank instead of zeros", "Spelling", sjis(BLANKS, "\r\n")),
    ("salary.txt", "detect", "payroll", "Kind", sjis(staff(11), "\r\n")),
    ("bonus.txt", "detect", "bonus", "Kind", sjis(staff(12), "\r\n")),
    ("leap_day.txt", "detect", "29 February", "Date", sjis([header(transfer_date="0229"), *BATCH[1:]], "\r\n")),
    ("end_1a_crlf.txt", "detect", "1A, then CR LF", "End", sjis(BATCH, "\r\n") + b"\x1a\r\n"),
    ("end_1a_twice.txt", "detect", "1A twice", "End", sjis(BATCH, "\r\n") + b"\x1a\x1a"),
    ("end_1a_behind_record.txt", "detect", "1A in the line of the end record", "End", sjis(BATCH, "\r\n")[:-2] + b"\x1a\r\n"),
    ("end_blank_line.txt", "detect", "a blank line", "End", sjis(BATCH, "\r\n") + b"\r\n"),
    ("end_blank_lines_lf.txt", "detect", "three blank lines", "End", sjis(BATCH, "\n") + b"\n\n\n"),
    ("end_nul.txt", "detect", "filled with NUL to 2048 bytes", "End", sjis(BATCH, "\r\n").ljust(2048, b"\0")),
    ("end_1a_fill.txt", "detect", "filled with 1A to 1024 bytes, no line ends", "End", sjis(BATCH).ljust(1024, b"\x1a")),
    ("end_1a_nul.txt", "detect", "1A, then NUL, no line ends", "End", sjis(BATCH) + b"\x1a" + bytes(7)),
    ("end_plain_crlf.txt", "detect", "CR LF and 1A behind a file without line ends", "End", sjis(BATCH) + b"\r\n\x1a\r\n"),
    ("end_utf8.txt", "detect", "1A and CR LF in UTF-8", "End", utf8(BATCH, "\r\n") + b"\x1a\r\n"),
    ("january.txt", "detect", "5 January", "Date", sjis([header(transfer_date="0105"), *BATCH[1:]], "\r\n")),
    ("many.txt", "detect", "three hundred payees", "Size", sjis(MANY, "\r\n")),
    ("most.txt", "detect", "the largest amount a hundred times", "Size", sjis(MOST)),
    ("amount_changed.txt", "detect", "one yen moved from one payee to another", "Differs", sjis(
        [BATCH[0], BATCH[1].replace("0001250000", "0001249999"), *BATCH[2:4],
         BATCH[4].replace("0000000001", "0000000002"), *BATCH[5:]], "\r\n")),
    ("order_changed.txt", "detect", "two payees in the other order", "Differs",
     sjis([BATCH[0], BATCH[2], BATCH[1], *BATCH[3:]], "\r\n")),
]
OVER = [*MOST[:101], payee(101, amount=100), trailer(101, 0), END_RECORD]
BAD = [
    ("empty.txt", "detect", "no bytes", "Order", b""),
    ("no_header.txt", "detect", "header missing", "Order", sjis(BATCH[1:], "\r\n")),
    ("two_headers.txt", "detect", "header twice", "Order", sjis([BATCH[0], *BATCH], "\r\n")),
    ("no_data.txt", "detect", "no payee", "Order", sjis([header(), trailer(0, 0), END_RECORD], "\r\n")),
    ("no_trailer.txt", "detect", "trailer missing", "Order", sjis([*BATCH[:6], END_RECORD], "\r\n")),
    ("no_end.txt", "detect", "end record missing", "Order", sjis(BATCH[:-1], "\r\n")),
    ("after_end.txt", "detect", "a payee after the end record", "Order", sjis([*BATCH, BATCH[1]], "\r\n")),
    ("after_end_text.txt", "detect", "a line of text after the end record", "Order", sjis(BATCH, "\r\n") + b"END\r\n"),
    ("after_end_1a.txt", "detect", "a second batch after 1A", "Order", sjis(BATCH, "\r\n") + b"\x1a" + sjis(BATCH, "\r\n")),
    ("after_end_plain.txt", "detect", "a byte after the end record, no line ends", "Order", sjis(BATCH) + b"9"),
    ("after_end_blanks.txt", "detect", "a record of spaces after the end record", "Order", sjis([*BATCH, " " * 120], "\r\n")),
    ("second_batch.txt", "detect", "a second batch in the file", "Order", sjis([*BATCH[:-1], *BATCH], "\r\n")),
    ("type_3.txt", "detect", "record of type 3", "Order", changed(2, 0, "3")),
    ("short_record.txt", "detect", "spaces at the end of a record cut off", "Length",
     sjis([*BATCH[:2], BATCH[2].rstrip(), *BATCH[3:]], "\r\n")),
    ("long_record.txt", "detect", "record of 121 characters", "Length", sjis([*BATCH[:2], BATCH[2] + " ", *BATCH[3:]], "\n")),
    ("cut_off.txt", "detect", "file cut off in the end record, no line ends", "Length", sjis(BATCH)[:-1]),
    ("empty_line.txt", "detect", "empty line between records", "Length", sjis([*BATCH[:3], "", *BATCH[3:]], "\r\n")),
    ("full_width.txt", "detect", "two bytes for a full-width name in Shift_JIS", "Encoding", sjis(
        [*BATCH[:2], "", *BATCH[3:]], "\r\n").replace(b"\r\n\r\n", b"\r\n" + BATCH[2].encode("cp932").replace(
            "ｶｸｳ ﾊﾅｺ     ".encode("cp932"), "架空　花子 ".encode("cp932") + b" ", 1) + b"\r\n")),
    ("kanji_utf8.txt", "utf8", "kanji in UTF-8", "Encoding", utf8([*BATCH[:2], BATCH[2].replace("ﾊﾅｺ", "花子 "), *BATCH[3:]], "\n")),
    ("byte_a0.txt", "sjis", "byte A0, which some readers take for a space", "Encoding",
     sjis(BATCH, "\r\n").replace("ｶｸｳ ﾊﾅｺ".encode("cp932"), b"\xb6\xb8\xb3\xa0\xca\xc5\xba")),
    ("utf16le.txt", "detect", "UTF-16 with its mark", "Encoding", "".join(line + "\r\n" for line in BATCH).encode("utf-16")),
    ("utf16be.txt", "detect", "UTF-16, big end first, without a mark", "Encoding", "".join(BATCH).encode("utf-16-be")),
    ("utf16le_bare.txt", "detect", "UTF-16, little end first, without a mark", "Encoding", "".join(BATCH).encode("utf-16-le")),
    ("ebcdic_bytes.txt", "detect", "EBCDIC", "Encoding", "".join(c if c.isascii() else "X" for c in "".join(BATCH)).encode("cp037")),
    ("kind_91.txt", "detect", "account transfer, another kind of file", "Value", changed(0, 1, "91")),
    ("ebcdic.txt", "detect", "code division 1", "Value", changed(0, 3, "1")),
    ("date_0230.txt", "detect", "30 February", "Date", changed(0, 54, "0230")),
    ("date_0000.txt", "detect", "no date", "Date", changed(0, 54, "0000")),
    ("date_blank.txt", "detect", "blank date", "Digits", changed(0, 54, "    ")),
    ("paying_savings.txt", "detect", "paying from a savings account", "Value", changed(0, 95, "4")),
    ("header_filler.txt", "detect", "something after the header's last field", "NotBlank", changed(0, 119, "X")),
    ("bank_code_letter.txt", "detect", "letter in a bank code", "Digits", changed(1, 4, "A")),
    ("account_type_3.txt", "detect", "account type 3", "Value", changed(1, 42, "3")),
    ("account_blank.txt", "detect", "account number with a space", "Digits", changed(3, 43, " ")),
    ("name_empty.txt", "detect", "payee without a name", "Empty", changed(2, 50, " " * 30)),
    ("name_dakuten.txt", "detect", "a name that begins with a dakuten", "Text", changed(2, 50, "ﾞ")),
    ("name_dash.txt", "detect", "a name without a letter", "Text", changed(2, 50, "-.  ".ljust(30))),
    ("name_handakuten.txt", "detect", "a handakuten for a name", "Text", changed(2, 50, "ﾟ".ljust(30))),
    ("name_middle_dot.txt", "detect", "middle dot in a name", "Text", changed(2, 53, "･")),
    ("name_escape.txt", "detect", "escape in a name", "Text", changed(2, 53, "\x1b")),
    ("amount_zero.txt", "detect", "amount of zero", "Empty", changed(4, 80, "0" * 10)),
    ("amount_sign.txt", "detect", "sign in an amount", "Digits", changed(4, 80, "-")),
    ("amount_spaces.txt", "detect", "amount filled with spaces", "Digits", changed(4, 80, "         1")),
    ("new_code_3.txt", "detect", "new code 3", "Value", changed(1, 90, "3")),
    ("route_9.txt", "detect", "route 9", "Value", changed(1, 111, "9")),
    ("identification_x.txt", "detect", "identification X", "Value", changed(1, 112, "X")),
    ("data_filler.txt", "detect", "something after the last field of a payee", "NotBlank", changed(1, 113, "1")),
    ("payroll_edi.txt", "detect", "EDI in a payroll file", "NotBlank", changed(1, 112, "Y", staff(11))),
    ("count_wrong.txt", "detect", "count one too small", "Trailer", changed(6, 1, "000004")),
    ("total_wrong.txt", "detect", "total one yen too large", "Trailer", changed(6, 7, "000002603502")),
    ("total_overflow.txt", "detect", "sum of more than twelve digits", "Trailer", sjis(OVER)),
    ("trailer_filler.txt", "detect", "something after the total", "NotBlank", changed(6, 60, "0")),
    ("end_filler.txt", "detect", "something in the end record", "NotBlank", changed(7, 60, "0")),
]

NOTES = {
    "Bytes": ("BASIC", "The same batch in other bytes: the same canonical file."),
    "Spelling": ("BASIC", "The same batch spelled otherwise: the same canonical file."),
    "Kind": ("BASIC", "The payroll kinds, with employee number and department."),
    "Date": ("BASIC", "The file has a day without a year; payDate is the first such day from onOrAfter on."),
    "Window": ("SECURITY", "A file of a day that has passed must not be paid next year: window says how many days ahead are taken."),
    "End": ("BASIC", "What old transfer software leaves behind the end record: 1A, NUL, line ends."),
    "Size": ("BASIC", "Many records, and the largest numbers."),
    "Differs": ("SECURITY", "Same count and total as bulk_crlf.txt, another canonical file."),
    "Order": ("MALFORMED", "Records missing, repeated or in another order."),
    "Length": ("MALFORMED", "Records have 120 characters."),
    "Encoding": ("MALFORMED", "Only single-byte characters of Shift_JIS may occur."),
    "Value": ("MALFORMED", "A code that the field does not have."),
    "Digits": ("MALFORMED", "N fields have digits and nothing else."),
    "NotBlank": ("SECURITY", "Unused places are blank: nothing travels unseen."),
    "Empty": ("MALFORMED", "A payment has a payee and an amount."),
    "Text": ("SECURITY", "A character that no kana field takes."),
    "Trailer": ("SECURITY", "Count and total are those of the data records."),
}


def values(data, encoding, day=None, window=None):
    """What a file says; its date as the first such day from `day` on, at most `window` days later."""
    head, payees, canonical = parse(data, encoding)
    largest = max(payees, key=lambda p: int(p["amount"]))  # the first, by definition of max
    digest = hashlib.sha256(canonical).hexdigest()
    said = {"kind": int(head["kind"]), "date": head["transfer date"]}
    if day:
        said |= {"onOrAfter": day, "payDate": pay_date(head["transfer date"], day)}
        if window is not None and not in_window(said["payDate"], day, window):
            raise Bad(1, "transfer date")
    return said | {
        "originatorCode": head["originator code"], "originatorName": head["originator name"].strip(),
        "payingAccount": "-".join(head["paying " + n] for n in ("bank code", "branch code", "account type", "account number")),
        "count": len(payees), "total": sum(int(p["amount"]) for p in payees),
        "largestName": largest["payee name"].strip(), "largestAmount": int(largest["amount"]),
        "largestAccount": account(largest), "accounts": len({account(p) for p in payees}),
        "sha256": digest, "checkCode": digest[:16].upper(),
    }


# A file, today in Japan, and how many days ahead are taken.
DATED = [
    ("bulk_crlf.txt", "2026-11-27", 31, "today"), ("bulk_crlf.txt", "2026-11-28", 31, "yesterday"),
    ("bulk_crlf.txt", "2026-10-27", 31, "31 days ahead"), ("bulk_crlf.txt", "2026-10-26", 31, "32 days ahead"),
    ("bulk_crlf.txt", "2026-11-27", 0, "today, and no other day is taken"),
    ("bulk_crlf.txt", "2026-11-26", 0, "tomorrow, where no other day than today is taken"),
    ("bulk_crlf.txt", "2026-11-28", 363, "yesterday, where almost a year is taken"),
    ("bulk_crlf.txt", "2026-11-28", 364, "yesterday, where a year is taken"),
    ("january.txt", "2026-12-28", 31, "next year, in a week"), ("january.txt", "2026-01-06", 31, "the first days of this year"),
    ("leap_day.txt", "2028-02-28", 31, "29 February, tomorrow"), ("leap_day.txt", "2027-02-28", 31, "29 February, of a year without one"),
]  # fmt: skip


def build(folder):
    tests = []
    dated = {name: (encoding, flag) for name, encoding, _, flag, _ in GOOD}
    cases = [(name, encoding, comment, flag, None, None) for name, encoding, comment, flag, _ in GOOD + BAD]
    cases += [(name, dated[name][0], comment, "Window", day, window) for name, day, window, comment in DATED]
    for name, encoding, comment, flag, day, window in cases:
        test = {"tcId": len(tests) + 1, "comment": comment, "flags": [flag], "file": f"zengin/{name}", "encoding": encoding}
        if window is not None:
            test |= {"onOrAfter": day, "window": window}
        day = day or "2026-11-21"
        try:
            test |= values((folder / name).read_bytes(), encoding, day, window) | {"result": "valid"}
        except Bad as bad:
            test |= {"result": "invalid", "error": {"record": bad.record, "field": bad.field}}
        assert window is not None or (test["result"] == "valid") == any(name == good[0] for good in GOOD), (name, test)
        tests.append(test)
    return {
        "algorithm": "ZenginBatch",
        "schema": "zengin_test_schema.json",
        "numberOfTests": len(tests),
        "header": [
            "Batch files of the Zengin format; every name, bank and account in them is invented.",
            "sha256 is over the canonical file: the records one after the other in JIS X 0201, names in canonical spelling.",
            "error names the record, counted from 1, and the field.",
        ],
        "notes": {flag: {"bugType": kind, "description": note} for flag, (kind, note) in NOTES.items()},
        "testGroups": [{"type": "Zengin", "source": {"name": "reference/zengin.py", "version": "1"}, "tests": tests}],
    }


def main(arguments):
    if arguments == ["--make"]:
        FOLDER.mkdir(exist_ok=True)
        for name, _, _, _, data in GOOD + BAD:
            (FOLDER / name).write_bytes(data)
        return 0
    if arguments == ["--check"]:
        made = {name: data for name, _, _, _, data in GOOD + BAD}
        found = {file.name: file.read_bytes() for file in FOLDER.glob("*.txt")}
        wrong = sorted(name for name in made.keys() | found.keys() if made.get(name) != found.get(name))
        if not wrong and build(FOLDER) != json.loads(FILE.read_text()):
            wrong = [FILE.name]
        for name in wrong:
            print(f"{name} differs from reference/zengin.py", file=sys.stderr)
        if not wrong:
            print(f"{len(made)} tests, the same")
        return 1 if wrong else 0
    made = build(FOLDER)
    print(json.dumps(made, ensure_ascii=True, indent=1))
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
