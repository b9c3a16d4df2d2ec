"""Responses by OCRA (RFC 6287) for suites with a question and maybe a session, from nothing but Python's own library."""

import hmac


def respond(suite, key, question, session=""):
    """`key` is bytes, `session` hexadecimal digits."""
    _, function, data = suite.split(":")
    _, name, digits = function.split("-")
    asked, *rest = data.split("-")
    message = suite.encode() + b"\0" + _question(asked, question)
    if rest:
        message += bytes.fromhex(session).rjust(int(rest[0][1:] or 64), b"\0")
    mac = hmac.new(key, message, name).digest()
    number = int.from_bytes(mac[mac[-1] & 15 :][:4], "big") & 0x7FFFFFFF
    return str(number)[-int(digits) :].zfill(int(digits))


def _question(asked, question):
    if asked[1] == "A":
        return question.encode().ljust(128, b"\0")
    nibbles = question if asked[1] == "H" else f"{int(question):x}"
    return bytes.fromhex(nibbles.ljust(256, "0"))
