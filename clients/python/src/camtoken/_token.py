"""A virtual token in the hand of a test."""

from __future__ import annotations

import json
import math
import os
import re
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, Literal

from ._http import CamtokenError, Http
from ._scan import Scan, Screen, moment

Button = Literal["left", "center", "right"]

Picture = bytes | str | os.PathLike[str]
"""The bytes of a picture, its path, or the text of a code (``CT1:…``)."""

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


class Clock:
    """The clock of a session. The verifier's clock does not move with it."""

    def __init__(self, http: Http, session: str) -> None:
        self._http = http
        self._session = session

    def advance(self, span: str | float | timedelta) -> datetime:
        """Moves it by seconds or a span such as ``3m1s``; back with ``-5s``."""
        seconds = span.total_seconds() if isinstance(span, timedelta) else span
        return self._change({"advance": seconds if isinstance(seconds, str) else f"{round(seconds)}s"})

    def set(self, moment: datetime | str) -> datetime:
        """Sets it to a moment; there it stands until it is moved."""
        return self._change({"set": when(moment)})

    def now(self) -> datetime:
        return moment(self._http.json("GET", self._session)["clock"]["now"])

    def _change(self, change: dict[str, str]) -> datetime:
        return moment(self._http.json("POST", f"{self._session}/clock", change)["now"])


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
    ) -> Scan:
        """Holds a picture before the camera and approves what is shown.

        A function is called for a picture, and again until there is a code that can be read or the time is over: for a
        page that may not be ready, ``token.scan(element.screenshot)``. What the token refuses is an answer: see
        :attr:`Scan.refusal`.
        """
        deadline = time.monotonic() + timeout
        # A scan that is to fail fails once; only a page that is not ready yet is looked at again.
        looks_again = callable(picture) and self.faults().get("nextScan") is None
        query = {"confirm": confirm, "keep": None if keep is None else "yes" if keep else "no"}
        while True:
            body = content(picture() if callable(picture) else picture)
            scan = Scan(self._http.json("POST", f"{self._path}/scan", body=body, query=query), self._http.url)
            is_unseen = scan.refusal is not None and scan.refusal.code in ("T01", "T02")
            if not (is_unseen and looks_again and time.monotonic() + _AGAIN < deadline):
                return scan
            time.sleep(_AGAIN)

    def press(self, button: Button) -> Screen:
        """Presses a button: left goes back, the centre goes to the next entry, right approves."""
        return Screen._of(self._http.json("POST", f"{self._path}/buttons/{button}"))

    def hold(self, button: Button) -> Screen:
        """Holds a button; the centre button switches on and off."""
        return Screen._of(self._http.json("POST", f"{self._path}/buttons/{button}", {"action": "hold"}))

    def enter_pin(self, pin: str) -> Screen:
        """Switches the token on and enters its PIN. With a wrong one the screen's state is still ``pin``."""
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
        faults: dict[str, Any] = {"battery": battery, "halfActivated": half_activated, "clockOffset": clock_offset}
        self._http.json("PUT", f"{self._path}/faults", {**faults, "nextScan": next_scan})

    def rules(self, rules: Iterable[Rule]) -> None:
        """Says what is pressed by itself, in the place of what was said before."""
        document = [{"when": {"screen": _pattern(rule.screen)}, "do": list(rule.press)} for rule in rules]
        self._http.json("PUT", f"{self._path}/rules", document)

    def activations(self) -> list[Activation]:
        """Who is registered on the token."""
        return [Activation(**known) for known in self._http.json("GET", f"{self._path}/activations")]

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
        known = {activation.id for activation in self.activations()}
        first = self.scan(first_code, confirm="auto")
        enter_device_code(first.device_code)
        # A page that still has the first code is waited for: approved again, that would begin anew.
        deadline = time.monotonic() + _PATIENCE
        while self.scan(second_code, confirm="step").operation == first.operation and time.monotonic() < deadline:
            time.sleep(_AGAIN)
        enter_response(self.scan(second_code, confirm="auto").response)
        # The token asks whether the bank has confirmed, once its digits were read.
        self.press("right")
        self.press("right")
        for activation in self.activations():
            if activation.id not in known:
                return activation
        raise CamtokenError(f"the token did not keep the registration. It shows:\n{self.screen().text}")


def content(picture: Picture) -> bytes:
    """The bytes that are sent for a picture."""
    if isinstance(picture, bytes | bytearray):
        return bytes(picture)
    if isinstance(picture, str) and re.match(r"CT\d+:", picture):
        return picture.encode()
    try:
        return Path(picture).read_bytes()
    except OSError as error:
        raise CamtokenError(f"the picture {picture} cannot be read: {error.strerror}") from error


def file_of(state: str | os.PathLike[str] | dict[str, Any]) -> dict[str, Any]:
    """The content of a token's file, wherever it is."""
    document = state if isinstance(state, dict) else json.loads(Path(state).read_text("utf-8"))
    if isinstance(document, dict) and isinstance(document.get("id"), str):
        return document
    raise CamtokenError("this is no test token\n  hint  `camtoken token export NAME` and token.state() give one.")


def when(moment: datetime | str) -> str:
    """A moment as the service reads it."""
    if isinstance(moment, str):
        return moment
    return moment.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _pattern(text: str | re.Pattern[str]) -> str:
    if isinstance(text, str):
        return text
    flags = "".join(sign for flag, sign in ((re.I, "i"), (re.M, "m"), (re.S, "s")) if text.flags & flag)
    return f"/(?{flags}){text.pattern}/" if flags else f"/{text.pattern}/"
