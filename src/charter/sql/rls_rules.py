"""The policies of one resource as PostgreSQL has them: conditions, functions, policies, guards."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from charter.contract.contract import Contract
from charter.contract.expression import (
    NEVER,
    NEW,
    ROW,
    Aggregate,
    AllOf,
    Column,
    Compare,
    Expression,
    IsNull,
    Operator,
    Search,
    every,
    mentions,
    negated,
    some,
    walk,
)
from charter.contract.resource import Relation, Resource
from charter.plan.rewrite import as_created, inner_scopes, rebuild, rescoped
from charter.plan.standing import Standing
from charter.plan.veil import Veiled, is_about_actor, veiled
from charter.plan.view import CREATE, DELETE, READ, UPDATE, View, foreseen
from charter.sql.context import Context
from charter.sql.existing.source import selected
from charter.sql.expressions import fresh
from charter.sql.fragment import Fragment, checked, identifier, joined, sql
from charter.sql.naming import Names
from charter.sql.postgres import POSTGRES
from charter.sql.rls_actor import SCHEMA
from charter.sql.rows import Aliases, Joins, Rows, bare_row

_ROW, _OLD, _NEW = "charter_row", "charter_old", "charter_new"


@dataclass(frozen=True)
class OpenView:
    """The policies of a contract as conditions that still ask who the actor is."""

    veil: Veiled
    view: View

    def rules(self, resource: Resource, action: str) -> tuple[Expression, ...]:
        return tuple(map(self._lifted, self.view.rules(self._covered(resource), action)))

    def readable(self, resource: Resource) -> Expression:
        return some(*self.rules(resource, READ))

    def own_tenant(self, resource: Resource) -> Expression:
        """Of new rows no rule asks for the tenant: the API sets it."""
        return self.view.own_tenant(resource)

    def visible(self, resource: Resource, name: str) -> Expression:
        return self._lifted(self.view.visible(self._covered(resource), name))

    def frozen(self, resource: Resource) -> tuple[tuple[str, Expression], ...]:
        found = self.view.frozen(self._covered(resource))
        return tuple((name, self._lifted(condition)) for name, condition in found)

    def _lifted(self, condition: Expression) -> Expression:
        return _settled(self.veil.lift(condition))

    def _covered(self, resource: Resource) -> Resource:
        return self.veil.contract.resource_named[resource.name]


def _settled(part: Expression) -> Expression:
    """A value is equal to itself where there is one.

    PostgreSQL fails to plan `f() = f()` behind a barrier ("cannot cope with variable-free clause").
    """
    if isinstance(part, Compare) and part.operator is Operator.EQ and part.left == part.right:
        return negated(IsNull(part.left))
    return rebuild(part, _settled)


def open_view(contract: Contract) -> OpenView:
    veil = veiled(contract, is_about_actor)
    somebody = Standing(True, frozenset(), tenanted=contract.tenancy is not None)
    return OpenView(veil, View(veil.contract, somebody))


@dataclass(frozen=True)
class Rules:
    """Writes the policies of a contract's tables."""

    contract: Contract
    view: OpenView
    names: Names = field(default_factory=lambda: Names(()))

    def of_resource(self, resource: Resource) -> Iterator[Fragment]:
        """Functions, policies and the guard of one table."""
        readable = self.view.readable(resource)
        updates = self.view.rules(resource, UPDATE)
        tenant = self.view.own_tenant(resource)
        created = every(tenant, as_created(some(*self.view.rules(resource, CREATE))))
        before = every(readable, some(*map(foreseen, updates)))
        deleted = every(readable, some(*self.view.rules(resource, DELETE)))
        left = every(tenant, some(*map(_left, updates)))
        yield from self._policy(resource, sql("SELECT"), READ, readable, None)
        yield from self._policy(resource, sql("INSERT"), CREATE, None, created)
        yield from self._policy(resource, sql("UPDATE"), UPDATE, before, left)
        yield from self._policy(resource, sql("DELETE"), DELETE, deleted, None)
        yield from self._guard(resource, updates)

    def of_link(self, owner: Resource, relation: Relation) -> Iterator[Fragment]:
        """A pair can be seen by whoever can read both of its rows."""
        link = relation.link
        if link is None:
            return
        target = self.contract.resource_named[relation.target]
        ends = ((owner, "charter_near", link.near), (target, "charter_far", link.far))
        conditions: list[Fragment] = []
        parameters: list[Fragment] = []
        for end, parameter, _ in ends:
            context, rows = fresh(self.contract, POSTGRES).select(end)
            condition = context.condition(self.view.readable(end))
            key = rows.column(end.key.name)
            conditions.append(
                sql(
                    "EXISTS (SELECT 1 FROM {} WHERE {} = {} AND ({}))",
                    rows.clause(), key, identifier(parameter), condition,
                )
            )  # fmt: skip
            kind = checked(POSTGRES.plain_type(end.key.type))
            parameters.append(sql("{} {}", identifier(parameter), kind))
        name = self._name(link.table, READ)
        yield _function(name, parameters, joined(" AND ", conditions))
        arguments = joined(", ", (identifier(column) for _, _, column in ends))
        yield sql(
            "CREATE POLICY charter_read ON {} FOR SELECT TO charter_client USING ({}({}))",
            identifier(link.table), name, arguments,
        )  # fmt: skip

    def _policy(
        self,
        resource: Resource,
        command: Fragment,
        action: str,
        using: Expression | None,
        check: Expression | None,
    ) -> Iterator[Fragment]:
        """One policy; none where it could never let anything through."""
        if NEVER in (using, check):
            return
        clauses: list[Fragment] = []
        for word, condition in ((sql("USING"), using), (sql("WITH CHECK"), check)):
            if condition is None:
                continue
            function, asked = self._asked(resource, f"{action}_{len(clauses)}", condition)
            if function is not None:
                yield function
            clauses.append(sql(" {} ({})", word, asked))
        yield sql(
            "CREATE POLICY {} ON {} FOR {} TO charter_client{}",
            identifier(f"charter_{action}"), identifier(resource.table_name), command,
            joined("", clauses),
        )  # fmt: skip

    def _asked(
        self, resource: Resource, name: str, condition: Expression
    ) -> tuple[Fragment | None, Fragment]:
        """The condition itself, or where it looks at other rows, a call of a function for it."""
        if _is_alone(resource, condition):
            context = fresh(self.contract, POSTGRES).about(
                bare_row(self.contract, POSTGRES, resource)
            )
            return None, context.condition(condition)
        function = self._name(resource.table, name)
        context, rows = self._place(resource, {ROW: _ROW})
        asked = context.condition(condition)
        table = identifier(resource.table_name)
        made = _function(function, [sql("{} {}", identifier(_ROW), table)], asked, rows[0].clause())
        return made, sql("{}({}.*)", function, table)

    def _guard(self, resource: Resource, updates: Sequence[Expression]) -> Iterator[Fragment]:
        """What a policy cannot ask, since it needs the row before and after: a trigger."""
        frozen = self.view.frozen(resource)
        if not frozen and (len(updates) <= 1 and not any(mentions(one, NEW) for one in updates)):
            return
        context, (old, new) = self._place(resource, {ROW: _OLD, NEW: _NEW})
        allowed = context.condition(some(*map(_before_and_after, updates)))
        kept = [
            sql(
                "({} IS NOT DISTINCT FROM {} OR ({}) IS TRUE)",
                old.column(name), new.column(name), context.condition(condition),
            )
            for name, condition in frozen
        ]  # fmt: skip
        asked = joined(" AND ", (sql("({})", allowed), *kept))
        table = identifier(resource.table_name)
        function = self._name(resource.table, "changes")
        trigger = self._name(resource.table, "guard")
        parameters = [sql("{} {}", identifier(name), table) for name in (_OLD, _NEW)]
        rows = sql("{} CROSS JOIN {}", old.clause(), new.clause())
        yield _function(function, parameters, asked, rows)
        yield sql(
            "CREATE FUNCTION {}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER\n"
            "SET search_path = pg_catalog, pg_temp AS $body$ BEGIN\n"
            "  IF {}(OLD, NEW) THEN RETURN NEW; END IF;\n"
            "  RAISE insufficient_privilege USING MESSAGE = 'no policy allows this change';\n"
            "END $body$",
            trigger, function,
        )  # fmt: skip
        yield sql(
            "CREATE TRIGGER charter_guard BEFORE UPDATE ON {} FOR EACH ROW\n"
            "WHEN ({}.is_client()) EXECUTE FUNCTION {}()",
            table, identifier(SCHEMA), trigger,
        )  # fmt: skip

    def _place(
        self, resource: Resource, parameters: dict[int, str]
    ) -> tuple[Context, tuple[Rows, ...]]:
        """A place inside a function whose parameters are whole rows."""
        context = fresh(self.contract, POSTGRES)
        rows = {
            scope: _parameter_row(self.contract, resource, name, context.aliases)
            for scope, name in parameters.items()
        }
        for scope, row in rows.items():
            context = context.within(scope, row)
        return context, tuple(rows.values())

    def _name(self, *parts: str) -> Fragment:
        return sql("{}.{}", identifier(SCHEMA), identifier(self.names.give(*parts)))


