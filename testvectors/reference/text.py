#!/usr/bin/env python3
"""Canonical text, computed a second time: from Unicode's own data and Python's codec cp932, with the standard library alone.

    text.py            prints text_test.json
    text.py --check    compares it with the file beside this folder, exit 1 if they differ
    text.py --tables   prints the whole tables whose SHA-256 the vectors hold
"""

import hashlib
import json
import pathlib
import sys
import unicodedata as ud

FILE = pathlib.Path(__file__).resolve().parent.parent / "text_test.json"

# ---- kana fields

SYMBOLS = "()-./,'+:?"
# Every character that someone types or some program writes for a hyphen.
DASHES = {
    "HYPHEN-MINUS", "HYPHEN", "NON-BREAKING HYPHEN", "FIGURE DASH", "EN DASH", "EM DASH", "HORIZONTAL BAR", "HYPHEN BULLET",
    "MODIFIER LETTER MINUS SIGN", "SUPERSCRIPT MINUS", "SUBSCRIPT MINUS", "MINUS SIGN", "HEAVY MINUS SIGN",
    "HORIZONTAL LINE EXTENSION", "BOX DRAWINGS LIGHT HORIZONTAL", "BOX DRAWINGS HEAVY HORIZONTAL", "TWO-EM DASH",
    "THREE-EM DASH", "KATAKANA-HIRAGANA PROLONGED SOUND MARK", "HALFWIDTH KATAKANA-HIRAGANA PROLONGED SOUND MARK",
    "SMALL EM DASH", "SMALL HYPHEN-MINUS", "FULLWIDTH HYPHEN-MINUS",
}
# Syllables without a half-width form of their own.
NEAREST = {"WI": "I", "WE": "E"}


def is_space(c):
    return ud.category(c) == "Zs" and c != "\u1680"  # the ogham space is a visible mark


def is_dash(c):
    return ud.name(c, "") in DASHES


def kana_of(c):
    """Half-width spelling of one kana, by its name: HIRAGANA LETTER SMALL TU -> HALFWIDTH KATAKANA LETTER TU."""
    name = ud.name(c)
    syllable = name.rsplit(" ", 1)[1]
    try:
        return ud.lookup("HALFWIDTH KATAKANA LETTER " + NEAREST.get(syllable, syllable))
    except KeyError:
        return None


def kana_char(c):
    """The kana-field spelling of one character, as a string of JIS X 0201 characters, or None."""
    if is_space(c):
        return " "
    if is_dash(c):
        return "-"
    if c in "\\¥￥＼":
        return "¥"
    if c.isascii():
        c = c.upper()
        return c if c.isalnum() or c in SYMBOLS else None
    if "\u3099" <= c <= "\u309c":
        return "ﾞ" if c in "\u3099\u309b" else "ﾟ"
    if c in "ﾞﾟ｢｣":
        return c
    if c in "「」":
        return "｢" if c == "「" else "｣"
    if "\uff01" <= c <= "\uff5e":
        return kana_char(ud.normalize("NFKC", c))
    if "\u3041" <= c <= "\u3096" or "\u30a1" <= c <= "\u30fa":
        base, *marks = ud.normalize("NFD", c)
        return kana_of(base) + "".join(kana_char(mark) for mark in marks)
    if "\uff66" <= c <= "\uff9d":
        return kana_of(c)
    return None


def jis(text):
    return text.replace("¥", "\\").encode("cp932")


def kana(text):
    spelled = [kana_char(c) for c in text]
    if None in spelled:
        return None
    return "".join(spelled).strip(" ")


# ---- other text

HYPHENS = {
    "HYPHEN", "NON-BREAKING HYPHEN", "FIGURE DASH", "EN DASH", "HYPHEN BULLET", "MINUS SIGN", "SMALL EM DASH",
    "SMALL HYPHEN-MINUS",
}
# JIS X 0208 as Unicode maps it -> as Windows does.
WINDOWS = {"\u2014": "\u2015", "\u2016": "\u2225", "\u301c": "\uff5e"}


def pair(c):
    """The two bytes of cp932 that stand for a character and nothing else."""
    if ud.category(c) == "Co":
        return None
    try:
        data = c.encode("cp932")
    except UnicodeEncodeError:
        return None
    return data if len(data) == 2 and data.decode("cp932") == c else None


