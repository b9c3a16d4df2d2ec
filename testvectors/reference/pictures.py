#!/usr/bin/env python3
"""Makes scan_test.json and the pictures it names, from a seed.

The symbols are made by segno and drawn, bent and spoilt by Pillow and numpy: nothing of the code under test takes part.

    pip install segno pillow numpy
    python3 testvectors/reference/pictures.py [--check]

With --check nothing is written: the texts and the list must come out as they are committed.
"""
import json
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import segno
from PIL import Image, ImageDraw, ImageFilter, ImageOps

SEED = 18004
ROOT = Path(__file__).resolve().parent.parent
ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ $%*+-./:"

NOTES = {
    "Format": ("FORMAT", "A file format, or a colour model within one, that a person may hand over."),
    "Transparent": ("FORMAT", "What is transparent is white."),
    "Geometry": ("GEOMETRY", "Turned, tilted or mirrored."),
    "Light": ("LIGHT", "Weak contrast, uneven light, light on dark."),
    "Sharpness": ("SHARPNESS", "Out of focus or noisy, as from a camera."),
    "Damage": ("DAMAGE", "Error correction makes up for it."),
    "Unreadable": ("LIMIT", "A symbol is there and cannot be read: invalid with reason Unreadable."),
    "NotFound": ("LIMIT", "No symbol is there: invalid with reason NotFound."),
    "Mode": ("MODE", "Segments other than alphanumeric."),
}


def words(rng, length):
    return "CT1:" + "".join(ALPHABET[i] for i in rng.integers(0, len(ALPHABET), length))


def symbol(text, scale=4, error="m", border=4, mode="alphanumeric"):
    code = segno.make(text, error=error, micro=False, boost_error=False, mode=mode)
    rows = np.array([[not bool(v) for v in row] for row in code.matrix_iter(border=border)], dtype=np.uint8) * 255
    return Image.fromarray(np.kron(rows, np.ones((scale, scale), dtype=np.uint8)))


def on_page(im, size, at, ground=225):
    page = Image.new("L", size, ground)
    page.paste(im, at)
    return page


def tilt(im, size, corners, ground=200):
    """Draws the picture with its four corners moved to the given places."""
    w, h = im.size
    rows, right = [], []
    for (x, y), (u, v) in zip(corners, [(0, 0), (w, 0), (w, h), (0, h)]):
        rows += [[x, y, 1, 0, 0, 0, -u * x, -u * y], [0, 0, 0, x, y, 1, -v * x, -v * y]]
        right += [u, v]
    c = np.linalg.solve(np.array(rows, float), np.array(right, float))
    return im.transform(size, Image.Transform.PERSPECTIVE, c, Image.Resampling.BICUBIC, fillcolor=ground)


def noisy(im, rng, sigma):
    a = np.asarray(im, float)
    return Image.fromarray(np.clip(a + rng.normal(0, sigma, a.shape), 0, 255).astype(np.uint8))


class Adam7:
    """An interlaced PNG, which Pillow reads and does not write (PNG specification, 8.2)."""

    def __init__(self, im):
        self.pixels = np.asarray(im)

    def save(self, path, **_):
        passes = [(0, 0, 8, 8), (4, 0, 8, 8), (0, 4, 4, 8), (2, 0, 4, 4), (0, 2, 2, 4), (1, 0, 2, 2), (0, 1, 1, 2)]
        lines = b"".join(
            b"\0" + bytes(row) for x, y, dx, dy in passes for row in self.pixels[y::dy, x::dx] if row.size
        )
        height, width = self.pixels.shape
        chunks = [(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 1)), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b"")]
        body = b"".join(struct.pack(">I", len(d)) + k + d + struct.pack(">I", zlib.crc32(k + d)) for k, d in chunks)
        Path(path).write_bytes(b"\x89PNG\r\n\x1a\n" + body)
        assert np.array_equal(np.asarray(Image.open(path)), self.pixels)


def levels(im, low, high):
    return im.point(lambda v: round(low + v * (high - low) / 255))


