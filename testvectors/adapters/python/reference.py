"""The scripts of testvectors/reference as modules. Some have the names of modules that packages want, so the folder stands in
the path only while they are found."""

import importlib.util
import pathlib
import sys

FOLDER = pathlib.Path(__file__).resolve().parent.parent.parent / "reference"


def load(name):
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    module = sys.modules[name] = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


cbor, text, oath = load("cbor"), load("text"), load("oath")
code, zengin = load("code"), load("zengin")
