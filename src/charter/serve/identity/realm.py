"""The realm: the accounts of one contract on one database, with all that flows need."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from charter.access.keys import Keys
from charter.access.oidc.parties import Parties
from charter.access.passkeys.model import Passkeys
from charter.access.passwords.hasher import Hasher
from charter.access.passwords.strength import StrengthRules
from charter.access.sealing import Sealer
from charter.access.settings import AccessSettings
from charter.contract.contract import Contract
from charter.contract.resource import Resource
from charter.plan.actor import Actor
from charter.plan.drafts import Drafts
from charter.serve.engine.service import Service
from charter.serve.identity.letters import Letters
from charter.serve.settings.identity import IdentitySettings
from charter.sql.dialect import Dialect
from charter.sql.identity.alive import Alive
from charter.sql.identity.tenants import Tenants
from charter.store.database import Database


@dataclass(frozen=True)
class Realm:
    """What does not change from request to request. `passkeys` is None without their library, and
    where the service is none that passkeys can belong to; `parties` are the identity providers;
    `tenants` is None where no account can belong to a tenant."""

    contract: Contract
    service: Service
    settings: IdentitySettings
    access: AccessSettings
    keys: Keys
    sealer: Sealer
    hasher: Hasher
    rules: StrengthRules
    letters: Letters
    alive: Alive
    drafts: Drafts
    public_url: str = ""
    passkeys: Passkeys | None = None
    parties: Parties | None = None
    tenants: Tenants | None = None

    @property
    def account(self) -> Resource:
        return self.contract.resource_named[self.contract.user]

    @property
    def database(self) -> Database:
        return self.service.database

    @property
    def dialect(self) -> Dialect:
        return self.service.dialect


@dataclass(frozen=True, slots=True)
class Visit:
    """One request to an endpoint: what its body says, and who asks from where.

    `network` is what is counted under: an IPv6 customer has very many addresses. `browser` tells
    whether the session lives in a cookie.
    """

    actor: Actor
    now: datetime
    values: Mapping[str, Any] = field(repr=False)
    account: Mapping[str, Any] = field(repr=False)
    key: str = ""
    network: str = ""
    address: str | None = None
    agent: str | None = None
    request_id: str | None = None
    browser: bool = False
    cookie: str | None = field(default=None, repr=False)
    path: str = ""
    query: str = field(default="", repr=False)
    cookies: str | None = field(default=None, repr=False)
    """The Cookie field as it came."""

    @property
    def me(self) -> str:
        """The account of who asks, on endpoints that need one."""
        if self.actor.id is None:
            raise RuntimeError("this endpoint is for those who have signed in")
        return self.actor.id

    def after(self, seconds: float) -> datetime:
        return self.now + timedelta(seconds=seconds)