def pictures(rng):
    """Yields name, picture or (picture, save options), text, flags, comment, reason."""
    t = words(rng, 120)
    yield "one_bit.png", (symbol(t, 2).convert("1", dither=Image.Dither.NONE), {}), t, ["Format"], "PNG, one bit a pixel", None
    t = words(rng, 60)
    yield "palette.png", (symbol(t, 3).convert("P", palette=Image.Palette.ADAPTIVE, colors=4), {}), t, ["Format"], "PNG with a palette", None
    t = words(rng, 60)
    deep = Image.fromarray(np.asarray(symbol(t, 3)).astype(np.uint16) * 257)
    yield "sixteen_bit.png", (deep, {}), t, ["Format"], "PNG, 16 bits a sample", None
    t = words(rng, 60)
    im = symbol(t, 3)
    yield "transparent.png", (Image.merge("RGBA", [Image.new("L", im.size, 0)] * 3 + [ImageOps.invert(im)]), {}), t, ["Format", "Transparent"], "black on nothing", None
    t = words(rng, 60)
    yield "interlaced.png", (Adam7(symbol(t, 3)), {}), t, ["Format"], "PNG in seven passes", None
    t = words(rng, 100)
    yield "strong_compression.jpg", (symbol(t, 4), {"quality": 20}), t, ["Format"], "JPEG of quality 20", None
    t = words(rng, 60)
    yield "cmyk.jpg", (Image.merge("RGB", [symbol(t, 3)] * 3).convert("CMYK"), {"quality": 30}), t, ["Format"], "JPEG in CMYK", None
    t = words(rng, 100)
    yield "progressive.jpg", (Image.merge("RGB", [symbol(t, 4)] * 3), {"quality": 50, "progressive": True}), t, ["Format"], "progressive JPEG", None
    t = words(rng, 80)
    yield "lossy.webp", (symbol(t, 3).convert("RGB"), {"quality": 40}), t, ["Format"], "WebP, lossy", None
    t = words(rng, 80)
    yield "lossless.webp", (symbol(t, 3).convert("RGB"), {"lossless": True}), t, ["Format"], "WebP, lossless", None
    t = words(rng, 40)
    yield "bitmap.bmp", (symbol(t, 1).resize((150, 150), Image.Resampling.BOX), {}), t, ["Format"], "BMP, 8 bits a pixel", None

    t = words(rng, 90)
    turned = on_page(symbol(t, 4), (480, 480), (90, 80)).rotate(17, Image.Resampling.BICUBIC, fillcolor=225)
    yield "turned.jpg", (turned, {"quality": 60}), t, ["Geometry"], "turned by 17 degrees", None
    t = words(rng, 90)
    tilted = tilt(symbol(t, 6), (440, 400), [(60, 50), (380, 20), (420, 370), (30, 310)])
    yield "tilted.jpg", (tilted, {"quality": 35}), t, ["Geometry"], "seen at an angle", None
    t = words(rng, 60)
    yield "mirrored.png", (ImageOps.mirror(symbol(t, 3)), {}), t, ["Geometry"], "seen in a mirror", None
    t = words(rng, 60)
    yield "upside_down.png", (symbol(t, 3).rotate(180), {}), t, ["Geometry"], "upside down", None

    t = words(rng, 60)
    yield "inverted.png", (ImageOps.invert(symbol(t, 3)), {}), t, ["Light"], "light modules on a dark ground", None
    t = words(rng, 60)
    yield "low_contrast.png", (levels(symbol(t, 4), 120, 142), {}), t, ["Light"], "22 of 256 grey levels", None
    t = words(rng, 90)
    im = np.asarray(symbol(t, 4), float)
    shade = np.linspace(0.15, 1, im.shape[1])[None, :] * np.linspace(1, 0.5, im.shape[0])[:, None]
    yield "uneven_light.jpg", (Image.fromarray((im * shade).astype(np.uint8)), {"quality": 70}), t, ["Light"], "one corner in the dark", None

    t = words(rng, 90)
    yield "blurred.jpg", (symbol(t, 5).filter(ImageFilter.GaussianBlur(2.1)), {"quality": 60}), t, ["Sharpness"], "out of focus by 0.4 modules", None
    t = words(rng, 60)
    yield "noisy.jpg", (noisy(levels(symbol(t, 4), 60, 190), rng, 14), {"quality": 50}), t, ["Sharpness"], "noise of a dark room", None
    t = words(rng, 60)
    cells = symbol(t, 8)
    grid = np.asarray(cells, float).copy()
    grid[::4, :] *= 0.55
    grid[:, ::4] *= 0.55
    yield "display.png", (Image.fromarray(grid.astype(np.uint8)).convert("P"), {"optimize": True}), t, ["Sharpness"], "the grid of a display between the pixels", None

    t = words(rng, 60)
    im = symbol(t, 4, error="h")
    ImageDraw.Draw(im).ellipse([85, 85, 150, 140], fill=255)
    yield "sticker.png", (im, {}), t, ["Damage"], "a sticker in the middle, level H", None
    t = "取引 1,250円 — Zoë"
    yield "bytes.png", (symbol(t, 4, mode="byte"), {}), t, ["Mode"], "a byte segment of UTF-8", None
    t = "20261121000000004711"
    yield "digits.png", (symbol(t, 4, mode="numeric"), {}), t, ["Mode"], "a numeric segment", None

    t = words(rng, 90)
    im = symbol(t, 4)
    ImageDraw.Draw(im).rectangle([85, 85, 160, 160], fill=255)
    yield "too_much_damage.png", (im, {}), t, ["Unreadable"], "a quarter of the codewords gone", "Unreadable"
    t = words(rng, 150)
    im = symbol(t, 4).filter(ImageFilter.GaussianBlur(2.3))
    yield "more_blurred.jpg", (im, {"quality": 60}), t, ["Sharpness"], "out of focus by 0.57 modules", None
    im = symbol(t, 4).filter(ImageFilter.GaussianBlur(2.7))
    yield "too_blurred.jpg", (im, {"quality": 60}), t, ["Unreadable"], "out of focus by 0.67 modules", "Unreadable"

    yield "white.png", (Image.new("L", (64, 64), 255), {}), None, ["NotFound"], "nothing at all", "NotFound"
    yield "one_pixel.png", (Image.new("L", (1, 1), 0), {}), None, ["NotFound"], "a single pixel", "NotFound"
    yield "noise.png", (noisy(Image.new("L", (72, 72), 128), rng, 60), {}), None, ["NotFound"], "noise", "NotFound"
    lines = Image.new("L", (240, 160), 255)
    draw = ImageDraw.Draw(lines)
    for y in range(12, 150, 11):
        x = 10
        while x < 220:
            w = int(rng.integers(4, 24))
            draw.rectangle([x, y, min(x + w, 228), y + 5], fill=30)
            x += w + 5
    yield "page_of_text.png", (lines.convert("1"), {}), None, ["NotFound"], "lines like those of a letter", "NotFound"


