"""Inputs of commands: from a decoded JSON object to typed and complete values."""

from dataclasses import replace
from typing import Any

from charter.contract.command import Command, Parameter
from charter.contract.contract import Contract
from charter.core.codes import REQUIRED, UNKNOWN_FIELD, WRONG_TYPE
from charter.core.names import nearest, pointer
from charter.plan.drafts import Reading, listed, read_key
from charter.plan.spelling import input_name
from charter.plan.unfit import Unfit, named
from charter.plan.values import Reader, default_value, json_reader


class Inputs:
    """Reads the bodies of commands of one contract."""

    def __init__(self, contract: Contract) -> None:
        self._known = {
            _name(command): {
                input_name(parameter): (parameter, json_reader(parameter.type))
                for parameter in command.inputs
            }
            for command in contract.commands
        }

    def read(self, command: Command, body: Any, reading: Reading, at: str = "") -> dict[str, Any]:
        """Every input by its parameter's name; what was left out has its default, or is null.

        Flaws go to the notes, with pointers below `at`.
        """
        if type(body) is not dict:
            reading.notes.at(at, WRONG_TYPE, f"an object is expected, not {named(body)}")
            return {}
        known = self._known[_name(command)]
        for name in body.keys() - known.keys():
            near = nearest(name[:100], known)
            hint = f"; did you mean `{near}`?" if near else ""
            message = f"`{command.name}` has no input `{name[:100]}`{hint}"
            reading.notes.at(at + pointer(name[:200]), UNKNOWN_FIELD, message)
        return {
            parameter.name: _input(name, parameter, read, body, reading, at)
            for name, (parameter, read) in known.items()
        }


def _name(command: Command) -> tuple[str | None, str]:
    return command.resource, command.name


def _input(
    name: str,
    parameter: Parameter,
    read: Reader,
    body: dict[str, Any],
    reading: Reading,
    at: str,
) -> Any:
    place = at + pointer(name)
    if name not in body:
        if parameter.required:
            reading.notes.at(place, REQUIRED, f"`{name}` is missing")
        return _default(parameter)
    value = body[name]
    if value is None:
        if not parameter.optional:
            message = f"`{name}` must have a value: null is not one"
            reading.notes.at(place, WRONG_TYPE, message)
        return None
    if parameter.references is not None and reading.names:
        return _reference(parameter, read, value, reading, place)
    try:
        return read(value)
    except Unfit as error:
        reading.notes.add(*error.at(place))
        return None


def _reference(parameter: Parameter, read: Reader, value: Any, reading: Reading, place: str) -> Any:
    """A key, or a list of keys, in which names of earlier steps may stand."""
    target = parameter.references or ""
    if not parameter.type.many:
        return read_key(target, read, value, reading, place)
    if type(value) is list and any(type(item) is str and item in reading.names for item in value):
        one = json_reader(replace(parameter.type, many=False))
        items = listed(value, reading, place)
        return [
            read_key(target, one, item, reading, f"{place}/{index}")
            for index, item in enumerate(items)
        ]
    try:
        return read(value)
    except Unfit as error:
        reading.notes.add(*error.at(place))
        return None


def _default(parameter: Parameter) -> Any:
    default = parameter.default
    return None if default is None else default_value(parameter.type, default.value)
