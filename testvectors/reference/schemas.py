#!/usr/bin/env python3
"""Validates the files of values against their schemas, and the schemas against JSON Schema, draft 2020-12.

    pip install jsonschema
    python3 schemas.py [--check] [FILE_test.json ...]      without a FILE: all of them

Also what no schema can say: that the number of tests is right, that the tcIds rise, that each flag has a note and each note a
test, and that every file named in a test is there. Then each file is altered in many ways, and its schema has to refuse each.
"""

import copy
import json
import pathlib
import sys

from jsonschema import Draft202012Validator

FOLDER = pathlib.Path(__file__).resolve().parent.parent
SCHEMAS = FOLDER / "schemas"
PROTOCOL = SCHEMAS / "conformance_schema.json"
TRANSCRIPT = FOLDER / "adapters" / "transcript.jsonl"


def load(path):
    """JSON in which no object has a key twice."""

    def once(pairs):
        keys = [key for key, _ in pairs]
        for key in keys:
            if keys.count(key) > 1:
                raise ValueError(f"key {key!r} is given twice")
        return dict(pairs)

    return json.loads(path.read_text(encoding="utf-8"), object_pairs_hook=once)


def objects(schema):
    """Every part of a schema that describes an object by its properties."""
    if isinstance(schema, dict):
        if schema.get("type") == "object" and "properties" in schema:
            yield schema
        for part in schema.values():
            yield from objects(part)
    elif isinstance(schema, list):
        for part in schema:
            yield from objects(part)


def check_schemas():
    """Each is a schema, lets no unknown key pass, and says the same as the others of what they have in common."""
    common = {}
    for path in sorted(SCHEMAS.glob("*.json")):
        schema = load(path)
        Draft202012Validator.check_schema(schema)
        for part in objects(schema):
            if part.get("additionalProperties") is not False:
                yield f"{path.name}: an object may have unknown keys: {', '.join(part['properties'])}"
        for name, part in schema["$defs"].items():
            if common.setdefault(name, part) != part:
                yield f"{path.name}: {name} is another one than elsewhere"
        if path != PROTOCOL and not [file for file in FOLDER.glob("*.json") if load(file).get("schema") == path.name]:
            yield f"{path.name}: no file has this schema"


def check_transcript():
    """Every line of the example conversation is a question or an answer, and each kind of them is there."""
    schema = load(PROTOCOL)
    forms = {side: schema["$defs"][side]["oneOf"] for side in ("asked", "said")}
    seen = set()
    lines = TRANSCRIPT.read_text(encoding="utf-8").splitlines()
    for number, line in enumerate(lines):
        side = ("asked", "said")[number % 2]
        found = [
            place
            for place, form in enumerate(forms[side])
            if Draft202012Validator(form | {"$defs": schema["$defs"]}).is_valid(json.loads(line))
        ]
        if len(found) != 1:
            yield f"{TRANSCRIPT.name}: line {number + 1} has {len(found)} forms of what is {side}"
        seen.update((side, place) for place in found)
    for side in forms:
        for place, form in enumerate(forms[side]):
            if (side, place) not in seen:
                yield f"{TRANSCRIPT.name}: {side}: no line is: {form['description']}"


def check_counts(path, document):
    tests = [test for group in document["testGroups"] for test in group["tests"]]
    ids = [test["tcId"] for test in tests]
    flags = {flag for test in tests for flag in test["flags"]}
    if document["numberOfTests"] != len(tests):
        yield f"numberOfTests is {document['numberOfTests']}, there are {len(tests)}"
    if any(later <= earlier for earlier, later in zip(ids, ids[1:])):
        yield "the tcIds do not rise"
    for flag in sorted(flags ^ set(document["notes"])):
        yield f"flag {flag} has no note" if flag in flags else f"note {flag} has no test"
    for test in tests:
        for name in (test.get("file"), test.get("picture")):
            if name and not (path.parent / name).is_file():
                yield f"tcId {test['tcId']}: there is no file {name}"


def samples(document):
    """The file cut down to one test: one of each type and result."""
    seen = set()
    for group in document["testGroups"]:
        for test in group["tests"]:
            kind = (group["type"], test["result"])
            if kind not in seen:
                seen.add(kind)
                yield document | {"testGroups": [group | {"tests": [test]}]}


