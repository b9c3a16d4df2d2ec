"""A virtual token in the hand of a test."""

from __future__ import annotations

import json
import math
import os
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from . import _report as report
from ._allowed import Span, moment_of, one_of, span
from ._http import CamtokenError, Http
from ._picture import Camera, Picture, camera
from ._scan import Scan, Screen, moment
from ._sight import Sight

Button = Literal["left", "center", "right"]

_BUTTONS = ("left", "center", "right")
_REFUSALS = tuple(f"T{number:02}" for number in range(1, 15))
_PATIENCE = 5.0
_AGAIN = 0.1


@dataclass(frozen=True)
class Rule:
    """What is pressed by itself when the screen shows a text or what an expression describes."""

    screen: str | re.Pattern[str]
    press: tuple[Literal["left", "center", "right", "holdCenter"], ...]


@dataclass(frozen=True)
class Activation:
    """An activation on the token."""

    slot: int
    id: str
    suite: str
    bank: str
    contract: str
    user: str


@dataclass(frozen=True)
class Account:
    """An account of another system on the token, such as an authenticator app holds."""

    issuer: str
    user: str
    kind: str
    """``otp``, ``ocra``, ``tiqr``, ``linotp`` or ``powerauth``."""
    pin: bool
    """Whether it answers with a PIN only."""
    blocked: bool
    """Whether its server has blocked it."""


class Clock:
    """The clock of a session: of its tokens, and of what the verifier of a test service issues to them."""

    def __init__(self, http: Http, session: str) -> None:
        self._http = http
        self._session = session

    def advance(self, by: Span) -> datetime:
        """Moves it by seconds or a span such as ``3m1s``; back with ``-5s``."""
        with report.step(f"Clock: advance by {by}"):
            return self._change({"advance": span(by)})

    def set(self, to: datetime | str) -> datetime:
        """Sets it to a moment; there it stands until it is moved."""
        with report.step(f"Clock: set to {to}"):
            return self._change({"set": moment_of(to)})

    def now(self) -> datetime:
        return moment(self._http.json("GET", self._session)["clock"]["now"])

    def _change(self, change: dict[str, str]) -> datetime:
        return moment(self._http.json("POST", f"{self._session}/clock", change)["now"])


@dataclass(frozen=True)
class _Seen:
    """A look, and what came of it."""

    camera: Camera
    picture: bytes
    document: dict[str, Any]
    looks: int
    seconds: float


