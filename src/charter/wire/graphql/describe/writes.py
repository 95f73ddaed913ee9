"""What `Mutation` has: changes of rows, commands, and the payloads that they give."""

from collections.abc import Mapping

from graphql import (
    DirectiveLocation,
    GraphQLArgument,
    GraphQLBoolean,
    GraphQLDirective,
    GraphQLField,
    GraphQLID,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLList,
    GraphQLNonNull,
    GraphQLObjectType,
    GraphQLString,
    GraphQLUnionType,
)
from graphql.type import GraphQLOutputType

from charter.contract.command import Command, DeclaredError, On
from charter.contract.contract import Contract
from charter.contract.resource import Relation, Resource
from charter.core.names import snake
from charter.plan.spelling import singular
from charter.wire.graphql.describe.inputs import For, Inputs
from charter.wire.graphql.describe.rows import RowTypes
from charter.wire.graphql.describe.scalars import LONG, Values
from charter.wire.graphql.meaning import MEANING, Change, Detail, Failure, Given, Kind
from charter.wire.graphql.names import Taken, camel, capital, spelled
from charter.wire.rest.routes import creatable

TRANSACTION = GraphQLDirective(
    "transaction",
    [DirectiveLocation.MUTATION],
    description="All fields of the mutation are one transaction: all of them, or none. The key of "
    "a row that a field before has made or changed is named {alias.id}.",
)
DRY_RUN = GraphQLDirective(
    "dryRun",
    [DirectiveLocation.MUTATION],
    description="Answer as if it were done, and leave everything as it is.",
)
FAILURE = GraphQLInterfaceType(
    "Error",
    {
        "code": GraphQLField(GraphQLNonNull(GraphQLString)),
        "message": GraphQLField(GraphQLNonNull(GraphQLString)),
    },
    description="A failure that a command declares. Where the field `error` is not asked for, it "
    "is among the errors of the response.",
)
Arguments = Mapping[str, GraphQLArgument]
_NO_MORE: Arguments = {}
_KEY = GraphQLArgument(GraphQLNonNull(GraphQLID))