def main():
    check = "--check" in sys.argv
    rng = np.random.default_rng(SEED)
    tests = []
    for name, (im, options), text, flags, comment, reason in pictures(rng):
        path = ROOT / "pictures" / name
        if not check:
            im.save(path, **({"optimize": True} if name.endswith(".png") else {}) | options)
        elif not path.exists():
            sys.exit(f"{path} is missing")
        test = {"tcId": len(tests) + 1, "comment": comment, "flags": flags, "picture": f"pictures/{name}"}
        if reason is None:
            test |= {"text": text, "result": "valid"}
        else:
            test |= {"reason": reason, "result": "invalid"}
        tests.append(test)
    vectors = {
        "algorithm": "QR",
        "schema": "scan_test_schema.json",
        "numberOfTests": len(tests),
        "header": [
            "Pictures of QR symbols (ISO/IEC 18004) and what they say; picture is relative to this file.",
            "Symbols made by segno, spoilt by Pillow from a seed: reference/pictures.py.",
        ],
        "notes": {k: {"bugType": b, "description": d} for k, (b, d) in NOTES.items()},
        "testGroups": [{"type": "Scan", "source": {"name": "reference/pictures.py", "version": str(SEED)}, "tests": tests}],
    }
    text = json.dumps(vectors, indent=1, ensure_ascii=False) + "\n"
    path = ROOT / "scan_test.json"
    if check:
        if path.read_text(encoding="utf-8") != text:
            sys.exit("scan_test.json differs")
    else:
        path.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