def in_jis_x_0208(data):
    return data is not None and (0x81 <= data[0] <= 0x84 or 0x88 <= data[0] <= 0x9F or 0xE0 <= data[0] <= 0xEA)


def display_char(c):
    if 0xD800 <= ord(c) < 0xE000:
        return None
    if is_space(c):
        return " "
    if ud.name(c, "") in HYPHENS:
        return "-"
    if "\uff01" <= c <= "\uff5d":
        return ud.normalize("NFKC", c)
    c = WINDOWS.get(c, c)
    if pair(c):
        c = ud.normalize("NFC", c)
    if ud.category(c)[0] in "CMZ":
        return None
    n = ord(c)
    latin = n < 0x250 or 0x1E00 <= n < 0x1F00
    ideograph = 0x3400 <= n < 0x4DC0 or 0x4E00 <= n < 0xA000 or 0x20000 <= n < 0x2A6E0
    syllable = 0x3041 <= n <= 0x3096 or 0x30A1 <= n <= 0x30FA or 0xFF61 <= n <= 0xFF9F
    return c if latin or ideograph or syllable or c in "•€™" or pair(c) else None


def display(text):
    out = []
    for c in text:
        if c in "\u3099\u309a":
            composed = ud.normalize("NFC", (out.pop() if out else "") + c)
            if len(composed) != 1 or composed == c:
                return None
            out.append(composed)
        else:
            out.append(display_char(c))
            if out[-1] is None:
                return None
    return "".join(out).strip(" ")


def is_wide(c):
    width = ud.east_asian_width(c)
    return pair(c) is not None or width in "FW" or (width == "A" and ud.category(c)[0] != "L" and ud.category(c) != "Sk")


def columns(text):
    return sum(2 if is_wide(c) else 1 for c in text)


def wire(text):
    data = b""
    for c in text:
        if c.isascii() or 0xFF61 <= ord(c) <= 0xFF9F:
            data += c.encode("cp932")
        elif in_jis_x_0208(pair(c)):
            data += pair(c)
        else:
            return "utf8", text.encode()
    return "sjis", data


# ---- digits as people type them

# SPEC, section 7.3: invisible characters, beside Unicode's White_Space.
UNSEEN = [(0xAD, 0xAD), (0x34F, 0x34F), (0x61C, 0x61C), (0x180E, 0x180E), (0x200B, 0x200F), (0x202A, 0x202E),
          (0x2060, 0x206F), (0xFEFF, 0xFEFF), (0xFFF9, 0xFFFB), (0xE0000, 0xE0FFF)]


def is_blank(c):
    white_space = ud.category(c) in ("Zs", "Zl", "Zp") or c in "\t\n\v\f\r\x85"
    return white_space or any(first <= ord(c) <= last for first, last in UNSEEN)


def typed(text, least, most):
    """The digits that were meant, or None."""
    seen = [c for c in text if not is_blank(c)]
    kinds = ["0" if c in "0123456789０１２３４５６７８９" else "-" if is_dash(c) else "x" for c in seen]
    digits = "".join(str(ud.digit(c)) for c, kind in zip(seen, kinds) if kind == "0")
    between = all(0 < n < len(seen) - 1 and kinds[n - 1] == kinds[n + 1] == "0" for n, kind in enumerate(kinds) if kind == "-")
    hyphens = kinds.count("-")
    allowed = 1 if 6 <= len(digits) <= 10 else (len(digits) - 1) // 5
    return digits if "x" not in kinds and between and hyphens <= allowed and least <= len(digits) <= most else None


# ---- the whole tables

def scalars():
    return (chr(n) for n in range(0x110000) if not 0xD800 <= n < 0xE000)


def kana_table():
    """Each scalar value between two Xs, and the bytes of the kana field."""
    for c in scalars():
        text = kana("X" + c + "X")
        yield f"{ord(c):04X} {'-' if text is None else jis(text).hex()}\n"


def display_table():
    """Each scalar value between two Xs, the text that is shown (UTF-8), and its columns."""
    for c in scalars():
        text = display("X" + c + "X")
        if text is None:
            yield f"{ord(c):04X} -\n"
        else:
            assert ud.normalize("NFC", text) == text and display(text) == text
            yield f"{ord(c):04X} {text.encode().hex()} {columns(text)}\n"


