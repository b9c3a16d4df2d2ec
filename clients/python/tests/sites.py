"""Sites that a browser of Playwright is shown: a shop with a sign-up for authenticator apps, and a bank's registration."""

from __future__ import annotations

import hmac
import json
import struct
import time
import urllib.request
from base64 import b64encode
from typing import Any
from urllib.parse import parse_qs

from pages import page_with
from playwright.sync_api import Page, Route

from camtoken import Camtoken, Token

# The code of a sign-up with the key of RFC 6238, appendix B: otpauth://totp/ACME:alice, eight digits. Drawn by another program.
CODE = (
    "iVBORw0KGgoAAAANSUhEUgAAAMQAAADEAQAAAADo3bPGAAABtElEQVR42u2YQW4DUQhDUS/A/W/pG1CemaqrbKpayiJfUeZnRhoLMDY/NS+W6vPkPZ5U"
    "VZd699rdLm6MvurV+suTxen9dEu72a/nRgJngxgiUItfdyODsxcy58g6iLMgBOPyxOIZMDZpjggqZOpTx7LfFeIbyy+vOYIf4wP12c5ZCBkDfjuD/4+z"
    "zcqrm3RtFkehPqVx+oIgjSQvkjc3zlIMTpwWRXCEGhzAXjcuuU4BXjuOU1MQOoTjTFmsZZSaEN8oEPq5CHVAkT4lW0XfoKf0Umf4VkX3EE6xBSjCtyIa"
    "E9xON8eGhC9c/a9hkZ6Ujjp1bDBTiJ7xnxMFu84ziSRw0GoTra9KRBfhgecC907JU0jGf3i757e+DsLuIjioQRtPtlVcIqFvWxa3kSXBkhrSt/M6G6on"
    "0wrVx1NvPe5TKR1F0bBQm7cRNSFfKPeMYLiFJ8O3rhvgdJbXId+WBfoklEnBdUrNozhPl552Tc7XDgo1YD+h84Klx4rtg0nIt30S0TMoksLYubEfFzrH"
    "y/hC/xyybaZwO3ResLx50Onn3KgJnufG55IhcZpQ/3z+xXnTJ983lFYG9rlQuAAAAABJRU5ErkJggg=="
)

KEY = b"12345678901234567890"


def visit(page: Page, camtoken: Camtoken, token: Token) -> None:
    """Lets a page reach both sites."""
    page.route("https://shop.example/**", shop)
    page.route("https://bank.example/**", Bank(camtoken, token).answer)


def shop(route: Route) -> None:
    """It checks the password by RFC 6238 and the real time; the step before may have been over while it was typed."""
    password = form(route).get("password")
    if password is None:
        answer(route, f'<img alt="Code for your app" src="data:image/png;base64,{CODE}">' + ask("password", "Password from your app", "Turn on"))
    else:
        now = int(time.time()) // 30
        right = password in (hotp(now), hotp(now - 1))
        answer(route, f'<p role="status">{"Two-factor login is on." if right else "The password is wrong."}</p>')


def hotp(counter: int) -> str:
    mac = hmac.digest(KEY, struct.pack(">Q", counter), "sha1")
    (number,) = struct.unpack_from(">I", mac, mac[19] & 15)
    return f"{(number & 0x7FFFFFFF) % 10**8:08}"


class Bank:
    """A registration in three pages. It calls the verifier."""

    def __init__(self, camtoken: Camtoken, token: Token) -> None:
        self.url, self.token, self.activation = f"{camtoken.url}/v1/enrollments", token, ""
        camtoken.verifier.add_token(token)

    def answer(self, route: Route) -> None:
        match form(route):
            case {"deviceCode": typed}:
                self.ask(f"{self.activation}/device-code", {"deviceCode": typed})
                answer(route, self.code() + ask("response", "One-time password", "Finish"))
            case {"response": typed}:
                step = self.ask(f"{self.activation}/confirm", {"response": typed})
                answer(route, f'<p role="status">{"Your token is registered." if step["result"] == "accepted" else "No."}</p>')
            case _:
                self.activation = self.ask("", {"tokenId": self.token.id, "contract": "2345678901", "user": "SATO"})["id"]
                answer(route, self.code() + ask("deviceCode", "Device code", "Next"))

    def code(self) -> str:
        with urllib.request.urlopen(f"{self.url}/{self.activation}/code.png", timeout=30) as picture:
            return f'<img alt="Code for your token" src="data:image/png;base64,{b64encode(picture.read()).decode()}">'

    def ask(self, path: str, document: dict[str, str]) -> dict[str, Any]:
        headers = {"Content-Type": "application/json"}
        request = urllib.request.Request(f"{self.url}/{path}".rstrip("/"), json.dumps(document).encode(), headers)
        with urllib.request.urlopen(request, timeout=30) as said:
            step: dict[str, Any] = json.load(said)
            return step


def form(route: Route) -> dict[str, str]:
    return {name: values[0] for name, values in parse_qs(route.request.post_data or "").items()}


def ask(name: str, label: str, button: str) -> str:
    return f'<form method="post"><label>{label} <input name="{name}"></label><button>{button}</button></form>'


def answer(route: Route, content: str) -> None:
    route.fulfill(content_type="text/html; charset=utf-8", body=page_with(content))
