"""The message for a tester about each mistake."""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from base64 import b64encode
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, cast

import pytest
from conftest import TRANSFER
from pages import COOKIES, code_of, page_with
from playwright.sync_api import Page
from said import said

from camtoken import Camtoken, Challenge, Rule, Token

Issue = Callable[..., Challenge]

PICTURES = (
    "  hint  A picture is a Playwright locator, a Selenium element, bytes, base64, a path, the text of a code (CT1:…, otpauth://…), or a function"
    " that gives one of these."
)


def seen(token: Token, place: Any) -> str:
    return said(lambda: token.scan(place, timeout=0.3).response)


def test_a_banner_lies_in_front(page: Page, camtoken: Camtoken, token: Token, issue: Issue) -> None:
    page.set_content(page_with(code_of(issue()) + COOKIES))
    code = page.locator("#code")
    place = """\
  looked   …, at #code
  element  <img id="code">, 240 x 240 CSS px, 240 x 240 device pixels
  visible  yes
  front    <div id="cookie" class="banner"> covers 100 % of it
"""
    hint = '  hint     Close or move <div id="cookie" class="banner">, which lies in front of it.'
    head = "there is no response: the token saw no code: T01 No 2D code found\n"
    assert seen(token, code) == head + place + "  saved    …\n" + hint
    # The method of an element says as much as the element.
    assert seen(token, code.screenshot) == head + place + "  saved    …\n" + hint
    graded = said(lambda: camtoken.assert_scannable(code, timeout=0.3))
    assert graded == "Grade F, at least B is wanted\n" + place + hint


def test_an_element_that_comes_late_is_waited_for_as_long_as_the_timeout_says(
    page: Page, camtoken: Camtoken, token: Token, issue: Issue
) -> None:
    late = f"<script>setTimeout(() => document.body.insertAdjacentHTML('beforeend', `{code_of(issue())}`), 700)</script>"
    page.set_content(page_with(late))
    camtoken.assert_scannable(page.locator("#code"), timeout=3)

    page.set_content('<p>One</p><p>Two</p><img alt="code" style="display: none">')
    hint = "\n  hint  Does the page show it by then?"
    begin = time.monotonic()
    assert said(lambda: token.scan(page.locator("#none"), timeout=0.3)) == (
        f"there is nothing at #none on about:blank, after 0.3 s{hint}"
    )
    assert said(lambda: camtoken.assert_scannable(page.locator("img"), timeout=0.3)) == (
        f"what is at img is not visible, after 0.3 s{hint}"
    )
    assert time.monotonic() - begin < 4


@pytest.mark.parametrize(
    ("style", "visible", "hint"),
    [
        ("visibility: hidden", "visibility: hidden", "It is not visible (visibility: hidden): let the page show it before the token looks."),
        ("opacity: 0", "opacity 0", "It is all but transparent (opacity 0): wait until it has faded in."),
        ("width: 40px", "yes", "It is small for a code: 100 CSS px and more are wanted."),
    ],
)
def test_it_is_there_and_not_to_be_seen(
    page: Page, token: Token, issue: Issue, style: str, visible: str, hint: str
) -> None:
    page.set_content(page_with(code_of(issue(), f"width: 240px; {style}")))
    told = seen(token, page.locator("#code")).splitlines()
    assert told[3] == f"  visible  {visible}"
    assert told[-1] == f"  hint     {hint}"


def test_its_image_is_not_loaded(page: Page, token: Token) -> None:
    page.route("http://bank.example/none.png", lambda route: route.fulfill(status=404))
    page.set_content(page_with('<img id="code" src="http://bank.example/none.png" width="200" height="200">'))
    told = seen(token, page.locator("#code")).splitlines()
    assert "  image    http://bank.example/none.png is not loaded" in told
    assert told[-1] == "  hint     Its image is not loaded: does http://bank.example/none.png answer?"