def sjis_table():
    """Each pair of bytes in the ranges of JIS X 0208 that is read, and its text: display text that keeps its bytes."""
    for lead in [*range(0x81, 0x85), *range(0x88, 0xA0), *range(0xE0, 0xEB)]:
        for trail in range(0x100):
            data = b"X" + bytes([lead, trail]) + b"X"
            try:
                text = data.decode("cp932")
            except UnicodeDecodeError:
                continue
            if display(text) == text and wire(text) == ("sjis", data):
                yield f"{lead:02X}{trail:02X} {text.encode().hex()}\n"


def typed_table():
    """Each scalar value between 7708 and 8414, and the eight or nine digits that are read."""
    for c in scalars():
        yield f"{ord(c):04X} {typed('7708' + c + '8414', 8, 9) or '-'}\n"


TABLES = {"kana": kana_table, "display": display_table, "sjis": sjis_table, "typed": typed_table}

# ---- the vectors

NOTES = {
    "Spelling": ("BASIC", "Ways to write the same field."),
    "Dash": ("BASIC", "Characters that become a hyphen."),
    "Length": ("BASIC", "Length counts half-width characters of the result."),
    "Ends": ("BASIC", "Spaces are cut at both ends and kept inside."),
    "Refused": ("SECURITY", "A character without a canonical form is refused, not dropped."),
    "Invisible": ("SECURITY", "Controls, directional and zero-width characters could show another text than is signed."),
    "Composed": ("BASIC", "Kana and a combining mark are one character; other combining marks are refused."),
    "OutsideJisX0208": ("BASIC", "One character outside JIS X 0208, and the whole text travels in UTF-8."),
    "Typed": ("BASIC", "Digits by any keyboard, out of any page, with the token's gap: what was meant is not changed by them."),
    "NotTyped": ("MALFORMED", "Anything else is not dropped: it is no response, and not counted as one."),
    "Table": ("BASIC", "SHA-256 over a whole table, a line for each entry."),
}

KANA = [
    ("full-width katakana", "Spelling", "カクウシヨウジ", 30),
    ("hiragana, small kana", "Spelling", "かくうしょうじ", 30),
    ("half-width, small kana", "Spelling", "ｶｸｳｼｮｳｼﾞ", 30),
    ("composed and decomposed dakuten", "Spelling", "ガか\u3099ガ\u309bｶﾞ", 30),
    ("handakuten", "Spelling", "パは\u309aハ\u309cﾊﾟ", 30),
    ("vu, both scripts", "Spelling", "ヴゔ", 30),
    ("old kana", "Spelling", "ヰヱゐゑヮゎヵヶゕゖ", 30),
    ("wo and the va row", "Spelling", "ヲをヷヸヹヺ", 30),
    ("small kana of every kind", "Spelling", "ァィゥェォッャュョぁぃぅぇぉっゃゅょｧｨｩｪｫｬｭｮｯ", 30),
    ("Latin letters and digits", "Spelling", "Kakuu ＫＡＫＵＵ ｋ０９", 30),
    ("company mark in brackets", "Spelling", "カ）カクウ（エイ）", 30),
    ("every symbol", "Spelling", "()-./,'+:?¥｢｣", 30),
    ("every symbol, full-width", "Spelling", "（）－．／，＇＋：？￥「」", 30),
    ("backslash is the yen sign of JIS X 0201", "Spelling", "\\＼¥￥", 30),
    ("prolonged sound mark", "Dash", "センター ｾﾝﾀｰ", 30),
    ("every dash", "Dash", "-\u02d7\u2010\u2011\u2012\u2013\u2014\u2015\u2043\u207b\u208b\u2212\u23af\u2500\u2501\u2796"
     "\u2e3a\u2e3b\u30fc\ufe58\ufe63\uff0d\uff70", 30),
    ("spaces at the ends", "Ends", "\u3000 ｶｸｳ  ｼﾞﾛｳ\u00a0\u3000", 30),
    ("nothing but spaces", "Ends", " \u3000 ", 30),
    ("nothing", "Ends", "", 30),
    ("thirty characters", "Length", "ｱ" * 30, 30),
    ("thirty-one characters", "Length", "ｱ" * 31, 30),
    ("fifteen with dakuten are thirty", "Length", "ガ" * 15, 30),
    ("sixteen with dakuten are thirty-two", "Length", "ガ" * 16, 30),
    ("spaces at the ends do not count", "Length", "   " + "A" * 30 + "   ", 30),
    ("one character more than none", "Length", "ｱ", 0),
    ("kanji", "Refused", "ｶｸｳ架空", 30),
    ("middle dot", "Refused", "カクウ・ジロウ", 30),
    ("half-width middle dot", "Refused", "ｶｸｳ･ｼﾞﾛｳ", 30),
    ("ideographic comma", "Refused", "カクウ、ジロウ", 30),
    ("iteration mark", "Refused", "ミスヾ", 30),
    ("ampersand", "Refused", "A&B", 30),
    ("wave dash", "Refused", "カ〜ク", 30),
    ("emoji", "Refused", "ｶｸｳ\U0001f4b4", 30),
    ("circled digit", "Refused", "①ｶｸｳ", 30),
    ("accent", "Refused", "Café", 30),
    ("line feed", "Invisible", "ｶｸｳ\nｼﾞﾛｳ", 30),
    ("tab", "Invisible", "ｶｸｳ\tｼﾞﾛｳ", 30),
    ("NUL", "Invisible", "ｶｸｳ\x00", 30),
    ("escape", "Invisible", "\x1b[2Jｶｸｳ", 30),
    ("right-to-left override", "Invisible", "ｶｸｳ\u202e12", 30),
    ("zero-width space", "Invisible", "ｶｸ\u200bｳ", 30),
    ("soft hyphen", "Invisible", "ｶｸ\u00adｳ", 30),
    ("byte order mark", "Invisible", "\ufeffｶｸｳ", 30),
]