class WriteTypes:
    """Makes the fields of `Mutation` for one contract."""

    def __init__(self, contract: Contract, rows: RowTypes, values: Values, taken: Taken) -> None:
        self._contract = contract
        self._rows = rows
        self._values = values
        self._taken = taken
        self._inputs = Inputs(contract, values, taken)
        self._names = Taken()
        self._failures: dict[str, GraphQLObjectType] = {}
        self.fields: dict[str, GraphQLField] = {}
        for resource in contract.resources:
            if not resource.read_only and resource.owner is None:
                self._changes(resource)
        for command in contract.commands:
            self._command(command)

    @property
    def failures(self) -> list[GraphQLObjectType]:
        return list(self._failures.values())

    def _changes(self, resource: Resource) -> None:
        type_ = self._rows.of[resource.name].name
        many = capital(camel(resource.path.replace("-", "_")))
        several = many if many != type_ else f"Many{type_}"
        one = camel(snake(resource.name))
        if creatable(resource) and (new := self._inputs.of(resource, For.CREATE)):
            given = {"input": GraphQLArgument(GraphQLNonNull(new))}
            self._add(f"create{type_}", given, Change(Kind.CREATE, resource), one)
            items = {"input": _all_of(new)}
            self._add(f"create{several}", items, Change(Kind.CREATE_MANY, resource), one)
        changed = self._inputs.of(resource, For.UPDATE)
        if changed is not None:
            self._of_row(f"update{type_}", Change(Kind.UPDATE, resource), For.UPDATE, one)
            self._of_row(f"replace{type_}", Change(Kind.REPLACE, resource), For.REPLACE, one)
            change = self._inputs.of(resource, For.CHANGE)
            if change is not None:
                items = {"input": _all_of(change)}
                self._add(f"update{several}", items, Change(Kind.UPDATE_MANY, resource), one)
        key = {"id": _KEY, "version": GraphQLArgument(LONG)}
        self._add(f"delete{type_}", key, Change(Kind.DELETE, resource), one)
        ids = GraphQLNonNull(GraphQLList(GraphQLNonNull(GraphQLID)))
        keys = {"ids": GraphQLArgument(ids)}
        self._add(f"delete{several}", keys, Change(Kind.DELETE_MANY, resource), one)
        for relation in resource.relations:
            if relation.owned:
                self._part(resource, relation)

    def _part(self, owner: Resource, relation: Relation) -> None:
        """A part is reached through the row that it belongs to."""
        resource = self._contract.resource_named[relation.target]
        name = self._rows.of[owner.name].name + capital(camel(singular(relation.name)))
        owner_key = f"{camel(snake(owner.name))}Id"
        more: Arguments = {owner_key: _KEY}
        one = camel(snake(resource.name))

        def change(kind: Kind) -> Change:
            return Change(kind, resource, None, owner, relation, owner_key)

        new = self._inputs.of(resource, For.CREATE)
        if new is not None:
            given = {**more, "input": GraphQLArgument(GraphQLNonNull(new))}
            self._add(f"create{name}", given, change(Kind.CREATE), one)
        if self._inputs.of(resource, For.UPDATE) is not None:
            self._of_row(f"update{name}", change(Kind.UPDATE), For.UPDATE, one, more)
            self._of_row(f"replace{name}", change(Kind.REPLACE), For.REPLACE, one, more)
        key = {**more, "id": _KEY, "version": GraphQLArgument(LONG)}
        self._add(f"delete{name}", key, change(Kind.DELETE), one)

    def _of_row(
        self,
        name: str,
        change: Change,
        use: For,
        one: str,
        more: Mapping[str, GraphQLArgument] = {},
    ) -> None:
        resource = change.resource
        type_ = None if resource is None else self._inputs.of(resource, use)
        if type_ is None:
            return
        given = {
            **more,
            "id": _KEY,
            "version": GraphQLArgument(LONG),
            "input": GraphQLArgument(GraphQLNonNull(type_)),
        }
        self._add(name, given, change, one)

    def _command(self, command: Command) -> None:
        name = camel(command.name)
        resource = self._contract.resource_named[command.resource] if command.resource else None
        given: Arguments = {}
        if resource is not None:
            type_ = self._rows.of[resource.name].name
            many = capital(camel(resource.path.replace("-", "_")))
            name += type_ if command.on is On.ROW else many
        if command.on is On.ROW:
            given = {"id": _KEY, "version": GraphQLArgument(LONG)}
        inputs = self._inputs.of_command(command, capital(name))
        if inputs is not None:
            required = any(item.required for item in command.inputs)
            type_of = GraphQLNonNull(inputs) if required else inputs
            given = {**given, "input": GraphQLArgument(type_of)}
        self._add(name, given, Change(Kind.COMMAND, resource, command), "")

    def _add(self, name: str, given: Arguments, change: Change, one: str) -> None:
        name = self._names.new(name, f"{name}Command")
        command = change.command
        doc = command.doc if command is not None else ""
        self.fields[name] = GraphQLField(
            self._payload(name, change, one),
            dict(given),
            description=doc or None,
            extensions={MEANING: change},
        )

    def _payload(self, name: str, change: Change, one: str) -> GraphQLObjectType:
        title = self._taken.new(f"{capital(name)}Payload", f"{capital(name)}Result")
        fields = self._given(change, one, capital(name))
        if change.command is not None and change.command.raises:
            union = GraphQLUnionType(
                self._taken.new(f"{capital(name)}Error", f"{capital(name)}Failure"),
                [self._failure(item) for item in self._raised(change.command)],
            )
            fields["error"] = GraphQLField(
                union,
                description="The failure that the command declares, in place of its result.",
                extensions={MEANING: Given.ERROR},
            )
        return GraphQLObjectType(title, fields)

    def _given(self, change: Change, one: str, title: str) -> dict[str, GraphQLField]:
        def given(type_: GraphQLOutputType, kind: Given) -> GraphQLField:
            return GraphQLField(type_, extensions={MEANING: kind})

        resource, command = change.resource, change.command
        if command is not None:
            result = command.result
            if result.resource is not None:
                row = self._rows.of[result.resource]
                if not result.many:
                    return {camel(snake(result.resource)): given(row, Given.ROW)}
                found = self._contract.resource_named[result.resource]
                rows = GraphQLList(GraphQLNonNull(row))
                return {camel(found.path.replace("-", "_")): given(rows, Given.ROWS)}
            if result.type is not None:
                return {"result": given(self._values.of(result.type, title, ""), Given.VALUE)}
            return {"done": given(GraphQLNonNull(GraphQLBoolean), Given.DONE)}
        if resource is None:
            raise ValueError("rows are of a resource")
        match change.kind:
            case Kind.DELETE:
                return {"deletedId": given(GraphQLID, Given.KEY)}
            case Kind.DELETE_MANY:
                ids = GraphQLList(GraphQLNonNull(GraphQLID))
                return {"deletedIds": given(ids, Given.KEYS)}
            case Kind.CREATE_MANY | Kind.UPDATE_MANY:
                rows = GraphQLList(GraphQLNonNull(self._rows.of[resource.name]))
                return {camel(resource.path.replace("-", "_")): given(rows, Given.ROWS)}
            case _:
                return {one: given(self._rows.of[resource.name], Given.ROW)}

    def _raised(self, command: Command) -> list[DeclaredError]:
        return [item for item in self._contract.errors if item.name in command.raises]

    def _failure(self, error: DeclaredError) -> GraphQLObjectType:
        found = self._failures.get(error.name)
        if found is None:
            members = {
                f"{item.name}_id" if item.references else item.name: item
                for item in error.parameters
            }
            spelling = spelled(members)
            fields = {
                name: GraphQLField(
                    GraphQLNonNull(GraphQLString), extensions={MEANING: Detail(name)}
                )
                for name in ("code", "message")
            }
            for name, item in members.items():
                meaning = Detail("member", name, item.references)
                type_ = (
                    GraphQLID if item.references else self._values.of(item.type, error.name, name)
                )
                fields.setdefault(
                    spelling[name], GraphQLField(type_, extensions={MEANING: meaning})
                )
            title = self._taken.new(error.name, f"{error.name}Error")
            found = GraphQLObjectType(
                title,
                fields,
                interfaces=[FAILURE],
                description=error.doc or None,
                extensions={MEANING: Failure(error)},
            )
            self._failures[error.name] = found
        return found


def _all_of(type_: GraphQLInputObjectType) -> GraphQLArgument:
    return GraphQLArgument(GraphQLNonNull(GraphQLList(GraphQLNonNull(type_))))
