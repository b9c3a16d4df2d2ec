"""A tiny bank. It asks the verifier for a code, shows it, and has the typed answer settled: what it then executes is what the
verdict says that the customer saw."""

import html
import json
import urllib.request
import uuid
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qsl, urlsplit

PAGE = """<!doctype html><html lang="en"><meta charset="utf-8"><title>{title}</title>
<style>body{{font:16px/1.5 system-ui;max-width:32rem;margin:2rem auto;padding:0 1rem}}label{{display:block;margin:.75rem 0}}
input{{display:block;font:inherit;padding:.4rem;width:100%;box-sizing:border-box}}button{{font:inherit;padding:.4rem 1.2rem}}
img{{display:block;width:240px}}</style>
<h1>{title}</h1>{content}</html>"""


class Bank:
    """The pages, and what the bank knows of its customers. A bank has a database."""

    def __init__(self, verifier: str) -> None:
        self.verifier = verifier
        self.activations: dict[str, str] = {}

    def page(self, path: str, form: dict[str, str]) -> str:
        """The page of an address, or of a form that was sent there."""
        match path, form:
            case "/transfer", {"customer": customer, "payee": payee, "amount": amount}:
                return self.confirmation(customer, payee, int(amount))
            case "/transfer", _:
                fields = field("customer", "Customer number") + field("payee", "Payee") + field("amount", "Amount")
                return page("Transfer", send("/transfer", fields, "Next"))
            case "/confirm", {"challenge": challenge, "response": response}:
                return self.settled(challenge, response)
        return page("Nothing here", '<p>Go to <a href="/transfer">transfer</a>.</p>')

    def confirmation(self, customer: str, payee: str, amount: int) -> str:
        fields = {
            "bankCode": "0001",
            "bankName": "カクウ",
            "branchCode": "001",
            "branchName": "ホンテン",
            "accountType": "ordinary",
            "account": "0012345",
            "payee": payee,
            "amount": amount,
            "date": "2026-11-24",
        }
        new = {"activation": self.activations[customer], "operation": "transfer", "fields": fields}
        challenge = json.loads(self.ask("POST", "/v1/challenges", new))
        code = f'<img src="{challenge["code"]["png"]}" alt="Code for your token">'
        hidden = f'<input type="hidden" name="challenge" value="{challenge["id"]}">'
        advice = "<p>Read the code with your token, compare, and type what it says.</p>"
        return page("Confirm", advice + code + send("/confirm", hidden + field("response", "One-time password"), "Confirm"))

    def settled(self, challenge: str, response: str) -> str:
        verdict = json.loads(self.ask("POST", f"/v1/challenges/{challenge}/verify", {"response": response}))
        if verdict["result"] != "accepted":
            return page("Not transferred", '<p role="status">Nothing was transferred.</p>')
        signed = verdict["transaction"]["fields"]
        said = html.escape(f"¥{int(signed['amount']):,} to {signed['payee']}: transferred.")
        return page("Transferred", f'<p role="status">{said}</p>')

    def ask(self, method: str, path: str, document: Any = None) -> bytes:
        """Asks the verifier."""
        headers = {"Content-Type": "application/json", "Idempotency-Key": str(uuid.uuid4())}
        body = None if document is None else json.dumps(document).encode()
        request = urllib.request.Request(self.verifier + path, body, headers, method=method)
        with urllib.request.urlopen(request, timeout=30) as answer:
            content: bytes = answer.read()
            return content


def serve(bank: Bank) -> ThreadingHTTPServer:
    """The bank on a free port."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            path = urlsplit(self.path).path
            if path.startswith("/v1/") and path.endswith(".png"):
                self.answer("image/png", bank.ask("GET", path))
            else:
                self.answer("text/html; charset=utf-8", bank.page(path, {}).encode())

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self.answer("text/html; charset=utf-8", bank.page(self.path, dict(parse_qsl(body))).encode())

        def answer(self, kind: str, content: bytes) -> None:
            self.send_response(200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, format: str, *args: object) -> None:
            pass

    return ThreadingHTTPServer(("127.0.0.1", 0), Handler)


def page(title: str, content: str) -> str:
    return PAGE.format(title=title, content=content)


def send(action: str, content: str, button: str) -> str:
    return f'<form method="post" action="{action}">{content}<button>{button}</button></form>'


def field(name: str, label: str) -> str:
    return f'<label>{label} <input name="{name}" required></label>'
