"""The token as the authenticator app of a sign-up."""

from datetime import datetime, timezone

import pytest
from sites import CODE

import camtoken


def test_the_token_is_the_authenticator_app_of_a_sign_up(token: camtoken.Token) -> None:
    assert token.scan(CODE).outcome == "shown"
    assert token.accounts() == [camtoken.Account("ACME", "alice", "otp", pin=False, blocked=False)]

    # The values of the RFC.
    token.clock.set(datetime.fromtimestamp(59, timezone.utc))
    assert token.otp() == "94287082"
    token.clock.set(datetime.fromtimestamp(1_111_111_109, timezone.utc))
    assert token.otp("ACME:alice") == "07081804"
    with pytest.raises(camtoken.CamtokenError, match="The token holds ACME:alice"):
        token.otp("bob")

    # The key that was registered is not replaced by a picture.
    refusal = token.scan(CODE).refusal
    assert refusal is not None and refusal.code == "CT-E068"


def test_the_text_of_a_sign_up_is_read_like_its_picture(token: camtoken.Token) -> None:
    uri = "otpauth://totp/ACME:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=ACME&digits=8"
    assert token.scan(uri).outcome == "shown"
    token.clock.set(datetime.fromtimestamp(59, timezone.utc))
    assert token.otp() == "94287082"  # RFC 6238, appendix B
    with pytest.raises(camtoken.CamtokenError, match="the picture https://shop.example/code.png cannot be read"):
        token.scan("https://shop.example/code.png")
