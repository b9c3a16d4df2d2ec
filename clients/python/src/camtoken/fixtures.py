"""The pytest plugin: a service for the run, a token for each test, and pictures in its report."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from typing import Any

import pytest

from . import _report as report
from ._http import CamtokenError
from ._service import Camtoken
from ._token import Token


@pytest.fixture(scope="session")
def camtoken() -> Iterator[Camtoken]:
    """The service: more sessions and tokens, the verifier, and the grade of a picture."""
    with Camtoken.start() as camtoken:
        yield camtoken


@pytest.fixture
def token_options() -> dict[str, Any]:
    """How ``token`` is made: override it to return any of id, lang, confirm, profile, slots, pin, state, clock, seed, ttl."""
    return {}


@pytest.fixture
def token(camtoken: Camtoken, token_options: dict[str, Any]) -> Iterator[Token]:
    """A virtual token in a session of its own."""
    options = dict(token_options)
    of_session = {name: options.pop(name) for name in ("clock", "seed", "ttl") if name in options}
    with camtoken.session(lang=options.get("lang", "en"), **of_session) as session:
        yield session.token(**options)


@pytest.fixture(autouse=True)
def _camtoken_pictures(tmp_path_factory: pytest.TempPathFactory) -> None:
    """Pictures of this test are its own."""
    report.begin(lambda: tmp_path_factory.getbasetemp())


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    outcome: Any = yield
    made: pytest.TestReport = outcome.get_result()
    token = getattr(item, "funcargs", {}).get("token")
    if call.when == "call" and made.failed and isinstance(token, Token):
        # What the token showed last often says why.
        with suppress(CamtokenError):
            made.sections.append(("the token's screen", token.screen().text))
            report.attach("the token's screen", token.screenshot(), "png")
    attached = report.end()
    if attached and item.config.pluginmanager.hasplugin("html"):
        extras = import_module("pytest_html").extras
        extra = {"png": extras.png, "svg": extras.svg}
        pictures = [extra[found.kind](b64encode(found.body).decode(), name=found.name) for found in attached]
        made.extras = [*getattr(made, "extras", []), *pictures]  # type: ignore[attr-defined]