def test_it_is_another_place(page: Page, token: Token) -> None:
    page.set_content(page_with('<h1 style="height: 200px">Welcome</h1>'))
    hint = "  hint     Nothing in the picture looks like a 2D code: is it the right place, and drawn by then?"
    assert seen(token, page).splitlines()[1:] == ["  looked   …, at the page about:blank", "  picture  1280 x 720 px", "  saved    …", hint]
    assert seen(token, page.locator("h1")).splitlines()[-1] == hint
    assert seen(token, token.screenshot()).splitlines()[2] == "  picture  680 x 520 px"


def test_two_codes_are_in_view(page: Page, camtoken: Camtoken, token: Token, issue: Issue) -> None:
    page.set_content(page_with(code_of(issue()) + code_of(issue())))
    assert said(lambda: token.scan(page)) == (
        "2 codes are in view at the page about:blank, and the token reads whichever it finds first\n"
        "  hint  Let the page show one code alone, or name the element of one. If several are meant: scan(…, several=True)."
    )
    graded = said(lambda: camtoken.assert_scannable(page, timeout=0.3))
    assert graded.splitlines()[-1] == (
        "  2 codes are in view: Show one code alone: a token reads whichever it finds first, be it the older one."
    )
    camtoken.assert_scannable(page, several=True)
    assert camtoken.lint(page).codes == 2
    page.set_content(page_with(code_of(issue()) + code_of(issue())))
    assert token.scan(page, several=True).codes == 2
    # One that stands twice is one.
    twice = code_of(issue())
    page.set_content(page_with(twice + twice))
    assert token.scan(page).codes == 1


def test_what_is_no_picture_says_what_is_one(token: Token, issue: Issue, tmp_path: Path) -> None:
    async def later() -> bytes:
        return b""

    promised = later()
    assert said(lambda: token.scan(cast(Any, None))) == f"NoneType is no picture\n{PICTURES}"
    assert said(lambda: token.scan(cast(Any, promised))) == "what is yet to be awaited is no picture\n  hint  Await it: token.scan(await …)."
    assert said(lambda: token.scan(cast(Any, later))) == (
        "what is yet to be awaited is no picture\n  hint  Await it: token.scan(await …)."
    )
    assert said(lambda: token.scan("shots/code.png")) == (
        f"the picture shots/code.png cannot be read: No such file or directory\n{PICTURES} A path counts from {Path.cwd()}."
    )
    path = tmp_path / "code.txt"
    path.write_text("not a picture")
    assert said(lambda: token.scan(path)).startswith("error[CT-E042]: the body is no picture and no code: the file is neither PNG")
    assert token.scan(b64encode(issue().png()).decode()).outcome == "shown"
    assert token.scan("data:image/png;base64," + b64encode(issue().png()).decode()).outcome == "shown"


def test_a_value_that_is_not_allowed_says_what_is(camtoken: Camtoken, token: Token, activation: str) -> None:
    def issue(operation: str = "transfer", ttl: str | None = None, **fields: str | float) -> Challenge:
        return camtoken.verifier.issue(activation, operation, cast(Any, {**TRANSFER, **fields}), ttl=ttl)

    buttons = "'left', 'center', 'right'"
    spans = "Seconds as a number, a timedelta, or text such as '3m1s', '2h', '90d' or '-5s'."
    for failing, what, hint in [
        (lambda: token.press(cast(Any, "ok")), "'ok' is no button of the token", f"Allowed: {buttons}."),
        (lambda: token.hold(cast(Any, "middle")), "'middle' is no button of the token", f"Allowed: {buttons}."),
        (lambda: token.rules([Rule("x", cast(Any, ("ok",)))]), "'ok' is no button of a rule", f"Allowed: {buttons}, 'holdCenter'."),
        (
            lambda: token.set_faults(next_scan="T15"),
            "'T15' is no refusal of a token",
            f"Allowed: {', '.join(repr(f'T{number:02}') for number in range(1, 15))}.",
        ),
        (lambda: token.scan("CT1:A", confirm=cast(Any, "yes")), "'yes' is no way to confirm", "Allowed: 'auto', 'step'."),
        (lambda: token.clock.advance("3 minutes"), "'3 minutes' is no span of time", spans),
        (lambda: token.clock.advance(float("nan")), "nan is no span of time", spans),
        (lambda: issue(ttl="soon"), "'soon' is no span of time", spans),
        (lambda: camtoken.session(ttl="1 hour"), "'1 hour' is no span of time", spans),
        (
            lambda: token.clock.set("tomorrow"),
            "'tomorrow' is no moment",
            "A datetime, or text such as '2026-11-24T09:00:00Z'; a span of time goes to advance().",
        ),
        (lambda: camtoken.session(lang=cast(Any, "de")), "'de' is no language of the token", "Allowed: 'ja', 'en'."),
        (lambda: camtoken.lint(b"", min_grade=cast(Any, "E")), "'E' is no grade", "Allowed: 'A', 'B', 'C', 'D', 'F'."),
    ]:
        assert said(failing) == f"{what}\n  hint  {hint}"

    assert said(lambda: issue(operation="payment")).startswith(
        'error[CT-E070]: there is no such operation: "payment"; known are deletion, login, transfer, '
    )
    assert 'field "amount": expected decimal digits only' in said(lambda: issue(amount="12.50"))


