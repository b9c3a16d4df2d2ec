"""The bank under test, for as long as the tests run."""

import os
from collections.abc import Iterator
from threading import Thread
from typing import Any

import pytest
from bank import Bank, serve

from camtoken import Camtoken, Token


@pytest.fixture(scope="session")
def bank(camtoken: Camtoken) -> Bank:
    return Bank(camtoken.url)


@pytest.fixture(scope="session")
def base_url(bank: Bank) -> Iterator[str]:
    server = serve(bank)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()


@pytest.fixture
def customer(bank: Bank, camtoken: Camtoken, token: Token) -> str:
    """A customer with a registered token."""
    bank.activations[token.id] = camtoken.verifier.enroll(token, contract="1234567890", user="MAIN")
    return token.id


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """A browser of your own instead of Playwright's: CHROMIUM=/usr/bin/chromium."""
    chromium = os.environ.get("CHROMIUM")
    return {**browser_type_launch_args, "executable_path": chromium} if chromium else browser_type_launch_args
