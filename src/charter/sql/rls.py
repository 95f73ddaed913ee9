"""Row-level security of PostgreSQL from the policies of a contract: a second wall.

The script makes a role, `charter_client`. A session of that role that says for whom it acts (in
the setting `charter.actor`) sees the rows that this actor can read over the API, and of them
what the API shows: in the tables the columns that are never hidden, in the views of the schema
`charter_client` every column that can be read, with null for what is hidden in a row.

Whoever runs the script is the service: it has to own the tables, and stays free. What a policy
asks of other rows is worked out by functions of the service, so it does not depend on what the
client can see. The role can only read; policies for writes are there for who grants more.
"""

from collections.abc import Iterator

from charter.contract.contract import Contract
from charter.contract.expression import ALWAYS
from charter.contract.resource import Computed, Field, Relation, Resource
from charter.sql.context import Context
from charter.sql.derive import schema_of
from charter.sql.expressions import fresh
from charter.sql.fragment import Fragment, identifier, listed, sql
from charter.sql.postgres import POSTGRES
from charter.sql.rls_actor import FUNCTIONS, NotExpressible, rendered
from charter.sql.rls_rules import OpenView, Rules, open_view
from charter.sql.rows import Rows
from charter.sql.values import written_out

CLIENT = "charter_client"
"""The role of sessions that are held to the policies, and the schema of its views."""

_BEGIN = """\
BEGIN;

DO $body$ BEGIN
  IF NOT EXISTS (SELECT 1 FROM pg_roles WHERE rolname = 'charter_client') THEN
    CREATE ROLE charter_client NOLOGIN NOSUPERUSER NOBYPASSRLS NOCREATEDB NOCREATEROLE;
  END IF;
END $body$;

-- What an earlier run has made goes; what others have built on its views keeps them, and stops.
DO $body$ DECLARE found record; BEGIN
  FOR found IN SELECT schemaname, tablename, policyname FROM pg_policies
    WHERE policyname LIKE 'charter\\_%' AND schemaname = current_schema()
  LOOP
    EXECUTE format('DROP POLICY %I ON %I.%I',
      found.policyname, found.schemaname, found.tablename);
  END LOOP;
  FOR found IN SELECT relname FROM pg_class
    WHERE relnamespace = to_regnamespace('charter_client') AND relkind = 'v'
  LOOP
    EXECUTE format('DROP VIEW charter_client.%I', found.relname);
  END LOOP;
END $body$;
DROP SCHEMA IF EXISTS charter_rls CASCADE;
CREATE SCHEMA charter_rls;
CREATE SCHEMA IF NOT EXISTS charter_client;
"""
_IS_CLIENT = """
CREATE FUNCTION charter_rls.is_client() RETURNS boolean LANGUAGE sql STABLE
RETURN pg_has_role(current_user, 'charter_client', 'USAGE')
  AND NOT pg_has_role(current_user,
    (SELECT nspowner FROM pg_namespace WHERE nspname = 'charter_rls'), 'USAGE');
"""
_END = """\
REVOKE ALL ON ALL FUNCTIONS IN SCHEMA charter_rls FROM PUBLIC;
GRANT EXECUTE ON ALL FUNCTIONS IN SCHEMA charter_rls TO charter_client;
GRANT USAGE ON SCHEMA charter_rls, charter_client TO charter_client;
GRANT SELECT ON ALL TABLES IN SCHEMA charter_client TO charter_client;
GRANT charter_client TO CURRENT_USER;

COMMIT;
"""


def rls_script(contract: Contract) -> str:
    """The script, to be run by the service on a database with the contract's tables.

    It is one transaction, and can be run again. Raises NotExpressible.
    """
    view = open_view(contract)
    rules = Rules(contract, view)
    parts = [_BEGIN, FUNCTIONS, _IS_CLIENT]
    parts += [_commands(contract, _closed(table)) for table in _tables(contract)]
    for resource in contract.resources:
        made = _of_others if resource.read_only else _of_resource
        try:
            parts.append(_commands(contract, made(rules, view, resource)))
        except NotExpressible as error:
            raise NotExpressible(f"{resource.name}: {error}") from None
    for owner, relation in _links(contract):
        parts.append(_commands(contract, _of_link(rules, owner, relation)))
    return "\n".join((*parts, _END))


