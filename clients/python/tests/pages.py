"""Pages with codes, in browsers of Playwright and of Selenium."""

from __future__ import annotations

from base64 import b64encode

from camtoken import Challenge


def page_with(content: str) -> str:
    return f'<!doctype html><body style="margin: 60px">{content}'


def code_of(challenge: Challenge, style: str = "width: 240px") -> str:
    picture = b64encode(challenge.png()).decode()
    return f'<img id="code" alt="code" style="{style}" src="data:image/png;base64,{picture}">'


COOKIES = '<div id="cookie" class="banner" style="position: fixed; inset: 0; background: #eee">We use cookies</div>'