def test_a_service_that_is_none_says_what_is_wanted(tmp_path: Path) -> None:
    for url, meant in [
        ("127.0.0.1:4999", "http://127.0.0.1:PORT"),
        ("localhost:4999", "http://localhost:4999"),
        ("http:/localhost", "http://localhost"),
        ("//bank.example", "http://bank.example"),
    ]:
        hint = f"It begins with http:// or https://, such as {meant} (CAMTOKEN_URL, or `url` of Camtoken.start)."
        shown = "127.0.0.1:PORT" if "127" in url else url
        assert said(lambda url=url: Camtoken.start(url=url)) == f"'{shown}' is no address of a service\n  hint  {hint}"  # type: ignore[misc]
    assert said(lambda: Camtoken.start(bin="/bin/true")) == (
        "/usr/bin/true serve ended with exit code 0, and did not say where it listens\n"
        "  hint  Is it camtoken? `/usr/bin/true --version` tells. CAMTOKEN_BIN is the path of the binary `camtoken`."
    )
    state = tmp_path / "token.json"
    state.write_text("[]")
    with Camtoken.start() as camtoken, camtoken.session() as session:
        hint = "\n  hint  `camtoken token export NAME` and token.state() give one."
        assert said(lambda: session.token(state=state)) == f"{state} is no test token{hint}"
        assert said(lambda: session.token(state=tmp_path / "none")) == (
            f"the token {tmp_path}/none cannot be read: No such file or directory{hint}"
        )


def test_a_service_with_one_half_says_so(camtoken: Camtoken) -> None:
    with serving("--only", "verifier") as url:
        assert said(lambda: Camtoken.start(url=url).session()) == (
            "error[CT-E132]: this service has no virtual token\n  call  POST /v1/sessions (404)\n"
            "  hint  Start it with one: camtoken serve --emulator --accept-test-keys.\n  docs  camtoken explain CT-E132"
        )
    with serving("--only", "token") as url, Camtoken.start(url=url).session() as session:
        token = session.token()
        assert said(lambda: Camtoken.start(url=url).verifier.add_token(token)) == (
            "error[CT-E133]: this service has no verifier\n  call  POST /v1/tokens (404)\n"
            "  hint  Start it without --only token: camtoken serve --emulator --accept-test-keys has both.\n"
            "  docs  camtoken explain CT-E133"
        )


@contextmanager
def serving(*flags: str) -> Iterator[str]:
    with tempfile.TemporaryDirectory() as state:
        args = ["serve", "--json", "--port", "0", "--end-with-stdin", "--log", "warn", "--state-dir", state, *flags]
        child = subprocess.Popen([os.environ["CAMTOKEN_BIN"], *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        assert child.stdout is not None
        try:
            yield json.loads(child.stdout.readline())["url"]
        finally:
            child.communicate()
