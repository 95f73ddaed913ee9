"""Field numbers: each is given once, and never to anything else.

A *table* holds the numbers of one message or enum. What goes leaves its number behind as
reserved; what changes its type is another field, and gets another number.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from charter.wire.grpc.faults import NUMBER_REUSED, ProtoFault

MOST = 536_870_911
NOT_OURS = range(19_000, 20_000)
"""Numbers that the language keeps to itself."""

Wanted = Mapping[str, Mapping[str, str]]
"""For each table the names in their order, each with its type."""


@dataclass(frozen=True, slots=True)
class Numbered:
    """A field or value with its number. `type` is as the .proto spells it; empty for values."""

    number: int
    type: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """`gone` has the numbers that were in use once, with the name that each had."""

    names: Mapping[str, Numbered] = field(default_factory=dict)
    gone: Mapping[int, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Numbers:
    """All numbers of one contract, by table."""

    tables: Mapping[str, Table] = field(default_factory=dict)

    def of(self, table: str, name: str) -> int:
        return self.tables[table].names[name].number


NO_NUMBERS = Numbers()


def assigned(wanted: Wanted, old: Numbers, first: Mapping[str, int]) -> Numbers:
    """Numbers for all that is wanted: those that it has, and new ones behind all that ever were.

    `first` says where the numbers of some tables begin. A table that nobody wants stays, with
    all of its numbers reserved.
    """
    names = (*wanted, *(name for name in old.tables if name not in wanted))
    return Numbers(
        {
            name: _assigned(wanted.get(name, {}), old.tables.get(name, Table()), first.get(name, 1))
            for name in names
        }
    )


def _assigned(wanted: Mapping[str, str], old: Table, first: int) -> Table:
    gone = dict(old.gone)
    for name, found in old.names.items():
        if wanted.get(name) != found.type:
            gone[found.number] = name
    used = [found.number for found in old.names.values()] + list(gone)
    following = max([first - 1, *used])
    names: dict[str, Numbered] = {}
    for name, type_ in wanted.items():
        kept = old.names.get(name)
        if kept is not None and kept.type == type_:
            names[name] = kept
            continue
        following += 1
        if following in NOT_OURS:
            following = NOT_OURS.stop
        names[name] = Numbered(following, type_)
    return Table(names, dict(sorted(gone.items())))


def lacking(wanted: Wanted, numbers: Numbers) -> Iterator[str]:
    """What has no number yet, or had one with another type."""
    for table, names in wanted.items():
        known = numbers.tables.get(table, Table()).names
        for name, type_ in names.items():
            found = known.get(name)
            if found is None or found.type != type_:
                yield f"{table}.{name}"


def check(numbers: Numbers) -> None:
    """Raises ProtoFault (`number_reused`) where a number is there twice."""
    for name, table in numbers.tables.items():
        seen = dict(table.gone)
        for field_, found in table.names.items():
            other = seen.setdefault(found.number, field_)
            if other != field_ or found.number in table.gone:
                raise ProtoFault(
                    NUMBER_REUSED,
                    f"{name}.{field_} has the number {found.number}, which is that of {other}",
                )
