"""The actor of a plain SQL session: what it is, in the functions of the schema `charter_rls`.

The session says who it acts for in the setting `charter.actor`, a JSON object with the members
`id`, `roles`, `claims`, `tenant`, `methods`, `signed_in_at` and `address`, all but the first
optional. Without it the session acts for nobody.
"""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType
from typing import Any

from charter.contract.contract import Contract
from charter.contract.expression import Fact, FactName
from charter.contract.methods import METHODS, MULTIPLE, kinds_of_factor, values_of
from charter.contract.types import TEXT, TEXTUAL, Scalar, Type
from charter.plan.actor import API_KEY, CLIENT_CREDENTIALS
from charter.plan.facts import FUTURE_SECONDS
from charter.sql.fragment import Fragment, Parameter
from charter.sql.postgres import POSTGRES
from charter.sql.sources import (
    ActorValue,
    AuthenticatedValue,
    ClaimValue,
    FactValue,
    NowValue,
    RoleValue,
    TenantValue,
)

SCHEMA = "charter_rls"

FUNCTIONS = r"""
CREATE FUNCTION charter_rls.actor() RETURNS jsonb LANGUAGE sql STABLE
RETURN nullif(current_setting('charter.actor', true), '')::jsonb;

CREATE FUNCTION charter_rls.member(name text) RETURNS text LANGUAGE sql STABLE
RETURN CASE WHEN jsonb_typeof(charter_rls.actor() -> name) = 'string'
  THEN charter_rls.actor() ->> name END;

CREATE FUNCTION charter_rls.actor_id() RETURNS text LANGUAGE sql STABLE
RETURN charter_rls.member('id');

CREATE FUNCTION charter_rls.authenticated() RETURNS boolean LANGUAGE sql STABLE
RETURN charter_rls.actor_id() IS NOT NULL;

CREATE FUNCTION charter_rls.has_any(name text, items text[]) RETURNS boolean LANGUAGE sql STABLE
RETURN charter_rls.authenticated() AND coalesce(CASE
  WHEN jsonb_typeof(charter_rls.actor() -> name) = 'array'
  THEN (charter_rls.actor() -> name) ?| items END, false);

CREATE FUNCTION charter_rls.claim(name text) RETURNS jsonb LANGUAGE sql STABLE
RETURN nullif(charter_rls.actor() -> 'claims' -> name, 'null'::jsonb);

CREATE FUNCTION charter_rls.signed_in_within(seconds integer) RETURNS boolean
LANGUAGE sql STABLE
RETURN charter_rls.authenticated() AND coalesce(CASE
  WHEN jsonb_typeof(charter_rls.actor() -> 'signed_in_at') = 'number'
  THEN extract(epoch FROM now()) - (charter_rls.actor() ->> 'signed_in_at')::numeric
    BETWEEN -future_seconds AND seconds END, false);

CREATE FUNCTION charter_rls.read_text(claim jsonb) RETURNS text LANGUAGE sql IMMUTABLE
RETURN CASE WHEN jsonb_typeof(claim) = 'string' THEN claim #>> '{}' END;

CREATE FUNCTION charter_rls.read_integer(claim jsonb) RETURNS bigint LANGUAGE sql IMMUTABLE
RETURN CASE WHEN jsonb_typeof(claim) = 'number' AND claim #>> '{}' ~ '^-?[0-9]{1,19}$'
  THEN CASE WHEN (claim #>> '{}')::numeric BETWEEN -9223372036854775808 AND 9223372036854775807
    THEN (claim #>> '{}')::bigint END END;

CREATE FUNCTION charter_rls.read_boolean(claim jsonb) RETURNS boolean LANGUAGE sql IMMUTABLE
RETURN CASE WHEN jsonb_typeof(claim) = 'boolean' THEN (claim #>> '{}')::boolean END;

CREATE FUNCTION charter_rls.read_float(claim jsonb) RETURNS double precision
LANGUAGE sql IMMUTABLE
RETURN CASE WHEN jsonb_typeof(claim) = 'number' AND abs((claim #>> '{}')::numeric) < 1e308
  THEN CASE WHEN abs((claim #>> '{}')::numeric) < 1e-300 THEN 0
    ELSE (claim #>> '{}')::double precision END END;

CREATE FUNCTION charter_rls.read_uuid(claim jsonb) RETURNS uuid LANGUAGE sql IMMUTABLE
RETURN CASE WHEN jsonb_typeof(claim) = 'string'
  AND claim #>> '{}' ~* '^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$'
  THEN (claim #>> '{}')::uuid END;

CREATE FUNCTION charter_rls.address_in(networks inet[]) RETURNS boolean
LANGUAGE plpgsql STABLE SET search_path = pg_catalog, pg_temp AS $body$
BEGIN
  RETURN coalesce(
    regexp_replace(charter_rls.member('address'), '^::ffff:(?=[0-9.]+$)', '', 'i')::inet
      <<= ANY (networks), false);
EXCEPTION WHEN data_exception THEN RETURN false;
END $body$;

CREATE FUNCTION charter_rls.pattern(written text) RETURNS text
LANGUAGE plpgsql IMMUTABLE SET search_path = pg_catalog, pg_temp AS $body$
DECLARE
  found text := '';
  place integer := 1;
  letter text;
BEGIN
  IF written IS NULL THEN RETURN NULL; END IF;
  WHILE place <= length(written) LOOP
    letter := substr(written, place, 1);
    IF letter = '*' THEN found := found || '%';
    ELSIF letter = '?' THEN found := found || '_';
    ELSE
      IF letter = E'\\' AND place < length(written) THEN
        place := place + 1;
        letter := substr(written, place, 1);
      END IF;
      found := found || CASE WHEN letter IN ('%', '_', E'\\') THEN E'\\' ELSE '' END || letter;
    END IF;
    place := place + 1;
  END LOOP;
  RETURN found;
END $body$;
""".replace("future_seconds", str(FUTURE_SECONDS))
"""What policies ask of the actor. A claim of another type than the contract says is none."""


