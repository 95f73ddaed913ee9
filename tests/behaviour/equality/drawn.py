"""Contracts, rows and asks that are drawn: libraries with other fields, rules and bounds."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from hypothesis import strategies as st

from charter.contract import contract as hub
from charter.contract import expression as e
from charter.contract.resource import Allow, Field, Freeze, Hide, Policy, Resource
from tests.behaviour.clients.base import Both, Either, Someone, Unless, Where
from tests.behaviour.library import brief
from tests.behaviour.test_laws import (
    BASE,
    BOOK,
    INNER,
    OPTIONAL,
    REMARK,
    SHELF,
    Rows,
    about_actor,
    combined,
    field_conditions,
    has,
    rows,
    some_remark,
)

Members = Mapping[str, st.SearchStrategy[Any]]

FIXED = frozenset({"title", "kind", "lent"})
"""Fields of a book that every contract has: `lent` is set by its command."""
MEMBERS: Mapping[str, Members] = {"Shelf": SHELF, "Book": BOOK, "Remark": REMARK}
OWN: Mapping[str, tuple[str, ...]] = {
    "Shelf": (), "Book": ("shelf_id", "remark_count", "version"), "Remark": ("book_id",),
}  # fmt: skip
"""Fields that can be read and hidden, beside the members."""
INCLUDES: Mapping[str, tuple[str, ...]] = {
    "Shelf": ("books", "books.remarks"),
    "Book": ("shelf", "remarks", "shelf.books"),
    "Remark": ("book", "book.shelf"),
}
ACTIONS = ("read", "create", "update", "delete")
MOST_TITLE = 6
"""Characters of a title, where they are bounded."""
ANN, KEEPER = Someone("a"), Someone("ä", roles=("keeper",))
ACTORS = st.sampled_from([ANN, None, ANN, Someone("b"), KEEPER])
PLACES = st.sampled_from([0, 0, 1, 0, 2, 3, 7])
"""Of rows: there is always a first book, and hardly ever an eighth."""
EVERYTHING = Policy((Allow(("*",), e.ALWAYS),))


@dataclass(frozen=True)
class Drawn:
    """A contract, and the same without rules, for who fills it."""

    ruled: hub.Contract
    open: hub.Contract
    members: Mapping[str, Members]

    def __repr__(self) -> str:
        rules = [
            f"{item.name}: {ruled(item.policy)}; {', '.join(sorted(self.members[item.name]))}"
            for item in self.ruled.resources
        ]
        return "\n".join(rules)


def ruled(policy: Policy) -> str:
    """The rules of a policy in a few words."""
    found = [f"allow {','.join(one.actions)} when {brief(one.when)}" for one in policy.allows]
    found += [f"hide {one.field} unless {brief(one.unless)}" for one in policy.hides]
    found += [f"freeze {one.field} unless {brief(one.unless)}" for one in policy.freezes]
    return ", ".join(found)


@dataclass(frozen=True)
class Reading:
    """A list: of all, or (`below`: its place) of the books of a shelf or the remarks of a book."""

    resource: str
    below: int | None = None
    where: Where | None = None
    search: str | None = None
    sort: str = ""
    limit: int | None = None
    fields: str = ""
    include: str = ""
    count: str = ""


@dataclass(frozen=True)
class Looking:
    """One row by its place; there may be none."""

    resource: str
    at: int
    fields: str = ""
    include: str = ""


@dataclass(frozen=True)
class Writing:
    """`what` is create, update, replace, delete or a command. References are places of rows; one
    where nothing is leads nowhere."""

    what: str
    resource: str
    at: int
    values: Mapping[str, Any]


Asking = Reading | Looking | Writing


@dataclass(frozen=True)
class Case:
    """A contract with rows, and what is asked of it by whom."""

    drawn: Drawn
    rows: Rows
    asked: tuple[tuple[Someone | None, Asking], ...]

    def _repr_pretty_(self, printer: Any, cycle: bool) -> None:
        printer.text(f"{self.drawn}\n{self.rows}\n")
        printer.text("\n".join(f"{who} asks {asked}" for who, asked in self.asked))

    def __repr__(self) -> str:
        return f"Case of {len(self.asked)} asks"


# -- contracts ---------------------------------------------------------------------------------
@st.composite
def contracts(draw: st.DrawFn) -> Drawn:
    gone = draw(st.sets(st.sampled_from(sorted(set(BOOK) - FIXED)), max_size=4))
    searched, bounded = draw(st.booleans()), draw(st.booleans())
    members = {
        name: {
            field: values for field, values in known.items() if (name, field) not in gone_of(gone)
        }
        for name, known in MEMBERS.items()
    }
    made = []
    for item in BASE.resources:
        kept = [one for one in item.fields if (item.name, one.name) not in gone_of(gone)]
        fields = tuple(titled(one, searched=searched, bounded=bounded) for one in kept)
        made.append(replace(item, fields=fields))
    ruled = [replace(one, policy=draw(policies(one, members))) for one in made]
    whole = [replace(one, policy=EVERYTHING) for one in made]
    return Drawn(
        replace(BASE, resources=tuple(ruled)), replace(BASE, resources=tuple(whole)), members
    )


def gone_of(gone: set[str]) -> set[tuple[str, str]]:
    return {("Book", name) for name in gone}


def titled(item: Field, *, searched: bool, bounded: bool) -> Field:
    if item.name != "title":
        return item
    kind = replace(item.type, max_length=MOST_TITLE) if bounded else item.type
    return replace(item, type=kind, search=searched)


@st.composite
def policies(draw: st.DrawFn, resource: Resource, members: Mapping[str, Members]) -> Policy:
    rule = rules(resource.name, members)
    actions = [*ACTIONS, *(("lend",) if resource.name == "Book" else ())]
    mostly = st.just(e.ALWAYS) | rule
    allows = [Allow(("read",), draw(mostly))] if draw(st.integers(0, 5)) else []
    if draw(st.booleans()):
        allows.append(Allow(("create", "update", "delete", *actions[4:]), draw(mostly)))
    for _ in range(draw(st.integers(0, 2))):
        chosen = draw(st.lists(st.sampled_from(actions), min_size=1, max_size=3, unique=True))
        allows.append(Allow(tuple(chosen), draw(mostly)))
    names = [*members[resource.name], *(one for one in OWN[resource.name] if one != "version")]
    hidden = draw(st.lists(st.sampled_from(names), max_size=2, unique=True))
    frozen = draw(st.lists(st.sampled_from(list(members[resource.name])), max_size=1))
    return Policy(
        tuple(allows),
        tuple(Hide(name, draw(rule)) for name in hidden),
        tuple(Freeze(name, draw(rule)) for name in frozen),
    )


def rules(name: str, members: Mapping[str, Members]) -> st.SearchStrategy[e.Expression]:
    """Conditions on a row and those that it leads to, and on who asks."""
    own = field_conditions(name, dict(members[name]), e.ROW, ())
    match name:
        case "Book":
            keeper = "keeper" if "keeper" in members[name] else "title"
            return combined(
                st.one_of(
                    own,
                    field_conditions("Shelf", dict(SHELF), e.ROW, ("shelf",)),
                    about_actor("Book", keeper),
                    field_conditions("Remark", dict(REMARK), INNER, ()).map(some_remark),
                )
            )
        case "Remark":
            above = field_conditions("Book", dict(members["Book"]), e.ROW, ("book",))
            return combined(st.one_of(own, above, about_actor("Remark", "text")))
        case _:
            return combined(st.one_of(own, about_actor("Shelf", "label")))


# -- asks --------------------------------------------------------------------------------------
def conditions(name: str, members: Mapping[str, Members]) -> st.SearchStrategy[Where]:
    known = dict(members[name])
    below: dict[str, dict[str, Members]] = {
        "Shelf": {"books": members["Book"], "books.remarks": REMARK},
        "Book": {"shelf": SHELF, "remarks": REMARK, "shelf.books": members["Book"]},
        "Remark": {"book": members["Book"], "book.shelf": SHELF},
    }
    for path, found in below[name].items():
        known |= {f"{path}.{field}": values for field, values in found.items()}
    leaves = st.sampled_from(sorted(known)).flatmap(lambda field: has(field, known[field]))
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, min_size=1, max_size=2).map(lambda parts: Both(tuple(parts))),
            st.lists(inner, min_size=1, max_size=2).map(lambda parts: Either(tuple(parts))),
            inner.map(Unless),
        ),
        max_leaves=3,
    )


@st.composite
def pictures(draw: st.DrawFn, name: str, members: Mapping[str, Members]) -> dict[str, str]:
    """What is to be shown of rows."""
    known = [*members[name], *OWN[name]]
    fields = draw(st.just([]) | st.lists(st.sampled_from(known), min_size=1, unique=True))
    include = draw(st.lists(st.sampled_from(INCLUDES[name]), max_size=2, unique=True))
    return {"fields": ",".join(["id", *fields] if fields else []), "include": ",".join(include)}


@st.composite
def readings(draw: st.DrawFn, drawn: Drawn) -> Reading:
    name = draw(st.sampled_from(["Book", "Book", "Shelf", "Remark"]))
    members = drawn.members
    searchable = drawn.ruled.resource_named[name].search_fields
    sortable = [*members[name], "created_at"]
    sort = draw(st.lists(st.sampled_from(sortable), max_size=2, unique=True))
    return Reading(
        name,
        draw(st.none() | st.none() | PLACES) if name != "Shelf" else None,
        draw(st.none() | conditions(name, members)),
        draw(st.none() | st.sampled_from(["a", "b", "a b"])) if searchable else None,
        ",".join(draw(st.sampled_from([one, f"-{one}"])) for one in sort),
        draw(st.sampled_from([None, 1, 2])),
        count=draw(st.sampled_from(["", "exact"])),
        **draw(pictures(name, members)),
    )


@st.composite
def lookings(draw: st.DrawFn, drawn: Drawn) -> Looking:
    name = draw(st.sampled_from(["Book", "Shelf", "Remark"]))
    return Looking(name, draw(PLACES), **draw(pictures(name, drawn.members)))


@st.composite
def writings(draw: st.DrawFn, drawn: Drawn) -> Writing:
    name = draw(st.sampled_from(["Book", "Book", "Shelf", "Remark"]))
    commands = ["lend"] if name == "Book" else []
    what = draw(st.sampled_from(["create", "update", "replace", "delete", *commands]))
    at, whole = draw(PLACES), what in {"create", "replace"}
    if what in {"delete", "lend"}:
        return Writing(what, name, at, {})
    members = drawn.members[name]
    needed = [field for field in members if whole and field not in OPTIONAL | {"height", "stars"}]
    further = draw(st.sets(st.sampled_from(sorted(members)), min_size=0 if whole else 1))
    values: dict[str, Any] = {}
    for field in sorted({*needed, *further}):
        optional = field in OPTIONAL or (name, field) in {("Shelf", "height"), ("Remark", "stars")}
        values[field] = draw(st.none() | members[field] if optional else members[field])
    if "title" in values and draw(st.integers(0, 5)) == 0:
        values["title"] = "x" * (MOST_TITLE + 1)
    if name == "Book" and draw(st.booleans()):
        values["shelf_id"] = draw(st.none() | PLACES)
    if name == "Remark" and whole:
        values["book_id"] = draw(PLACES)
    return Writing(what, name, at, values)


HOWS: tuple[Callable[[Drawn], st.SearchStrategy[Asking]], ...] = (
    readings, readings, lookings, writings, writings,
)  # fmt: skip


@st.composite
def cases(draw: st.DrawFn, *, questions: int = 6) -> Case:
    drawn = draw(contracts())
    made = draw(rows())
    kept = set(drawn.members["Book"])
    books = [(at, {k: v for k, v in book.items() if k in kept}) for at, book in made.books]
    asked: list[tuple[Someone | None, Asking]] = []
    for _ in range(questions):
        how = draw(st.sampled_from(HOWS))
        asked.append((draw(ACTORS), draw(how(drawn))))
    return Case(drawn, replace(made, books=books), tuple(asked))