class Token:
    """A token with a camera, a screen and three buttons."""

    def __init__(self, http: Http, path: str, id: str, clock: Clock) -> None:
        self._http = http
        self._path = path
        self.id = id
        self.clock = clock

    def scan(
        self,
        picture: Picture | Callable[[], Picture],
        *,
        confirm: Literal["auto", "step"] | None = None,
        keep: bool | None = None,
        timeout: float = _PATIENCE,
        several: bool = False,
    ) -> Scan:
        """Holds a picture before the camera and approves what is shown.

        An element on a page is looked at, and a function called, again and again until there is a code that can be read or the
        time is over: the page may not be ready. What the token refuses is an answer: see :attr:`Scan.refusal`. With ``several`` a
        picture may have several codes, of which the token reads one; else that is an error.
        """
        with report.step("Token: scan"):
            seen = self._see(picture, confirm, keep, timeout)
            document = seen.document
            if drawing := document.get("drawing"):
                report.attach("what the token showed", drawing, "svg")
            if document.get("codes", 0) > 1 and not several:
                report.attach("what the token's camera saw", seen.picture, "png")
                hint = "Let the page show one code alone, or name the element of one. If several are meant: scan(…, several=True)."
                what = f"{document['codes']} codes are in view at {seen.camera.place}, and the token reads whichever it finds first"
                raise CamtokenError(f"{what}\n  hint  {hint}")
            if _is_unseen(document):
                document |= _told(seen)
            return Scan(document, self._http.url)

    def press(self, button: Button) -> Screen:
        """Presses a button: left goes back, the centre goes to the next entry, right approves."""
        return self._button("press", button, None)

    def hold(self, button: Button) -> Screen:
        """Holds a button; the centre button switches on and off."""
        return self._button("hold", button, {"action": "hold"})

    def enter_pin(self, pin: str) -> Screen:
        """Switches the token on and enters its PIN. With a wrong one the screen's state is still ``pin``."""
        with report.step("Token: enter the PIN"):
            return Screen._of(self._http.json("POST", f"{self._path}/pin", {"pin": pin}))

    def screen(self) -> Screen:
        return Screen._of(self._http.json("GET", f"{self._path}/screen"))

    def screenshot(self) -> bytes:
        """The screen as a PNG."""
        return self._http.file(f"{self._path}/screen.png")

    def wait_for_screen(self, text: str | re.Pattern[str], *, timeout: float = _PATIENCE) -> Screen:
        """Waits until the screen shows a text, or what an expression describes."""
        deadline = time.monotonic() + timeout
        while True:
            seconds = min(max(math.ceil(deadline - time.monotonic()), 0), 60)
            query = {"wait": _pattern(text), "timeout": f"{seconds}s"}
            waited = self._http.json("GET", f"{self._path}/events", query=query)
            screen = Screen._of(waited["screen"])
            if waited["outcome"] == "shown":
                return screen
            if time.monotonic() >= deadline:
                seen = screen.text.rstrip() if screen.panel.lit else "(dark)"
                raise CamtokenError(f"the screen does not show {text!r}. It shows:\n{seen}")

    def faults(self) -> dict[str, Any]:
        """What is broken."""
        document: dict[str, Any] = self._http.json("GET", f"{self._path}/faults")
        return document

    def set_faults(
        self, *, battery: int = 100, half_activated: bool = False, clock_offset: int = 0, next_scan: str | None = None
    ) -> None:
        """Breaks something; what is left out is whole. With ``battery=0`` the token reads nothing (T13), half activated
        it refuses every code (T09), its clock is seconds ahead, and the next scan ends with a refusal (T01 to T14)."""
        if next_scan is not None:
            one_of("refusal of a token", next_scan, _REFUSALS)
        faults: dict[str, Any] = {"battery": battery, "halfActivated": half_activated, "clockOffset": clock_offset}
        with report.step(f"Token: faults {faults | {'nextScan': next_scan}}"):
            self._http.json("PUT", f"{self._path}/faults", {**faults, "nextScan": next_scan})

    def rules(self, rules: Iterable[Rule]) -> None:
        """Says what is pressed by itself, in the place of what was said before."""
        rules = tuple(rules)
        for button in (button for rule in rules for button in rule.press):
            one_of("button of a rule", button, (*_BUTTONS, "holdCenter"))
        document = [{"when": {"screen": _pattern(rule.screen)}, "do": list(rule.press)} for rule in rules]
        with report.step(f"Token: {len(document)} rules"):
            self._http.json("PUT", f"{self._path}/rules", document)

    def activations(self) -> list[Activation]:
        """Who is registered on the token."""
        return [Activation(**known) for known in self._http.json("GET", f"{self._path}/activations")]

    def accounts(self) -> list[Account]:
        """The accounts of other systems on the token. A scan of the code that a sign-up shows to authenticator apps registers one."""
        return [Account(**known) for known in self._http.json("GET", f"{self._path}/accounts")]

    def otp(
        self, account: str | None = None, *, question: str | None = None, text: str | None = None, pin: str | None = None
    ) -> str:
        """The one-time password of an account, by the token's clock; of an OCRA card the response to a ``question``, or to the hash of a
        ``text``. ``account`` is its user, its issuer or ``issuer:user``, and may be left out where there is one."""
        asked = {"account": account, "question": question, "text": text, "pin": pin}
        body = {name: value for name, value in asked.items() if value is not None}
        with report.step(f"Token: one-time password of {account}" if account else "Token: one-time password"):
            answer = self._http.json("POST", f"{self._path}/accounts/respond", body)
        response: str | None = answer.get("foreign", {}).get("response")
        if response is not None:
            return response
        held = ", ".join(f"{known.issuer}:{known.user}".lstrip(":") for known in self.accounts())
        raise CamtokenError(
            f"camtoken: there is no one-time password: {answer['code']} {answer['message']}\n"
            f"  hint  The token holds {held or 'no account: scan the code that the sign-up shows'}."
        )

    def forget(self, activation: str) -> None:
        """Deletes an activation, as the token's menu does."""
        self._http.json("DELETE", f"{self._path}/activations/{activation}")

    def state(self) -> dict[str, Any]:
        """All that the token holds, keys included: a test token's file. A bank under test takes its device key from it."""
        document: dict[str, Any] = self._http.json("GET", f"{self._path}/state")
        return document

    def register(
        self,
        *,
        first_code: Callable[[], Picture],
        enter_device_code: Callable[[str], object],
        second_code: Callable[[], Picture],
        enter_response: Callable[[str], object],
    ) -> Activation:
        """Registers the token on any bank's pages: two codes, two answers. ``enter_response`` waits for the bank's yes."""
        with report.step("Token: register"):
            known = {activation.id for activation in self.activations()}
            first = self.scan(first_code, confirm="auto")
            enter_device_code(first.device_code)
            # Waits until the page shows the second code: the first, approved again, would start the registration over.
            deadline = time.monotonic() + _PATIENCE
            while self._operation(second_code) == first.operation and time.monotonic() < deadline:
                time.sleep(_AGAIN)
            enter_response(self.scan(second_code, confirm="auto").response)
            # The token asks whether the bank has confirmed, once its digits were read.
            self.press("right")
            self.press("right")
            for activation in self.activations():
                if activation.id not in known:
                    return activation
            raise CamtokenError(f"the token did not keep the registration. It shows:\n{self.screen().text}")

    def _operation(self, picture: Callable[[], Picture]) -> str | None:
        operation: str | None = self._see(picture, "step", None, _PATIENCE).document.get("operation")
        return operation

    def _button(self, act: str, button: str, document: dict[str, str] | None) -> Screen:
        one_of("button of the token", button, _BUTTONS)
        with report.step(f"Token: {act} {button}"):
            return Screen._of(self._http.json("POST", f"{self._path}/buttons/{button}", document))

    def _see(
        self, picture: Picture | Callable[[], Picture], confirm: str | None, keep: bool | None, timeout: float
    ) -> _Seen:
        """Looks until a code is seen or the time is over."""
        if confirm is not None:
            one_of("way to confirm", confirm, ("auto", "step"))
        place = camera(picture, timeout)
        # A scan that is to fail fails once; only a page that is not ready yet is looked at again.
        looks_again = place.is_live and self.faults().get("nextScan") is None
        query = {
            "confirm": confirm,
            "keep": None if keep is None else "yes" if keep else "no",
            "drawing": "svg" if report.is_wanted() else None,
        }
        begin = time.monotonic()
        looks = 0
        while True:
            looks += 1
            body = place.take()
            document: dict[str, Any] = self._http.json("POST", f"{self._path}/scan", body=body, query=query)
            seconds = time.monotonic() - begin
            if not (_is_unseen(document) and looks_again and seconds + _AGAIN < timeout):
                return _Seen(place, body, document, looks, seconds)
            time.sleep(_AGAIN)


