"""The token as the authenticator app of a sign-up."""

from datetime import datetime, timezone

import pytest

import camtoken

# The code of a sign-up with the key of RFC 6238, appendix B: otpauth://totp/ACME:alice, eight digits. Drawn by another program.
CODE = (
    "iVBORw0KGgoAAAANSUhEUgAAAMQAAADEAQAAAADo3bPGAAABtElEQVR42u2YQW4DUQhDUS/A/W/pG1CemaqrbKpayiJfUeZnRhoLMDY/NS+W6vPkPZ5U"
    "VZd699rdLm6MvurV+suTxen9dEu72a/nRgJngxgiUItfdyODsxcy58g6iLMgBOPyxOIZMDZpjggqZOpTx7LfFeIbyy+vOYIf4wP12c5ZCBkDfjuD/4+z"
    "zcqrm3RtFkehPqVx+oIgjSQvkjc3zlIMTpwWRXCEGhzAXjcuuU4BXjuOU1MQOoTjTFmsZZSaEN8oEPq5CHVAkT4lW0XfoKf0Umf4VkX3EE6xBSjCtyIa"
    "E9xON8eGhC9c/a9hkZ6Ujjp1bDBTiJ7xnxMFu84ziSRw0GoTra9KRBfhgecC907JU0jGf3i757e+DsLuIjioQRtPtlVcIqFvWxa3kSXBkhrSt/M6G6on"
    "0wrVx1NvPe5TKR1F0bBQm7cRNSFfKPeMYLiFJ8O3rhvgdJbXId+WBfoklEnBdUrNozhPl552Tc7XDgo1YD+h84Klx4rtg0nIt30S0TMoksLYubEfFzrH"
    "y/hC/xyybaZwO3ResLx50Onn3KgJnufG55IhcZpQ/3z+xXnTJ983lFYG9rlQuAAAAABJRU5ErkJggg=="
)


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
