"""Whether one condition implies another, as far as can be proved cheaply.

First by their form: every alternative of the one contains all that some alternative of the
other demands. Else by trying every way in which the values that they speak of can lie to each
other and to the constants: what holds in all of those holds of all rows. What cannot be proved
within `MOST_MODELS` counts as not implied.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from charter.contract import expression as e
from charter.contract.types import NUMERIC, TEXTUAL, Scalar, Type
from charter.plan.rewrite import inner_scopes, rescoped

MOST_MODELS = 20_000
MOST_ALTERNATIVES = 64
_INNER = 1_000
"""The scope number of related rows while two conditions on them are compared."""
_ORDERED = frozenset({e.Operator.LT, e.Operator.LE, e.Operator.GT, e.Operator.GE})
_LIKES = frozenset({e.Operator.LIKE, e.Operator.FOLDED_LIKE})
_ACTOR = e.ActorId(Type(Scalar.TEXT))


def implies(one: e.Expression, other: e.Expression) -> bool:
    """Whether it is proved that wherever the one condition holds, the other does too."""
    one, other = _normal(one), _normal(other)
    if one in (other, e.NEVER) or other == e.ALWAYS:
        return True
    return _contained(one, other) or _holds_in_all_models(one, other)


def _normal(expression: e.Expression) -> e.Expression:
    """The condition with the rows of its aggregates numbered in the order in which they come."""
    return rescoped(expression, {}, inner_scopes())


# -- by form -----------------------------------------------------------------------------------
def _contained(one: e.Expression, other: e.Expression) -> bool:
    left, right = _alternatives(one), _alternatives(other)
    if max(len(left), len(right)) > MOST_ALTERNATIVES:
        return False
    return all(any(needed <= given for needed in right) for given in left)


def _alternatives(expression: e.Expression) -> Sequence[frozenset[e.Expression]]:
    """The disjunctive normal form, as far as it stays small."""
    match expression:
        case e.AnyOf(parts):
            return [demands for part in parts for demands in _alternatives(part)]
        case e.AllOf(parts):
            ways = [_alternatives(part) for part in parts]
            count = 1
            for way in ways:
                count *= max(len(way), 1)
            if count > MOST_ALTERNATIVES:
                return [frozenset({expression})]
            return [frozenset().union(*chosen) for chosen in product(*ways)]
        case _:
            return [frozenset({expression})]


# -- by models ---------------------------------------------------------------------------------
@dataclass(slots=True)
class _Leaves:
    """What two conditions speak of: values that are compared, and what simply holds or not."""

    terms: dict[e.Expression, Type] = field(default_factory=dict)
    truths: dict[e.Expression, None] = field(default_factory=dict)
    constants: dict[str, set[Any]] = field(default_factory=dict)
    ordered: set[str] = field(default_factory=set)

    def condition(self, expression: e.Expression) -> None:
        match expression:
            case e.Truth():
                pass
            case e.AllOf(parts) | e.AnyOf(parts):
                for part in parts:
                    self.condition(part)
            case e.Not(operand):
                self.condition(operand)
            case e.Authenticated():
                self.terms[_ACTOR] = _ACTOR.type
            case e.IsNull(operand):
                self.value(operand)
            case e.Compare(operator, left, right) if operator not in _LIKES:
                if operator in _ORDERED:
                    self.ordered |= {_sort(left), _sort(right)}
                self.value(left)
                self.value(right)
            case e.OneOf(left, options):
                for part in (left, *options):
                    self.value(part)
            case e.Column() | e.Claim():
                self.value(expression)
            case _:
                self.truths[expression] = None

    def value(self, expression: e.Expression) -> None:
        match expression:
            case e.Constant(None):
                pass
            case e.Constant(value):
                self.constants.setdefault(_sort(expression), set()).add(value)
            case e.ActorId():
                self.terms[_ACTOR] = expression.type
            case _:
                self.terms[expression] = e.type_of(expression) or Type(Scalar.BOOLEAN)


def _sort(expression: e.Expression) -> str:
    """What a value can be compared with."""
    kind = e.type_of(expression)
    if kind is None or kind.many:
        return "other"
    if kind.scalar in TEXTUAL:
        return "text"
    return "number" if kind.scalar in NUMERIC else kind.scalar.value


Model = Mapping[e.Expression, Any]


def _holds_in_all_models(one: e.Expression, other: e.Expression) -> bool:
    leaves = _Leaves()
    leaves.condition(one)
    leaves.condition(other)
    domains = {term: _domain(leaves, term, kind) for term, kind in leaves.terms.items()}
    count = 2 ** len(leaves.truths)
    for domain in domains.values():
        count *= len(domain)
    if count > MOST_MODELS:
        return False
    known = _known(leaves)
    return all(
        not _holds(one, model, known) or _holds(other, model, known)
        for model in _models(leaves, domains)
    )


def _models(leaves: _Leaves, domains: Mapping[e.Expression, Sequence[Any]]) -> Iterator[Model]:
    linked = _links(tuple(leaves.truths))
    for truths in product((False, True), repeat=len(leaves.truths)):
        held = dict(zip(leaves.truths, truths, strict=True))
        if any(held[one] and not held[other] for one, other in linked):
            continue
        for values in product(*domains.values()):
            yield {**held, **dict(zip(domains, values, strict=True))}


def _links(truths: Sequence[e.Expression]) -> list[tuple[e.Expression, e.Expression]]:
    """Pairs of which the first implies the second: some row of the one kind is one of the other."""
    found = [part for part in truths if isinstance(part, e.Aggregate)]
    return [
        (one, other)
        for one in found
        for other in found
        if one is not other
        and (one.function, one.start, one.path) == (other.function, other.start, other.path)
        and one.function is e.Function.EXISTS
        and implies(_where(one), _where(other))
    ]


def _where(aggregate: e.Aggregate) -> e.Expression:
    where = aggregate.where or e.ALWAYS
    return rescoped(where, {aggregate.scope: _INNER}, inner_scopes(above=_INNER))


def _known(leaves: _Leaves) -> Mapping[str, Mapping[Any, float]]:
    """Where the constants of each sort lie on a line, far enough apart for others in between."""
    return {
        sort: {value: float((place + 1) * 100) for place, value in enumerate(_sorted(values))}
        for sort, values in leaves.constants.items()
    }


def _sorted(values: set[Any]) -> list[Any]:
    return sorted(values, key=lambda value: (type(value) is str, value))


def _domain(leaves: _Leaves, term: e.Expression, kind: Type) -> Sequence[Any]:
    """Where the value of a term can lie: nowhere (null), at each constant, and between them."""
    sort = "text" if term == _ACTOR else _sort(term)
    if kind.scalar is Scalar.BOOLEAN and not kind.many:
        return (None, False, True)
    constants = _known(leaves).get(sort, {})
    if kind.choices and sort not in leaves.ordered and not _compared(leaves, term):
        there = [place for value, place in constants.items() if value in kind.choices]
        others = [float(-1)] if set(kind.choices) - set(constants) else []
        return (None, *there, *others)
    rivals = sum(1 for other in leaves.terms if (_sort(other) == sort or other == _ACTOR))
    gaps = range(len(constants) + 1) if sort in leaves.ordered else range(1)
    free = [gap * 100.0 + step + 1 for gap in gaps for step in range(max(rivals, 1))]
    return (None, *constants.values(), *free)


def _compared(leaves: _Leaves, term: e.Expression) -> bool:
    """Whether there is another value, not written down, that the term may be compared with."""
    return any(other != term and _sort(other) == _sort(term) for other in leaves.terms)


def _holds(
    expression: e.Expression, model: Model, known: Mapping[str, Mapping[Any, float]]
) -> bool:
    def value(part: e.Expression) -> Any:
        match part:
            case e.Constant(None):
                return None
            case e.Constant(bool() as truth):
                return truth
            case e.Constant(constant):
                return known[_sort(part)][constant]
            case e.ActorId():
                return model[_ACTOR]
            case _:
                return model[part]

    def holds(part: e.Expression) -> bool:
        match part:
            case e.Truth(truth):
                return truth
            case e.AllOf(parts):
                return all(map(holds, parts))
            case e.AnyOf(parts):
                return any(map(holds, parts))
            case e.Not(operand):
                return not holds(operand)
            case e.Authenticated():
                return model[_ACTOR] is not None
            case e.IsNull(operand):
                return value(operand) is None
            case e.Compare(operator, left, right) if operator not in _LIKES:
                return _compare(operator, value(left), value(right))
            case e.OneOf(left, options):
                return any(_compare(e.Operator.EQ, value(left), value(one)) for one in options)
            case _:
                return model[part] is True

    return holds(expression)


def _compare(operator: e.Operator, left: Any, right: Any) -> bool:
    if left is None or right is None:
        return operator is e.Operator.NE
    match operator:
        case e.Operator.EQ:
            return bool(left == right)
        case e.Operator.NE:
            return bool(left != right)
        case e.Operator.LT:
            return bool(left < right)
        case e.Operator.LE:
            return bool(left <= right)
        case e.Operator.GT:
            return bool(left > right)
        case _:
            return bool(left >= right)
