"""HAL (draft-kelly-json-hal): links for relations and for the commands that can be called now."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgspec

from charter.contract.command import On
from charter.contract.contract import Contract
from charter.contract.resource import Relation, Resource
from charter.plan.ask import Nest, Selection
from charter.wire.rest.links import member_path, row_path

_LINKS, _EMBEDDED = "_links", "_embedded"

_members = msgspec.json.Decoder(dict[str, msgspec.Raw])
_list = msgspec.json.Decoder(list[dict[str, msgspec.Raw]])
_names = msgspec.json.Decoder(list[str])
_scalar = msgspec.json.Decoder(str | int | None)

_Members = dict[str, msgspec.Raw]
_Object = dict[str, Any]


@dataclass(frozen=True, slots=True)
class _Home:
    """Where the rows of an owned resource are: below `relation` of the row that `near` names."""

    owner: Resource
    relation: str
    near: str


class Hal:
    """Turns the bodies of one contract's rows into HAL documents."""

    def __init__(self, contract: Contract, prefix: str) -> None:
        self._contract = contract
        self._prefix = prefix
        self._homes = {
            resource.name: _home(contract, resource)
            for resource in contract.resources
            if resource.owner is not None
        }
        self._commands = {
            resource.name: {
                command.name
                for command in contract.commands_of[resource.name]
                if command.on is On.ROW
            }
            for resource in contract.resources
        }

    def row(self, resource: Resource, selection: Selection, body: str, key: Any = None) -> _Object:
        """One row. `key` is that of the row, for a body that may not show it.

        What a link needs and the body does not show leaves the link out.
        """
        return self._object(resource, selection, _members.decode(body), key)

    def page(
        self,
        resource: Resource,
        selection: Selection,
        bodies: Sequence[str],
        links: dict[str, str | None],
        members: _Object,
    ) -> _Object:
        """A list: its rows are embedded as `items`; a link without a target is left out."""
        items = [self.row(resource, selection, body) for body in bodies]
        hrefs = {name: _link(path) for name, path in links.items() if path is not None}
        return {_LINKS: hrefs, **members, _EMBEDDED: {"items": items}}

    def _object(
        self, resource: Resource, selection: Selection, members: _Members, key: Any
    ) -> _Object:
        can = members.pop(selection.can, None) if selection.can is not None else None
        actions = set(_names.decode(can)) if can is not None else set[str]()
        inner = [(nest, members.pop(nest.out)) for nest in selection.nests if nest.out in members]
        if key is None and "id" in members:
            key = _scalar.decode(members["id"])
        links = self._links(resource, members, key, actions)
        embedded = {nest.out: self._nested(resource, nest, raw) for nest, raw in inner}
        shown = {name: value for name, value in embedded.items() if value is not None}
        document: _Object = {_LINKS: links, **members}
        return {**document, _EMBEDDED: shown} if shown else document

    def _nested(self, resource: Resource, nest: Nest, raw: msgspec.Raw) -> Any:
        relation = resource.relation_named[nest.relation]
        target = self._contract.resource_named[relation.target]
        if not relation.to_one:
            rows = _list.decode(raw)
            return [self._object(target, nest.selection, row, None) for row in rows]
        if bytes(raw) == b"null":
            return None
        return self._object(target, nest.selection, _members.decode(raw), None)

    def _links(
        self, resource: Resource, members: _Members, key: Any, actions: set[str]
    ) -> dict[str, Any]:
        own = self._path(resource, members, key)
        links = {} if own is None else {"self": _link(own)}
        for relation in resource.relations:
            path = self._related(relation, members)
            if not relation.to_one and own is not None and resource.owner is None:
                path = member_path(own, relation.name)
            if path is not None:
                links[relation.name] = _link(path)
        if key is not None:
            called = row_path(self._prefix, resource, key)
            for name in sorted(actions & self._commands[resource.name]):
                links[name] = _link(member_path(called, name))
        return links

    def _path(self, resource: Resource, members: _Members, key: Any) -> str | None:
        if key is None:
            return None
        if resource.owner is None:
            return row_path(self._prefix, resource, key)
        home = self._homes[resource.name]
        if home is None or home.near not in members:
            return None
        owner = row_path(self._prefix, home.owner, _scalar.decode(members[home.near]))
        return member_path(owner, home.relation, key)

    def _related(self, relation: Relation, members: _Members) -> str | None:
        target = self._contract.resource_named[relation.target]
        if not relation.to_one or target.owner is not None or relation.near not in members:
            return None
        near = _scalar.decode(members[relation.near])
        return None if near is None else row_path(self._prefix, target, near)


def _home(contract: Contract, resource: Resource) -> _Home | None:
    back = resource.relation_named[resource.owner or ""]
    owner = contract.resource_named[back.target]
    if owner.owner is not None:
        return None
    down = next(
        (item for item in owner.relations if item.owned and item.target == resource.name), None
    )
    return None if down is None else _Home(owner, down.name, back.near)


def _link(path: str) -> dict[str, str]:
    return {"href": path}
