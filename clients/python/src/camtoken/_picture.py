"""What is held before the token's camera: an element on a page, bytes, a file, or the text of a code."""

from __future__ import annotations

import base64
import inspect
import os
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any, Protocol

from ._http import CamtokenError


class SeleniumElement(Protocol):
    """An element of Selenium."""

    @property
    def screenshot_as_png(self) -> bytes: ...


class SeleniumDriver(Protocol):
    """A browser of Selenium: what is taken is its page."""

    def get_screenshot_as_png(self) -> bytes: ...


class PlaywrightPlace(Protocol):
    """A locator or a page of Playwright."""

    def screenshot(self) -> bytes: ...


Picture = bytes | str | os.PathLike[str] | SeleniumElement | SeleniumDriver | PlaywrightPlace
"""A Playwright locator or page, a Selenium element or driver, the bytes of a picture, base64, its path, or the text of a code
(``CT1:…``, ``otpauth://…``)."""

_TAKEN = (
    "A picture is a Playwright locator, a Selenium element, bytes, base64, a path, the text of a code (CT1:…, otpauth://…), or a function"
    " that gives one of these."
)
# PNG, JPEG, WebP and BMP begin so.
_BASE64 = re.compile(r"(?:data:image/[\w.+-]+;base64,)?((?:iVBORw0KGgo|/9j/|UklGR|Qk)[\w+/\s]{60,}={0,2})\s*")
# The text of a code: one of a bank, or one with a scheme of its own.
_CODE = re.compile(r"(?:CT\d+:|(?!(?:https?|file):)[a-z][a-z\d+.-]*://)", re.IGNORECASE)
# CSS pixels around an element: a code's quiet zone is often the page's and not the picture's.
_MARGIN = 24
# Seconds that a screenshot of an element that is there may take, at least.
_SHUTTER = 5.0


@dataclass(frozen=True)
class Camera:
    """A place at which pictures are taken."""

    place: str
    take: Callable[[], bytes]
    look: Callable[[str], Any] | None = None
    """Runs a function of JavaScript with the element, where there is one."""
    is_live: bool = False
    """Whether it may look different a moment later."""


def camera(picture: Any, patience: float = 5.0) -> Camera:
    """How pictures of it are taken; an element is waited for so many seconds."""
    if isinstance(picture, bytes | bytearray | memoryview):
        return Camera(f"{len(picture)} bytes", lambda: bytes(picture))
    if isinstance(picture, str | os.PathLike):
        return _still(picture)
    if hasattr(picture, "screenshot_as_png"):
        driver = getattr(picture, "parent", None)
        run = getattr(driver, "execute_script", None)
        look = None if run is None else lambda script: run(f"const inspect = {script}\nreturn inspect(arguments[0]);", picture)
        return Camera(f"the element {_tag(picture)}", lambda: _bytes(picture.screenshot_as_png), look, is_live=True)
    if hasattr(picture, "get_screenshot_as_png"):
        place = f"the page {getattr(picture, 'current_url', '')}"
        return Camera(place, lambda: _bytes(picture.get_screenshot_as_png()), is_live=True)
    if hasattr(picture, "screenshot") and hasattr(picture, "evaluate"):
        return _playwright(picture, patience)
    if callable(picture):
        return _function(picture, patience)
    if inspect.isawaitable(picture):
        if inspect.iscoroutine(picture):
            picture.close()
        raise CamtokenError("what is yet to be awaited is no picture\n  hint  Await it: token.scan(await …).")
    raise CamtokenError(f"{type(picture).__name__} is no picture\n  hint  {_TAKEN}")


def _still(picture: str | os.PathLike[str]) -> Camera:
    if isinstance(picture, str):
        if _CODE.match(picture):
            return Camera("the text of a code", picture.encode)
        if found := _BASE64.fullmatch(picture):
            return Camera("a picture in base64", lambda: base64.b64decode(found[1]))
    return Camera(str(picture), lambda: _file(picture))


def _file(path: str | os.PathLike[str]) -> bytes:
    try:
        return Path(path).read_bytes()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        hint = f"{_TAKEN} A path counts from {Path.cwd()}."
        raise CamtokenError(f"the picture {str(path)[:200]} cannot be read: {why}\n  hint  {hint}") from error


def _playwright(place: Any, patience: float) -> Camera:
    if not hasattr(place, "bounding_box"):
        return Camera(f"the page {place.url}", lambda: _bytes(place.screenshot()), is_live=True)
    return Camera(_name(place), lambda: _with_margin(place, patience), lambda script: place.evaluate(script, timeout=1000), is_live=True)


def _with_margin(locator: Any, patience: float) -> bytes:
    """The element and what is around it, as far as the window shows that."""
    page = getattr(locator, "page", None)
    if page is None or inspect.iscoroutinefunction(locator.screenshot):
        return _bytes(locator.screenshot())
    _wait(locator, patience)
    timeout = max(patience, _SHUTTER) * 1000
    locator.scroll_into_view_if_needed(timeout=timeout)
    box = locator.bounding_box(timeout=timeout)
    window = page.evaluate("() => [document.documentElement.clientWidth, document.documentElement.clientHeight]")
    if box is None or box["x"] < 0 or box["y"] < 0 or box["x"] + box["width"] > window[0] or box["y"] + box["height"] > window[1]:
        # Beyond the window there is nothing to photograph; Playwright's own way moves and resizes.
        return _bytes(locator.screenshot(animations="disabled", scale="device"))
    x, y = max(0, box["x"] - _MARGIN), max(0, box["y"] - _MARGIN)
    width = min(window[0], box["x"] + box["width"] + _MARGIN) - x
    height = min(window[1], box["y"] + box["height"] + _MARGIN) - y
    clip = {"x": x, "y": y, "width": width, "height": height}
    return _bytes(page.screenshot(animations="disabled", scale="device", clip=clip))


def _wait(locator: Any, patience: float) -> None:
    """Waits until the element takes room on the page."""
    if locator.evaluate_all("found => found.some((element) => element.getClientRects().length > 0)"):
        return
    try:
        locator.scroll_into_view_if_needed(timeout=max(patience * 1000, 1))
    except Exception as error:
        if type(error).__name__ != "TimeoutError":
            raise
        there = locator.count() > 0
        what = f"what is at {_name(locator)} is not visible" if there else f"there is nothing at {_name(locator)} on {locator.page.url}"
        hint = "Does the page show it by then?"
        raise CamtokenError(f"{what}, after {patience:g} s\n  hint  {hint}") from error


def _function(function: Callable[[], Any], patience: float) -> Camera:
    """A function that gives a picture; the method of an element tells of the element, too."""
    owner = getattr(function, "__self__", None)
    if owner is not None and (hasattr(owner, "screenshot_as_png") or hasattr(owner, "bounding_box")):
        return camera(owner, patience)
    return Camera(f"what {getattr(function, '__name__', 'a function')}() gave", lambda: camera(function()).take(), is_live=True)


def _bytes(taken: Any) -> bytes:
    return taken if isinstance(taken, bytes) else camera(taken).take()


def _tag(element: Any) -> str:
    """An element of Selenium as it stands in the page."""
    return f"<{element.tag_name}>"


def _name(locator: Any) -> str:
    """A locator as it was written, as far as Playwright tells."""
    found = re.search(r"selector=(['\"])(.*)\1>$", str(locator))
    return found[2] if found else str(locator)


@cache
def script() -> str:
    """What is run in the page to see what stands there."""
    return (files("camtoken") / "sight.js").read_text("utf-8")