DISPLAY = [
    ("kanji", "Spelling", "架空会計", 40),
    ("ASCII", "Spelling", "Kakuu Accounting (Tokyo) #1", 40),
    ("full-width ASCII", "Spelling", "Ｋａｋｕｕ（架空）！", 40),
    ("half-width kana stay", "Spelling", "ｶｸｳ会計", 40),
    ("company sign", "OutsideJisX0208", "㈱架空会計", 40),
    ("circled digit", "OutsideJisX0208", "架空①", 40),
    ("ideograph that names use, outside JIS X 0208", "OutsideJisX0208", "髙﨑 架空", 40),
    ("compatibility ideographs become unified ones", "Spelling", "\ufa19\ufa1b\ufa26\uf9dc", 40),
    ("ideograph of the second plane", "OutsideJisX0208", "\U00020bb7野", 40),
    ("accent", "OutsideJisX0208", "Café Ünïon", 40),
    ("euro", "OutsideJisX0208", "€ 架空", 40),
    ("yen sign", "OutsideJisX0208", "¥100", 40),
    ("full-width yen sign", "Spelling", "￥100", 40),
    ("Greek and Cyrillic are wide", "Length", "ΑΩЖ", 6),
    ("Latin letters with accents are narrow", "Length", "éüŁ", 3),
    ("Greek and Cyrillic are wide, one column short", "Length", "ΑΩЖ", 5),
    ("prolonged sound mark stays", "Dash", "センター", 40),
    ("exotic dashes", "Dash", "\u2010\u2011\u2012\u2013\u2043\u2212\ufe58\ufe63－", 40),
    ("dashes of JIS X 0208 stay", "Dash", "—―─", 40),
    ("wave dash and parallel lines as Windows has them", "Dash", "〜～‖∥", 40),
    ("decomposed kana", "Composed", "か\u3099は\u309aウ\u3099ワ\u3099ゝ\u3099ヾ", 40),
    ("mark after a kana that has no such form", "Composed", "あ\u3099", 40),
    ("mark after a composed kana", "Composed", "か\u3099\u3099", 40),
    ("mark first", "Composed", "\u3099か", 40),
    ("hiragana wa has no composed form", "Composed", "わ\u3099", 40),
    ("combining acute accent", "Composed", "Cafe\u0301", 40),
    ("spaces", "Ends", "\u3000架空\u3000会計\u00a0", 40),
    ("nothing", "Ends", "", 40),
    ("twenty wide characters", "Length", "架" * 20, 40),
    ("twenty-one wide characters", "Length", "架" * 21, 40),
    ("forty-one narrow characters", "Length", "x" * 41, 40),
    ("dakuten is a column", "Length", "ｶﾞ" * 20, 40),
    ("right-to-left override", "Invisible", "架空\u202e会計", 40),
    ("directional isolate", "Invisible", "架空\u2067会計\u2069", 40),
    ("right-to-left mark", "Invisible", "架空\u200f", 40),
    ("Arabic letter mark", "Invisible", "架空\u061c", 40),
    ("zero-width joiner", "Invisible", "架\u200d空", 40),
    ("variation selector", "Invisible", "架\U000e0100空", 40),
    ("control of the second block", "Invisible", "架空\u0085", 40),
    ("escape", "Invisible", "\x1b]0;架空\x07", 40),
    ("line separator", "Invisible", "架空\u2028会計", 40),
    ("tag character", "Invisible", "架空\U000e0041", 40),
    ("Hebrew", "Refused", "\u05d0\u05d1", 40),
    ("emoji", "Refused", "架空\U0001f3e6", 40),
    ("private use", "Refused", "架空\ue000", 40),
    ("unassigned", "Refused", "架空\u0378", 40),
    ("replacement character", "Refused", "架空\ufffd", 40),
    ("compatibility ideograph outside Shift_JIS", "Refused", "\ufa30", 40),
]


