#!/usr/bin/env python3
"""oathtool of the OATH Toolkit (Debian: oathtool), for `camtoken conform`: HOTP and TOTP, computed and checked.

    camtoken conform --cmd 'python3 testvectors/adapters/oathtool.py' testvectors/hotp_test.json testvectors/totp_test.json
"""

import datetime
import subprocess

from lines import Unsupported, serve


def run(given, options, *candidate):
    """Exit code and output. The key goes through standard input."""
    if not 6 <= given["digits"] <= 8:
        raise Unsupported(f"{given['digits']} digits")
    if not given["key"]:
        raise Unsupported("a key without bytes")
    words = ["oathtool", *options, f"--digits={given['digits']}", "--", "-", *candidate]
    done = subprocess.run(words, input=given["key"], capture_output=True, text=True, timeout=10)
    return done.returncode, done.stdout.strip()


def hotp(given):
    if given["hash"] != "SHA1":
        raise Unsupported(f"HOTP with {given['hash']}")
    return ["--hotp", f"--counter={given['counter']}"]


def totp(given):
    try:
        now = datetime.datetime.fromtimestamp(given["time"], datetime.UTC)
    except (OverflowError, ValueError):
        raise Unsupported("a time beyond 9999") from None
    step = f"--time-step-size={given['stepSecs']}s"
    return [f"--totp={given['hash']}", step, f"--now={now:%Y-%m-%d %H:%M:%S} UTC"]


def compute(options):
    def computed(given):
        code, out = run(given, options(given))
        if code:
            raise Unsupported("oathtool refuses")
        return {"response": out}

    return computed


def check(options):
    def checked(given):
        candidate = given.pop("response")
        if candidate.startswith(("@", "-")):
            raise Unsupported("a response that oathtool takes for a file")
        return run(given, options(given), candidate)[0] == 0

    return checked


def version():
    out = subprocess.run(["oathtool", "--version"], capture_output=True, text=True, timeout=10).stdout
    return out.split("\n")[0].rpartition(" ")[2]


kinds = {"HotpRespond": hotp, "TotpRespond": totp}
serve(
    "oathtool",
    version(),
    {name: compute(options) for name, options in kinds.items()},
    {name: check(options) for name, options in kinds.items()},
)
