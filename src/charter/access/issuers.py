"""Issuers elsewhere whose access tokens are accepted, and what is set about them."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from charter.access.claims import Rules
from charter.access.outbound import Outbound, Outgoing, Unreachable, check_address, json_object
from charter.access.tables import check_tables, read_table

WHERE = "auth.issuers"
MOST_LEEWAY = 300
_WELL_KNOWN = "/.well-known/openid-configuration"


@dataclass(frozen=True, slots=True)
class Issuer:
    """An outside issuer: the table `[auth.issuers.NAME]`. ValueError where it makes no sense."""

    name: str
    issuer: str
    """What `iss` is, letter for letter."""
    audience: str
    """What `aud` must name: without it, a token for any other service would do here."""
    jwks_url: str | None = None
    """Where its keys are. By default its discovery document tells."""
    roles_claim: str | None = None
    """The claim with groups or roles; a dotted path such as `realm_access.roles` is followed."""
    roles: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    """The role, or roles, that each value of that claim gives here. Other values give none."""
    scopes: Mapping[str, str | tuple[str, ...]] = field(default_factory=dict)
    """The scope, or scopes, that each scope of its tokens stands for here. With this table its
    tokens may do only what one of their scopes covers and a policy allows; without it, scopes
    bound nothing."""
    subject_prefix: str | None = None
    """What comes before `sub` in the id of an actor. By default the name of the issuer and a
    colon, so that no subject of an issuer is taken for another's or for an account of one's own.
    Empty where this issuer's subjects are the ids of users here."""
    tenant_claim: str | None = None
    """The claim with the key of the tenant that an actor acts for, where this issuer is to say."""
    leeway: int = 10
    """Seconds by which the clocks of issuer and service may differ."""

    def __post_init__(self) -> None:
        if not self.issuer or not self.audience:
            raise ValueError("issuer and audience cannot be empty")
        if self.roles and self.roles_claim is None:
            raise ValueError("roles needs roles_claim: the claim that has these values")
        if not 0 <= self.leeway <= MOST_LEEWAY:
            raise ValueError(f"leeway must be from 0 to {MOST_LEEWAY} seconds")

    @property
    def rules(self) -> Rules:
        """What its tokens must say."""
        prefix = f"{self.name}:" if self.subject_prefix is None else self.subject_prefix
        table = {value: _several(given) for value, given in self.roles.items()}
        scopes = {value: _several(given) for value, given in self.scopes.items()}
        claims = () if self.roles_claim is None else (self.roles_claim,)
        return Rules(
            self.audience,
            self.issuer,
            self.leeway,
            claims,
            roles_table=table,
            scopes_table=scopes or None,
            subject_prefix=prefix,
            tenant_claim=self.tenant_claim,
        )


def _several(given: str | tuple[str, ...]) -> frozenset[str]:
    return frozenset((given,) if isinstance(given, str) else given)


def read_issuers(
    tables: Mapping[str, Any], own: str | None, *, development: bool
) -> tuple[Issuer, ...]:
    """The issuers of the tables below `auth.issuers`. `own` is the issuer of the service's own
    tokens. ValueError, with the name of the table, where one makes no sense or two are one."""
    check_tables(tables, WHERE)
    issuers: list[Issuer] = []
    for name, table in tables.items():
        where = f"{WHERE}.{name}"
        issuer = read_table(Issuer, name, table, where)
        try:
            check_address(issuer.jwks_url or issuer.issuer, development=development)
        except ValueError as error:
            raise ValueError(f"{where}: {error}") from None
        taken = {own, *(other.issuer for other in issuers)}
        if issuer.issuer in taken:
            raise ValueError(f"{where}: this issuer is set already; its tokens have one meaning")
        issuers.append(issuer)
    return tuple(issuers)


async def fetch_keys(issuer: Issuer, outbound: Outbound) -> bytes:
    """The JWK Set that an issuer publishes. Raises Unreachable, and ValueError for an address
    that must not be asked."""
    url = issuer.jwks_url or await _discovered(issuer.issuer, outbound)
    reply = await outbound.send(Outgoing("GET", url, {"accept": "application/json"}))
    if reply.status != 200:
        raise Unreachable(f"its keys were answered with the status {reply.status}")
    return reply.body


async def _discovered(issuer: str, outbound: Outbound) -> str:
    """OpenID Connect Discovery 1.0, section 4: the document must be of this very issuer."""
    address = issuer.removesuffix("/") + _WELL_KNOWN
    document = json_object(await outbound.send(Outgoing("GET", address)))
    url = document.get("jwks_uri")
    if document.get("issuer") != issuer:
        raise Unreachable("its discovery document names another issuer")
    if not isinstance(url, str):
        raise Unreachable("its discovery document names no keys")
    return url