TYPED = [
    ("as shown", "Typed", "7708 8414", 8, 8),
    ("leading zeros", "Typed", "00000000", 8, 8),
    ("full width", "Typed", "７７０８８４１４", 8, 8),
    ("full width and an ideographic space", "Typed", "７７０８　８４１４", 8, 8),
    ("both widths", "Typed", "7708８４１４", 8, 8),
    ("line end of Windows", "Typed", "77088414\r\n", 8, 8),
    ("tabs, as copied from a table", "Typed", "\t7708\t8414\t", 8, 8),
    ("no-break space", "Typed", "7708\u00a08414", 8, 8),
    ("thin space", "Typed", "7708\u20098414", 8, 8),
    ("narrow no-break space", "Typed", "7708\u202f8414", 8, 8),
    ("zero-width space", "Typed", "7708\u200b8414", 8, 8),
    ("soft hyphen", "Typed", "7708\u00ad8414", 8, 8),
    ("byte order mark", "Typed", "\ufeff77088414", 8, 8),
    ("right-to-left mark", "Typed", "77088414\u200f", 8, 8),
    ("directional isolates", "Typed", "\u206677088414\u2069", 8, 8),
    ("a space after each digit", "Typed", "7 7 0 8 8 4 1 4 ", 8, 8),
    ("hyphen", "Typed", "7708-8414", 8, 8),
    ("hyphen with spaces", "Typed", "7708 - 8414", 8, 8),
    ("hyphen elsewhere", "Typed", "770-88414", 8, 8),
    ("full-width hyphen", "Typed", "７７０８－８４１４", 8, 8),
    ("prolonged sound mark, as a Japanese keyboard writes it", "Typed", "７７０８ー８４１４", 8, 8),
    ("en dash", "Typed", "7708\u20138414", 8, 8),
    ("non-breaking hyphen", "Typed", "7708\u20118414", 8, 8),
    ("minus sign", "Typed", "7708\u22128414", 8, 8),
    ("six digits with a hyphen", "Typed", "123-456", 6, 6),
    ("device code with two hyphens", "Typed", "1234-5678-9012", 12, 12),
    ("device code with one", "Typed", "123456-789012", 12, 12),
    ("PIN of five digits", "Typed", "２５８０１", 5, 8),
    ("PIN of eight digits", "Typed", "2580 1397", 5, 8),
    ("nothing", "NotTyped", "", 8, 8),
    ("nothing but blanks", "NotTyped", " \u3000\t", 8, 8),
    ("nothing but a hyphen", "NotTyped", "-", 8, 8),
    ("seven digits", "NotTyped", "7708841", 8, 8),
    ("nine digits", "NotTyped", "770884145", 8, 8),
    ("four digits for a PIN", "NotTyped", "2580", 5, 8),
    ("nine digits for a PIN", "NotTyped", "258013971", 5, 8),
    ("hyphen first", "NotTyped", "-77088414", 8, 8),
    ("hyphen last", "NotTyped", "77088414-", 8, 8),
    ("hyphen and blank last", "NotTyped", "77088414- ", 8, 8),
    ("two hyphens side by side", "NotTyped", "7708--8414", 8, 8),
    ("two hyphens with a blank between", "NotTyped", "7708- -8414", 8, 8),
    ("two hyphens in eight digits", "NotTyped", "77-08-8414", 8, 8),
    ("three hyphens in a device code", "NotTyped", "123-456-789-012", 12, 12),
    ("hyphen in a PIN of five digits", "NotTyped", "25-801", 5, 8),
    ("letter O", "NotTyped", "7708841O", 8, 8),
    ("full-width letter", "NotTyped", "770884１ａ", 8, 8),
    ("circled digit", "NotTyped", "7708841\u2463", 8, 8),
    ("ideographic digit", "NotTyped", "7708841四", 8, 8),
    ("superscript digit", "NotTyped", "7708841\u2074", 8, 8),
    ("Arabic-Indic digit", "NotTyped", "7708841\u0664", 8, 8),
    ("Devanagari digit", "NotTyped", "7708841\u096a", 8, 8),
    ("mathematical digit", "NotTyped", "7708841\U0001d7d2", 8, 8),
    ("plus sign", "NotTyped", "+77088414", 8, 8),
    ("decimal point", "NotTyped", "7708.8414", 8, 8),
    ("comma", "NotTyped", "77,088,414", 8, 8),
    ("slash", "NotTyped", "7708/8414", 8, 8),
    ("NUL", "NotTyped", "77088414\x00", 8, 8),
    ("combining mark", "NotTyped", "7708841\u03014", 8, 8),
]


