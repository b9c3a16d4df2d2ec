"""The service behind the tokens: started for a test run, or one that runs already."""

from __future__ import annotations

import json
import os
import queue
import shutil
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Literal

from . import _report as report
from ._allowed import Span, moment_of, one_of, span
from ._http import CamtokenError, Http
from ._picture import Picture, camera
from ._program import find
from ._scan import Lint
from ._sight import Sight
from ._token import _PATIENCE, Clock, Token, file_of
from ._verifier import Verifier

Grade = Literal["A", "B", "C", "D", "F"]

_STARTING = 30.0
_ANOTHER = 1.0
_ENDING = 15.0
_AGAIN = 0.15


class Camtoken:
    """A service. As a context it is closed at its end."""

    def __init__(self, http: Http, end: Callable[[], None] = lambda: None) -> None:
        self._http = http
        self._end = end
        self.verifier = Verifier(http)

    @classmethod
    def start(cls, *, url: str | None = None, bin: str | None = None, api_key: str | None = None) -> Camtoken:
        """Uses the service of ``url`` or ``CAMTOKEN_URL``, or starts one, which ends with this process, however that ends.

        The binary is ``bin``, ``CAMTOKEN_BIN``, the one that came with this package, or ``camtoken`` on the path.
        """
        url = url or os.environ.get("CAMTOKEN_URL")
        if url:
            return cls(Http(url, api_key or os.environ.get("CAMTOKEN_API_KEY")))
        program = find(bin)
        directory = tempfile.mkdtemp(prefix="camtoken-")
        complaints = tempfile.TemporaryFile()

        def clear() -> None:
            complaints.close()
            shutil.rmtree(directory, ignore_errors=True)

        args = ["serve", "--json", "--port", "0", "--emulator", "--accept-test-keys", "--end-with-stdin", "--log", "warn"]
        try:
            child = subprocess.Popen(
                [program, *args, "--state-dir", directory],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=complaints,
                cwd=directory,
                env=_surroundings(directory),
            )
        except OSError as error:
            clear()
            hint = "Is it a program for this machine? CAMTOKEN_BIN is the path of the binary `camtoken`."
            raise CamtokenError(f"{program} did not start: {error.strerror}\n  hint  {hint}") from error

        def end() -> None:
            _ended(child)
            clear()

        try:
            return cls(Http(_listening(child, program, complaints)), end)
        except BaseException:
            child.kill()
            end()
            raise

    @property
    def url(self) -> str:
        """Its address, for what is no Python."""
        return self._http.url

    def session(
        self,
        *,
        lang: Literal["ja", "en"] | None = None,
        clock: datetime | str | None = None,
        seed: str | None = None,
        ttl: Span | None = None,
    ) -> Session:
        """Opens a session of tokens with a clock and random numbers of its own.

        With ``clock`` its time stands there until it is moved; with ``seed`` keys and numbers are the same in every run.
        """
        _check_language(lang)
        options = {
            "lang": lang,
            "clock": None if clock is None else moment_of(clock),
            "seed": seed,
            "ttl": None if ttl is None else span(ttl),
        }
        new = {name: value for name, value in options.items() if value is not None}
        return Session(self._http, f"/v1/sessions/{self._http.json('POST', '/v1/sessions', new)['id']}")

    def lint(self, picture: Picture, *, min_grade: Grade = "B", dpr: float | None = None) -> Lint:
        """Grades a code as a camera would see it.

        ``dpr`` is the browser's ``devicePixelRatio``, for a screenshot of several pixels to one CSS pixel; of an element it is
        known.
        """
        return self._lint(camera(picture).take(), min_grade, dpr)

    def assert_scannable(
        self,
        picture: Picture,
        *,
        min_grade: Grade = "B",
        dpr: float | None = None,
        overlay: str | os.PathLike[str] | None = None,
        timeout: float = 5.0,
        several: bool = False,
    ) -> None:
        """Asserts that a camera would read this code, or says what to change on the page; the picture with what was seen
        drawn onto it is then written to ``overlay``, an SVG. An element on a page is waited for, and looked at again, for ``timeout`` seconds."""
        place = camera(picture, timeout)
        begin = time.monotonic()
        looks = 0
        while True:
            looks += 1
            taken = place.take()
            if dpr is None and place.look is not None:
                dpr = float(place.look("() => window.devicePixelRatio"))
            lint = self._lint(taken, min_grade, dpr)
            if lint.passed or (several and lint.grade <= min_grade):
                return
            seconds = time.monotonic() - begin
            if not place.is_live or seconds + _AGAIN >= timeout:
                break
            time.sleep(_AGAIN)
        if lint.overlay is None:
            report.attach("what a camera sees", taken, "png")
        else:
            report.attach("what a camera sees", lint.overlay, "svg")
            if overlay is not None:
                Path(overlay).write_text(lint.overlay, "utf-8")
        if lint.measures or place.look is None:
            raise AssertionError(str(lint))
        sight = Sight.of(place, taken, looks, seconds)
        cause = sight.cause()
        said = replace(lint, reasons=()) if cause else lint
        raise AssertionError("\n".join([str(said), *sight.lines(), *([f"  hint     {cause}"] if cause else [])]))

    def _lint(self, taken: bytes, min_grade: Grade, dpr: float | None) -> Lint:
        one_of("grade", min_grade, ("A", "B", "C", "D", "F"))
        query = {"minGrade": min_grade, "overlay": "svg", "dpr": None if dpr is None else f"{dpr:g}"}
        return Lint._of(self._http.json("POST", "/v1/lint", body=taken, query=query))

    def close(self) -> None:
        """Ends the service, if it was started here."""
        self._end()
        self._end = lambda: None

    def __enter__(self) -> Camtoken:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