# Optional in a valid test, so that a file without them is as good.
OPTIONAL = {"counter", "pin", "pinHash", "session", "timeSteps", "keyName", "passphrase", "preSharedKey", "at"}
OPTIONAL |= {"issuer", "canonical", "user", "service", "version", "form", "protocolVersion", "attemptsLeft", "blockedMinutes"}
OPTIONAL |= {"serial", "callbackUrl", "callbackSms"}


def alterations(sample):
    """What a schema has to refuse: each as a name and an altered copy."""

    def altered(path, change):
        copied = copy.deepcopy(sample)
        part = copied
        for step in path:
            part = part[step]
        change(part)
        return copied

    group, test = ("testGroups", 0), ("testGroups", 0, "tests", 0)
    flag = next(iter(sample["notes"]))
    for path in ((), group, test, ("notes", flag), (*group, "source")):
        where = path[-1] if path and isinstance(path[-1], str) else ("file", "", "group", "", "test")[len(path)]
        part = sample
        for step in path:
            part = part[step]
        yield f"{where}: an unknown key", altered(path, lambda part: part.update(querstion="1"))
        for key in part:
            yield f"{where}: {key} is null", altered(path, lambda part, key=key: part.update({key: None}))
            wrong = 7 if isinstance(part[key], str) else "7"
            yield f"{where}: {key} is of another type", altered(path, lambda part, key=key: part.update({key: wrong}))
            if path != test or key not in OPTIONAL:
                yield f"{where}: no {key}", altered(path, lambda part, key=key: part.pop(key))
    yield "an unknown type", altered(group, lambda part: part.update(type="Other"))
    yield "a group without tests", altered(group, lambda part: part["tests"].clear())
    yield "a result that is neither", altered(test, lambda part: part.update(result="acceptable"))
    yield "a tcId of 0", altered(test, lambda part: part.update(tcId=0))
    yield "no flag", altered(test, lambda part: part["flags"].clear())
    yield "another file's schema", altered((), lambda part: part.update(schema="other_test_schema.json"))
    keys = [key for key in ("key", "deviceKey") if key in sample["testGroups"][0]]
    for key in keys:
        yield f"half a byte in {key}", altered(group, lambda part, key=key: part.update({key: part[key] + "0"}))
    valid = sample["testGroups"][0]["tests"][0]
    if valid["result"] == "valid":
        for key in ("response", "code", "question", "id", "jis", "bytes", "sha256", "secret", "pinHash", "session"):
            if key in valid:
                yield f"{key} is spoilt", altered(test, lambda part, key=key: part.update({key: part[key] + "_"}))
        yield "an error in a valid test", altered(test, lambda part: part.update(error="seal"))


def check_file(path):
    document = load(path)
    schema = SCHEMAS / document["schema"]
    if schema.parent != SCHEMAS or not schema.is_file():
        yield f"there is no schema {document['schema']}"
        return
    validator = Draft202012Validator(load(schema))
    for error in validator.iter_errors(document):
        yield f"{error.json_path}: {error.message[:200]}"
    yield from check_counts(path, document)
    for sample in samples(document):
        if not validator.is_valid(sample):
            yield "a single test does not pass by itself"
            continue
        for name, altered in alterations(sample):
            if validator.is_valid(altered):
                group = sample["testGroups"][0]
                yield f"{group['type']}, {group['tests'][0]['result']}: not refused: {name}"
            check_file.refused += 1


check_file.refused = 0


def main():
    given = [pathlib.Path(name) for name in sys.argv[1:] if name != "--check"]
    files = given or sorted(FOLDER.glob("*_test.json"))
    failures = [*check_schemas(), *check_transcript()]
    for path in files:
        try:
            failures += [f"{path.name}: {what}" for what in check_file(path)]
        except (KeyError, OSError, TypeError, ValueError) as error:
            failures.append(f"{path.name}: {error!r}")
    print(*failures, sep="\n", end="\n" * bool(failures))
    print(f"{len(files)} files, {check_file.refused} alterations: {len(failures)} failed")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
