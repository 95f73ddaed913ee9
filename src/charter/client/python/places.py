"""The places of a client in Python: a class for each, with a method for each thing to do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from charter.client.model import Call, Model, Named, Place, Row, Struct
from charter.client.naming import Names, all_places, client_type
from charter.client.python.text import STEP, bracketed, docstring, quoted
from charter.client.python.types import PROBLEMS, Spelling, escaped

_INNER = STEP * 2
_METHODS = (
    "list", "get", "summarize", "export", "follow", "create", "create_many", "update",
    "update_many", "replace", "delete", "delete_many",
)  # fmt: skip
_OF_CLIENTS = ("batch", "close")


def places(model: Model, spelt: Spelling) -> Iterator[str]:
    """The source of all places, and of the client itself."""
    rows = {row.name: row for row in model.rows}
    for place in all_places(model):
        yield from _Writer(place, rows[place.row], spelt).lines()
    yield from _client(model, spelt)


@dataclass(frozen=True, slots=True)
class _Method:
    """A method: its parameters after `self`, what it gives back, what it does, and the call that
    does it; `found` is the type of what a call gives back that does not say it itself."""

    name: str
    parameters: Sequence[str]
    result: str
    doc: str
    call: str
    arguments: Sequence[str]
    awaits: bool = True
    found: str | None = None

    def lines(self, *, sync: bool) -> Iterator[str]:
        yield ""
        apart = self.awaits and not sync
        start = f"{'async ' if apart else ''}def {self.name}("
        yield from bracketed(start, ["self", *self.parameters], f") -> {self.result}:", STEP)
        yield from docstring(self.doc, _INNER)
        before = "" if self.result == "None" else "return "
        if self.found is not None:
            before = f"found: {self.found} = "
        call = f"{before}{'await ' if apart else ''}{self.call}("
        yield from bracketed(call, self.arguments, ")", _INNER)
        if self.found is not None:
            yield f"{_INNER}return found"


class _Writer:
    """Writes the class of one place."""

    def __init__(self, place: Place, row: Row, spelt: Spelling) -> None:
        self._place = place
        self._row = row
        self._spelt = spelt
        self._type = spelt.names[row.name]
        self._key = spelt.of(place.key)
        need = "" if place.conditional else " | None"
        default = "" if place.conditional else " = None"
        self._match = f"if_match: {self._type} | str | int{need}{default}"

    def lines(self) -> Iterator[str]:
        place = self._place
        yield from ("", "", f"class {self._spelt.names[place.name]}:")
        yield from docstring(place.doc.strip() or f"Rows of {place.row}.")
        yield ""
        yield f"{STEP}def __init__(self, http: rt.Http, path: str) -> None:"
        yield f"{_INNER}self._rows = rt.Rows(http, path, {self._type})"
        for method in self._methods():
            yield from method.lines(sync=self._spelt.sync)

    def _methods(self) -> Iterator[_Method]:
        if self._place.reads:
            yield from self._reads()
        yield from self._writes()
        names = Names(_METHODS)
        for below in self._place.below:
            yield self._below(below, names.take(escaped(below.attribute)))
        for call in self._place.calls:
            yield _call(call, names.take(escaped(call.name)), self._spelt)

    def _named(self, part: str) -> str:
        return self._spelt.names[f"{self._row.name}.{part}"]

    def _how(self, *, shows: bool = True) -> str:
        return f"**how: Unpack[{self._named('Writing') if shows else 'rt.Writing'}]"

    # -- reads -------------------------------------------------------------------------------
    def _words(self, *names: str) -> tuple[list[str], list[str]]:
        """Parameters of a list, and how they are passed on."""
        row = self._row
        types = {
            "search": "str | None = None" if row.searches else "",
            "sort": f"Sequence[{self._named('Sort')}] = ()" if row.sort else "",
            "fields": f"Sequence[{self._named('Field')}] = ()",
            "include": f"Sequence[{self._named('Include')}] = ()" if row.include else "",
            "group": f"Sequence[{self._named('Group')}] = ()",
            "limit": "int | None = None",
            "cursor": "str | None = None",
            "count": "rt.Count | None = None",
        }
        known = [name for name in names if types[name]]
        where = self._named("Where")
        parameters = [f"where: {where} | None = None", "/", "*"]
        parameters += [f"{name}: {types[name]}" for name in known]
        parameters.append(f"**filter: Unpack[{where}]")
        return parameters, ["rt.merged(where, filter)", *(f"{name}={name}" for name in known)]

    def _reads(self) -> Iterator[_Method]:
        row = self._type
        parameters, passed = self._words(
            "search", "sort", "fields", "include", "limit", "cursor", "count"
        )
        doc = "The rows for which the filter holds, page by page as they are read."
        listing = f"rt.Listing[{row}]"
        yield _Method("list", parameters, listing, doc, "self._rows.list", passed, awaits=False)
        if self._place.single:
            yield self._get()
        yield self._summarize()
        parameters, passed = self._words("search", "sort", "fields", "include")
        doc = "All rows for which the filter holds, as one stream."
        rows = f"{self._spelt.iterator}[{row}]"
        yield _Method("export", parameters, rows, doc, "self._rows.export", passed, awaits=False)
        parameters, passed = self._words("search", "fields", "include")
        doc = "The rows for which the filter holds, then their changes as they happen."
        changes = f"{self._spelt.iterator}[rt.Change[{row}]]"
        call = "self._rows.follow"
        yield _Method("follow", parameters, changes, doc, call, passed, awaits=False)

    def _get(self) -> _Method:
        row = self._type
        parameters = [
            f"id: {self._key}", "/", "*", f"known: {row} | None = None",
            f"**how: Unpack[{self._named('Shown')}]",
        ]  # fmt: skip
        doc = "One row; `known` itself where it has not changed since it was read."
        return _passing("get", parameters, row, doc, ["id", "known", "**how"])

    def _summarize(self) -> _Method:
        parameters, passed = self._words("search", "group", "limit")
        measures = f"measures: Sequence[{self._named('Measure')}]"
        parameters = [measures, *parameters[:2], "*", "sort: Sequence[str] = ()", *parameters[3:]]
        passed = ["measures", passed[0], "sort=sort", *passed[1:]]
        doc = "Values over the rows for which the filter holds, for each group of them."
        return _passing("summarize", parameters, "Sequence[Mapping[str, Any]]", doc, passed)

    # -- writes ------------------------------------------------------------------------------
    def _writes(self) -> Iterator[_Method]:
        place, row, names = self._place, self._type, self._spelt.names
        several, passed = f"tuple[{row}, ...]", ["values", "how"]
        if place.creates is not None:
            new = names[place.creates.name]
            one = [f"values: {new}", "/", self._how()]
            yield _passing("create", one, row, "Create a row.", passed)
            if place.many:
                many = [f"values: Sequence[{new}]", "/", self._how()]
                doc = "Create several rows in one transaction."
                yield _passing("create_many", many, several, doc, passed)
        if place.changes is not None:
            change, replacement = place.changes
            yield self._change("update", change, "Change what is named; the rest stays.")
            if place.bulk is not None:
                many = [f"values: Sequence[{names[place.bulk.name]}]", "/", self._how()]
                doc = "Change several rows in one transaction."
                yield _passing("update_many", many, several, doc, passed)
            doc = "Give a row a new value; what is left out gets its default."
            yield self._change("replace", replacement, doc)
        if place.removes:
            yield from self._removals()

    def _change(self, name: str, struct: Struct, doc: str) -> _Method:
        values = f"values: {self._spelt.names[struct.name]}"
        parameters = [f"id: {self._key}", values, "/", "*", self._match, self._how()]
        return _passing(name, parameters, self._type, doc, ["id", "values", "if_match", "how"])

    def _removals(self) -> Iterator[_Method]:
        how = self._how(shows=False)
        parameters = [f"id: {self._key}", "/", "*", self._match, how]
        yield _passing("delete", parameters, "None", "Delete a row.", ["id", "if_match", "how"])
        if self._place.many and not self._place.conditional:
            parameters = [f"ids: Sequence[{self._key}]", "/", how]
            doc = "Delete several rows in one transaction."
            yield _passing("delete_many", parameters, "None", doc, ["ids", "how"])

    def _below(self, below: Place, name: str) -> _Method:
        kind = self._spelt.names[below.name]
        arguments = ["self._rows.http", f"self._rows.below(id, {quoted(below.path)})"]
        doc = f"The `{below.attribute}` of one row."
        parameters = [f"id: {self._key}", "/"]
        return _Method(name, parameters, kind, doc, kind, arguments, awaits=False)


def _passing(
    name: str, parameters: Sequence[str], result: str, doc: str, passed: Sequence[str]
) -> _Method:
    """A method that passes on what it is given."""
    return _Method(name, parameters, result, doc, f"self._rows.{name}", passed)


def _call(call: Call, name: str, spelt: Spelling, base: str | None = None) -> _Method:
    """The method of a command; `base` is the path of one on nothing."""
    parameters: list[str] = []
    http, path = "self._rows.http", f'f"{{self._rows.path}}/{call.path}"'
    if base is not None:
        http, path = "self._http", quoted(f"{base}/{call.path}")
    if call.key is not None:
        parameters.append(f"id: {spelt.of(call.key)}")
        path = f"self._rows.below(id, {quoted(call.path)})"
    if call.input is not None:
        kind = spelt.names[call.input.name]
        parameters.append(
            f"values: {kind} | None = None" if call.input.optional else f"values: {kind}"
        )
    if parameters:
        parameters.append("/")
    result = "None" if call.result is None else spelt.of(call.result)
    values = "{}" if call.input is None else "values or {}" if call.input.optional else "values"
    arguments = [http, path, result, values, "how"]
    if call.key is not None and call.owner is not None:
        parameters += ["*", f"if_match: {spelt.names[call.owner]} | str | int | None = None"]
        arguments.append("if_match")
    shows = "rt.Writing"
    if call.result is not None and isinstance(call.result.item, Named):
        shows = spelt.names[f"{call.result.item.names[0]}.Writing"]
    parameters.append(f"**how: Unpack[{shows}]")
    doc = call.doc.strip()
    if call.raises:
        raised = f"Raises {', '.join(spelt.names[name] for name in call.raises)}."
        doc = f"{doc}\n\n{raised}" if doc else raised
    found = None if call.result is None else result
    return _Method(name, parameters, result, doc, "rt.command", arguments, found=found)


def _client(model: Model, spelt: Spelling) -> Iterator[str]:
    yield ""
    yield ""
    problems = [
        f"{quoted(failure.code)}: {spelt.names[failure.name]}" for failure in model.failures
    ]
    yield from bracketed(f"{PROBLEMS}: Mapping[str, type[rt.Problem]] = {{", problems, "}")
    yield from ("", "", f"class {spelt.names[client_type(model)]}(rt.Client):")
    yield from docstring(model.doc.strip() or f"A client of {model.name}.")
    yield ""
    yield f"{STEP}def __init__(self, base_url: str, **options: Unpack[rt.Options]) -> None:"
    yield f"{_INNER}super().__init__(base_url, {quoted(model.prefix)}, {PROBLEMS}, options)"
    names = Names(_OF_CLIENTS)
    for place in model.places:
        name = names.take(escaped(place.attribute))
        kind = spelt.names[place.name]
        arguments = ["self._http", quoted(place.path)]
        yield from bracketed(f"self.{name} = {kind}(", arguments, ")", _INNER)
    for call in model.calls:
        yield from _call(call, names.take(escaped(call.name)), spelt, model.prefix).lines(
            sync=spelt.sync
        )
