"""Which program is started: never the script of this package, which would start itself for ever."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from said import said
from test_service import made

from camtoken import Camtoken, CamtokenError
from camtoken._program import find

STARTER = Path(sys.executable).parent / "camtoken"

pytestmark = pytest.mark.skipif(os.name != "posix", reason="scripts are no programs there")


def test_the_script_of_a_wheel_without_a_program_is_refused(tmp_path: Path) -> None:
    link = tmp_path / "camtoken"
    link.symlink_to(STARTER)
    hint = "\n  hint  CAMTOKEN_BIN is the path of the binary `camtoken`."
    for given in (STARTER, link):
        told = f"{given} only starts the program, and the package has none{hint}"
        assert said(lambda given=given: Camtoken.start(bin=str(given))) == told  # type: ignore[misc]


def test_it_is_passed_over_on_the_path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "link").mkdir()
    (tmp_path / "link/camtoken").symlink_to(STARTER)
    program = made(tmp_path / "program/camtoken", "#!/bin/sh\necho found\n")
    monkeypatch.delenv("CAMTOKEN_BIN", raising=False)
    monkeypatch.setenv("PATH", f"{STARTER.parent}:{tmp_path}/link")
    with pytest.raises(CamtokenError, match="is missing"):
        find()
    monkeypatch.setenv("PATH", f"{STARTER.parent}:{tmp_path}/link:{program.parent}")
    assert find() == str(program)


def test_a_wrapper_that_leads_back_to_the_script_is_tried_once(tmp_path: Path) -> None:
    # As pyenv and asdf put one on the path.
    shim = made(tmp_path / "shims/camtoken", f'#!/bin/sh\nexec {STARTER} "$@"\n')
    program = made(tmp_path / "program/camtoken", '#!/bin/sh\necho found "$@"\n')

    def run(*folders: Path, **more: str) -> subprocess.CompletedProcess[str]:
        environment = {"PATH": ":".join([*map(str, folders), "/usr/bin", "/bin"]), **more}
        return subprocess.run(
            [shim, "--version"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=20
        )

    assert run(shim.parent, program.parent).stdout == "found --version\n"
    nothing = run(shim.parent)
    assert (nothing.returncode, nothing.stdout) == (1, "") and "this package has none" in nothing.stderr
    for given in (shim, STARTER):
        refused = run(program.parent, CAMTOKEN_BIN=str(given))
        assert (refused.returncode, refused.stderr) == (
            1,
            f"camtoken: {given} only starts the program, and the package has none\n"
            "  hint  CAMTOKEN_BIN is the path of the binary `camtoken`.\n",
        )


def test_a_program_for_another_machine_is_named(tmp_path: Path) -> None:
    program = made(tmp_path / "camtoken", "")
    told = subprocess.run(
        [STARTER], env={"PATH": "/usr/bin:/bin", "CAMTOKEN_BIN": str(program)}, stderr=subprocess.PIPE, text=True, timeout=20
    )
    assert (told.returncode, told.stderr) == (
        1,
        f"camtoken: {program} did not start: Exec format error\n  hint  Is it a program for this machine?\n",
    )
