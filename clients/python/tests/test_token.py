from __future__ import annotations

import re
import threading
import time
from collections.abc import Callable
from datetime import datetime, timedelta, timezone
from pathlib import Path

import pytest

from camtoken import Camtoken, CamtokenError, Challenge, Rule, Token

Issue = Callable[..., Challenge]


def test_a_code_is_shown_answered_and_accepted_once(camtoken: Camtoken, token: Token, issue: Issue) -> None:
    challenge = issue()
    scan = token.scan(challenge.png())
    assert (scan.outcome, scan.operation) == ("shown", "transfer")
    assert scan.fields["amount"].shown == "¥1,250,000" and scan.fields["amount"].value == "1250000"
    assert list(scan.fields)[0] == "bankCode"
    assert scan.quality is not None and scan.quality.grade == "A"
    assert scan.expires_at == challenge.expires_at
    wrong = camtoken.verifier.verify(challenge, scan.wrong_response)
    assert (wrong.result, wrong.attempts_left) == ("rejected", 2)
    right = camtoken.verifier.verify(challenge, scan.response, attempt="one")
    assert right.result == "accepted" and right.transaction is not None and right.transaction["amount"] == "1250000"
    assert camtoken.verifier.verify(challenge, scan.response, attempt="one").first is False
    assert camtoken.verifier.verify(challenge, scan.response).result == "used"


def test_a_picture_may_be_a_file_or_the_text_of_a_code(token: Token, issue: Issue, tmp_path: Path) -> None:
    path = tmp_path / "code.png"
    path.write_bytes(issue().png())
    assert token.scan(path).outcome == "shown"
    path.write_bytes(issue().png())
    assert token.scan(str(path)).outcome == "shown"
    assert token.scan(issue().code).outcome == "shown"
    with pytest.raises(CamtokenError, match="cannot be read: No such file"):
        token.scan(tmp_path / "none.png")


def test_a_page_that_is_not_ready_is_looked_at_again(token: Token, issue: Issue) -> None:
    blank = token.screenshot()
    pictures = [blank, blank, issue().png()]
    assert token.scan(lambda: pictures.pop(0)).outcome == "shown" and pictures == []
    never = token.scan(lambda: blank, timeout=0.3)
    assert never.refusal is not None and never.refusal.code == "T01"
    with pytest.raises(CamtokenError, match="there is no response: the token saw no code: T01 (.|\n)*hint"):
        _ = never.response


def test_a_fault_strikes_once(token: Token, issue: Issue) -> None:
    picture = issue().png()
    token.set_faults(next_scan="T02")
    refusal = token.scan(lambda: picture).refusal
    assert refusal is not None and refusal.code == "T02"
    assert token.scan(lambda: picture).outcome == "shown"
    token.set_faults(battery=0)
    refusal = token.scan(picture).refusal
    assert refusal is not None and refusal.code == "T13"


def test_what_differs_is_told_line_by_line(token: Token, issue: Issue) -> None:
    scan = token.scan(issue().code)
    scan.assert_shows(payee="ミホン ショウジ(カ", amount="¥1,250,000", date="2026-11-24")
    scan.assert_shows(payee="ﾐﾎﾝ ｼﾖｳｼﾞ(ｶ", amount=1250000, account=re.compile(r"^\d{7}$"))
    with pytest.raises(AssertionError) as told:
        scan.assert_shows(payee="ミホン ショウジ(カ", amount=125000, rent="x")
    lines = str(told.value).splitlines()
    assert lines[:6] == [
        "transfer on the token's screen",
        "  payee: 'ﾐﾎﾝ ｼﾖｳｼﾞ(ｶ'",
        "- amount: '125000'",
        "+ amount: '¥1,250,000' (1250000)",
        "- rent: 'x'",
        "+ rent: the token shows no such field",
    ]
    assert "  account: '0012345' (not asked for)" in lines
    with pytest.raises(AssertionError, match="the token refused the code: T12"):
        token.scan(issue(amount=1).code)
        token.scan(scan_again := issue(amount=2).code)
        token.scan(scan_again).assert_shows(amount=2)


def test_time_passes_for_the_token(token: Token, issue: Issue) -> None:
    code = issue().code
    before = token.clock.now()
    assert token.clock.advance("3m1s") - before >= timedelta(seconds=181)
    lines = [line for page in token.scan(code).pages for line in page.lines]
    assert any(line.role == "stale" for line in lines)
    moment = datetime(2030, 1, 1, tzinfo=timezone.utc)
    assert token.clock.set(moment) == moment
    assert token.clock.advance(5) == moment + timedelta(seconds=5)
    assert token.clock.advance(timedelta(minutes=-1)) == moment - timedelta(seconds=55)


