#!/usr/bin/env python3
"""Reads the stories as ../README.md describes them: their grammar, their steps and their endings. Nothing is played.

    python3 stories.py [--check] [FILE.story ...]      without a FILE: all of them, and that the README tells of each rule
"""

import fnmatch
import pathlib
import re
import sys

FOLDER = pathlib.Path(__file__).resolve().parent.parent
HEADER = ["expect", "comment", "seed", "start", "policy", "transfer"]
POLICY = r"(suite|lifetime|max-attempts|max-failures|test-tokens)=\S+"
NAME, TIME, FIELD = r"[\w-]+", r"(\+\d+|\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ)", r'\w+=("[^"]*"|[^\s"]+)'
ANSWER = rf"(( response of {NAME}| digits \S+)?( as (wrong|full-width|spaced|shortened|lengthened))?)"
STEPS = [
    rf"token {NAME} {TIME} [0-9A-Z-]+( test)?( slots [1-8])?",
    rf"(enroll|activate) {NAME} {TIME} {NAME}",
    rf"(second|confirm) {NAME} {TIME}{ANSWER}( attempt {NAME})?",
    rf"(keep|discard) {NAME}",
    rf"generator {NAME} {TIME}",
    rf"issue {NAME} {TIME} {NAME} [a-z0-9-]+( {FIELD})*( for \d+)?",
    rf"picture {NAME} (altered|renamed|spoilt|blank|before|says \S+)",
    rf"scan {NAME}( on {NAME})?( {FIELD})*",
    rf"(approve|decline) {NAME}( on {NAME})?",
    rf"(verify|password) {NAME} {TIME}{ANSWER}( attempt {NAME})?",
    rf"(reset|revoke|resume) {NAME} {TIME}",
    rf"revoke-token {NAME} {TIME}",
    rf"fault {NAME} (battery|half-activated)",
    rf"pin {NAME} ((set|enter) \d+|lock)",
    "restart",
]
ENDINGS = [
    "done|accepted|accepted again",
    "rejected (Expired|AlreadySettled|Superseded|Exhausted|Suspended|Revoked|NotActivated|Unknown|Malformed)",
    r"rejected Wrong, (\d left|suspended)",
    "refused T(0[1-9]|1[0-4])",
    r"differs \w+",
    "error (ClockBehind|Lifetime|Operation|HasSigned|NotSuspended|Revoked|TestToken|TokenExists|TokenFull|TokenRevoked)",
    "error (Wrong|Locked)",
]


def among(patterns, text):
    return any(re.fullmatch(pattern, text) for pattern in patterns)


def faults(lines):
    """What is wrong with a story."""
    if "" not in lines:
        yield "there is no empty line after the header"
        return
    end = lines.index("")
    header = [line.partition(": ") for line in lines[:end]]
    keys = [key for key, _, _ in header]
    if keys != sorted(set(keys) & set(HEADER), key=HEADER.index) or keys[:4] != HEADER[:4]:
        yield f"the keys of the header are {', '.join(keys)}"
        return
    values = {key: value for key, _, value in header}
    if not among([TIME], values["start"]) or not among([rf"{POLICY}( {POLICY})*"], values.get("policy", "lifetime=1")):
        yield "start or policy is malformed"
    if not among([rf"{FIELD}( {FIELD})*"], values.get("transfer", "amount=1")):
        yield "transfer is malformed"
    steps = [line.strip().partition(" -> ") for line in lines[end + 1 :] if line.strip() and line.strip()[0] != "#"]
    for step, _, _ in steps:
        if not among(STEPS, step):
            yield f"no step: {step}"
    if not steps or steps[-1][1]:
        yield "the last step has its ending in the header"
    for ending in [values["expect"], *(ending for _, arrow, ending in steps if arrow)]:
        if not among(ENDINGS, ending):
            yield f"no ending: {ending}"


def spoilt(lines):
    """Copies in which something is wrong."""
    for line in range(4):
        yield lines[:line] + lines[line + 1 :]
    yield ["colour: red", *lines]
    yield [line for line in lines if line]
    yield ["expect: refused T15", *lines[1:]]
    yield [*lines, "sing pay"]
    yield [*lines, "verify pay"]
    yield [*lines, "restart -> done"]


def told(readme, stories):
    """That each story named in the README is there, and that each refusal and each rule of a conversation has one."""
    rules = dict(re.findall(r"^\| (V-\d+) \| (.*) \|$", readme, re.MULTILINE))
    names = [path.stem for path in stories]
    for rule, patterns in rules.items():
        for pattern in re.findall(r"`([^`]+)`", patterns):
            if not fnmatch.filter(names, pattern):
                yield f"README.md: {rule}: there is no story {pattern}"
    for number in {*range(1, 34)} - {9, 15, 16, 19, 26, 29, 30, 33}:
        if f"V-{number}" not in rules:
            yield f"README.md: V-{number} has no story"
    endings = {path.read_text(encoding="utf-8").partition("\n")[0] for path in stories}
    for number in range(1, 15):
        if f"expect: refused T{number:02}" not in endings:
            yield f"no story ends with T{number:02}"


def main():
    given = [pathlib.Path(name) for name in sys.argv[1:] if name != "--check"]
    stories = given or sorted((FOLDER / "exchange").glob("*.story"))
    failures = []
    for path in stories:
        lines = path.read_text(encoding="utf-8").split("\n")
        lines = lines[:-1] if lines[-1] == "" else lines
        failures += [f"{path.name}: {what}" for what in faults(lines)]
        failures += [f"{path.name}: not refused: {copy}" for copy in spoilt(lines) if not list(faults(copy))]
    if not given:
        failures += told((FOLDER / "README.md").read_text(encoding="utf-8"), stories)
    print(*failures, sep="\n", end="\n" * bool(failures))
    print(f"{len(stories)} stories: {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
