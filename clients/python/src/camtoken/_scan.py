"""What a token shows, as data."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from ._http import CamtokenError
from ._kana import alike


def moment(text: str) -> datetime:
    """Reads a moment as the service writes it."""
    return datetime.fromisoformat(text.replace("Z", "+00:00"))


@dataclass(frozen=True)
class Line:
    """One line of writing in its box; the panel has 320 x 240 dots."""

    x: int
    y: int
    width: int
    height: int
    text: str
    style: str
    role: str
    """``header``, ``page``, ``owner``, ``label``, or the name of the field."""


@dataclass(frozen=True)
class Panel:
    """What the panel shows at one moment."""

    lit: bool
    lines: tuple[Line, ...]
    softkeys: tuple[str | None, ...]

    @classmethod
    def _of(cls, document: dict[str, Any]) -> Panel:
        return cls(document["lit"], tuple(Line(**line) for line in document["lines"]), tuple(document["softkeys"]))


@dataclass(frozen=True)
class Screen:
    """The screen, and what the token is doing."""

    state: str
    """``off``, ``pin``, ``ready``, ``menu``, ``showing``, ``answered``, ``asking``, ``done`` or ``refused``."""
    panel: Panel
    text: str
    """The same as text, as it stands on the screen."""
    now: datetime
    code: str | None = None
    page: int | None = None
    pages: int | None = None
    response: str | None = field(default=None, repr=False)
    device_code: str | None = field(default=None, repr=False)

    @classmethod
    def _of(cls, document: dict[str, Any]) -> Screen:
        return cls(
            state=document["state"],
            panel=Panel._of(document),
            text=document["text"],
            now=moment(document["now"]),
            code=document.get("code"),
            page=document.get("page"),
            pages=document.get("pages"),
            response=document.get("response"),
            device_code=document.get("deviceCode"),
        )


@dataclass(frozen=True)
class Field:
    """One field, as the code has it and as the token shows it."""

    name: str
    label: str
    value: str
    """In its canonical form: ``1250000``."""
    shown: str
    """As it stands on the token's screen: ``¥1,250,000``."""


@dataclass(frozen=True)
class Refusal:
    """Why a token does not answer a code."""

    code: str
    """``T01`` to ``T14``."""
    message: str
    hint: str
    """What to do about it. Where no code was seen: what to change in the test or on the page."""
    where: tuple[str, ...] = ()
    """Where no code was seen: what was looked at, line by line."""

    def __str__(self) -> str:
        if not self.where:
            return f"the token refused the code: {self.code} {self.message}\n  hint  {self.hint}"
        return "\n".join([f"the token saw no code: {self.code} {self.message}", *self.where, f"  hint     {self.hint}"])


@dataclass(frozen=True)
class Quality:
    """How a picture was."""

    grade: str
    advice: tuple[str, ...]
    px_per_module: float | None = None


@dataclass(frozen=True)
class Measure:
    """One measure of a code."""

    name: str
    value: float
    unit: str
    grade: str
    advice: str | None = None


@dataclass(frozen=True)
class Lint:
    """How a camera would see a code. Printed, it says what to change on the page."""

    grade: str
    min_grade: str
    passed: bool
    measures: tuple[Measure, ...]
    reasons: tuple[str, ...]
    """Why nothing was read, or what is wrong beside the measures, such as a second code."""
    overlay: str | None = field(repr=False)
    """The picture with what was seen drawn onto it, as SVG."""
    codes: int = 0
    """How many different codes for a token are in the picture."""

    def __str__(self) -> str:
        weak = [found for found in self.measures if found.grade > "A"]
        rows = [f"{found.grade}  {found.name}: {found.value:g} {found.unit}".rstrip() for found in weak]
        advice = dict.fromkeys(found.advice for found in weak if found.advice)
        head = f"Grade {self.grade}, at least {self.min_grade} is wanted"
        return "\n  ".join([head, *rows, *self.reasons, *(text for text in advice)])

    @classmethod
    def _of(cls, document: dict[str, Any]) -> Lint:
        return cls(
            grade=document["grade"],
            min_grade=document["minGrade"],
            passed=document["passed"],
            measures=tuple(Measure(**measure) for measure in document.get("measures", [])),
            reasons=tuple(
                f"{found['text']}: {found['advice']}" for found in document.get("reasons", []) + document.get("findings", [])
            ),
            overlay=document.get("overlay"),
            codes=document.get("codes", 0),
        )


