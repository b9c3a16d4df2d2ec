"""Where the program ``camtoken`` is. The wheel of a platform brings it along, beside the scripts of this Python."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from importlib import metadata
from pathlib import Path

from ._http import CamtokenError


# What starters have started already in this chain. A wrapper on the path, such as a shim of pyenv, may lead back to the starter: what was
# tried is not tried again.
_TRIED = "CAMTOKEN_TRIED"


def find(given: str | None = None) -> str:
    """The path of the program: ``given``, else ``CAMTOKEN_BIN``, else the one that this package brought, else ``camtoken`` on the
    path."""
    own, is_program = _own()
    # The wheel without a program has a script of its name, which starts the program, and would start itself for ever.
    passed_over = {*_tried(), *([] if own is None or is_program else [str(own)])}
    given = given or os.environ.get("CAMTOKEN_BIN")
    if given:
        found = shutil.which(given)
        if found and _resolved(found) not in passed_over:
            return _resolved(found)
        what = "only starts the program, and the package has none" if found else "is not a program"
        raise CamtokenError(f"{given} {what}\n  hint  CAMTOKEN_BIN is the path of the binary `camtoken`.")
    if own and is_program and own.is_file():
        return str(own)
    places = (shutil.which("camtoken", path=folder) for folder in os.get_exec_path())
    found = next((path for path in places if path and _resolved(path) not in passed_over), None)
    if found:
        return _resolved(found)
    raise CamtokenError(
        f"the program `camtoken` is missing: this package has none for {platform.system()} {platform.machine()}\n"
        "  why   The wheel for Linux x86_64 (glibc 2.17 or later) brings it along. This is the one without.\n"
        "  hint  Put a `camtoken` on the path, or set CAMTOKEN_BIN to its path (`cargo install --path bin/camtoken` in its source"
        " makes one).\n"
        "        Or set CAMTOKEN_URL to a service that runs."
    )


def main() -> None:
    """The script ``camtoken`` of the wheel without a program."""
    try:
        program = find()
        os.environ[_TRIED] = os.pathsep.join([*_tried(), program])
        if os.name == "posix":
            os.execv(program, [program, *sys.argv[1:]])
        sys.exit(subprocess.call([program, *sys.argv[1:]]))
    except CamtokenError as error:
        sys.exit(f"camtoken: {error}")
    except OSError as error:
        sys.exit(f"camtoken: {program} did not start: {error.strerror}\n  hint  Is it a program for this machine?")


def _tried() -> list[str]:
    return [path for path in os.environ.get(_TRIED, "").split(os.pathsep) if path]


def _resolved(path: str) -> str:
    return str(Path(path).resolve())


def _own() -> tuple[Path | None, bool]:
    """What this package has put beside the scripts of this Python, and whether it is the program."""
    try:
        package = metadata.distribution("camtoken")
    except metadata.PackageNotFoundError:
        return None, False
    scripts = [Path(str(file.locate())).resolve() for file in package.files or [] if file.stem == "camtoken"]
    return next(iter(scripts), None), not package.entry_points.select(group="console_scripts")
