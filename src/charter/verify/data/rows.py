"""The rows of one resource, one after the other."""

import random
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from charter.contract.contract import Contract
from charter.contract.expression import Column, Compare, Expression, walk
from charter.contract.resource import Check, Field, Made, Resource
from charter.contract.types import Scalar
from charter.plan.matrix import roles_in
from charter.plan.unfit import Unfit
from charter.plan.values import json_reader
from charter.verify.data.dice import dice_for, skewed, skewed_early
from charter.verify.data.holds import Unknown, holds
from charter.verify.data.values import SPAN, CannotMake, Maker, Moment, maker_of
from charter.verify.data.words import person
from charter.verify.data.world import World

_UNLIKE = 24
"""Tries to make a row that is unlike all others where it has to be."""
_FAIR = 4
"""From which try on references are chosen without skew."""
_CHECKS = 60
"""Tries to make a row that keeps the rules of its resource."""
_BARREN = 200
"""Rows in a row that could not be made: then there are no more."""
_HOPELESS = 10
"""The same, where none could be made at all."""
_EMPTY_SHARE = 0.2
_MADE_BY_DATABASE = frozenset({"created_at", "updated_at", "version"})
_LABEL_BITS = 74
_LONGEST_ACCOUNT = 200

Row = dict[str, Any]