class NotExpressible(ValueError):
    """A condition of the contract that plain SQL cannot hold; the message says why."""


_READERS: Mapping[Scalar, str] = MappingProxyType(
    {
        Scalar.INTEGER: "read_integer",
        Scalar.BOOLEAN: "read_boolean",
        Scalar.FLOAT: "read_float",
        Scalar.UUID: "read_uuid",
        **dict.fromkeys(TEXTUAL, "read_text"),
    }
)


def rendered(fragment: Fragment, contract: Contract) -> str:
    """The fragment with what a request would bind asked of the session instead.

    Raises NotExpressible.
    """
    return "".join(
        part if isinstance(part, str) else _asked(part, contract) for part in fragment.parts
    )


def _asked(part: Parameter, contract: Contract) -> str:
    text = _ASKED[type(part.source)](part.source, contract)
    if part.encode == POSTGRES.pattern:
        text = f"{SCHEMA}.pattern({text})"
    elif part.encode == POSTGRES.folded_pattern:
        raise NotExpressible("`ilike` with a pattern of the actor's needs Charter's case folding")
    return f"({text}){part.cast}"


def _literal(text: str) -> str:
    return POSTGRES.literal(text, TEXT)


def _array(texts: Iterator[str] | frozenset[str]) -> str:
    return f"ARRAY[{', '.join(_literal(text) for text in sorted(texts))}]::text[]"


def _role(source: RoleValue, contract: Contract) -> str:
    """Whoever has a role that includes this one has it too."""
    giving = {role for role, roles in contract.role_includes.items() if source.role in roles}
    return f"{SCHEMA}.has_any('roles', {_array(frozenset({*giving, source.role}))})"


def _claim(source: ClaimValue, _: Contract) -> str:
    value = f"{SCHEMA}.claim({_literal(source.name)})"
    return _read(value, source.kind)


def _read(value: str, kind: Type) -> str:
    reader = _READERS.get(kind.scalar)
    if reader is None or kind.many:
        raise NotExpressible(f"a claim is a text, a number or a truth, not {kind.scalar.value}")
    return f"{SCHEMA}.{reader}({value})"


def _tenant(source: TenantValue, _: Contract) -> str:
    member = f"to_jsonb({SCHEMA}.member('tenant'))"
    if source.kind.scalar is Scalar.INTEGER:
        member = (
            f"CASE WHEN {SCHEMA}.member('tenant') ~ '^[0-9]{{1,18}}$' "
            f"THEN {SCHEMA}.member('tenant')::jsonb END"
        )
    return _read(member, source.kind)


def _fact(source: FactValue, _: Contract) -> str:
    return _FACTS[source.fact.name](source.fact)


def _methods(values: frozenset[str]) -> str:
    return f"{SCHEMA}.has_any('methods', {_array(values)})"


def _mfa(_: Fact) -> str:
    kinds = sorted({kind for value in METHODS for kind in kinds_of_factor({value})})
    counted = " + ".join(
        f"{_methods(frozenset(one for one in METHODS if kind in kinds_of_factor({one})))}::integer"
        for kind in kinds
    )
    return f"{_methods(frozenset({MULTIPLE}))} OR {counted} > 1"


def _address(fact: Fact) -> str:
    networks = fact.argument if isinstance(fact.argument, tuple) else ()
    return f"{SCHEMA}.address_in({_array(frozenset(networks))}::inet[])"


_FACTS: Mapping[FactName, Callable[[Fact], str]] = MappingProxyType(
    {
        FactName.MFA: _mfa,
        FactName.SIGNED_IN_WITH: lambda fact: _methods(values_of(str(fact.argument))),
        FactName.SIGNED_IN_WITHIN: lambda fact: (
            f"{SCHEMA}.signed_in_within({int(str(fact.argument))})"
        ),
        FactName.ADDRESS_IN: _address,
        FactName.MACHINE: lambda _: _methods(frozenset({API_KEY, CLIENT_CREDENTIALS})),
    }
)
_ASKED: Mapping[type, Callable[[Any, Contract], str]] = MappingProxyType(
    {
        ActorValue: lambda _, __: f"{SCHEMA}.actor_id()",
        AuthenticatedValue: lambda _, __: f"{SCHEMA}.authenticated()",
        NowValue: lambda _, __: "now()",
        RoleValue: _role,
        ClaimValue: _claim,
        TenantValue: _tenant,
        FactValue: _fact,
    }
)
