"""Makes a wheel for one platform of a wheel for all: the same files, with the program among its scripts."""

import base64
import hashlib
import re
import zipfile

# As in wheels made for a commit whose time is not known: the first moment that a zip file can name.
NEVER = (1980, 1, 1, 0, 0, 0)


def make(pure, program, tag):
    """Writes the new wheel beside `pure`, and returns its path."""
    with zipfile.ZipFile(pure) as archive:
        files = {entry.filename: archive.read(entry) for entry in archive.infolist()}
    info = next(name for name in files if name.endswith(".dist-info/WHEEL")).rsplit("/", 1)[0]
    del files[f"{info}/RECORD"]

    files[f"{info}/WHEEL"] = re.sub(
        rb"Root-Is-Purelib: true\nTag: .*\n",
        b"Root-Is-Purelib: false\n" + b"".join(f"Tag: py3-none-{one}\n".encode() for one in tag.split(".")),
        files[f"{info}/WHEEL"],
    )
    # The script that says what is missing makes room for the program.
    points = files[f"{info}/entry_points.txt"].decode()
    files[f"{info}/entry_points.txt"] = re.sub(r"\[console_scripts\]\n(.+\n)*\n*", "", points).encode()
    script = f"{info.removesuffix('.dist-info')}.data/scripts/camtoken{program.suffix}"
    files[script] = program.read_bytes()

    record = "".join(f"{name},sha256={digest(content)},{len(content)}\n" for name, content in files.items())
    files[f"{info}/RECORD"] = f"{record}{info}/RECORD,,\n".encode()

    path = pure.with_name(pure.name.replace("py3-none-any", f"py3-none-{tag}"))
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as archive:
        for name, content in files.items():
            entry = zipfile.ZipInfo(name, NEVER)
            entry.external_attr = (0o100755 if name == script else 0o100644) << 16
            entry.compress_type = zipfile.ZIP_DEFLATED
            archive.writestr(entry, content)
    return path


def digest(content):
    return base64.urlsafe_b64encode(hashlib.sha256(content).digest()).rstrip(b"=").decode()
