"""Checks the values of a test: a wrong one is an error at once, with the allowed values."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable
from datetime import datetime, timedelta, timezone

from ._http import CamtokenError

Span = str | float | timedelta
"""A span of time: seconds, a ``timedelta``, or text such as ``3m1s``, ``90d`` or ``PT181S``; ``-`` before it goes back."""

_SECONDS = {"d": 86_400, "h": 3_600, "m": 60, "s": 1}


def one_of(what: str, said: object, allowed: Iterable[str]) -> None:
    """A word out of a list."""
    known = tuple(allowed)
    if said not in known:
        raise CamtokenError(f"{said!r} is no {what}\n  hint  Allowed: {', '.join(map(repr, known))}.")


def span(said: Span) -> str:
    """A span as the service reads it."""
    seconds = said.total_seconds() if isinstance(said, timedelta) else _seconds(said) if isinstance(said, str) else said
    if seconds is None or not math.isfinite(seconds):
        hint = "Seconds as a number, a timedelta, or text such as '3m1s', '2h', '90d' or '-5s'."
        raise CamtokenError(f"{said!r} is no span of time\n  hint  {hint}")
    left = abs(round(seconds))
    return f"{'-' if seconds < 0 else ''}{left // 3600}h{left // 60 % 60}m{left % 60}s"


def moment_of(said: datetime | str) -> str:
    """A moment as the service reads it."""
    try:
        when = datetime.fromisoformat(said.replace("Z", "+00:00")) if isinstance(said, str) else said
    except ValueError:
        hint = "A datetime, or text such as '2026-11-24T09:00:00Z'; a span of time goes to advance()."
        raise CamtokenError(f"{said!r} is no moment\n  hint  {hint}") from None
    return when.astimezone(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")


def _seconds(text: str) -> int | None:
    found = re.fullmatch(r"(-?)(?:PT)?((?:\d{1,6}[dhms]){1,4})", text, re.IGNORECASE)
    if found is None:
        return None
    total = sum(int(count) * _SECONDS[unit.lower()] for count, unit in re.findall(r"(\d+)(\D)", found[2]))
    return -total if found[1] else total
