"""What is said of several columns of a resource: uniques, indexes, rules."""

from collections.abc import Iterator

from charter.contract.types import Scalar
from charter.sql.schema import Table, TableIndex
from charter.understand.draft import Argument, Call, Code, Statement
from charter.understand.partial import condition_code
from charter.understand.sketch import Sketch, named_columns
from charter.understand.source import literal

_WORDS = {
    "<": "is less than", "<=": "is at most", ">": "is more than", ">=": "is at least",
    "=": "equals",
}  # fmt: skip
_COMPARABLE = frozenset(
    {Scalar.INTEGER, Scalar.FLOAT, Scalar.DECIMAL, Scalar.DATE, Scalar.DATETIME}
)
_LONGEST_RULE = 200


def statements_of(sketch: Sketch) -> Iterator[Statement]:
    """The calls on the contract about one resource."""
    yield from _uniques(sketch)
    yield from _indexes(sketch)
    yield from _rules(sketch)


def notes_of(sketch: Sketch) -> Iterator[str]:
    """What the database holds, and the contract has no word for."""
    for rule in sketch.says.unread:
        text = rule.expression
        shown = text if len(text) <= _LONGEST_RULE else f"{text[:_LONGEST_RULE]}…"
        yield f"The database also holds CHECK ({shown})."
    for index in sketch.table.indexes:
        if index.unique and (index.where is not None or index.modifiers or _unnamed(index, sketch)):
            where = f" where {index.where}" if index.where is not None else ""
            shown = ", ".join(part.name for part in index.columns)
            yield (
                f"The database also holds UNIQUE ({shown}){where} {index.modifiers}".rstrip() + "."
            )


def _unnamed(index: TableIndex, sketch: Sketch) -> bool:
    names = {column.name for column in sketch.table.columns}
    return any(part.name not in names for part in index.columns)


def _uniques(sketch: Sketch) -> Iterator[Statement]:
    found = [item.columns for item in sketch.table.uniques if not item.modifiers]
    found += [
        tuple(part.name for part in index.columns)
        for index in sketch.table.indexes
        if index.unique and index.where is None and not index.modifiers
    ]
    key = sketch.table.key.columns if sketch.table.key is not None else ()
    if len(key) > 1:
        found.append(key)
    for columns in dict.fromkeys(found):
        names = named_columns(sketch, columns)
        if len(columns) > 1 and names and _plain(sketch, columns):
            yield Statement(_call(sketch, "unique", names))


def _indexes(sketch: Sketch) -> Iterator[Statement]:
    seen: set[tuple[Argument, ...]] = set()
    for index in sketch.table.indexes:
        where = None if index.where is None else condition_code(sketch, index.where)
        if index.unique or index.modifiers or (index.where is not None and where is None):
            continue
        parts = index.columns
        if len(parts) > 1 and parts[-1].name == sketch.key.column:
            parts = parts[:-1]
        columns = tuple(part.name for part in parts)
        names = named_columns(sketch, columns)
        follows = where is None and _follows(sketch.table, columns)
        if names is None or not _plain(sketch, columns) or follows:
            continue
        said = tuple(
            f"-{name}" if part.descending else name for name, part in zip(names, parts, strict=True)
        )
        rule = () if where is None else (Argument(where, "where"),)
        call = _call(sketch, "index", said, *rule)
        if call.arguments not in seen:
            seen.add(call.arguments)
            yield Statement(call)


def _follows(table: Table, columns: tuple[str, ...]) -> bool:
    """Whether it is the index that a reference has anyway, where no other one leads with it."""
    if len(columns) != 1 or all(columns != item.columns for item in table.foreign_keys):
        return False
    others = [index.columns[0].name for index in table.indexes if index.where is None]
    others += [unique.columns[0] for unique in table.uniques]
    return others.count(columns[0]) == 1


def _plain(sketch: Sketch, columns: tuple[str, ...]) -> bool:
    """Whether all of them can be compared."""
    reads = [sketch.reads[column].type for column in columns]
    return all(kind is not None and kind.scalar is not Scalar.JSON for kind in reads)


def _rules(sketch: Sketch) -> Iterator[Statement]:
    """Rules between two columns; where one may be null, SQL takes for true what Charter does
    not, so such a rule stays with the database."""
    columns = {column.name.lower(): column for column in sketch.table.columns}
    for said in sketch.says.compared:
        left, right = columns.get(said.left.lower()), columns.get(said.right.lower())
        if left is None or right is None or left.nullable or right.nullable:
            continue
        if {left.name, right.name} & sketch.references:
            continue
        names = named_columns(sketch, (left.name, right.name))
        kinds = {
            kind.scalar
            for column in (left, right)
            if (kind := sketch.reads[column.name].type) is not None
        }
        if names is None or len(kinds) != 1 or not kinds <= _COMPARABLE or left == right:
            continue
        sign = "==" if said.sign == "=" else said.sign
        rule = Code(f"lambda row: row.{names[0]} {sign} row.{names[1]}")
        message = literal(f"{names[0]} {_WORDS[said.sign]} {names[1]}")
        arguments = (Argument(Code(sketch.name)), Argument(rule), Argument(message))
        yield Statement(Call("check", arguments))


def _call(sketch: Sketch, word: str, names: tuple[str, ...], *more: Argument) -> Call:
    shown = (Argument(literal(name)) for name in names)
    return Call(word, (Argument(Code(sketch.name)), *shown, *more))
