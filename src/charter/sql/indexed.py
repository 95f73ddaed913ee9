"""The fields that stand in keys and indexes, and how long their texts can be."""

from collections.abc import Iterator, Mapping
from types import MappingProxyType

from charter.contract.resource import Field, Resource
from charter.contract.types import DEFAULT_TEXT_LENGTH, Scalar
from charter.core.places import Place
from charter.plan.texts import EMAIL_LENGTH, URL_LENGTH

KEY_LENGTH = 255
"""Characters of a key that is a text: a subject of OpenID Connect has no more (Core, section 2)."""
_LENGTHS: Mapping[Scalar, int] = MappingProxyType(
    {Scalar.EMAIL: EMAIL_LENGTH, Scalar.URL: URL_LENGTH}
)
Group = tuple[tuple[Field, ...], Place]


def indexed(resource: Resource, *, carried: bool = False) -> Iterator[Group]:
    """The fields of each key and index, and where it was said; those that an index only carries
    along (`include`) on demand."""
    for field in resource.fields:
        if field.unique or field is resource.key or field.references is not None:
            yield (field,), field.place
    named = [(item.fields, item.place) for item in resource.uniques]
    named += [
        ((*item.fields, *(item.include if carried else ())), item.place)
        for item in resource.indexes
    ]
    for names, place in named:
        fields = (resource.field_named.get(name.removeprefix("-")) for name in names)
        yield tuple(field for field in fields if field is not None), place


def indexed_names(resource: Resource) -> frozenset[str]:
    """The names of all fields that stand in a key or index, or are carried along by one."""
    groups = indexed(resource, carried=True)
    return frozenset(field.name for fields, _ in groups for field in fields)


def characters(field: Field) -> int:
    """The most characters that a text of the field has."""
    kind = field.type
    if kind.choices:
        return max(len(choice) for choice in kind.choices)
    if kind.max_length is not None:
        return kind.max_length
    if field.name == "id" or field.references is not None:
        return KEY_LENGTH
    return _LENGTHS.get(kind.scalar, DEFAULT_TEXT_LENGTH)
