"""Where the program ``camtoken`` is. The wheel of a platform brings it along, beside the scripts of this Python."""

from __future__ import annotations

import os
import platform
import shutil
import sys
from importlib import metadata
from pathlib import Path

from ._http import CamtokenError


def find(given: str | None = None) -> str:
    """The path of the program: ``given``, else ``CAMTOKEN_BIN``, else the one that this package brought, else ``camtoken`` on the
    path."""
    given = given or os.environ.get("CAMTOKEN_BIN")
    if given:
        found = shutil.which(given)
        if found:
            return str(Path(found).resolve())
        raise CamtokenError(f"{given} is not a program\n  hint  CAMTOKEN_BIN is the path of the binary `camtoken`.")
    own, is_program = _own()
    if own and is_program and own.is_file():
        return str(own)
    # The wheel without a program has a script of its name, which is on the path, too.
    folders = [folder for folder in os.get_exec_path() if not own or Path(folder).resolve() != own.parent]
    found = shutil.which("camtoken", path=os.pathsep.join(folders))
    if found:
        return str(Path(found).resolve())
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
    except CamtokenError as error:
        sys.exit(f"camtoken: {error}")
    if os.name == "posix":
        os.execv(program, [program, *sys.argv[1:]])
    import subprocess

    sys.exit(subprocess.call([program, *sys.argv[1:]]))


def _own() -> tuple[Path | None, bool]:
    """What this package has put beside the scripts of this Python, and whether it is the program."""
    try:
        package = metadata.distribution("camtoken")
    except metadata.PackageNotFoundError:
        return None, False
    scripts = [Path(str(file.locate())).resolve() for file in package.files or [] if file.stem == "camtoken"]
    return next(iter(scripts), None), not package.entry_points.select(group="console_scripts")
