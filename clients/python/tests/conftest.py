from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import pytest

from camtoken import Camtoken, Challenge, Token

TRANSFER: dict[str, str | int | bool | list[str]] = {
    "bankCode": "0001",
    "bankName": "カクウ",
    "branchCode": "001",
    "branchName": "ホンテン",
    "accountType": "ordinary",
    "account": "0012345",
    "payee": "ミホン ショウジ(カ",
    "amount": 1250000,
    "date": "2026-11-24",
}

Issue = Callable[..., Challenge]


@pytest.fixture
def activation(camtoken: Camtoken, token: Token) -> str:
    return camtoken.verifier.enroll(token, contract="1234567890", user="TANAKA")


@pytest.fixture
def issue(camtoken: Camtoken, activation: str) -> Issue:
    return lambda **fields: camtoken.verifier.issue(activation, "transfer", {**TRANSFER, **fields})


@pytest.fixture(scope="session")
def browser_type_launch_args(browser_type_launch_args: dict[str, Any]) -> dict[str, Any]:
    """A browser of your own instead of Playwright's: CHROMIUM=/usr/bin/chromium."""
    chromium = os.environ.get("CHROMIUM")
    return {**browser_type_launch_args, "executable_path": chromium} if chromium else browser_type_launch_args