def case(number, comment, flag, **fields):
    return {"tcId": number, "comment": comment, "flags": [flag], **fields}


def build():
    number = 0
    kana_tests, display_tests, typed_tests, table_tests = [], [], [], []
    for comment, flag, text, most in KANA:
        number += 1
        out = kana(text)
        good = out is not None and len(out) <= most
        fields = {"input": text, "max": most}
        if good:
            fields["jis"] = jis(out).hex()
        kana_tests.append(case(number, comment, flag, **fields, result="valid" if good else "invalid"))
    for comment, flag, text, most in DISPLAY:
        number += 1
        out = display(text)
        good = out is not None and columns(out) <= most
        fields = {"input": text, "maxColumns": most}
        if good:
            form, data = wire(out)
            fields |= {"wire": form, "bytes": data.hex()}
        display_tests.append(case(number, comment, flag, **fields, result="valid" if good else "invalid"))
    for comment, flag, text, least, most in TYPED:
        number += 1
        digits = typed(text, least, most)
        assert (digits is not None) == (flag == "Typed"), comment
        fields = {"input": text, "min": least, "max": most} | ({} if digits is None else {"digits": digits})
        typed_tests.append(case(number, comment, flag, **fields, result="invalid" if digits is None else "valid"))
    for name, table in TABLES.items():
        number += 1
        digest = hashlib.sha256("".join(table()).encode()).hexdigest()
        table_tests.append(case(number, table.__doc__.rstrip("."), "Table", table=name, sha256=digest, result="valid"))
    groups = [("KanaText", kana_tests), ("DisplayText", display_tests), ("TypedDigits", typed_tests), ("TextTable", table_tests)]
    source = {"name": "reference/text.py", "version": f"Unicode {ud.unidata_version}"}
    return {
        "algorithm": "CanonicalText",
        "schema": "text_test_schema.json",
        "numberOfTests": number,
        "header": [
            "Canonical spelling of kana fields (JIS X 0201) and of other displayed text (Shift_JIS or UTF-8).",
            "jis and bytes are hexadecimal; max counts characters and maxColumns half-width columns of the result.",
            "A line of a table ends with LF; reference/text.py --tables prints them.",
        ],
        "notes": {flag: {"bugType": kind, "description": text} for flag, (kind, text) in NOTES.items()},
        "testGroups": [{"type": kind, "source": source, "tests": tests} for kind, tests in groups],
    }


def main(arguments):
    if arguments == ["--tables"]:
        for name, table in TABLES.items():
            sys.stdout.writelines(f"{name} {line}" for line in table())
        return 0
    made = json.dumps(build(), ensure_ascii=True, indent=1) + "\n"
    if arguments == ["--check"]:
        # The version of Unicode is a note on the source, not a value.
        same = [{**json.loads(text), "testGroups": [{**g, "source": None} for g in json.loads(text)["testGroups"]]}
                for text in (made, FILE.read_text())]
        if same[0] != same[1]:
            print("text_test.json differs from reference/text.py", file=sys.stderr)
            return 1
        print(f"{json.loads(made)['numberOfTests']} tests, the same")
        return 0
    sys.stdout.write(made)
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
