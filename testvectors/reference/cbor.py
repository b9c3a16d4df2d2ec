#!/usr/bin/env python3
"""Deterministic CBOR (RFC 8949, section 4.2), as much of it as docs/SPEC.md uses, with the standard library alone.

    cbor.py --check    encodes and decodes examples of RFC 8949, appendix A

Unsigned integers, byte strings, text strings, arrays, maps, tags, false, true and null. What is not in the shortest form, not in
order, or not of these is no CBOR here.
"""

import sys
from dataclasses import dataclass


class Bad(ValueError):
    """The bytes are not deterministic CBOR of these types."""


@dataclass(frozen=True)
class Tag:
    tag: int
    value: object


def head(major, number):
    if number < 24:
        return bytes([major << 5 | number])
    for size in range(4):
        if number < 256 ** (1 << size):
            return bytes([major << 5 | 24 + size]) + number.to_bytes(1 << size, "big")
    raise Bad("a number beyond 64 bits")


def dumps(item):
    if item is None or item is False or item is True:
        return {False: b"\xf4", True: b"\xf5", None: b"\xf6"}[item]
    match item:
        case int():
            if item < 0:
                raise Bad("a negative number")
            return head(0, item)
        case bytes():
            return head(2, len(item)) + item
        case str():
            data = item.encode()
            return head(3, len(data)) + data
        case list() | tuple():
            return head(4, len(item)) + b"".join(map(dumps, item))
        case dict():
            entries = sorted((dumps(key), dumps(value)) for key, value in item.items())
            return head(5, len(entries)) + b"".join(key + value for key, value in entries)
        case Tag():
            return head(6, item.tag) + dumps(item.value)
    raise Bad(f"no item: {type(item).__name__}")


def loads(data):
    item, rest = decode(memoryview(data).tobytes(), 0)
    if rest != len(data):
        raise Bad("trailing bytes")
    return item


def decode(data, at, depth=0):
    """The item that begins at a place, and where the next one does."""
    if depth > 8 or at >= len(data):
        raise Bad("too deep, or cut off")
    major, info = data[at] >> 5, data[at] & 31
    at += 1
    if major == 7:
        if info not in (20, 21, 22):
            raise Bad("a simple value or float")
        return {20: False, 21: True, 22: None}[info], at
    number = info
    if info > 27:
        raise Bad("an indefinite length")
    if info >= 24:
        size = 1 << info - 24
        number = int.from_bytes(data[at : at + size], "big")
        if at + size > len(data) or number < (24, 256, 65536, 2**32)[info - 24]:
            raise Bad("not the shortest form")
        at += size
    if major == 0:
        return number, at
    if major in (2, 3):
        text = data[at : at + number]
        if len(text) != number:
            raise Bad("cut off")
        try:
            return text if major == 2 else text.decode("utf-8"), at + number
        except UnicodeDecodeError:
            raise Bad("not UTF-8") from None
    if major == 4:
        items = []
        for _ in range(number):
            item, at = decode(data, at, depth + 1)
            items.append(item)
        return items, at
    if major == 5:
        return entries(data, at, number, depth)
    if major == 6:
        item, at = decode(data, at, depth + 1)
        return Tag(number, item), at
    raise Bad("a negative number")


def entries(data, at, number, depth):
    found, last = {}, b""
    for _ in range(number):
        begin = at
        key, at = decode(data, at, depth + 1)
        if data[begin:at] <= last or not isinstance(key, int | str | bytes):
            raise Bad("keys that do not ascend")
        last = data[begin:at]
        found[key], at = decode(data, at, depth + 1)
    return found, at


# RFC 8949, appendix A
EXAMPLES = [
    (0, "00"), (23, "17"), (24, "1818"), (100, "1864"), (1000, "1903e8"), (1000000, "1a000f4240"),
    (1000000000000, "1b000000e8d4a51000"), (18446744073709551615, "1bffffffffffffffff"), (False, "f4"), (True, "f5"),
    (None, "f6"), (Tag(1, 1363896240), "c11a514b67b0"), (b"", "40"), (bytes([1, 2, 3, 4]), "4401020304"), ("", "60"),
    ("IETF", "6449455446"), ("\u6c34", "63e6b0b4"), ([], "80"), ([1, [2, 3], [4, 5]], "8301820203820405"),
    (list(range(1, 26)), "98190102030405060708090a0b0c0d0e0f101112131415161718181819"), ({}, "a0"),
    ({1: 2, 3: 4}, "a201020304"), ({"a": 1, "b": [2, 3]}, "a26161016162820203"),
]
REFUSED = ["", "18", "1817", "190018", "1a00000001", "1b0000000000000001", "20", "5f42010243030405ff", "61ff", "8201",
           "a203040102", "a201020102", "9fff", "f97e00", "f7", "0000", "1c", "3818"]


def check():
    for item, digits in EXAMPLES:
        assert dumps(item).hex() == digits and loads(bytes.fromhex(digits)) == item, digits
    for digits in REFUSED:
        try:
            loads(bytes.fromhex(digits))
        except Bad:
            continue
        raise SystemExit(f"not refused: {digits}")
    print(f"{len(EXAMPLES)} examples, {len(REFUSED)} refusals")


if __name__ == "__main__":
    if sys.argv[1:] != ["--check"]:
        sys.exit(__doc__)
    check()