class Session:
    """Tokens that share a clock. As a context it ends with all that is in it."""

    def __init__(self, http: Http, path: str) -> None:
        self._http = http
        self._path = path
        self.clock = Clock(http, path)

    def token(
        self,
        *,
        id: str | None = None,
        lang: Literal["ja", "en"] | None = None,
        confirm: Literal["auto", "step"] | None = None,
        pin: str | None = None,
        profile: Literal["standard", "japan"] | None = None,
        slots: int | None = None,
        state: str | os.PathLike[str] | dict[str, Any] | None = None,
    ) -> Token:
        """Makes a token; or brings one back by ``state``, its file or what :meth:`Token.state` gave.

        It takes ``slots`` users, 1 to 8; one of the profile ``japan`` has no PIN and speaks Japanese unless ``lang`` says
        otherwise.
        """
        if state is not None:
            document = file_of(state)
            id = document["id"]
            self._http.json("PUT", f"{self._path}/tokens/{id}/state", document)
        else:
            _check_language(lang)
            if confirm is not None:
                one_of("way to confirm", confirm, ("auto", "step"))
            if profile is not None:
                one_of("profile of a token", profile, ("standard", "japan"))
            options = {"id": id, "lang": lang, "confirm": confirm, "pin": pin, "profile": profile, "slots": slots}
            new = {name: value for name, value in options.items() if value is not None}
            id = self._http.json("POST", f"{self._path}/tokens", new)["id"]
        return Token(self._http, f"{self._path}/tokens/{id}", str(id), self.clock)

    def close(self) -> None:
        """Ends it with all that is in it."""
        self._http.json("DELETE", self._path)

    def __enter__(self) -> Session:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


def _check_language(lang: str | None) -> None:
    if lang is not None:
        one_of("language of the token", lang, ("ja", "en"))


def _surroundings(directory: str) -> dict[str, str]:
    """A configuration of its own: a developer's own tokens and records stay out of the tests."""
    own = {name: value for name, value in os.environ.items() if not name.startswith("CAMTOKEN_")}
    return {**own, "CAMTOKEN_LANG": "en", "XDG_CONFIG_HOME": directory}


def _listening(child: subprocess.Popen[bytes], program: str, complaints: IO[bytes]) -> str:
    """Waits for the line that says where it listens."""
    try:
        line = _first_line(child).get(timeout=_STARTING)
    except queue.Empty:
        line, why = b"", f"did not say where it listens in {_STARTING:g} s"
    else:
        if line.startswith(b'{"schema":"camtoken/listening/1"'):
            url: str = json.loads(line)["url"]
            return url
        why = f"{_end_of(child)}did not say where it listens"
    complaints.seek(0)
    told = (line + complaints.read()).decode(errors="replace").rstrip()
    # What camtoken complains of, it says; another program has other things to say.
    hint = "" if "error[CT-" in told else f"  hint  {_is_it(program)}"
    raise CamtokenError("\n".join(filter(None, [f"{program} serve {why}", told, hint])))


def _first_line(child: subprocess.Popen[bytes]) -> queue.SimpleQueue[bytes]:
    """Reads on a thread that alone has to do with the pipe: a read from a program that is silent does not end, and neither does closing
    what is being read. It reads on to the end, so that the pipe is never full."""
    first: queue.SimpleQueue[bytes] = queue.SimpleQueue()

    def read(output: IO[bytes]) -> None:
        with output:
            first.put(output.readline(4000))
            while output.read(4000):
                pass

    threading.Thread(target=read, args=[child.stdout], daemon=True).start()
    return first


def _end_of(child: subprocess.Popen[bytes]) -> str:
    """How a program has ended by itself that said something else, or nothing more."""
    try:
        code = child.wait(_ANOTHER)
    except subprocess.TimeoutExpired:
        return ""
    return f"ended with exit code {code}, and " if code >= 0 else f"was ended by signal {-code}, and "


def _is_it(program: str) -> str:
    return f"Is it camtoken? `{program} --version` tells. CAMTOKEN_BIN is the path of the binary `camtoken`."


def _ended(child: subprocess.Popen[bytes]) -> None:
    """Lets the service end by itself; it is ended when it does not."""
    assert child.stdin is not None
    child.stdin.close()
    try:
        child.wait(_ENDING)
    except subprocess.TimeoutExpired:
        child.kill()
        child.wait()
