from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta, timezone

from camtoken import Camtoken, Challenge, Token

Issue = Callable[..., Challenge]


def test_a_challenge_expires_and_nobody_waits(camtoken: Camtoken, token: Token, issue: Issue) -> None:
    challenge = issue()
    response = token.scan(challenge.code).response
    token.clock.advance("3m1s")
    verdict = camtoken.verifier.verify(challenge, response)
    assert (verdict.result, verdict.browser) == ("expired", "rejected")
    # What is issued next goes by the same clock.
    next_one = issue()
    assert next_one.expires_at > token.clock.now()
    assert camtoken.verifier.verify(next_one, token.scan(next_one.code).response).result == "accepted"


def test_a_challenge_is_good_until_its_time_is_over(camtoken: Camtoken, token: Token, issue: Issue) -> None:
    moment = datetime(2030, 1, 1, tzinfo=timezone.utc)
    token.clock.set(moment)
    challenge = issue()
    assert challenge.expires_at == moment + timedelta(minutes=3)
    response = token.scan(challenge.code).response
    token.clock.advance(timedelta(minutes=2, seconds=59))
    assert camtoken.verifier.verify(challenge, response).result == "accepted"


def test_the_time_of_one_session_is_not_that_of_another(camtoken: Camtoken, token: Token, issue: Issue) -> None:
    challenge = issue()
    with camtoken.session() as session:
        camtoken.verifier.enroll(session.token(), contract="1234567890", user="SUZUKI")
        session.clock.advance("90d")
        response = token.scan(challenge.code).response
        assert camtoken.verifier.verify(challenge, response).result == "accepted"
