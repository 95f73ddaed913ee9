"""The places of a client in TypeScript: a class for each, with a method for each thing to do."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from charter.client.model import Call, Model, Named, Place, Row
from charter.client.naming import Names, all_places, client_type
from charter.client.typescript.text import STEP, bracketed, comment, quoted
from charter.client.typescript.types import Spelling

_INNER = STEP * 2
_METHODS = (
    "constructor", "list", "get", "summarize", "export", "follow", "create", "createMany",
    "update", "updateMany", "replace", "delete", "deleteMany",
)  # fmt: skip
_INHERITED = "constructor"
"""Every object has it, `{}` as well: an input with such a member has to be given."""
_OF_CLIENTS = ("constructor", "batch", "http", "prefix")


def places(model: Model, spelt: Spelling) -> Iterator[str]:
    """The source of all places, and of the client itself."""
    rows = {row.name: row for row in model.rows}
    for place in all_places(model):
        yield from _Writer(place, rows[place.row], spelt).lines()
    yield from _client(model, spelt)


def camel(name: str) -> str:
    """`order_lines` → `orderLines`."""
    first, *rest = name.split("_")
    return first + "".join(part[:1].upper() + part[1:] for part in rest)


@dataclass(frozen=True, slots=True)
class _Method:
    """A method: its parameters, what it gives back, what it does, and the call that does it."""

    name: str
    parameters: Sequence[str]
    result: str
    doc: str
    call: str
    arguments: Sequence[str]

    def lines(self) -> Iterator[str]:
        yield ""
        yield from comment(self.doc, STEP)
        yield from bracketed(f"{self.name}(", self.parameters, f"): {self.result} {{", STEP)
        yield from bracketed(f"return {self.call}(", self.arguments, ");", _INNER)
        yield f"{STEP}}}"


class _Writer:
    """Writes the class of one place."""

    def __init__(self, place: Place, row: Row, spelt: Spelling) -> None:
        self._place = place
        self._row = row
        self._spelt = spelt
        self._type = spelt.names[row.name]
        self._id = f"id: {spelt.of(place.key)}"

    def lines(self) -> Iterator[str]:
        yield from comment(self._place.doc.strip() or f"Rows of {self._place.row}.")
        yield f"export class {self._spelt.names[self._place.name]} {{"
        yield f"{STEP}readonly #rows: rt.Rows<{self._type}>;"
        yield ""
        yield f"{STEP}constructor(http: rt.Http, path: string) {{"
        yield f"{_INNER}this.#rows = new rt.Rows(http, path, SHAPES.{self._row.name});"
        yield f"{STEP}}}"
        for method in self._methods():
            yield from method.lines()
        yield from ("}", "")

    def _methods(self) -> Iterator[_Method]:
        if self._place.reads:
            yield from self._reads()
        yield from self._writes()
        names = Names(_METHODS)
        for below in self._place.below:
            yield self._below(below, names.take(camel(below.attribute)))
        for call in self._place.calls:
            yield _call(call, names.take(camel(call.name)), self._spelt)

    def _named(self, part: str) -> str:
        return self._spelt.names[f"{self._row.name}.{part}"]

    def _method(
        self, name: str, parameters: Sequence[str], options: str, result: str, doc: str
    ) -> _Method:
        """One that passes on what it is given."""
        passed = [item.partition(":")[0] for item in parameters]
        given = [*parameters, f"options: {options}"]
        return _Method(name, given, result, doc, f"this.#rows.{name}", [*passed, "options"])

    def _reads(self) -> Iterator[_Method]:
        row, listing, reading = self._type, self._named("Listing"), self._named("Reading")
        doc = "The rows for which the filter holds, page by page as they are read."
        yield self._method("list", [], f"{listing} = {{}}", f"rt.Listing<{row}>", doc)
        if self._place.single:
            doc = "One row; `known` itself where it has not changed since it was read."
            shown = f"{self._named('Shown')} & {{ known?: {row} | undefined }} = {{}}"
            yield self._method("get", [self._id], shown, f"Promise<{row}>", doc)
        doc = "Values over the rows for which the filter holds, for each group of them."
        searching = " & rt.Searching" if self._row.searches else ""
        where, group = self._named("Where"), self._named("Group")
        options = f"rt.Filtering<{where}> & rt.Summarizing<{group}>{searching} = {{}}"
        measures = [f"measures: readonly {self._named('Measure')}[]"]
        result = "Promise<Record<string, unknown>[]>"
        yield self._method("summarize", measures, options, result, doc)
        doc = "All rows for which the filter holds, as one stream."
        sorting = f" & rt.Sorting<{self._named('Sort')}>" if self._row.sort else ""
        options = f"{reading}{sorting} = {{}}"
        yield self._method("export", [], options, f"AsyncGenerator<{row}>", doc)
        doc = "The rows for which the filter holds, then their changes as they happen."
        result = f"AsyncGenerator<rt.Change<{row}>>"
        yield self._method("follow", [], f"{reading} = {{}}", result, doc)

    def _writes(self) -> Iterator[_Method]:
        place, one, several = self._place, f"Promise<{self._type}>", f"Promise<{self._type}[]>"
        names, how = self._spelt.names, f"{self._named('Writing')} = {{}}"
        if place.creates is not None:
            new = names[place.creates.name]
            yield self._method("create", [f"values: {new}"], how, one, "Create a row.")
            if place.many:
                doc = "Create several rows in one transaction."
                yield self._method("createMany", [f"values: readonly {new}[]"], how, several, doc)
        if place.changes is not None:
            change, replacement = (names[struct.name] for struct in place.changes)
            based = self._based(self._named("Writing"))
            doc = "Change what is named; the rest stays."
            yield self._method("update", [self._id, f"values: {change}"], based, one, doc)
            if place.bulk is not None:
                values = [f"values: readonly {names[place.bulk.name]}[]"]
                doc = "Change several rows in one transaction."
                yield self._method("updateMany", values, how, several, doc)
            doc = "Give a row a new value; what is left out gets its default."
            yield self._method("replace", [self._id, f"values: {replacement}"], based, one, doc)
        if place.removes:
            based = self._based("rt.Writing")
            yield self._method("delete", [self._id], based, "Promise<void>", "Delete a row.")
            if place.many and not place.conditional:
                ids = [f"ids: readonly {self._spelt.of(place.key)}[]"]
                doc = "Delete several rows in one transaction."
                yield self._method("deleteMany", ids, "rt.Writing = {}", "Promise<void>", doc)

    def _based(self, how: str) -> str:
        """The options of a change, which may have to say which version it is based on."""
        if self._place.conditional:
            return f"{how} & {{ ifMatch: {self._type} | string | number }}"
        return f"{how} & rt.Changing<{self._type}> = {{}}"

    def _below(self, below: Place, name: str) -> _Method:
        kind = self._spelt.names[below.name]
        path = f"this.#rows.below(id, {quoted(below.path)})"
        doc = f"The `{below.attribute}` of one row."
        return _Method(name, [self._id], kind, doc, f"new {kind}", ["this.#rows.http", path])


def _call(call: Call, name: str, spelt: Spelling, base: str | None = None) -> _Method:
    """The method of a command; `base` is the path of one on nothing."""
    parameters: list[str] = []
    http, path = "this.#rows.http", f"`${{this.#rows.path}}/{call.path}`"
    if base is not None:
        http, path = "this.http", quoted(f"{base}/{call.path}")
    if call.key is not None:
        parameters.append(f"id: {spelt.of(call.key)}")
        path = f"this.#rows.below(id, {quoted(call.path)})"
    if call.input is not None:
        kind = spelt.names[call.input.name]
        given = call.input.optional and not any(
            item.name == _INHERITED for item in call.input.members
        )
        parameters.append(f"values: {kind}{' = {}' if given else ''}")
    how = "rt.Writing"
    if call.result is not None and isinstance(call.result.item, Named):
        how = spelt.names[f"{call.result.item.names[0]}.Writing"]
    if call.key is not None and call.owner is not None:
        how = f"{how} & rt.Changing<{spelt.names[call.owner]}>"
    parameters.append(f"options: {how} = {{}}")
    result = "void" if call.result is None else spelt.of(call.result)
    doc = call.doc.strip()
    if call.raises:
        raised = f"Throws {', '.join(spelt.names[name] for name in call.raises)}."
        doc = f"{doc}\n\n{raised}" if doc else raised
    values = "{}" if call.input is None else "values"
    arguments = [http, path, values, "options"]
    return _Method(name, parameters, f"Promise<{result}>", doc, "rt.command", arguments)


def _client(model: Model, spelt: Spelling) -> Iterator[str]:
    yield f"const PROBLEMS: Record<string, rt.Declared> = {{{'' if model.failures else '};'}"
    for failure in model.failures:
        yield f"{STEP}{failure.code}: {spelt.names[failure.name]},"
    yield from ("};", "") if model.failures else ("",)
    yield from comment(model.doc.strip() or f"A client of {model.name}.")
    yield f"export class {spelt.names[client_type(model)]} extends rt.Client {{"
    names = Names(_OF_CLIENTS)
    attributes = [(names.take(camel(place.attribute)), place) for place in model.places]
    for name, place in attributes:
        yield f"{STEP}readonly {name}: {spelt.names[place.name]};"
    if attributes:
        yield ""
    yield f"{STEP}constructor(base: string, options: rt.Options = {{}}) {{"
    yield f"{_INNER}super(base, {quoted(model.prefix)}, PROBLEMS, options);"
    for name, place in attributes:
        line = f"this.{name} = new {spelt.names[place.name]}("
        yield from bracketed(line, ["this.http", quoted(place.path)], ");", _INNER)
    yield f"{STEP}}}"
    for call in model.calls:
        yield from _call(call, names.take(camel(call.name)), spelt, model.prefix).lines()
    yield "}"
