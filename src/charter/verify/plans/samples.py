"""Values for the slots of shapes, and actors who send them, from the rows that there are.

Each shape is run twice: for what many rows refer to, and for what few do. A plan that is good for
one can be bad for the other.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from charter.contract.contract import Contract
from charter.contract.expression import Claim, Column, Compare, walk
from charter.contract.types import Scalar, Type
from charter.core.text import fold
from charter.plan.actor import ANONYMOUS, Actor
from charter.sql.statement import Sources
from charter.verify.data.fill import Filled
from charter.verify.plans.shape import Choice, Shape, Wanted
from charter.verify.scratch.model import Scratch

_RANK = 10
"""The popular one is not the first of all, which few requests are about, but the one behind ten."""
_LIST = 3
_PREFIX = 3


class Rank(StrEnum):
    POPULAR = "popular"
    USUAL = "usual"


@dataclass(frozen=True, slots=True)
class Samples:
    """What values are taken from. `own` has one value for columns of Charter's own tables."""

    filled: Filled
    own: Mapping[tuple[str, str], Any]

    def sources(self, shape: Shape, rank: Rank) -> Sources:
        """The values, the actor and the time of a request of this shape."""
        values = tuple(self._value(wanted, rank) for wanted in shape.wanted)
        return Sources(values, self.actor(shape, rank), self.filled.until)

    def actor(self, shape: Shape, rank: Rank) -> Actor:
        """An actor of the shape's first kind, with many rows or with a usual number of them."""
        if shape.roles is None:
            return ANONYMOUS
        account, tenant = _ranked(self.filled.world.actors, rank) or (self._somebody(rank), None)
        contract = self.filled.contract
        if contract.tenancy is not None and tenant is None:
            tenant = self._key(contract.tenancy.resource, rank)
        return Actor(
            str(account),
            frozenset(shape.roles),
            _claims(contract, self, rank),
            tenant=None if tenant is None else str(tenant),
        )

    def _somebody(self, rank: Rank) -> Any:
        return self._key(self.filled.contract.user, rank) or "nobody"

    def _value(self, wanted: Wanted, rank: Rank) -> Any:
        match wanted.choice:
            case Choice.TIME:
                return self.filled.until
            case Choice.NULL:
                return rank is Rank.POPULAR
            case _ if (wanted.resource, wanted.field) in self.own:
                return self.own[wanted.resource, wanted.field]
            case _ if wanted.resource not in self.filled.contract.resource_named:
                return "nothing"
            case Choice.WORD:
                found = str(self._of_field(wanted, rank) or "nothing")
                return (fold(found.rsplit(maxsplit=1)[-1]),)
            case Choice.LIST:
                return tuple(self._several(wanted))
            case Choice.MIDDLE | Choice.HIGH:
                return self._at(wanted, 0.5 if wanted.choice is Choice.MIDDLE else 0.97)
            case Choice.PREFIX:
                return str(self._of_field(wanted, rank) or "a")[:_PREFIX] + "*"
            case Choice.ITEM:
                found = self._of_field(wanted, rank)
                return found[0] if found else _something(self._type(wanted))
            case _:
                return self._of_field(wanted, rank)

    def _of_field(self, wanted: Wanted, rank: Rank) -> Any:
        if wanted.field == "id":
            return self._key(wanted.resource, rank)
        referred = self.filled.world.referred.get((wanted.resource, wanted.field))
        if referred:
            return _ranked(referred, rank)
        present = list(self._present(wanted))
        plain = [one for one in present if not isinstance(one, list | dict)]
        if not plain:
            return present[0] if present else _something(self._type(wanted))
        return _ranked(Counter(plain), rank, first=True)

    def _key(self, resource: str, rank: Rank) -> Any:
        """A key that many rows refer to, or one that a usual number does."""
        counts: Counter[Any] = Counter()
        for (name, field), found in self.filled.world.referred.items():
            item = self.filled.contract.resource_named[name].field_named[field]
            if item.references == resource:
                counts.update(found)
        keys = self.filled.world.keys.get(resource) or [None]
        return _ranked(counts, rank) or keys[len(keys) // 2]

    def _several(self, wanted: Wanted) -> Iterator[Any]:
        present = list(dict.fromkeys(self._present(wanted)))
        return iter(present[:: max(1, len(present) // _LIST)][:_LIST])

    def _at(self, wanted: Wanted, share: float) -> Any:
        present = sorted(self._present(wanted))
        if not present:
            return _something(self._type(wanted))
        return present[min(len(present) - 1, int(len(present) * share))]

    def _present(self, wanted: Wanted) -> Iterator[Any]:
        for row in self.filled.world.samples.get(wanted.resource, ()):
            if row.get(wanted.field) is not None:
                yield row[wanted.field]

    def _type(self, wanted: Wanted) -> Type | None:
        return self.filled.contract.resource_named[wanted.resource].type_of(wanted.field)


async def samples_of(filled: Filled, scratch: Scratch, shapes: Sequence[Shape]) -> Samples:
    """With one value for each column of Charter's own tables that the shapes want."""
    own: dict[tuple[str, str], Any] = {}
    for shape in shapes:
        for wanted in shape.wanted:
            named = wanted.resource in filled.contract.resource_named or not wanted.resource
            if not named and (wanted.resource, wanted.field) not in own:
                quote = scratch.dialect.quote
                text = f"SELECT {quote(wanted.field)} FROM {quote(wanted.resource)} LIMIT 1"  # noqa: S608
                rows = await scratch.fetch(text)
                own[wanted.resource, wanted.field] = rows[0][0] if rows else "nothing"
    return Samples(filled, own)


def _ranked(counts: Counter[Any], rank: Rank, *, first: bool = False) -> Any:
    """The one that many rows have, or one that as many have as usual; None of nothing."""
    ordered = counts.most_common()
    if not ordered:
        return None
    if rank is Rank.USUAL:
        return ordered[len(ordered) // 2][0]
    return ordered[0 if first else min(_RANK, len(ordered) - 1)][0]


def _claims(contract: Contract, samples: Samples, rank: Rank) -> Mapping[str, Any]:
    """Claims such that the policies that ask for them let some rows through."""
    found: dict[str, Any] = {}
    for resource in contract.resources:
        for rule in resource.policy.allows:
            for part in walk(rule.when):
                match part:
                    case Compare(_, Column(path=(), field=field), Claim(name)) | Compare(
                        _, Claim(name), Column(path=(), field=field)
                    ):
                        found.setdefault(
                            name, samples._of_field(Wanted(resource.name, field), rank)
                        )
                    case Claim(name, kind):
                        found.setdefault(name, _something(kind))
    return found


_THINGS: Mapping[Scalar, Any] = {
    Scalar.INTEGER: 1,
    Scalar.FLOAT: 1.0,
    Scalar.DECIMAL: Decimal(1),
    Scalar.DATE: date(2025, 1, 1),
    Scalar.DATETIME: datetime(2025, 1, 1, tzinfo=UTC),
    Scalar.UUID: UUID(int=0),
    Scalar.BOOLEAN: True,
}


def _something(kind: Type | None) -> Any:
    return None if kind is None else _THINGS.get(kind.scalar, "something")
