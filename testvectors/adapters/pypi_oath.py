#!/usr/bin/env python3
"""PyPI's package oath 1.4.5 for `camtoken conform`: HOTP, TOTP and OCRA, computed.

    pip install oath==1.4.5
    camtoken conform --cmd 'python3 testvectors/adapters/pypi_oath.py' testvectors/hotp_test.json testvectors/ocra_rfc6287_test.json

What it computes otherwise than the standards is left to the kit to find; what it has no way to be asked is unsupported.
"""

import hashlib
import re

from lines import Refused, Unsupported, serve
from oath import VERSION, _hotp, _ocra


def hotp(given):
    if given["digits"] not in (4, 6, 7, 8):
        raise Unsupported(f"{given['digits']} digits")
    counter = given["counter"] if "counter" in given else given["time"] // given["stepSecs"]
    hashed = getattr(hashlib, given["hash"].lower())
    return {"response": _hotp.hotp(given["key"], counter, format=f"dec{given['digits']}", hash=hashed)}


def ocra(given):
    suite = given["suite"]
    if "pin" in given or re.search("-0:", suite):
        raise Unsupported("a PIN in words, or a response without truncation")
    values = {"Q": given["question"]}
    if "counter" in given:
        values["C"] = given["counter"]
    if "pinHash" in given:
        values["P_digest"] = bytes.fromhex(given["pinHash"])
    if "timeSteps" in given:
        values["T_precomputed"] = given["timeSteps"]
    try:
        parsed = _ocra.str2ocrasuite(suite)
        if parsed.data_input.P:
            # The package asks the hash function for its size, which only the function's result knows.
            parsed.data_input.P = parsed.data_input.P()
        if len(given["question"]) > parsed.data_input.Q[1]:
            values["Qsc"] = values.pop("Q")
        if "session" in given:
            # It takes a session of the whole length only.
            values["S"] = bytes.fromhex(given["session"]).rjust(parsed.data_input.S or 0, b"\0")
        return {"response": parsed(bytes.fromhex(given["key"]), **values)}
    except (ValueError, TypeError) as error:
        raise Refused({"why": str(error)}) from None


serve("PyPI oath", VERSION, {"HotpRespond": hotp, "TotpRespond": hotp, "OcraRespond": ocra}, {})
