"""The lists of a class: rows that refer to it, its parts, and many-to-many relations."""

from collections import Counter
from collections.abc import Mapping, Sequence

from charter.core.names import snake
from charter.understand.draft import Argument, Attribute, Call, Code
from charter.understand.names import field_name, list_name
from charter.understand.references import Reference
from charter.understand.sketch import Meaning, Sketch
from charter.understand.source import literal
from charter.understand.tables import Pair
from charter.understand.words import plural_of, words_of


def add_inverses(sketches: Mapping[str, Sketch], made: Sequence[Reference]) -> None:
    """For every reference the list on the other side; for parts that of their owner."""
    between = Counter((item.source.table.name, item.target.table.name) for item in made)
    for item in made:
        source, target = sketches[item.source.table.name], sketches[item.target.table.name]
        ends = (source.table.name, target.table.name)
        several = between[ends] > 1
        own = source.table.name == target.table.name
        relation = source.fields[item.column.name]
        said = relation if several or own else None
        name = list_name(source.snake, target.snake, target.given, said)
        arguments = (Argument(literal(relation)),) if several else ()
        word = "owned" if item.owned else "inverse"
        _add(target, name, source.name, Call(word, arguments))
        source.part = source.part or item.owned
        if target.meaning is Meaning.USER:
            continue


def add_links(sketches: Mapping[str, Sketch], pairs: Sequence[Pair], own: frozenset[str]) -> None:
    """For every table of pairs a list on both sides; on one only, where both are the same."""
    ends = Counter(frozenset(_ends(pair)) for pair in pairs)
    for pair in pairs:
        near, far = (sketches[name] for name in _named(pair, sketches))
        several = ends[frozenset(_ends(pair))] > 1
        same = near is far
        if pair.table.name in own:
            _own_link(list(sketches.values()), near, far, pair)
            continue
        name = _link_name(near, far, pair, near_is_far=same)
        _add(near, name, far.name, Call("linked", _where(pair)))
        _rest(pair, near, name)
        if not same:
            back = _link_name(far, near, pair, near_is_far=False)
            other = (Argument(literal(name)),) if several else ()
            _add(far, back, near.name, Call("linked", other))


def _own_link(order: Sequence[Sketch], near: Sketch, far: Sketch, pair: Pair) -> None:
    """The list after which Charter has called the table: `tracks` of `playlist_tracks`.

    The other side has one too where it stands below: the one above gives the name.
    """
    for side, other in ((near, far), (far, near)):
        name = pair.table.name.removeprefix(f"{side.snake}_")
        if name != pair.table.name and side.given.free(name):
            side.given.take(name)
            _add(side, name, other.name, Call("linked"))
            if order.index(side) < order.index(other):
                back = plural_of(side.snake)
                if other.given.free(back):
                    other.given.take(back)
                    _add(other, back, side.name, Call("linked", (Argument(literal(name)),)))
            return


def _ends(pair: Pair) -> tuple[str, str]:
    return pair.near.target.lower(), pair.far.target.lower()


def _named(pair: Pair, sketches: Mapping[str, Sketch]) -> tuple[str, str]:
    tables = {name.lower(): name for name in sketches}
    near, far = _ends(pair)
    return tables[near], tables[far]


def _where(pair: Pair) -> tuple[Argument, ...]:
    return (
        Argument(literal(pair.table.name), "table"),
        Argument(literal(pair.near.columns[0]), "near"),
        Argument(literal(pair.far.columns[0]), "far"),
    )


def _link_name(near: Sketch, far: Sketch, pair: Pair, *, near_is_far: bool) -> str:
    plain = plural_of(far.snake)
    if near_is_far:
        words = [word for word in words_of(pair.far.columns[0]) if word != "id"]
        plain = plural_of(snake("_".join(words))) if words else plain
    return field_name(tuple(plain.split("_")), near.snake, near.given, (f"linked_{plain}",))


def _rest(pair: Pair, sketch: Sketch, name: str) -> None:
    """Tells of columns beside the two references, which a list of rows does not show."""
    ends = {*pair.near.columns, *pair.far.columns}
    key = pair.table.key.columns if pair.table.key is not None else ()
    rest = [
        column.name
        for column in pair.table.columns
        if column.name not in ends and (column.name,) != key
    ]
    if rest:
        why = f"the columns {', '.join(rest)} of {pair.table.name} are left out"
        sketch.concern(name, "more than pairs", why)
        sketch.notes.append(f"look: {why}")


def _add(sketch: Sketch, name: str, target: str, value: Call) -> None:
    annotation = Code(f"list[{literal(target)}]")
    sketch.attributes.append(Attribute(name, annotation, value))
