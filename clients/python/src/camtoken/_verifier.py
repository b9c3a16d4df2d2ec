"""The verifier behind the service: for banks' back ends in tests, and to prepare what a test needs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import uuid4

from . import _report as report
from ._allowed import Span, span
from ._http import CamtokenError, Http
from ._scan import moment
from ._token import Token


@dataclass(frozen=True)
class Verdict:
    """What came of a response. Execute ``transaction``: it is what the token showed."""

    result: str
    """``accepted``, ``rejected``, ``expired``, ``used``, ``superseded`` or ``suspended``."""
    browser: str
    """All that a browser may learn beside ``attempts_left``: ``accepted`` or ``rejected``."""
    reason: str | None = None
    attempts_left: int | None = None
    suspended: bool | None = None
    operation: str | None = None
    transaction: dict[str, str] | None = None
    first: bool | None = None


class Challenge:
    """A challenge that was issued."""

    def __init__(self, http: Http, document: dict[str, Any]) -> None:
        self._http = http
        self._pictures = document["code"]
        self.id: str = document["id"]
        self.activation: str = document["activation"]
        self.operation: str = document["operation"]
        self.expires_at: datetime = moment(document["expiresAt"])
        self.code: str = document["code"]["text"]
        """What the 2D code carries."""

    def png(self) -> bytes:
        """The code as a picture."""
        return self._http.file(self._pictures["png"])

    def svg(self) -> str:
        """The code as a drawing."""
        return self._http.file(self._pictures["svg"]).decode()


class Verifier:
    """Issues challenges and settles responses."""

    def __init__(self, http: Http) -> None:
        self._http = http

    def add_token(self, token: Token) -> None:
        """Registers a test token with the verifier, as a bank does before it hands one out."""
        with report.step(f"Verifier: add token {token.id}"):
            self._http.json("POST", "/v1/tokens", token.state())

    def enroll(self, token: Token, *, contract: str, user: str) -> str:
        """Registers a test token with the verifier, and a user on it by both codes. Returns the activation."""
        with report.step(f"Verifier: enroll {user} on token {token.id}"):
            self.add_token(token)
            new = {"tokenId": token.id, "contract": contract, "user": user}
            begun = self._http.json("POST", "/v1/enrollments", new, idempotency_key=str(uuid4()))
            code2 = ""

            def post(step: str, document: dict[str, str]) -> dict[str, Any]:
                answer: dict[str, Any] = self._http.json("POST", f"/v1/enrollments/{begun['id']}/{step}", document)
                if answer["result"] != "accepted":
                    raise CamtokenError(f"the registration was refused at {step}: {answer}")
                return answer

            def enter_device_code(digits: str) -> None:
                nonlocal code2
                code2 = post("device-code", {"deviceCode": digits})["code2"]["text"]

            token.register(
                first_code=lambda: begun["code1"]["text"],
                enter_device_code=enter_device_code,
                second_code=lambda: code2,
                enter_response=lambda digits: post("confirm", {"response": digits}),
            )
            activation: str = begun["id"]
            return activation

    def issue(
        self,
        activation: str,
        operation: str,
        fields: Mapping[str, str | int | bool | list[str]],
        *,
        ttl: Span | None = None,
    ) -> Challenge:
        """Puts a transaction to an activation; the challenge before it is superseded. ``camtoken schema fields`` lists
        operations and fields."""
        new: dict[str, Any] = {"activation": activation, "operation": operation, "fields": dict(fields)}
        if ttl is not None:
            new["ttl"] = span(ttl)
        with report.step(f"Verifier: issue {operation}"):
            return Challenge(self._http, self._http.json("POST", "/v1/challenges", new, idempotency_key=str(uuid4())))

    def verify(self, challenge: Challenge | str, response: str, *, attempt: str | None = None) -> Verdict:
        """Settles a response. The same ``attempt`` gets the same answer."""
        id = challenge if isinstance(challenge, str) else challenge.id
        key = attempt or str(uuid4())
        with report.step(f"Verifier: verify {response}"):
            answer = self._http.json("POST", f"/v1/challenges/{id}/verify", {"response": response}, idempotency_key=key)
        signed = answer.get("transaction") or {}
        return Verdict(
            result=answer["result"],
            browser=answer["browser"],
            reason=answer.get("reason"),
            attempts_left=answer.get("attemptsLeft"),
            suspended=answer.get("suspended"),
            operation=signed.get("operation"),
            transaction=signed.get("fields"),
            first=answer.get("first"),
        )

    def suspend(self, activation: str) -> None:
        """Suspends an activation: nothing is accepted from it until it is resumed."""
        with report.step("Verifier: suspend the activation"):
            self._http.json("POST", f"/v1/activations/{activation}/suspend")

    def resume(self, activation: str) -> None:
        """Resumes a suspended activation."""
        with report.step("Verifier: resume the activation"):
            self._http.json("POST", f"/v1/activations/{activation}/resume")

    def revoke(self, activation: str) -> None:
        """Revokes an activation for good."""
        with report.step("Verifier: revoke the activation"):
            self._http.json("POST", f"/v1/activations/{activation}/revoke")
