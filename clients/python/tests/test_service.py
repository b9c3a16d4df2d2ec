from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import urllib.request
from pathlib import Path

import pytest

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