def test_somebody_presses_the_buttons(camtoken: Camtoken, token: Token, issue: Issue) -> None:
    challenge = issue()
    scan = token.scan(challenge.code, confirm="step")
    with pytest.raises(CamtokenError, match="nobody has pressed the buttons"):
        _ = scan.response
    screen = token.screen()
    assert (screen.state, screen.page, screen.pages) == ("showing", 1, 2)
    token.press("right")
    answered = token.press("right")
    assert answered.response is not None and answered.response not in repr(answered)
    assert camtoken.verifier.verify(challenge, answered.response).result == "accepted"
    assert token.hold("center").state == "off"
    assert token.screenshot().startswith(b"\x89PNG")


def test_a_test_waits_for_the_screen(token: Token, issue: Issue) -> None:
    code = issue().code
    threading.Timer(0.3, lambda: token.scan(code, confirm="step")).start()
    assert token.wait_for_screen(re.compile(r"¥[\d,]+")).state == "showing"
    start = time.monotonic()
    # The flags of an expression go with it.
    assert token.wait_for_screen(re.compile(r"payee .* ^amount$  # over the lines", re.I | re.M | re.S | re.X)).state == "showing"
    with pytest.raises(CamtokenError, match=r"does not show '¥9'\. It shows:\n(.|\n)*¥1,250,000"):
        token.wait_for_screen("¥9", timeout=0.2)
    assert time.monotonic() - start < 5


def test_rules_press_by_themselves(token: Token, issue: Issue) -> None:
    token.rules([Rule(re.compile("tanaka", re.I), ("left",))])
    token.scan(issue().code, confirm="step")
    assert token.screen().state != "showing"


def test_a_token_is_kept_and_brought_back(camtoken: Camtoken, token: Token, issue: Issue, activation: str) -> None:
    challenge = issue()
    with camtoken.session() as session:
        again = session.token(state=token.state())
        assert [known.id for known in again.activations()] == [activation]
        assert camtoken.verifier.verify(challenge, again.scan(challenge.code).response).result == "accepted"
        again.forget(activation)
        assert again.activations() == []


def test_what_is_refused_says_what_to_do(camtoken: Camtoken, activation: str) -> None:
    with pytest.raises(CamtokenError, match=r"hint  .*GET /v1/operations(.|\n)*camtoken explain CT-E071") as told:
        camtoken.verifier.issue(activation, "transfer", {})
    assert told.value.code == "CT-E071"


def test_a_code_is_graded(camtoken: Camtoken, issue: Issue, tmp_path: Path, token: Token) -> None:
    camtoken.assert_scannable(issue().png(), min_grade="A")
    lint = camtoken.lint(issue().png(), dpr=2.0)
    assert lint.grade <= "B" and lint.measures
    overlay = tmp_path / "overlay.svg"
    with pytest.raises(AssertionError, match=r"Grade [B-F], at least A is wanted\n.*moduleSize"):
        camtoken.assert_scannable(issue().png(), min_grade="A", dpr=4, overlay=overlay)
    with pytest.raises(AssertionError, match="Grade F, at least C is wanted"):
        camtoken.assert_scannable(token.screenshot(), min_grade="C")
    assert overlay.read_text("utf-8").startswith("<svg")


def test_a_token_with_a_pin_reads_nothing_before_it_is_entered(camtoken: Camtoken) -> None:
    with camtoken.session(lang="en") as session:
        token = session.token(pin="48213")
        with pytest.raises(CamtokenError, match="waits for another answer"):
            token.scan("CT1:ABC")
        assert token.enter_pin("48214").state == "pin"
        assert token.enter_pin("48213").state == "ready"


def test_a_token_is_made_for_as_many_users_as_it_is_asked_for(camtoken: Camtoken) -> None:
    with camtoken.session(lang="en") as session:
        made = session.token(profile="japan", slots=2).state()
        assert (made["profile"], len(made["slots"]), made["language"]) == ("japan", 2, "ja")
        with pytest.raises(CamtokenError, match="pin"):
            session.token(profile="japan", pin="48213")


def test_a_suspended_activation_is_not_accepted(
    camtoken: Camtoken, token: Token, issue: Issue, activation: str
) -> None:
    challenge = issue()
    response = token.scan(challenge.code).response
    camtoken.verifier.suspend(activation)
    assert camtoken.verifier.verify(challenge, response).result == "suspended"
    camtoken.verifier.resume(activation)


class TestInJapaneseByAClockAndASeed:
    @pytest.fixture
    def token_options(self) -> dict[str, str]:
        return {"lang": "ja", "clock": "2026-11-24T09:00:00Z", "seed": "one", "id": "SEEDED-1"}

    def test_keys_are_the_same_in_every_run(self, camtoken: Camtoken, token: Token) -> None:
        assert token.id == "SEEDED-1" and token.clock.now() == datetime(2026, 11, 24, 9, tzinfo=timezone.utc)
        with camtoken.session(seed="one") as session:
            assert session.token(id="SEEDED-1").state()["deviceKey"] == token.state()["deviceKey"]
        assert re.search("[ぁ-ん]", token.hold("center").text)
