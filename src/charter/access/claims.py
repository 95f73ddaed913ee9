"""From a token's claims to an actor (RFC 7519, section 4.1; RFC 8725)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from charter.core.codes import INVALID_TOKEN
from charter.core.problems import Problem
from charter.plan.actor import Actor

MOST_ROLES = 100
TENANT = "tenant"
"""The claim of the tenant in tokens of this service."""

_NAME = re.compile(r"[^\x00-\x1f\x7f]{1,255}")


@dataclass(frozen=True, slots=True)
class Rules:
    """What a token must say to be accepted here."""

    audience: str | None = None
    """What `aud` must name. Without it, a token that names an audience is refused."""
    issuer: str | None = None
    """What `iss` must be; not checked where it is None."""
    leeway: float = 10
    """Seconds by which the clocks of issuer and service may differ."""
    roles_claims: tuple[str, ...] = ("roles", "role")
    """The claims that may have the roles; the first one that is there counts. A dotted name is a
    path, unless a claim has just this name."""
    tenant_claim: str | None = TENANT
    """The claim that has the key of the tenant for which the actor acts, a text or an integer;
    None where no claim says so."""
    roles_table: Mapping[str, frozenset[str]] | None = None
    """The roles that each value of the claim stands for; values that are not in it stand for
    none. Without a table, the values are the roles."""
    scopes_table: Mapping[str, frozenset[str]] | None = None
    """The scopes here that each scope of a token stands for (`scope`, or else `scp`): what is not
    in it stands for none. Without a table, the scopes of others mean nothing here."""
    subject_prefix: str = ""
    """What comes before `sub` in the id of the actor."""
    own: bool = False
    """Whether the tokens are those of accounts of this service: `sid`, `scope` and `client_id`
    mean its sessions, scopes and keys. Those of others mean their own."""


@dataclass(frozen=True, slots=True)
class Admission:
    """An actor, and the time within which it may act: `since <= now < until`, in seconds since
    the epoch, leeway included."""

    actor: Actor
    since: float
    until: float


def refused(message: str) -> Problem:
    return Problem(INVALID_TOKEN, message)


def admit(claims: Mapping[str, Any], rules: Rules) -> Admission:
    """Who these claims stand for, and when. They must come from a verified token, and be frozen:
    the actor keeps them. `exp` and `sub` are required. A Problem says in general words what is
    missing or wrong."""
    _check_issuer(claims, rules.issuer)
    _check_audience(claims, rules.audience)
    if "authorization_details" in claims:
        # RFC 9396: they bound what the token is good for, and nothing here can hold them.
        raise refused("The token is bound by authorization details, which mean nothing here.")
    until = _date(claims, "exp")
    if until is None:
        raise refused("The token does not say when it expires.")
    subject = claims.get("sub")
    if not is_name(subject):
        raise refused("The token does not name a usable subject.")
    starts = [date for name in ("nbf", "iat") if (date := _date(claims, name)) is not None]
    since = max(starts, default=float("-inf")) - rules.leeway
    roles = _roles(claims, rules.roles_claims)
    if rules.roles_table is not None:
        table = rules.roles_table
        roles = frozenset().union(*(table[value] for value in roles & table.keys()))
    actor = Actor(
        f"{rules.subject_prefix}{subject}",
        roles,
        claims,
        methods=_methods(claims),
        signed_in_at=_date(claims, "auth_time"),
        session=_session(claims) if rules.own else None,
        scopes=_scopes(claims, rules),
        tenant=_tenant(claims, rules.tenant_claim),
    )
    return Admission(actor, since, until + rules.leeway)


def check_time(admission: Admission, now: float) -> None:
    """A Problem before and after the time of an admission."""
    if now >= admission.until:
        raise refused("The token has expired.")
    if now < admission.since:
        raise refused("The token is not valid yet.")


def is_name(value: object) -> TypeGuard[str]:
    """Whether a claim can name somebody, a role or a tenant."""
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def is_date(value: object) -> TypeGuard[float]:
    """Whether a claim is a NumericDate (RFC 7519, section 2)."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _date(claims: Mapping[str, Any], name: str) -> float | None:
    if name not in claims:
        return None
    value = claims[name]
    if not is_date(value):
        raise refused(f"The token's `{name}` is not a date.")
    return value


def _check_issuer(claims: Mapping[str, Any], issuer: str | None) -> None:
    if issuer is not None and claims.get("iss") != issuer:
        raise refused("The token is not from an issuer that is trusted here.")


def _check_audience(claims: Mapping[str, Any], audience: str | None) -> None:
    named = claims.get("aud", ())
    audiences = (named,) if isinstance(named, str) else named
    accepted = (
        isinstance(audiences, tuple)
        and all(isinstance(one, str) for one in audiences)
        and (audience in audiences if audience is not None else "aud" not in claims)
    )
    if not accepted:
        raise refused("The token is not meant for this service.")


def _roles(claims: Mapping[str, Any], names: tuple[str, ...]) -> frozenset[str]:
    for name in names:
        found = claims[name] if name in claims else _at(claims, name.split("."))
        if found is None:
            continue
        roles = (found,) if isinstance(found, str) else found
        if isinstance(roles, tuple) and len(roles) <= MOST_ROLES and all(map(is_name, roles)):
            return frozenset(roles)
        raise refused("The token's roles cannot be used.")
    return frozenset()


def _methods(claims: Mapping[str, Any]) -> frozenset[str]:
    """How somebody signed in (RFC 8176); what cannot be understood proves nothing."""
    found = claims.get("amr", ())
    if not isinstance(found, tuple) or len(found) > MOST_ROLES:
        return frozenset()
    return frozenset(method for method in found if is_name(method))


def _session(claims: Mapping[str, Any]) -> str | None:
    found = claims.get("sid")
    return found if is_name(found) else None


def _scopes(claims: Mapping[str, Any], rules: Rules) -> frozenset[str] | None:
    """RFC 9068, section 2.2.3: a list with spaces between. A token without it is not bound,
    unless a table says what scopes stand for."""
    if rules.scopes_table is not None:
        found = claims.get("scope", claims.get("scp", ()))
        named = found.split() if isinstance(found, str) else found
        known = named if isinstance(named, list | tuple) else ()
        table = rules.scopes_table
        return frozenset().union(
            *(table[each] for each in known if is_name(each) and each in table)
        )
    found = claims.get("scope") if rules.own else None
    return frozenset(found.split()) if isinstance(found, str) else None


def _tenant(claims: Mapping[str, Any], name: str | None) -> str | None:
    found = None if name is None else claims.get(name)
    if isinstance(found, int) and not isinstance(found, bool):
        return str(found)
    return found if is_name(found) else None


def _at(claims: Mapping[str, Any], path: list[str]) -> Any:
    value: Any = claims
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
