"""The names that are made from those of a contract: of keys of other rows, of cut lists."""

from charter.contract.command import Parameter
from charter.contract.resource import Relation, Resource
from charter.core.names import plural


def link_name(relation: Relation) -> str:
    """A many-to-many relation `tags` is written as a list of keys, `tag_ids`."""
    return f"{singular(relation.name)}_ids"


def cut_name(resource: Resource, out: str) -> str | None:
    """The member that tells that a list `lines` inside a row is cut: `lines_cut`.

    None where the resource has a field or relation of that name: there, nothing tells.
    """
    name = f"{out}_cut"
    names = (*resource.field_named, *resource.computed_named, *resource.relation_named)
    return None if name in names else name


def input_name(parameter: Parameter) -> str:
    """An input that is a row, `product`, is given as `product_id`; rows as `product_ids`."""
    name = parameter.name
    if parameter.references is None or name.endswith(("_id", "_ids")):
        return name
    return f"{singular(name)}_ids" if parameter.type.many else f"{name}_id"


def singular(name: str) -> str:
    """The name whose plural this is, or the name itself where no rule leads back."""
    guesses = (name[:-3] + "y", name[:-2], name[:-1], *(_irregular(name),))
    return next((guess for guess in guesses if guess and plural(guess) == name), name)


def _irregular(name: str) -> str:
    head, underscore, word = name.rpartition("_")
    return head + underscore + _SINGULAR.get(word, word)


_SINGULAR = {
    plural(word): word
    for word in ("person", "child", "man", "woman", "datum", "medium", "criterion", "analysis")
}
