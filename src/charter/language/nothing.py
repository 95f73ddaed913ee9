"""Whether an expression can come out as nothing."""

from charter.contract.expression import (
    ROW,
    ActorId,
    ActorTenant,
    Aggregate,
    Claim,
    Column,
    Compute,
    Expression,
    Function,
)
from charter.language.drafts import Draft

_ALWAYS_SOME = frozenset({Function.EXISTS, Function.COUNT, Function.SUM})


def can_be_nothing(draft: Draft, resource: str, expression: Expression) -> bool:
    """Whether a value over a row of the resource can be null."""
    match expression:
        case Column(scope, path, field) if scope == ROW:
            return _column(draft, resource, path, field)
        case Compute(_, left, right):
            return any(can_be_nothing(draft, resource, side) for side in (left, right))
        case Aggregate(function=function):
            return function not in _ALWAYS_SOME
        case ActorId() | ActorTenant() | Claim() | Column():
            return True
    return False


def _column(draft: Draft, resource: str, path: tuple[str, ...], field: str) -> bool:
    for name in path:
        relation = draft.resources[resource].relations[name]
        if relation.optional:
            return True
        resource = relation.target
    stored = draft.resources[resource].fields.get(field)
    if stored is not None:
        return stored.optional
    computed = draft.resources[resource].computed.get(field)
    return computed is None or computed.optional
