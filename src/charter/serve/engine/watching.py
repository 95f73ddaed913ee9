"""Reads that go on: their statements, and what makes another read of them necessary."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from charter.contract.contract import Contract
from charter.contract.resource import OnDelete, Resource
from charter.plan.ask import ReadMany, ReadOne, Sort
from charter.plan.plan import ManyPlan, OnePlan
from charter.plan.reads import plan_read
from charter.plan.view import View
from charter.sql.dialect import Dialect
from charter.sql.watch import Follow, watched_keys, watched_rows

WatchedForm = ReadOne | ReadMany
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_$]*|\"(?:[^\"]|\"\")+\"|`[^`]+`")


@dataclass(frozen=True, slots=True)
class Watch:
    """A read of rows of a resource that goes on. `some` has the keys in the slot behind the
    values of the ask.

    `itself` tells that a change of one of its rows changes no other. `others` are the resources,
    beside its own, whose rows it depends on; its own is among them where it is not `itself`.
    """

    resource: Resource
    whole: Follow
    some: Follow
    others: frozenset[str]
    parent: bool

    @property
    def itself(self) -> bool:
        return self.resource.name not in self.others


def whole_list(form: WatchedForm) -> WatchedForm:
    """The form without what only pages have: one that is sorted in another way is the same."""
    if isinstance(form, ReadOne):
        return form
    return replace(form, sort=(Sort("id"),), limit=None, after=None, count="none")


def watch_of(
    contract: Contract, dialect: Dialect, view: View, form: WatchedForm, values: int, most: int
) -> Watch:
    """How a form is watched for actors of a standing: it has so many `values`, and may show
    `most` rows. Raises the problems of the read."""
    plan = plan_read(view, whole_list(form))
    if not isinstance(plan, OnePlan | ManyPlan):
        raise TypeError("only rows are watched")
    whole = watched_rows(contract, dialect, plan, most + 1)
    some = watched_keys(contract, dialect, plan, values)
    resource = plan.row.resource
    named = named_in(contract, whole.one.text)
    # A statement names the table of its own rows once, and again where it looks at others.
    counts = sum(word == resource.table_name for word in _words(whole.one.text))
    others = named - {resource.name} if counts <= 1 else named
    return Watch(resource, whole, some, frozenset(others), plan.parent is not None)


def _words(text: str) -> list[str]:
    return [word.strip('"`').replace('""', '"') for word in _NAME.findall(text)]


def named_in(contract: Contract, text: str) -> set[str]:
    """The resources whose rows a statement may look at: what it reads, it names. Links are
    written with the rows at either end."""
    words = frozenset(_words(text))
    found = {item.name for item in contract.resources if item.table_name in words}
    for item in contract.resources:
        for relation in item.relations:
            if relation.link is not None and relation.link.table in words:
                found |= {item.name, relation.target}
    return found


def taken_along(contract: Contract) -> Mapping[str, frozenset[str]]:
    """For each resource, those whose rows the database deletes or changes with one of its rows:
    no entry of the log tells of them."""
    changed: dict[str, set[str]] = {}
    deleted: dict[str, set[str]] = {}
    for item in contract.resources:
        for field in item.fields:
            if field.references is not None and field.on_delete is not OnDelete.RESTRICT:
                changed.setdefault(field.references, set()).add(item.name)
                if field.on_delete is OnDelete.CASCADE:
                    deleted.setdefault(field.references, set()).add(item.name)
    found = {}
    for item in contract.resources:
        met, left = {item.name}, [item.name]
        while left:
            for name in deleted.get(left.pop(), set()) - met:
                met.add(name)
                left.append(name)
        along = {name for one in met for name in changed.get(one, ())}
        found[item.name] = frozenset(along)
    return found
