"""What the page of values says, as it is."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from conftest import TRANSFER

from camtoken import Camtoken, CamtokenError, Challenge, Token

Issue = Callable[..., Challenge]


@pytest.mark.parametrize("refusal", [f"T{number:02}" for number in range(1, 15)])
def test_the_next_scan_ends_with_each_refusal(token: Token, issue: Issue, refusal: str) -> None:
    token.set_faults(next_scan=refusal)
    found = token.scan(issue().code).refusal
    assert found is not None and (found.code, bool(found.message), bool(found.hint)) == (refusal, True, True)
    assert token.scan(issue().code).outcome == "shown"


def test_what_is_broken_is_told_by_the_token(token: Token, issue: Issue) -> None:
    token.set_faults(battery=0)
    empty = token.scan(issue().code).refusal
    token.set_faults(half_activated=True)
    half = token.scan(issue().code).refusal
    token.set_faults()
    assert [empty and empty.code, half and half.code, token.scan(issue().code).outcome] == ["T13", "T09", "shown"]


def test_wrong_responses_are_counted(camtoken: Camtoken, token: Token, issue: Issue, activation: str) -> None:
    def wrong(challenge: Challenge, response: str) -> tuple[str, int | None]:
        verdict = camtoken.verifier.verify(challenge, response)
        return verdict.result, verdict.attempts_left

    challenge = issue()
    scan = token.scan(challenge.code)
    assert (len(scan.response), len(scan.wrong_response)) == (8, 8)
    assert [wrong(challenge, scan.wrong_response) for _ in range(3)] == [("rejected", 2), ("rejected", 1), ("rejected", 0)]
    assert wrong(challenge, scan.response) == ("rejected", None)
    challenge = issue()
    scan = token.scan(challenge.code)
    assert [wrong(challenge, scan.wrong_response)[0] for _ in range(2)] == ["rejected", "suspended"]
    with pytest.raises(CamtokenError, match="CT-E090"):
        issue()
    camtoken.verifier.resume(activation)
    challenge, newer = issue(), issue()
    assert wrong(challenge, "12345678")[0] == "superseded"
    assert camtoken.verifier.verify(newer, token.scan(newer.code).response).result == "accepted"


def test_a_challenge_is_good_for_a_second_to_ten_minutes(camtoken: Camtoken, token: Token, activation: str) -> None:
    now = token.clock.set("2026-11-24T09:00:00Z")
    for ttl, seconds in [(None, 180), ("1s", 1), (8, 8), ("10m", 600)]:
        challenge = camtoken.verifier.issue(activation, "transfer", TRANSFER, ttl=ttl)
        assert (challenge.expires_at - now).total_seconds() == seconds
    for ttl in ["0s", "601s"]:
        with pytest.raises(CamtokenError):
            camtoken.verifier.issue(activation, "transfer", TRANSFER, ttl=ttl)


def test_a_seed_gives_the_same_tokens(camtoken: Camtoken) -> None:
    made = []
    for seed in ["one", "one", "two"]:
        with camtoken.session(seed=seed) as session:
            token = session.token()
            made.append((token.id, token.state()["deviceKey"]))
    assert made[0] == made[1] != made[2]
