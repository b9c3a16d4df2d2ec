"""Requests to the service. What goes wrong says what to do about it."""

from __future__ import annotations

import json
import re
import time
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Mapping
from typing import Any

_FULL = "CT-E107"
_TRIES = 5


class CamtokenError(Exception):
    """Why something could not be done. ``code`` is stable: ``camtoken explain CODE`` says more."""

    def __init__(self, message: str, code: str | None = None) -> None:
        super().__init__(message)
        self.code = code


class Http:
    """One service, by its address."""

    def __init__(self, url: str, api_key: str | None = None) -> None:
        self.url = _address(url)
        self._api_key = api_key
        # Not the surroundings' proxy: the service is on this machine, or was named.
        self._opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    def json(
        self,
        method: str,
        path: str,
        document: object = None,
        *,
        body: bytes | None = None,
        query: Mapping[str, str | None] | None = None,
        idempotency_key: str | None = None,
    ) -> Any:
        """Asks for a document; ``None`` where there is none."""
        headers = {}
        if idempotency_key is not None:
            headers["Idempotency-Key"] = idempotency_key
        if document is not None:
            headers["Content-Type"] = "application/json"
            body = json.dumps(document).encode()
        elif body is not None:
            headers["Content-Type"] = "application/octet-stream"
        given = {name: value for name, value in (query or {}).items() if value is not None}
        answer = self._call(method, path + (f"?{urllib.parse.urlencode(given)}" if given else ""), headers, body)
        return json.loads(answer) if answer else None

    def file(self, path: str) -> bytes:
        """Asks for a file."""
        return self._call("GET", path, {}, None)

    def _call(self, method: str, path: str, headers: dict[str, str], body: bytes | None) -> bytes:
        headers = {"Accept-Language": "en", **headers}
        if self._api_key:
            headers["Authorization"] = f"Bearer {self._api_key}"
        for tries in range(1, _TRIES + 1):
            request = urllib.request.Request(self.url + path, data=body, headers=headers, method=method)
            try:
                with self._opener.open(request, timeout=90) as answer:
                    content: bytes = answer.read()
                    return content
            except urllib.error.HTTPError as error:
                with error:
                    failure = _told(method, path, error)
            except OSError as error:
                why = error.reason if isinstance(error, urllib.error.URLError) else error
                hint = "Is the service running? Without CAMTOKEN_URL the tests start their own."
                raise CamtokenError(f"{self.url} does not answer: {why}\n  hint  {hint}") from error
            # A full service asks to come again in a moment, and has done nothing.
            if failure.code != _FULL or tries == _TRIES:
                raise failure
            time.sleep(0.1 * 2**tries)
        raise AssertionError("the last try raised")


def _address(url: str) -> str:
    """An address with its scheme and without a slash at the end."""
    if re.match(r"https?://[^/]", url):
        return url.rstrip("/")
    meant = "http://" + (re.sub(r"^(https?:)?/*", "", url) or "127.0.0.1:4870")
    hint = f"It begins with http:// or https://, such as {meant} (CAMTOKEN_URL, or `url` of Camtoken.start)."
    raise CamtokenError(f"{url!r} is no address of a service\n  hint  {hint}")


def _told(method: str, path: str, error: urllib.error.HTTPError) -> CamtokenError:
    call = f"{method} {path.split('?')[0]}"
    if error.headers.get_content_type() != "application/problem+json":
        return CamtokenError(f"{call} was answered {error.code}\n  hint  Is it camtoken that answers there?")
    problem: dict[str, str] = json.load(error)
    detail = f": {problem['detail']}" if "detail" in problem else ""
    lines = [
        f"error[{problem['code']}]: {problem['title']}{detail}",
        f"  call  {call} ({error.code})",
        f"  hint  {problem['hint']}",
        f"  docs  {problem['docs']}",
    ]
    return CamtokenError("\n".join(lines), problem["code"])
