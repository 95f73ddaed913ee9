"""From a token's claims to an actor (RFC 7519, section 4.1; RFC 8725)."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from charter.core.codes import INVALID_TOKEN
from charter.core.problems import Problem
from charter.plan.actor import Actor

MOST_ROLES = 100

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
    until = _date(claims, "exp")
    if until is None:
        raise refused("The token does not say when it expires.")
    subject = claims.get("sub")
    if not _is_name(subject):
        raise refused("The token does not name a usable subject.")
    starts = [date for name in ("nbf", "iat") if (date := _date(claims, name)) is not None]
    since = max(starts, default=float("-inf")) - rules.leeway
    actor = Actor(subject, _roles(claims, rules.roles_claims), claims)
    return Admission(actor, since, until + rules.leeway)


def check_time(admission: Admission, now: float) -> None:
    """A Problem before and after the time of an admission."""
    if now >= admission.until:
        raise refused("The token has expired.")
    if now < admission.since:
        raise refused("The token is not valid yet.")


def _is_name(value: object) -> bool:
    return isinstance(value, str) and _NAME.fullmatch(value) is not None


def _date(claims: Mapping[str, Any], name: str) -> float | None:
    if name not in claims:
        return None
    value = claims[name]
    if not isinstance(value, int | float) or isinstance(value, bool):
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
        if isinstance(roles, tuple) and len(roles) <= MOST_ROLES and all(map(_is_name, roles)):
            return frozenset(roles)
        raise refused("The token's roles cannot be used.")
    return frozenset()


def _at(claims: Mapping[str, Any], path: list[str]) -> Any:
    value: Any = claims
    for name in path:
        value = value.get(name) if isinstance(value, Mapping) else None
    return value
