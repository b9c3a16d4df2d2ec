"""A virtual camera token for tests.

    def test_the_token_shows_what_is_paid(page, token):
        scan = token.scan(page.get_by_alt_text("Code for your token"))
        scan.assert_shows(payee="ミホン ショウジ(カ", amount="¥1,250,000")
        page.get_by_label("One-time password").fill(scan.response)

With pytest each test gets a token of its own from the fixture ``token``. A token takes elements of Playwright and Selenium, and
bytes of a picture from whatever takes one. The package uses the standard library alone.
"""

from ._allowed import Span
from ._http import CamtokenError
from ._kana import alike, to_full_width
from ._picture import Picture
from ._scan import Field, Line, Lint, Measure, Panel, Quality, Refusal, Scan, Screen
from ._service import Camtoken, Session
from ._token import Account, Activation, Clock, Rule, Token
from ._verifier import Challenge, Verdict, Verifier

__all__ = [
    "Account",
    "Activation",
    "Camtoken",
    "CamtokenError",
    "Challenge",
    "Clock",
    "Field",
    "Line",
    "Lint",
    "Measure",
    "Panel",
    "Picture",
    "Quality",
    "Refusal",
    "Rule",
    "Scan",
    "Screen",
    "Session",
    "Span",
    "Token",
    "Verdict",
    "Verifier",
    "alike",
    "to_full_width",
]
