"""Roles: which includes which, and the resources whose rows grant them."""

from collections.abc import Iterable, Mapping

from charter.contract.identity import Grants
from charter.contract.resource import Field, Relation
from charter.contract.types import Scalar
from charter.core.names import nearest, plural, snake
from charter.core.places import Place
from charter.language.declarations import GrantsSaid, RoleSaid
from charter.language.drafts import Draft, ResourceDraft
from charter.language.rulecodes import GRANTS_UNFIT, ROLE_CYCLE, ROLE_MALFORMED
from charter.language.steps.constraints import registered
from charter.language.symbols.granted import Roles, Way

LONGEST = 100


def roles(draft: Draft) -> None:
    """The declared roles, each with all that it includes."""
    direct: dict[str, set[str]] = {}
    places: dict[str, Place] = {}
    for said in draft.said.roles:
        if not _spelt(draft, said):
            continue
        for name in (said.name, *said.includes):
            direct.setdefault(name, set())
            places.setdefault(name, said.place)
        direct[said.name].update(said.includes)
        places[said.name] = said.place
    closed = {name: _closure(direct, name) for name in direct}
    for name in sorted(direct):
        circle = sorted(one for one in closed[name] if name in closed[one])
        if len(circle) > 1 and circle[0] == name:
            draft.fault(ROLE_CYCLE, f"{' and '.join(circle)} include each other", places[name])
        elif circle == [name] and name in direct[name]:
            draft.fault(ROLE_CYCLE, f"{name} includes itself", places[name])
    draft.role_includes = {name: frozenset(found) for name, found in closed.items()}


def _spelt(draft: Draft, said: RoleSaid) -> bool:
    names: tuple[object, ...] = (said.name, *said.includes)
    for name in names:
        if not isinstance(name, str) or not 0 < len(name) <= LONGEST or name != name.strip():
            draft.fault(ROLE_MALFORMED, f"{name!r} is no name of a role", said.place)
            return False
    return True


def _closure(direct: Mapping[str, Iterable[str]], name: str) -> set[str]:
    found = {name}
    todo = [name]
    while todo:
        for other in direct[todo.pop()]:
            if other not in found:
                found.add(other)
                todo.append(other)
    return found


def grants(draft: Draft) -> None:
    """The resources whose rows grant roles."""
    for said in draft.said.grants:
        resource = registered(draft, said.cls, said.place)
        found = _grants(draft, resource, said) if resource else None
        if found is not None:
            draft.grants.append(found)
    everywhere = (item for item in draft.grants if item.on is None)
    declared = (draft.role_includes, *(_choices(draft, item) for item in everywhere))
    said_any = bool(draft.said.roles or draft.said.grants)
    draft.roles = Roles(
        draft.role_includes,
        tuple(way for item in draft.grants if (way := _way(draft, item)) is not None),
        frozenset[str]().union(*declared) if said_any else None,
    )


def _choices(draft: Draft, found: Grants) -> tuple[str, ...]:
    return draft.resources[found.resource].fields[found.role].type.choices


def _way(draft: Draft, found: Grants) -> Way | None:
    """How the row that a role is on leads to those that grant it; without such a list a fault."""
    if found.on is None:
        return None
    resource = draft.resources[found.resource]
    on = resource.relations[found.on]
    target = draft.resources[on.target]
    lists = (
        item.name
        for item in target.relations.values()
        if item.kind == "many" and item.target == resource.name and item.far == on.near
    )
    name = next(lists, None)
    if name is None:
        if not target.broken:
            draft.fault(GRANTS_UNFIT, f"{target.name} has no list of the {resource.name} rows "
                        "that grant roles on it", found.place,
                        f'Write `{plural(snake(resource.name))}: list["{resource.name}"] = '
                        f"inverse()` in {target.name}.")  # fmt: skip
        return None
    account = resource.relations[found.account].near
    return Way(target.name, name, resource.name, account, found.role, _choices(draft, found))


def _grants(draft: Draft, resource: ResourceDraft, said: GrantsSaid) -> Grants | None:
    account = _account(draft, resource, said)
    role = _role(draft, resource, said)
    on = None
    if said.on is not None:
        on = _reference(draft, resource, said, said.on)
        if on is None:
            return None
    if account is None or role is None:
        return None
    if on is not None and on.name == account.name:
        draft.fault(GRANTS_UNFIT, f"{resource.name}.{on.name} cannot be both who has the role and "
                    "what it is on", said.place)  # fmt: skip
        return None
    if on is None and resource.tenant is not None and draft.tenancy is not None:
        tenant = snake(draft.tenancy.resource)
        draft.fault(GRANTS_UNFIT, f"the rows of {resource.name} belong to a tenant, and would "
                    "grant their roles in every one", said.place,
                    f'Write `on="{tenant}"`, or let all tenants share {resource.name}.'
                    )  # fmt: skip
        return None
    return Grants(resource.name, account.name, role.name, on.name if on else None, said.place)


def _account(draft: Draft, resource: ResourceDraft, said: GrantsSaid) -> Relation | None:
    found = [
        item
        for item in resource.relations.values()
        if item.to_one and item.target == draft.user and item.name != said.on
    ]
    if said.to is not None:
        named = _reference(draft, resource, said, said.to)
        if named is not None and named.target != draft.user:
            draft.fault(GRANTS_UNFIT, f"{resource.name}.{named.name} refers to no {draft.user}",
                        said.place)  # fmt: skip
            return None
        return named
    if len(found) == 1:
        return found[0]
    if not resource.broken:
        several = " and ".join(item.name for item in found)
        why = f"refers to {draft.user} with {several}" if found else f"refers to no {draft.user}"
        remedy = f'Write `to="{found[0].name}"`.' if found else "Add `user: User`."
        draft.fault(GRANTS_UNFIT, f"{resource.name} {why}", said.place, remedy)
    return None


def _role(draft: Draft, resource: ResourceDraft, said: GrantsSaid) -> Field | None:
    fit = [
        item
        for item in resource.fields.values()
        if item.type.scalar is Scalar.CHOICE and not item.type.many
    ]
    found = [item for item in fit if said.role in {None, item.name}]
    if len(found) == 1:
        return found[0]
    if not resource.broken:
        names = " and ".join(item.name for item in fit)
        why = f"has {names} with names" if fit else "has no field with the names of roles"
        draft.fault(GRANTS_UNFIT, f"{resource.name} {why}", said.place,
                    f'Write `role="{fit[0].name}"`.' if fit else
                    'Add `role: Literal["viewer", "editor"]`.')  # fmt: skip
    return None


def _reference(
    draft: Draft, resource: ResourceDraft, said: GrantsSaid, name: str
) -> Relation | None:
    relation = resource.relations.get(name)
    if relation is not None and relation.to_one:
        return relation
    if name not in resource.broken:
        known = [item.name for item in resource.relations.values() if item.to_one]
        likely = nearest(name, known)
        draft.fault(GRANTS_UNFIT, f"{resource.name} has no reference {name!r}", said.place,
                    f"Did you mean {likely!r}?" if likely else None)  # fmt: skip
    return None