@dataclass
class Rows:
    """Makes the rows of one resource, `count` of them, and `spare` more."""

    contract: Contract
    resource: Resource
    count: int
    seed: int
    until: datetime
    world: World
    spare: int = 0
    _seen: dict[tuple[str, ...], set[Any]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        resource = self.resource
        self._dice = dice_for(self.seed, resource.name)
        self._makers = {item.name: self._maker(item) for item in self._plain()}
        self._references = [item for item in resource.fields if item.references is not None]
        alone = [(item.name,) for item in resource.fields if item.unique]
        self._uniques = [("id",), *alone, *(unique.fields for unique in resource.uniques)]
        self._seen = {fields: set() for fields in self._uniques}
        self._owner = resource.relation_named[resource.owner].near if resource.owner else None
        self._owners = self._owners_of_parts()
        self._ordered = [pair for check in resource.checks for pair in _ordered_pairs(check)]

    def __iter__(self) -> Iterator[Row]:
        """The rows, then the spare ones; fewer where uniqueness allows no more."""
        barren, some = 0, False
        for number in range(self.count + self.spare):
            row = self._row(number)
            barren = 0 if row is not None else barren + 1
            if row is not None:
                some = True
                yield row
            elif barren == (_BARREN if some else _HOPELESS):
                return

    # -- one row -------------------------------------------------------------------------------
    def _row(self, number: int) -> Row | None:
        made_at = self._made_at(number)
        at = Moment(number, made_at, self.until)
        tenant = self._tenant(number)
        row: Row = {
            "created_at": made_at,
            "updated_at": made_at + timedelta(seconds=int(86_400 * self._dice.random() ** 6)),
            "version": 1,
        }
        wanted = [name for name in (item.name for item in self.resource.fields) if name not in row]
        for attempt in range(_UNLIKE):
            at = replace(at, attempt=attempt)
            for name in wanted:
                row[name] = self._value(name, tenant, at)
                if row[name] is _NONE_THERE:
                    return None
            if not self._kept(row, at):
                continue
            taken = [fields for fields in self._uniques if self._is_taken(row, fields)]
            if not taken:
                for fields in self._uniques:
                    self._seen[fields].add(_values(row, fields))
                return row
        return None

    def _value(self, name: str, tenant: Any, at: Moment) -> Any:
        item = self.resource.field_named[name]
        if name == self.resource.tenant and item.references is not None:
            return tenant
        if item.references is not None:
            return self._reference(item, tenant, at)
        return self._makers[name](self._dice, at)

    def _reference(self, item: Field, tenant: Any, at: Moment) -> Any:
        dice, target = self._dice, str(item.references)
        if item.name == self._owner and self._owners:
            return self._owners[min(at.number, len(self._owners) - 1)]
        if item.optional and not item.unique and dice.random() < _EMPTY_SHARE:
            return None
        options = self.world.candidates(target, tenant)
        if not options:
            return None if item.optional else _NONE_THERE
        if item.unique:
            return options[(at.number + at.attempt) % len(options)]
        return skewed(dice, options) if at.attempt < _FAIR else dice.choice(options)

    def _kept(self, row: Row, at: Moment) -> bool:
        """Whether the row keeps the rules of its resource, after some changes to it."""
        broken = self._broken(row)
        for _ in range(_CHECKS):
            if broken is None:
                return True
            for less, more in self._ordered:
                if row.get(less) is not None and row.get(more) is not None:
                    row[less], row[more] = sorted((row[less], row[more]))
            broken = self._broken(row)
            if broken is None:
                return True
            for name in _fields_of(broken.expression):
                self._change(row, name, at)
            broken = self._broken(row)
        return broken is None

    def _change(self, row: Row, name: str, at: Moment) -> None:
        item = self.resource.field_named.get(name)
        if item is not None and item.optional and self._dice.random() < _EMPTY_SHARE:
            row[name] = None
        elif name in self._makers:
            row[name] = self._makers[name](self._dice, at)

    def _broken(self, row: Row) -> Check | None:
        for check in self.resource.checks:
            try:
                if not holds(check.expression, row):
                    return check
            except (Unknown, TypeError):
                continue
        return None

    def _is_taken(self, row: Row, fields: tuple[str, ...]) -> bool:
        values = _values(row, fields)
        return None not in values and values in self._seen[fields]

    def _is_person(self) -> bool:
        """Whether its names are those of people."""
        mailed = any(item.type.scalar is Scalar.EMAIL for item in self.resource.fields)
        return mailed or self.resource.name == self.contract.user

    # -- what is decided beforehand --------------------------------------------------------------
    def _plain(self) -> Iterator[Field]:
        for item in self.resource.fields:
            if item.references is None and item.name not in _MADE_BY_DATABASE:
                yield item

    def _maker(self, item: Field) -> Maker:
        if item.name == "id":
            return self._key_maker(item)
        grants = [one for one in self.contract.grants if one.resource == self.resource.name]
        roles = sorted(roles_in(self.contract))
        if any(one.role == item.name for one in grants) and roles and not item.type.choices:
            return lambda dice, _: skewed_early(dice, roles)
        try:
            return maker_of(item, of_person=self._is_person())
        except CannotMake as error:
            raise CannotMake(f"{self.resource.name}.{error}") from None

    def _key_maker(self, item: Field) -> Maker:
        if item.default is Made.SERIAL:
            return lambda _, at: at.number + 1
        if item.type.scalar is Scalar.UUID:
            return lambda dice, at: uuid7(at.made_at, dice)
        make = maker_of(replace(item, name="label", unique=True))
        if item.type.pattern or self.resource.name != self.contract.user:
            return make
        most = item.type.max_length or _LONGEST_ACCOUNT
        read = json_reader(item.type)

        def account(dice: random.Random, at: Moment) -> Any:
            name = person(dice).lower().replace(" ", ".").replace("'", "")
            try:
                return read(f"{name}.{at.number + 1}"[-most:])
            except Unfit:
                return make(dice, at)

        return account

    def _made_at(self, number: int) -> datetime:
        """When a row was made: the later ones follow each other more closely."""
        total = self.count + self.spare
        share = ((number + self._dice.random()) / total) ** 0.7
        exact: datetime = self.until - SPAN + SPAN * share
        return exact.replace(microsecond=exact.microsecond // 1000 * 1000)

    def _tenant(self, number: int) -> Any:
        """The tenant of a row; None where its resource has none."""
        resource, tenancy = self.resource, self.contract.tenancy
        if tenancy is None or resource.tenant is None or resource.name == tenancy.resource:
            return None
        if self._owners:
            return self._owner_tenants.get(self._owners[min(number, len(self._owners) - 1)])
        tenants = self.world.keys.get(tenancy.resource, [])
        if not tenants:
            return None
        # Each has a row, so that others of the same tenant have what to refer to.
        return tenants[number] if number < len(tenants) else skewed(self._dice, tenants)

    def _owners_of_parts(self) -> list[Any]:
        """For each part the row that it is a part of: a few parts each, in the order of time."""
        if self.resource.owner is None:
            return []
        target = self.resource.relation_named[self.resource.owner].target
        owners = self.world.keys.get(target, [])
        groups = self.world.by_tenant.get(target, {})
        self._owner_tenants = {key: tenant for tenant, keys in groups.items() for key in keys}
        total = self.count + self.spare
        places = sorted(self._dice.choices(range(len(owners)), k=total)) if owners else []
        return [owners[place] for place in places]


class _NoneThere:
    """Stands for a reference that has to be there and finds no row."""


_NONE_THERE = _NoneThere()


def uuid7(made_at: datetime, dice: random.Random) -> UUID:
    """A UUID of version 7 (RFC 9562, section 5.7), from a time and chance."""
    bits = dice.getrandbits(_LABEL_BITS)
    high, low = bits >> 62, bits & ((1 << 62) - 1)
    stamp = round(made_at.timestamp() * 1000)
    return UUID(int=stamp << 80 | 0x7 << 76 | high << 64 | 0x2 << 62 | low)


def _values(row: Row, fields: tuple[str, ...]) -> tuple[Any, ...]:
    found = (row[name] for name in fields)
    return tuple(str(one) if isinstance(one, list | dict) else one for one in found)


def _fields_of(expression: Expression) -> list[str]:
    return [part.field for part in walk(expression) if isinstance(part, Column)]


def _ordered_pairs(check: Check) -> Iterator[tuple[str, str]]:
    """Pairs of fields of which a rule wants the first to be less than the second."""
    for part in walk(check.expression):
        match part:
            case Compare(operator, Column(path=(), field=left), Column(path=(), field=right)):
                if operator.value in ("lt", "le"):
                    yield left, right
                elif operator.value in ("gt", "ge"):
                    yield right, left
