#!/usr/bin/env python3
"""Makes the sheets of this folder from the PCF files of the Shinonome fonts.

    python3 make.py [FOLDER]        default: where Debian's package xfonts-shinonome puts them

Needs nothing beyond Python. The same fonts give the same sheets.
"""

import gzip
import pathlib
import struct
import sys
import zlib

HEIGHT = 16
ASCENT = 14
CELLS_A_ROW = {8: 32, 16: 64}

# JIS X 0208 has one character where Unicode has two, and systems disagree which of them to use.
TWINS = {"〜": "～", "‖": "∥", "−": "－", "―": "—", "¢": "￠", "£": "￡", "¬": "￢"}


def read_pcf(path):
    """Returns {code of the font: 16 rows of pixels as integers, leftmost pixel highest} and the advance."""
    data = gzip.decompress(path.read_bytes())
    if data[:4] != b"\1fcp":
        sys.exit(f"{path}: not a PCF file")
    (count,) = struct.unpack_from("<I", data, 4)
    tables = {}
    for i in range(count):
        kind, form, _, at = struct.unpack_from("<4I", data, 8 + 16 * i)
        tables[kind] = (form, at)

    form, at = tables[4]  # metrics
    order = ">" if form & 4 else "<"
    if form & 0x100:
        (glyphs,) = struct.unpack_from(order + "H", data, at + 4)
        metrics = [[b - 0x80 for b in data[at + 6 + 5 * i : at + 11 + 5 * i]] for i in range(glyphs)]
    else:
        (glyphs,) = struct.unpack_from(order + "I", data, at + 4)
        metrics = [struct.unpack_from(order + "5h", data, at + 8 + 12 * i) for i in range(glyphs)]

    form, at = tables[8]  # bitmaps
    order = ">" if form & 4 else "<"
    pad = 1 << (form & 3)
    if not form & 8:
        sys.exit(f"{path}: least significant bit first, which this reader does not know")
    offsets = struct.unpack_from(f"{order}{glyphs}I", data, at + 8)
    bits = at + 8 + 4 * glyphs + 16

    def rows(i):
        left, right, advance, ascent, descent = metrics[i]
        stride = -(-(right - left) // (8 * pad)) * pad
        cell = [0] * HEIGHT
        for y in range(ascent + descent):
            start = bits + offsets[i] + y * stride
            line = int.from_bytes(data[start : start + stride], "big") >> (8 * stride - (right - left))
            cell[ASCENT - ascent + y] = line << (advance - right)
        return cell

    form, at = tables[32]  # encodings
    order = ">" if form & 4 else "<"
    low2, high2, low1, high1, _ = struct.unpack_from(order + "5h", data, at + 4)
    columns = high2 - low2 + 1
    found = {}
    for n in range(columns * (high1 - low1 + 1)):
        (glyph,) = struct.unpack_from(order + "H", data, at + 14 + 2 * n)
        if glyph != 0xFFFF:
            found[(low1 + n // columns) << 8 | (low2 + n % columns)] = rows(glyph)
    return found, metrics[0][2]


def half_width(folder, taken):
    """ASCII and Latin-1 of the "a" font, the half-width katakana of the "r" font."""
    latin, width = read_pcf(folder / "shnm8x16a.pcf.gz")
    kana, _ = read_pcf(folder / "shnm8x16r.pcf.gz")
    sheet = {chr(c): g for c, g in latin.items() if (0x20 <= c < 0x7F or 0xA1 <= c and c != 0xAD) and chr(c) not in taken}
    sheet |= {chr(0xFF61 + c - 0xA1): g for c, g in kana.items() if 0xA1 <= c <= 0xDF}
    return sheet, width


def full_width(folder):
    """JIS X 0208, by Unicode's names for it."""
    kanji, width = read_pcf(folder / "shnmk16.pcf.gz")
    sheet = {}
    for code, glyph in kanji.items():
        try:
            char = bytes([code >> 8 | 0x80, code & 0xFF | 0x80]).decode("euc_jp")
        except UnicodeDecodeError:
            continue  # a cell that the standard leaves empty
        sheet[char] = glyph
    for one, other in TWINS.items():
        sheet[other] = sheet[one]
    for char in "¢£¬":
        del sheet[char]  # half-width, as the rest of Latin-1
    return sheet, width


def png(width, height, lines):
    def chunk(kind, body):
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    packed = zlib.compress(b"".join(b"\0" + line for line in lines), 9)
    head = struct.pack(">2I5B", width, height, 1, 0, 0, 0, 0)  # one bit of grey
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", packed) + chunk(b"IEND", b"")


def write(name, sheet, width):
    across = CELLS_A_ROW[width]
    chars = sorted(sheet)
    rows = [chars[i : i + across] for i in range(0, len(chars), across)]
    lines = []
    for row in rows:
        for y in range(HEIGHT):
            line = 0
            for i in range(across):
                line = line << width | (sheet[row[i]][y] if i < len(row) else 0)
            lines.append(line.to_bytes(across * width // 8, "big"))
    here = pathlib.Path(__file__).parent
    (here / f"{name}.png").write_bytes(png(across * width, HEIGHT * len(rows), lines))
    (here / f"{name}.txt").write_text("".join("".join(row) + "\n" for row in rows), encoding="utf-8")
    print(f"{name}: {len(chars)} glyphs")


def main():
    folder = pathlib.Path(sys.argv[1] if len(sys.argv) > 1 else "/usr/share/fonts/X11/misc")
    full, full_columns = full_width(folder)
    half, half_columns = half_width(folder, full)
    write("half", half, half_columns)
    write("full", full, full_columns)


if __name__ == "__main__":
    main()