def _is_unseen(document: dict[str, Any]) -> bool:
    return document["outcome"] == "refused" and document["code"] in ("T01", "T02")


def _told(seen: _Seen) -> dict[str, Any]:
    """The message for a tester about a place where no code was seen."""
    sight = Sight.of(seen.camera, seen.picture, seen.looks, seen.seconds)
    # What the service says to people is on the token's screen; here is what a tester can do.
    advice = seen.document.get("quality", {}).get("advice", []) if seen.document["code"] == "T02" else []
    where = sight.lines()
    if not seen.picture.startswith(b"CT"):
        report.attach("what the token's camera saw", seen.picture, "png")
        if path := report.save("camera", seen.picture):
            where = (*where, f"  saved    {path}")
    otherwise = "Nothing in the picture looks like a 2D code: is it the right place, and drawn by then?"
    return {"where": where, "hint": sight.cause() or next(iter(advice), otherwise)}


def file_of(state: str | os.PathLike[str] | dict[str, Any]) -> dict[str, Any]:
    """The content of a token's file, wherever it is."""
    hint = "\n  hint  `camtoken token export NAME` and token.state() give one."
    document: Any = state
    if not isinstance(state, dict):
        try:
            document = json.loads(Path(state).read_text("utf-8"))
        except OSError as error:
            raise CamtokenError(f"the token {state} cannot be read: {error.strerror}{hint}") from error
        except ValueError as error:
            raise CamtokenError(f"{state} is no test token: it is no JSON{hint}") from error
    if isinstance(document, dict) and isinstance(document.get("id"), str):
        return document
    raise CamtokenError(f"{'this' if isinstance(state, dict) else state} is no test token{hint}")


def _pattern(text: str | re.Pattern[str]) -> str:
    if isinstance(text, str):
        return text
    flags = "".join(sign for flag, sign in ((re.I, "i"), (re.X, "x"), (re.M, "m"), (re.S, "s")) if text.flags & flag)
    return f"/(?{flags}){text.pattern}/" if flags else f"/{text.pattern}/"
