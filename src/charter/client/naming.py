"""What the types of a model are called in a language."""

from collections.abc import Collection, Iterable, Iterator, Mapping

from charter.client.model import Member, Model, Place, Plain
from charter.core.names import pascal


class Names:
    """Gives each thing a name that no other has: what is taken gets underscores behind it, which
    no name of a contract ends with."""

    def __init__(self, taken: Iterable[str]) -> None:
        self._taken = set(taken)

    def take(self, name: str) -> str:
        while name in self._taken:
            name += "_"
        self._taken.add(name)
        return name


def type_names(model: Model, taken: Collection[str], parts: Collection[str]) -> Mapping[str, str]:
    """The names of all types: `Order.New` is `OrderNew`. Rows come first, so they keep theirs;
    each has `parts`, types of its own beside it."""
    names = Names(taken)
    types = dict.fromkeys(_types(model, parts))
    return {item: names.take(item.replace(".", "")) for item in types}


def _types(model: Model, parts: Collection[str]) -> Iterator[str]:
    for row in model.rows:
        yield row.name
    for failure in model.failures:
        yield failure.name
    yield client_type(model)
    for row in model.rows:
        yield from (f"{row.name}.{part}" for part in parts)
    yield from (item.name for item in model.structs)
    for call in model.all_calls:
        if call.input is not None:
            yield call.input.name
    yield from (place.name for place in all_places(model))


def client_type(model: Model) -> str:
    """The name among the types of the client itself."""
    return f"{pascal(model.name.replace('-', '_'))}.Client"


def all_places(model: Model) -> Iterator[Place]:
    """The places, each behind those below it."""
    for place in model.places:
        yield from place.below
        yield place


def choice_names(model: Model, names: Mapping[str, str]) -> Mapping[tuple[str, ...], str]:
    """A name for each set of words that a value can be one of, after who has it first."""
    found: dict[tuple[str, ...], str] = {}
    taken = Names(names.values())
    for owner, member in _members(model):
        item = member.shape.item
        if isinstance(item, Plain) and item.choices and item.choices not in found:
            found[item.choices] = taken.take(owner.replace(".", "") + pascal(member.name))
    return found


def _members(model: Model) -> Iterator[tuple[str, Member]]:
    for row in model.rows:
        yield from ((row.name, member) for member in row.members)
    for struct in model.structs:
        yield from ((struct.name, member) for member in struct.members)
    for call in model.all_calls:
        if call.input is not None:
            yield from ((call.input.name, member) for member in call.input.members)
        if call.result is not None:
            yield f"{call.owner or ''}{pascal(call.name)}", Member("result", call.result)
    for failure in model.failures:
        yield from ((failure.name, member) for member in failure.members)
