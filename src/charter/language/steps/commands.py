"""Commands: from the signature of a function to what it is on, its inputs and its result."""

import inspect
from collections.abc import Callable
from typing import Any

from charter.contract.command import Command, On, Parameter, Result
from charter.contract.expression import Expression
from charter.contract.resource import Allow
from charter.core.places import Place
from charter.language.annotations import NotFound, resolved
from charter.language.declarations import CommandSaid
from charter.language.declared import Attribute, Names
from charter.language.drafts import Draft, ResourceDraft
from charter.language.faultcodes import ANNOTATION_MISSING, ANNOTATION_UNKNOWN
from charter.language.fields import MISSING
from charter.language.rulecodes import COMMAND_MALFORMED, ERROR_UNREGISTERED, RESULT_UNFIT
from charter.language.running import evaluated, place_of
from charter.language.sources import function_at
from charter.language.steps.constraints import registered
from charter.language.steps.moves import move_of
from charter.language.steps.payloads import parameter
from charter.language.steps.readings import names_of, reading_of
from charter.language.symbols.actor import SymbolicActor
from charter.language.symbols.session import Session
from charter.language.symbols.values import condition
from charter.language.unit import Unit

_EMPTY = inspect.Parameter.empty


def commands(draft: Draft) -> None:
    """Every command, with its move and its own rules."""
    for said in draft.said.commands:
        resource = None
        if said.cls is not None:
            resource = registered(draft, said.cls, said.place)
            if resource is None:
                continue
        _command(draft, said, resource)


def _command(draft: Draft, said: CommandSaid, resource: ResourceDraft | None) -> None:
    function = said.function
    name = function.__name__
    place = _def_line(function, said.place)
    if not inspect.iscoroutinefunction(function):
        draft.fault(COMMAND_MALFORMED, f"{name} is not async", place, f"Write `async def {name}`.")
        return
    signature = inspect.signature(function)
    leading = [
        item
        for item in signature.parameters.values()
        if item.kind in (item.POSITIONAL_ONLY, item.POSITIONAL_OR_KEYWORD)
    ]
    kinds = [_class_of(draft, item.annotation, names_of(function), place) for item in leading]
    on = _on(draft, said, resource, kinds, place)
    if on is None:
        return
    errors = {item.made_from: item.name for item in draft.errors}
    for error in said.raises:
        if error not in errors:
            draft.fault(ERROR_UNREGISTERED,
                        f"{error.__name__} is no error of this contract", said.place)  # fmt: skip
    draft.commands.append(
        Command(
            name,
            resource.name if resource else None,
            on,
            _inputs(draft, said, signature, place),
            _result(draft, said, signature, place),
            move=move_of(draft, resource, said, on) if said.moves is not None else None,
            raises=tuple(errors[item] for item in said.raises if item in errors),
            allows=_allows(draft, said, name),
            doc=inspect.getdoc(function) or "",
            function=function,
            place=place,
        )
    )


def _def_line(function: Callable[..., Any], place: Place) -> Place:
    start = place_of(function, place)
    node = function_at(start, function.__name__)
    return Place(start.file, node.lineno) if node else start


def _class_of(draft: Draft, annotation: object, names: Names, place: Place) -> object:
    try:
        found = resolved(annotation, names, draft.known)
    except NotFound as error:
        draft.fault(ANNOTATION_UNKNOWN, f"there is no {str(error)!r} here", place)
        return None
    resource = draft.of(found)
    return found if resource is None else resource.cls


def _on(
    draft: Draft,
    said: CommandSaid,
    resource: ResourceDraft | None,
    kinds: list[object],
    place: Place,
) -> On | None:
    name = said.function.__name__
    if resource is not None and kinds == [resource.cls, Unit]:
        return On.ROW
    if kinds == [Unit]:
        return On.COLLECTION if resource is not None else On.NOTHING
    if None not in kinds:
        row = resource.name if resource else None
        first = f"{row.lower()}: {row}, " if row else ""
        draft.fault(COMMAND_MALFORMED, f"{name} does not take what a command gets", place,
                    f"Write `async def {name}({first}unit: Unit, *, …)`; inputs come after `*`."
                    )  # fmt: skip
    return None


def _inputs(
    draft: Draft, said: CommandSaid, signature: inspect.Signature, place: Place
) -> tuple[Parameter, ...]:
    found: list[Parameter] = []
    node = function_at(place, said.function.__name__)
    lines = {item.arg: item.lineno for item in node.args.kwonlyargs} if node else {}
    for item in signature.parameters.values():
        if item.kind in (item.VAR_POSITIONAL, item.VAR_KEYWORD):
            draft.fault(COMMAND_MALFORMED, f"{said.function.__name__} takes `*` or `**` arguments",
                        place)  # fmt: skip
        if item.kind is not item.KEYWORD_ONLY:
            continue
        where = Place(place.file, lines.get(item.name, place.line))
        what = f"{said.function.__name__}({item.name})"
        if item.annotation is _EMPTY:
            draft.fault(ANNOTATION_MISSING, f"{what} has no type", where)
            continue
        default = MISSING if item.default is _EMPTY else item.default
        attribute = Attribute(item.name, item.annotation, default, where, names_of(said.function))
        made = parameter(draft, attribute, what)
        if made is not None:
            found.append(made)
    return tuple(found)


def _result(draft: Draft, said: CommandSaid, signature: inspect.Signature, place: Place) -> Result:
    name = said.function.__name__
    annotation = signature.return_annotation
    if annotation is _EMPTY:
        draft.fault(ANNOTATION_MISSING, f"{name} does not say what it gives back", place,
                    "Add `-> None`, or what it returns.")  # fmt: skip
    if annotation is _EMPTY or annotation is None or annotation == "None":
        return Result()
    attribute = Attribute("return", annotation, MISSING, place, names_of(said.function))
    reading = reading_of(draft, attribute, f"{name}()", RESULT_UNFIT)
    if reading is None:
        return Result()
    if reading.optional:
        draft.fault(RESULT_UNFIT, f"{name}() gives something or nothing", place,
                    "Raise a declared error instead of giving nothing.")  # fmt: skip
    if reading.resource is not None:
        return Result(resource=reading.resource.__name__, many=reading.many)
    return Result(type=reading.type, many=bool(reading.type and reading.type.many))


def _allows(draft: Draft, said: CommandSaid, name: str) -> tuple[Allow, ...]:
    if said.allow is None:
        return ()
    place = place_of(said.allow, said.place)

    def finish(raw: Any, _: Session) -> Expression:
        return condition(raw)

    found = evaluated(draft, said.allow, (SymbolicActor(draft.roles),), place, finish)
    return (Allow((name,), found, place),) if found is not None else ()
