from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest
from said import said

from camtoken import Camtoken, CamtokenError

pytest_plugins = ["pytester"]


def answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(f"{url}/healthz", timeout=5):
            return True
    except OSError:
        return False


def test_a_service_ends_when_it_is_closed_and_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    with Camtoken.start() as camtoken:
        assert answers(camtoken.url) and len(list(tmp_path.iterdir())) == 1
    assert not answers(camtoken.url) and list(tmp_path.iterdir()) == []


@pytest.mark.skipif(os.name != "posix", reason="a process is killed in another way there")
def test_a_service_ends_with_a_process_that_is_killed() -> None:
    script = "import camtoken, time; c = camtoken.Camtoken.start(); print(c.url, flush=True); time.sleep(60)"
    with subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True) as child:
        assert child.stdout is not None
        url = child.stdout.readline().strip()
        assert answers(url)
        child.send_signal(signal.SIGKILL)
    deadline = time.monotonic() + 10
    while answers(url):
        assert time.monotonic() < deadline
        time.sleep(0.05)


def test_what_is_missing_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    with pytest.raises(CamtokenError, match="nowhere is not a program\n.*CAMTOKEN_BIN"):
        Camtoken.start(bin="/nowhere")
    with pytest.raises(CamtokenError, match="serve ended"):
        Camtoken.start(bin=sys.executable)
    with pytest.raises(CamtokenError, match=r"127\.0\.0\.1:9 does not answer(.|\n)*hint"):
        Camtoken.start(url="http://127.0.0.1:9").session()
    monkeypatch.delenv("CAMTOKEN_BIN", raising=False)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(CamtokenError, match="is missing: this package has none for [^\n]*\n.*\n.*cargo install"):
        Camtoken.start()


@pytest.mark.skipif(os.name != "posix", reason="scripts are no programs there")
def test_a_program_that_does_not_serve_says_how_it_ended_and_leaves_nothing(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    folders = tmp_path / "folders"
    folders.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folders))
    monkeypatch.setattr("camtoken._service._STARTING", 0.5)
    monkeypatch.setattr("camtoken._service._ANOTHER", 0.5)
    is_it = "  hint  Is it camtoken? `{0} --version` tells. CAMTOKEN_BIN is the path of the binary `camtoken`."
    for script, told in [
        ("exit 3", "{0} serve ended with exit code 3, and did not say where it listens\n" + is_it),
        ("echo wrong >&2; kill -9 $$", "{0} serve was ended by signal 9, and did not say where it listens\nwrong\n" + is_it),
        ("exec sleep 60", "{0} serve did not say where it listens in 0.5 s\n" + is_it),
        # Another process has inherited its output.
        ("sleep 4 & exec sleep 60", "{0} serve did not say where it listens in 0.5 s\n" + is_it),
        ("echo hello; exec sleep 60", "{0} serve did not say where it listens\nhello\n" + is_it),
        ("exec yes", "{0} serve did not say where it listens\ny\n" + is_it),
    ]:
        program = made(tmp_path / "camtoken", f"#!/bin/sh\n{script}\n")
        begin = time.monotonic()
        assert said(lambda program=program: Camtoken.start(bin=str(program))) == told.format(program)  # type: ignore[misc]
        assert time.monotonic() - begin < 3
    hint = "Is it a program for this machine? CAMTOKEN_BIN is the path of the binary `camtoken`."
    for content, why in [("", "Exec format error"), ("#!/nowhere\n", "No such file or directory")]:
        program = made(tmp_path / "camtoken", content)
        assert said(lambda program=program: Camtoken.start(bin=str(program))) == f"{program} did not start: {why}\n  hint  {hint}"  # type: ignore[misc]
    assert list(folders.iterdir()) == []


def made(path: Path, content: str) -> Path:
    """A program."""
    path.parent.mkdir(exist_ok=True)
    path.write_text(content)
    path.chmod(0o755)
    return path


def test_a_service_that_runs_already_is_used_and_left_running(camtoken: Camtoken) -> None:
    with Camtoken.start(url=camtoken.url) as same, same.session():
        pass
    assert answers(camtoken.url)


def test_a_failed_test_shows_the_screen(pytester: pytest.Pytester) -> None:
    pytester.makepyfile(
        """
        def test_fails(token):
            token.hold("center")
            assert token.screen().state == "off"
        """
    )
    result = pytester.runpytest_subprocess()
    result.assert_outcomes(failed=1)
    result.stdout.fnmatch_lines(["*the token's screen*"])
