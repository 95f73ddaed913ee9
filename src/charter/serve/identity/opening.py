"""The realm of a process, put together from its settings."""

from collections.abc import Container
from dataclasses import dataclass

from charter.access.keys import BadKey, Keys
from charter.access.oidc.parties import open_parties
from charter.access.passkeys.model import Passkeys, RelyingParty
from charter.access.passkeys.open import have_passkeys, open_passkeys
from charter.access.passwords.breached import Breached
from charter.access.passwords.hasher import Hasher
from charter.access.passwords.strength import StrengthRules
from charter.access.sealing import Sealer, sealing_key, sealing_keys
from charter.contract.contract import Contract
from charter.core.signals import Listener, Signal
from charter.deliver.mail_url import open_mailer
from charter.plan.drafts import Drafts
from charter.serve.engine.service import Service
from charter.serve.identity.letters import Letters
from charter.serve.identity.post import Post
from charter.serve.identity.realm import Realm
from charter.serve.identity.sweep import Sweeper
from charter.serve.settings.identity import MAIL_FOLDER, IdentitySettings
from charter.serve.settings.model import Settings
from charter.sql.identity.alive import alive
from charter.sql.identity.tenants import tenants


@dataclass(frozen=True, slots=True)
class Opened:
    """A realm, and what works for it beside the requests."""

    realm: Realm
    post: Post
    sweeper: Sweeper
    origins: frozenset[str]

    def start(self) -> None:
        """The database is there: begin to send letters, and to sweep."""
        self.post.start()
        self.sweeper.start()

    async def stop(self) -> None:
        """Nothing more is asked: end what works beside."""
        await self.post.stop()
        await self.sweeper.stop()
        if self.realm.parties is not None:
            await self.realm.parties.close()
        self.realm.hasher.close()


def open_realm(
    contract: Contract,
    service: Service,
    settings: Settings,
    keys: Keys,
    listener: Listener | None,
) -> Opened:
    """The realm of a contract with accounts.

    Raises ValueError where a setting is missing or makes no sense, and BadKey where the keys can
    sign or seal nothing.
    """
    identity, production = settings.identity, settings.serve.in_production
    keys.current(0.0).signing_key()
    url = public_url(settings)
    sealer = _sealer(identity, keys)
    mailer = open_mailer(_mail_url(settings), identity.mail_from or _sender(url))
    pages = identity.pages if "://" in identity.pages else url + identity.pages
    realm = Realm(
        contract,
        service,
        identity,
        settings.auth,
        keys,
        sealer,
        Hasher(),
        StrengthRules(
            shortest=identity.password_length,
            words=(contract.name, *identity.password_words),
            breached=_breached(identity),
        ),
        Letters(contract.name, pages),
        alive(contract, service.dialect),
        Drafts(contract),
        url,
        _passkeys(contract.name, url),
        open_parties(settings.auth, listener or _nobody, development=not production),
        tenants(contract, service.dialect),
    )
    post = Post(service.database, service.dialect, sealer, mailer, listener)
    sweeper = Sweeper(service.database, service.dialect, listener)
    return Opened(realm, post, sweeper, frozenset({url}))


def public_url(settings: Settings) -> str:
    """Where the service is reached from outside, without a slash at its end."""
    given = settings.identity.public_url
    if given is not None:
        return given.rstrip("/")
    if settings.serve.in_production:
        raise ValueError(
            "identity.public_url must be set in production: the links in letters begin with it"
        )
    return f"http://localhost:{settings.serve.port}"


def _mail_url(settings: Settings) -> str:
    if settings.identity.mail is not None:
        return settings.identity.mail
    if settings.serve.in_production:
        raise ValueError("identity.mail must be set in production: accounts need letters")
    return f"folder:{MAIL_FOLDER}"


def _breached(settings: IdentitySettings) -> Container[str]:
    if settings.breached_passwords is None:
        return frozenset()
    try:
        return Breached(settings.breached_passwords)
    except (OSError, ValueError) as error:
        raise ValueError(f"identity.breached_passwords: {error}") from None


def _sealer(settings: IdentitySettings, keys: Keys) -> Sealer:
    found = [] if settings.secret is None else [sealing_key(settings.secret.encode())]
    found += sealing_keys(keys.current(0.0))
    if not found:
        raise BadKey("identity.secret must be set: the keys for tokens are none that can seal")
    return Sealer(found)


def _passkeys(name: str, url: str) -> Passkeys | None:
    """Passkeys, where they are installed and the service is one that they can belong to: they
    are bound to a domain, and need HTTPS or this very machine."""
    if not have_passkeys():
        return None
    try:
        party = RelyingParty(_host(url), name, (url,))
    except ValueError:
        return None
    return open_passkeys(party)


def _nobody(_: Signal) -> None:
    """Nobody listens."""


def _host(url: str) -> str:
    return url.partition("://")[2].partition(":")[0]


def _sender(url: str) -> str:
    return f"no-reply@{_host(url)}"
