"""The loop of an adapter: a line in, a line out (docs/CONFORMANCE.md)."""

import json
import sys


class Unsupported(Exception):
    """What the implementation does not have; its argument says what."""


class Refused(Exception):
    """There is no value for this; its argument may have `error`, `reason`, `why`."""


def serve(name, version, compute, check):
    """Answers until the input ends. `compute` has a function for each type that gives its values; `check` one that says whether
    the candidate is right."""

    def answer(question):
        ask = question["ask"]
        if ask == "hello":
            types = {"compute": sorted(compute), "check": sorted(check)}
            return {"protocol": 1, "name": name, "version": version, **types}
        functions = {"compute": compute, "check": check}.get(ask, {})
        if question.get("type") not in functions:
            raise Unsupported(f"{ask} {question.get('type', '')}")
        value = functions[question["type"]](question["given"])
        return {"values": value} if ask == "compute" else {"valid": value}

    for line in sys.stdin:
        question = json.loads(line)
        try:
            said = answer(question)
        except Unsupported as what:
            said = {"unsupported": str(what)}
        except Refused as refused:
            said = {"refused": refused.args[0] if refused.args else {}}
        except Exception as error:  # a mistake of the adapter: the kit reports it, and goes on
            said = {"error": f"{type(error).__name__}: {error}"}
        print(json.dumps({"id": question["id"]} | said), flush=True)