def _commands(contract: Contract, fragments: Iterator[Fragment]) -> str:
    return "".join(f"{rendered(fragment, contract)};\n" for fragment in fragments)


def _tables(contract: Contract) -> Iterator[str]:
    """All tables: those of resources and pairs, and Charter's own. What is only read may be a
    view, which has no policies."""
    yield from (table.name for table in schema_of(contract, POSTGRES).tables)
    yield from (r.table_name for r in contract.resources if r.mapped and not r.read_only)
    links = (relation.link for _, relation in _links(contract))
    yield from (link.table for link in links if link is not None and link.mapped)


def _links(contract: Contract) -> Iterator[tuple[Resource, Relation]]:
    """Each table of pairs once, by one of the relations that go over it."""
    seen: set[str] = set()
    for resource in contract.resources:
        for relation in resource.relations:
            if relation.link is not None and relation.link.table not in seen:
                seen.add(relation.link.table)
                yield resource, relation


def _closed(name: str) -> Iterator[Fragment]:
    """A table that only the service can use."""
    table = identifier(name)
    yield sql("ALTER TABLE {} ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY", table)
    yield sql("REVOKE ALL ON {} FROM PUBLIC, charter_client", table)
    yield sql(
        "CREATE POLICY charter_service ON {} TO CURRENT_USER USING (true) WITH CHECK (true)",
        table,
    )


def _of_resource(rules: Rules, view: OpenView, resource: Resource) -> Iterator[Fragment]:
    yield from rules.of_resource(resource)
    columns = [
        identifier(item.column_name)
        for item in resource.fields
        if item.readable and view.visible(resource, item.name) == ALWAYS
    ]
    table = identifier(resource.table_name)
    yield sql("GRANT SELECT ({}) ON {} TO charter_client", listed(columns), table)
    yield _view(rules.contract, view, resource)


def _of_others(rules: Rules, view: OpenView, resource: Resource) -> Iterator[Fragment]:
    """What the service only reads: its clients read it through the view."""
    table = identifier(resource.table_name)
    yield sql("REVOKE ALL ON {} FROM PUBLIC, charter_client", table)
    yield _view(rules.contract, view, resource)


def _of_link(rules: Rules, owner: Resource, relation: Relation) -> Iterator[Fragment]:
    yield from rules.of_link(owner, relation)
    if relation.link is not None:
        yield sql("GRANT SELECT ON {} TO charter_client", identifier(relation.link.table))


def _view(contract: Contract, view: OpenView, resource: Resource) -> Fragment:
    """The rows that can be read, with null for what is hidden: a barrier, so that no function
    of the client's is called on a row before the policy has let it through."""
    context, rows = fresh(contract, POSTGRES).select(resource)
    shown = []
    for item in resource.readable:
        value = _value(context, rows, item)
        visible = view.visible(resource, item.name)
        if visible != ALWAYS:
            value = sql("CASE WHEN {} THEN {} END", context.condition(visible), value)
        shown.append(sql("{} AS {}", value, identifier(item.name)))
    condition = context.condition(view.readable(resource))
    return sql(
        "CREATE VIEW charter_client.{} WITH (security_barrier) AS\nSELECT {}\nFROM {}\nWHERE {}",
        identifier(resource.table), listed(shown), rows.clause(), condition,
    )  # fmt: skip


def _value(context: Context, rows: Rows, item: Field | Computed) -> Fragment:
    return (
        written_out(context, rows, item) if isinstance(item, Computed) else rows.column(item.name)
    )
