"""A contract under the names that another one has declared for its things (`was=`).

What was renamed is compared as the same thing then, wherever it is spoken of: in conditions,
indexes, references and commands.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from charter.contract.command import Command, Parameter
from charter.contract.contract import Contract
from charter.contract.expression import NEW, ROW, Aggregate, Column, Expression, Search
from charter.contract.identity import Grants, Tenancy
from charter.contract.resource import Field, Index, Policy, Relation, Resource
from charter.plan.rewrite import rebuild

Place = tuple[str, str]
"""The old name of a resource, and that of something in it."""


@dataclass(frozen=True, slots=True)
class Names:
    """New names by old ones; what keeps its name is not among them."""

    resources: Mapping[str, str]
    fields: Mapping[Place, str]
    relations: Mapping[Place, str]


def names_of(old: Contract, new: Contract) -> Names:
    """The renames that the new contract declares, and the relations that follow from them.

    A declared one whose old name is not there, or is one that is wanted still, says nothing.
    """
    resources = dict(_resources(old, new))
    fields: dict[Place, str] = {}
    both = [
        (was, now)
        for was in old.resources
        if (now := new.resource_named.get(resources.get(was.name, was.name))) is not None
    ]
    for was, now in both:
        taken = {*was.field_named, *was.computed_named, *was.relation_named}
        for field in now.fields:
            is_gone = field.was in was.field_named and field.was not in now.field_named
            if field.was is not None and is_gone and field.name not in taken:
                fields[was.name, field.was] = field.name
    known = Names(resources, fields, {})
    relations = {
        (was.name, relation.name): name
        for was, now in both
        for relation in was.relations
        if (name := _relation(was, now, relation, known)) is not None
    }
    return Names(resources, fields, relations)


def _resources(old: Contract, new: Contract) -> Mapping[str, str]:
    tables = {item.table: item.name for item in old.resources}
    found = ((tables.get(now.was), now.name) for now in new.resources if now.was is not None)
    return {
        was: now
        for was, now in found
        if was is not None and was not in new.resource_named and now not in old.resource_named
    }


def _relation(was: Resource, now: Resource, relation: Relation, names: Names) -> str | None:
    """The new name of a relation: of a reference that was renamed, or to rows of a resource or by
    a reference that was."""
    target = names.resources.get(relation.target, relation.target)
    near = names.fields.get((was.name, relation.near), relation.near)
    far = names.fields.get((relation.target, relation.far), relation.far)
    same = (target, near, far) == (relation.target, relation.near, relation.far)
    if same or relation.name in now.relation_named:
        return None
    taken = {*was.field_named, *was.computed_named, *was.relation_named}
    found = [
        item.name
        for item in now.relations
        if (item.kind, item.target, item.near, item.far) == (relation.kind, target, near, far)
        and item.name not in taken
    ]
    return found[0] if len(found) == 1 else None


def under(names: Names, contract: Contract) -> Contract:
    """The contract with these names. Its tables and paths are what they were."""
    return _Naming(names, contract).contract() if any(_all(names)) else contract


def _all(names: Names) -> tuple[Mapping[str, str] | Mapping[Place, str], ...]:
    return names.resources, names.fields, names.relations


@dataclass(frozen=True, slots=True)
class _Naming:
    names: Names
    old: Contract

    def contract(self) -> Contract:
        old = self.old
        return replace(
            old,
            resources=tuple(map(self._resource, old.resources)),
            commands=tuple(map(self._command, old.commands)),
            events=tuple(
                replace(item, payload=self._parameters(item.payload)) for item in old.events
            ),
            errors=tuple(
                replace(item, parameters=self._parameters(item.parameters)) for item in old.errors
            ),
            accounts=self._if_any(old.accounts),
            grants=tuple(map(self._grants, old.grants)),
            tenancy=None if old.tenancy is None else self._tenancy(old.tenancy),
        )

    # -- names -----------------------------------------------------------------------------
    def _named(self, resource: str) -> str:
        return self.names.resources.get(resource, resource)

    def _if_any(self, resource: str | None) -> str | None:
        return None if resource is None else self._named(resource)

    def _field(self, resource: str | None, name: str) -> str:
        return self.names.fields.get((resource or "", name), name)

    def _relation(self, resource: str | None, name: str) -> str:
        return self.names.relations.get((resource or "", name), name)

    def _sorted(self, resource: str, name: str) -> str:
        """A field of an index, which may be descending."""
        sign = "-" if name.startswith("-") else ""
        return sign + self._field(resource, name.removeprefix("-"))

    # -- resources -------------------------------------------------------------------------
    def _resource(self, item: Resource) -> Resource:
        of = item.name
        return replace(
            item,
            name=self._named(of),
            fields=tuple(self._of_field(of, field) for field in item.fields),
            relations=tuple(self._of_relation(of, relation) for relation in item.relations),
            computed=tuple(
                replace(one, expression=self._told(of, one.expression)) for one in item.computed
            ),
            uniques=tuple(
                replace(one, fields=tuple(self._field(of, name) for name in one.fields))
                for one in item.uniques
            ),
            indexes=tuple(self._index(of, index) for index in item.indexes),
            checks=tuple(
                replace(one, expression=self._told(of, one.expression)) for one in item.checks
            ),
            policy=self._policy(of, item.policy),
            owner=None if item.owner is None else self._relation(of, item.owner),
            tenant=None if item.tenant is None else self._field(of, item.tenant),
        )

    def _of_field(self, of: str, item: Field) -> Field:
        name, target = self._field(of, item.name), self._if_any(item.references)
        return replace(item, name=name, references=target)

    def _of_relation(self, of: str, item: Relation) -> Relation:
        return replace(
            item,
            name=self._relation(of, item.name),
            target=self._named(item.target),
            near=self._field(of, item.near),
            far=self._field(item.target, item.far),
        )

    def _index(self, of: str, item: Index) -> Index:
        return replace(
            item,
            fields=tuple(self._sorted(of, name) for name in item.fields),
            where=None if item.where is None else self._told(of, item.where),
            include=tuple(self._field(of, name) for name in item.include),
        )

    def _policy(self, of: str, item: Policy) -> Policy:
        return Policy(
            tuple(replace(one, when=self._told(of, one.when)) for one in item.allows),
            tuple(
                replace(one, field=self._field(of, one.field), unless=self._told(of, one.unless))
                for one in item.hides
            ),
            tuple(
                replace(one, field=self._field(of, one.field), unless=self._told(of, one.unless))
                for one in item.freezes
            ),
        )

    # -- commands and all others -----------------------------------------------------------
    def _command(self, item: Command) -> Command:
        move = item.move
        return replace(
            item,
            resource=self._if_any(item.resource),
            inputs=self._parameters(item.inputs),
            result=replace(item.result, resource=self._if_any(item.result.resource)),
            move=move and replace(move, field=self._field(item.resource, move.field)),
        )

    def _parameters(self, items: tuple[Parameter, ...]) -> tuple[Parameter, ...]:
        return tuple(replace(item, references=self._if_any(item.references)) for item in items)

    def _grants(self, item: Grants) -> Grants:
        of = item.resource
        return replace(
            item,
            resource=self._named(of),
            account=self._relation(of, item.account),
            role=self._field(of, item.role),
            on=None if item.on is None else self._relation(of, item.on),
        )

    def _tenancy(self, item: Tenancy) -> Tenancy:
        shared = tuple(map(self._named, item.shared))
        return replace(item, resource=self._named(item.resource), shared=shared)

    # -- expressions -----------------------------------------------------------------------
    def _told(self, of: str, expression: Expression) -> Expression:
        return self._part(expression, {ROW: of, NEW: of})

    def _part(self, part: Expression, rows: Mapping[int, str | None]) -> Expression:
        match part:
            case Column(scope, path, name):
                way, target = self._way(rows.get(scope), path)
                return replace(part, path=way, field=self._field(target, name))
            case Search(scope, fields):
                names = tuple(self._field(rows.get(scope), name) for name in fields)
                return replace(part, fields=names)
            case Aggregate(start=start, path=path, scope=scope):
                way, target = self._way(rows.get(start), path)
                known = {**rows, scope: target}
                return rebuild(replace(part, path=way), lambda one: self._part(one, known))
            case _:
                return rebuild(part, lambda one: self._part(one, rows))

    def _way(self, start: str | None, path: tuple[str, ...]) -> tuple[tuple[str, ...], str | None]:
        """Relations under their new names, and the old name of the resource that they lead to."""
        way = []
        for name in path:
            way.append(self._relation(start, name))
            resource = self.old.resource_named.get(start or "")
            relation = None if resource is None else resource.relation_named.get(name)
            start = None if relation is None else relation.target
        return tuple(way), start