def _parameter_row(contract: Contract, resource: Resource, name: str, aliases: Aliases) -> Rows:
    alias = aliases.new(resource.table)
    stored = sql("(SELECT ({}).*)", identifier(name))
    if resource.mapped is not None:
        stored = sql("({})", selected(POSTGRES, resource, sql("{} AS stored", stored)))
    base = sql("{} AS {}", stored, alias)
    return Rows(contract, POSTGRES, resource, alias, aliases, Joins(base))


def _function(
    name: Fragment,
    parameters: Sequence[Fragment],
    condition: Fragment,
    rows: Fragment | None = None,
) -> Fragment:
    """A function of the service. Its body is bound when it is made: no search path matters."""
    source = sql("") if rows is None else sql(" FROM {}", rows)
    return sql(
        "CREATE FUNCTION {}({}) RETURNS boolean LANGUAGE sql STABLE SECURITY DEFINER\n"
        "BEGIN ATOMIC SELECT ({}) IS TRUE{}; END",
        name, joined(", ", parameters), condition, source,
    )  # fmt: skip


def _is_alone(resource: Resource, condition: Expression) -> bool:
    """Whether a condition needs nothing but the stored columns of the row itself."""
    if resource.mapped is not None:
        return False
    for part in walk(condition):
        if isinstance(part, Aggregate | Search):
            return False
        if isinstance(part, Column):
            referred = len(part.path) == 1 and part.field == "id"
            if (part.path and not referred) or part.field in resource.computed_named:
                return False
    return True


def _left(rule: Expression) -> Expression:
    """What a rule asks of the row as an update leaves it, without a look at how it was."""
    if not mentions(rule, NEW):
        return rule
    parts = rule.parts if isinstance(rule, AllOf) else (rule,)
    return every(
        *(as_created(part) for part in parts if mentions(part, NEW) and not mentions(part, ROW))
    )


def _before_and_after(rule: Expression) -> Expression:
    """A rule of an update over the row before (`ROW`) and after (`NEW`)."""
    if mentions(rule, NEW):
        return rule
    return every(rule, rescoped(rule, {ROW: NEW}, inner_scopes(rule)))
