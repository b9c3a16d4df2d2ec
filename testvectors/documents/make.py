#!/usr/bin/env python3
"""Makes the documents of this folder: PDF and TIFF as programs write them, each with one QR symbol.

Nothing of the code under test takes part. The symbols are segno's; the programs are named in the functions. Dates and names of fonts in the
files differ from run to run, so they are made once and kept.

    pip install segno reportlab cairosvg fpdf2 numpy pikepdf pillow tifffile
    python3 testvectors/documents/make.py [CHROMIUM]
"""
import subprocess
import sys
import tempfile
from pathlib import Path

import cairosvg
import numpy as np
import pikepdf
import segno
import tifffile
from fpdf import FPDF
from PIL import Image
from reportlab.graphics import renderPDF
from reportlab.graphics.barcode.qr import QrCodeWidget
from reportlab.graphics.shapes import Drawing
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen import canvas

HERE = Path(__file__).resolve().parent
SVG = '<svg xmlns="http://www.w3.org/2000/svg" width="{0}" height="{0}" viewBox="0 0 {0} {0}">{1}</svg>'


def symbol(text):
    return segno.make(text, micro=False, error="m")


def dark(text):
    return [(x, y) for y, row in enumerate(symbol(text).matrix) for x, is_dark in enumerate(row) if is_dark]


def svg(text, inside):
    """Each dark module by a function, with a quiet zone."""
    side = symbol(text).symbol_size()[0]
    return SVG.format(side, inside([(x + 4, y + 4) for x, y in dark(text)], side))


def reportlab(name, text):
    """A letter: text, lines, a table's frame, and rectangles as modules. Its streams are in ASCII85 around Flate."""
    page = canvas.Canvas(str(HERE / name), pagesize=A4, invariant=1)
    page.setFont("Helvetica", 11)
    for line in range(20):
        page.drawString(60, 780 - 14 * line, f"Line {line} of a letter that asks for a payment.")
    page.line(60, 790, 530, 790)
    page.rect(55, 300, 480, 60)
    drawing = Drawing(60, 60)
    code = QrCodeWidget(text)
    code.barWidth = code.barHeight = 60
    drawing.add(code)
    renderPDF.draw(drawing, page, 430, 80)
    page.save()


def fpdf(name, text):
    """Rectangles of half a millimetre, each filled for itself."""
    page = FPDF()
    page.add_page()
    page.set_font("helvetica", size=10)
    page.cell(0, 5, "An invoice")
    for x, y in dark(text):
        page.rect(150 + 0.5 * x, 200 + 0.5 * y, 0.5, 0.5, style="F")
    page.output(str(HERE / name))


def cairo(name, text, inside):
    cairosvg.svg2pdf(bytestring=svg(text, inside).encode(), write_to=str(HERE / name))


def path(modules, _):
    return '<path d="' + "".join(f"M{x} {y}h1v1h-1z" for x, y in modules) + '"/>'


def clipped(modules, side):
    """One rectangle, seen through a clip of all modules."""
    each = "".join(f'<rect x="{x}" y="{y}" width="1" height="1"/>' for x, y in modules)
    return f'<clipPath id="c">{each}</clipPath><rect width="{side}" height="{side}" clip-path="url(#c)"/>'


def inverted(modules, side):
    return f'<rect width="{side}" height="{side}" fill="#102040"/><g fill="white">{path(modules, side)}</g>'


def object_streams(name, source):
    """The same page as qpdf writes it: all but its streams inside of a compressed stream."""
    with pikepdf.open(HERE / source) as document:
        document.save(HERE / name, object_stream_mode=pikepdf.ObjectStreamMode.generate)


def chromium(name, text, program):
    """A printed page with text and an SVG of the code."""
    page = "<h1>Invoice</h1><p>Scan the code to pay.</p><div style='width:2cm'>" + svg(text, path) + "</div>"
    page = page.replace("<svg ", "<svg style='width:100%;height:auto' ")
    with tempfile.TemporaryDirectory() as folder:
        source = Path(folder) / "page.html"
        source.write_text(page)
        options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
        subprocess.run([program, *options, f"--print-to-pdf={HERE / name}", source.as_uri()], check=True)


def pages(text):
    """Two pages of noise and one with the symbol, by Pillow and by tifffile."""
    rng = np.random.default_rng(3)
    noise = [rng.integers(0, 256, (40, 60), dtype=np.uint8) for _ in range(2)]
    code = np.full((124, 124), 255, dtype=np.uint8)
    for x, y in dark(text):
        code[12 + 4 * y : 16 + 4 * y, 12 + 4 * x : 16 + 4 * x] = 0
    first, *others = [Image.fromarray(page) for page in (*noise, code)]
    first.save(HERE / "pages.tif", save_all=True, append_images=others, compression="tiff_deflate")
    with tifffile.TiffWriter(HERE / "pages_big_endian.tif", byteorder=">") as file:
        for page in (*noise, code):
            file.write(page, photometric="minisblack", metadata=None)


def main():
    reportlab("reportlab.pdf", "CT1:REPORTLAB 0123456789")
    object_streams("object_streams.pdf", "reportlab.pdf")
    fpdf("fpdf2.pdf", "CT1:FPDF2 0123456789")
    symbol("CT1:SEGNO 0123456789").save(str(HERE / "segno.pdf"), scale=3)
    cairo("cairo_path.pdf", "CT1:CAIRO PATH", path)
    cairo("cairo_clip.pdf", "CT1:CAIRO CLIP", clipped)
    cairo("cairo_inverted.pdf", "CT1:CAIRO INVERTED", inverted)
    pages("CT1:PAGE 3")
    if len(sys.argv) > 1:
        chromium("chromium.pdf", "CT1:CHROMIUM", sys.argv[1])


main()