class Scan:
    """What the token showed of a code and answered to it, or why it refused. A refusal is an answer, and raises nothing."""

    def __init__(self, document: dict[str, Any], service: str) -> None:
        self._document = document
        self.outcome: str = document["outcome"]
        """``shown`` or ``refused``."""
        self.refusal: Refusal | None = None
        if self.outcome == "refused":
            message, hint, where = document.get("message", ""), document.get("hint", ""), document.get("where", ())
            self.refusal = Refusal(document["code"], message, hint, where)
        self.operation: str | None = document.get("operation")
        self.fields: dict[str, Field] = {found["name"]: Field(**found) for found in document["fields"]}
        """What the token showed, by name and in its order."""
        self.pages = tuple(Panel._of(page) for page in document.get("screen", {}).get("pages", []))
        """Every page that it showed."""
        self.registered: bool | None = document.get("registered")
        expires = document.get("expiresAt")
        self.expires_at: datetime | None = moment(expires) if expires else None
        self.quality: Quality | None = None
        if quality := document.get("quality"):
            self.quality = Quality(quality["grade"], tuple(quality.get("advice", [])), quality.get("pxPerModule"))
        self.codes: int | None = document.get("codes")
        """How many different codes were in the picture; ``None`` where it was none."""
        self.overlay_url: str | None = service + document["overlayUrl"] if "overlayUrl" in document else None

    @property
    def response(self) -> str:
        """The digits to type. Raises when the token gave none, and says why."""
        return self._digits("response")

    @property
    def wrong_response(self) -> str:
        """Digits of the same form that the bank must refuse."""
        return self._digits("wrongResponse")

    @property
    def device_code(self) -> str:
        """The token's answer to the first code of a registration."""
        return self._digits("deviceCode")

    def assert_shows(self, **expected: str | int | re.Pattern[str]) -> None:
        """Asserts that fields are on the screen: each as shown or in its canonical form, as text, number or expression.

        ``scan.assert_shows(payee="ミホン ショウジ(カ", amount=1250000)`` says field by field what differs. Half-width and
        full-width kana are alike.
        """
        if self.refusal:
            raise AssertionError(str(self.refusal))
        fits = True
        lines = [f"{self.operation} on the token's screen"]
        for name, wanted in expected.items():
            known = self.fields.get(name)
            quoted = repr(wanted.pattern) if isinstance(wanted, re.Pattern) else repr(str(wanted))
            if known is None:
                fits = False
                lines += [f"- {name}: {quoted}", f"+ {name}: the token shows no such field"]
            elif _matches(wanted, known):
                lines.append(f"  {name}: {known.shown!r}")
            else:
                fits = False
                canonical = "" if known.value == known.shown else f" ({known.value})"
                lines += [f"- {name}: {quoted}", f"+ {name}: {known.shown!r}{canonical}"]
        rest = [known for known in self.fields.values() if known.name not in expected]
        lines += [f"  {known.name}: {known.shown!r} (not asked for)" for known in rest]
        if not fits:
            raise AssertionError("\n".join(lines))

    def __repr__(self) -> str:
        return f"<Scan {self.operation or self.refusal}>"

    def _digits(self, which: str) -> str:
        digits: str | None = self._document.get(which)
        if digits is not None:
            return digits
        names = {"response": "response", "wrongResponse": "wrong_response", "deviceCode": "device_code"}
        name = names[which]
        if self.refusal:
            raise CamtokenError(f"there is no {name}: {self.refusal}")
        has = next((names[other] for other in ("response", "deviceCode") if other in self._document), None)
        if has:
            raise CamtokenError(f"there is no {name} for this code ({self.operation}), but a {has}\n  hint  Use scan.{has}.")
        hint = 'token.press("right") turns the pages and approves; token.screen() has the response then.'
        raise CamtokenError(f"there is no {name}: nobody has pressed the buttons\n  hint  {hint}")


def _matches(wanted: str | int | re.Pattern[str], known: Field) -> bool:
    if isinstance(wanted, re.Pattern):
        return bool(wanted.search(known.shown) or wanted.search(known.value))
    return alike(known.shown, str(wanted)) or alike(known.value, str(wanted))
