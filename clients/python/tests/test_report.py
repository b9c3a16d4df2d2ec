"""What reports have of the token, and tests that run beside each other."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from conftest import TRANSFER

pytest_plugins = ["pytester"]

TESTS = f"""
    import pytest

    FIELDS = {TRANSFER!r}

    @pytest.fixture
    def challenge(camtoken, token):
        activation = camtoken.verifier.enroll(token, contract="1234567890", user="TANAKA")
        return camtoken.verifier.issue(activation, "transfer", FIELDS)

    def test_passes(token, challenge):
        token.scan(challenge.code)
        token.press("right")

    def test_sees_nothing(token):
        token.scan(token.screenshot()).response
"""


def test_pytest_html_has_the_screens(pytester: pytest.Pytester) -> None:
    pytest.importorskip("pytest_html")
    pytester.makepyfile(TESTS)
    result = pytester.runpytest_subprocess("--html=report.html")
    result.assert_outcomes(passed=1, failed=1)
    report = (pytester.path / "report.html").read_text("utf-8")
    assert "what the token showed" in report and "what the token&#39;s camera saw" in report.replace("&amp;", "&")
    kinds = sorted({path.suffix for path in (pytester.path / "assets").iterdir()})
    assert kinds == [".css", ".png", ".svg"]


def test_allure_has_steps_and_screens(pytester: pytest.Pytester) -> None:
    pytest.importorskip("allure_pytest")
    pytester.makepyfile(TESTS)
    pytester.runpytest_subprocess("--alluredir=out").assert_outcomes(passed=1, failed=1)
    results = [json.loads(path.read_text("utf-8")) for path in (pytester.path / "out").glob("*-result.json")]
    by_name = {result["name"]: result for result in results}
    steps = by_name["test_passes"]["steps"]
    assert [step["name"] for step in steps] == ["Token: scan", "Token: press right"]
    assert attached(pytester.path / "out", steps[0]) == {"what the token showed": "<svg "}
    failed = by_name["test_sees_nothing"]
    assert attached(pytester.path / "out", failed["steps"][0])["what the token's camera saw"].startswith("\ufffdPNG")
    assert "the token's screen" in attached(pytester.path / "out", failed)


def attached(folder: Path, step: dict[str, Any]) -> dict[str, str]:
    """What was attached, by its name, with how it begins."""
    return {
        found["name"]: (folder / found["source"]).read_bytes()[:5].decode(errors="replace") for found in step.get("attachments", [])
    }


def test_four_workers_do_not_disturb_each_other(pytester: pytest.Pytester) -> None:
    pytest.importorskip("xdist")
    pytester.makepyfile(
        f"""
        import pytest

        FIELDS = {TRANSFER!r}

        @pytest.mark.parametrize("amount", range(1, 17))
        def test_each_pays_its_own(camtoken, token, amount):
            activation = camtoken.verifier.enroll(token, contract="1234567890", user="TANAKA")
            challenge = camtoken.verifier.issue(activation, "transfer", {{**FIELDS, "amount": amount}})
            scan = token.scan(challenge.png())
            scan.assert_shows(amount=amount)
            if amount % 2:
                token.clock.advance("3m1s")
            wanted = "expired" if amount % 2 else "accepted"
            assert camtoken.verifier.verify(challenge, scan.response).result == wanted
        """
    )
    pytester.runpytest_subprocess("-n", "4").assert_outcomes(passed=16)
