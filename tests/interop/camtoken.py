"""The command `camtoken`, with tokens of its own in a folder."""

import json
import os
import pathlib
import re
import subprocess


class Result:
    """What one run has said: its exit code, its document or documents, and all of its words for the reader of a failure."""

    def __init__(self, run):
        self.exit = run.returncode
        self.words = f"exit {run.returncode}: {run.stdout}{run.stderr}"
        self.bare = run.stdout.rstrip("\n")
        self._stdout = run.stdout

    @property
    def documents(self):
        """One of each line or one in all, as `--json` gives them."""
        decoder, text, found = json.JSONDecoder(), self._stdout.strip(), []
        while text:
            document, end = decoder.raw_decode(text)
            found.append(document)
            text = text[end:].lstrip()
        return found

    @property
    def document(self):
        return self.documents[0] if self.documents else {}

    @property
    def code(self):
        """The code of a refusal or an error."""
        return self.document.get("code")

    def says(self, word):
        """Whether a word or a number is in the answer that a reader sees; the place of the symbol in the image does not count."""
        words = re.sub(r'"(symbols|pxPerModule|ms|file)": .*?(?=\n  "|\n})', "", self.words, flags=re.S)
        return re.search(rf"(?<![\w.]){re.escape(word)}(?![\w.])", words) is not None

    @property
    def foreign(self):
        """What the token has done with a code of another system."""
        return self.document.get("foreign") or {}


class Camtoken:
    """`CAMTOKEN_BIN`, and a folder for tokens and small files."""

    def __init__(self, folder):
        self.folder = pathlib.Path(folder)
        self.program = os.path.abspath(os.environ.get("CAMTOKEN_BIN", "target/debug/camtoken"))
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("CAMTOKEN_")}
        self.environment = inherited | {"CAMTOKEN_STATE_DIR": str(self.folder / "state"), "CAMTOKEN_LANG": "en"}

    def run(self, *arguments, typed=None):
        """Runs it with these arguments, and `typed` on standard input."""
        run = subprocess.run(
            [self.program, *map(str, arguments)], input=typed or "", capture_output=True, text=True, timeout=120,
            env=self.environment,
        )
        return Result(run)

    def done(self, *arguments, typed=None):
        """As `run`, for what has to work before anything can be checked."""
        result = self.run(*arguments, typed=typed)
        if result.exit:
            raise SystemExit(f"camtoken {' '.join(map(str, arguments))}: {result.words}")
        return result

    def new_token(self, name="me"):
        self.done("token", "new", name, "--test")

    def scan(self, *pictures, token="me", deliver_to=(), account=None, pin=None):
        """Hands pictures to a token that approves what it shows."""
        arguments = ["scan", *pictures, "--token", token, "--confirm", "auto", "--json"]
        for host in deliver_to:
            arguments += ["--deliver-to", host]
        if account:
            arguments += ["--account", account]
        if pin:
            arguments += ["--account-pin-file", self.file(f"pin-{pin}", pin)]
        return self.run(*arguments)

    def accounts(self, token="me"):
        return self.done("token", "accounts", token, "--json").document["accounts"]

    def file(self, name, content):
        """A small file in the folder."""
        path = self.folder / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path
