"""Steps and pictures for the report of the test that runs: Allure's, pytest-html's, or a folder of pictures."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

Kind = Literal["png", "svg"]


@dataclass(frozen=True)
class Attachment:
    """A picture of the test that runs."""

    name: str
    body: bytes
    kind: Kind


# Of the test that runs, in this process; nothing outside of one.
_attachments: list[Attachment] | None = None
_folder: Callable[[], Path] | None = None


def begin(folder: Callable[[], Path]) -> None:
    """A test begins."""
    global _attachments, _folder
    _attachments, _folder = [], folder


def end() -> list[Attachment]:
    """It is over: what was attached since the last time."""
    global _attachments
    attached, _attachments = _attachments or [], []
    return attached


def is_wanted() -> bool:
    """Whether a report shows images."""
    return _attachments is not None


def attach(name: str, body: bytes | str, kind: Kind) -> None:
    """Puts a picture into the report."""
    content = body.encode() if isinstance(body, str) else body
    if _attachments is not None:
        _attachments.append(Attachment(name, content, kind))
    if allure := _allure():
        allure.attach(content, name=name, attachment_type=getattr(allure.attachment_type, kind.upper()))


def save(name: str, body: bytes) -> Path | None:
    """Keeps a picture as a file, where a test runs."""
    if _folder is None:
        return None
    folder = _folder()
    path = folder / f"{name}-{len(list(folder.iterdir())) + 1}.png"
    path.write_bytes(body)
    return path


@contextmanager
def step(title: str) -> Iterator[None]:
    """A step of the report, where it has steps."""
    if allure := _allure():
        with allure.step(title):
            yield
    else:
        yield


def _allure() -> Any:
    """Allure, if it writes a report of this run: its plugin is loaded then, and none of it is imported here otherwise."""
    return sys.modules.get("allure") if _attachments is not None and "allure_pytest.plugin" in sys.modules else None
