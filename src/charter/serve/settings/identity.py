"""What an operator sets about accounts and sessions."""

from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

MAIL_FOLDER = Path(".charter/mail")
"""Where letters go in development."""
SHORTEST_SECRET = 32
_DAY = 86_400.0


@dataclass(frozen=True, slots=True)
class IdentitySettings:
    """Accounts and sessions, where the contract names its accounts. Times are seconds."""

    public_url: str | None = None
    """Where the service is reached from outside, such as `https://shop.example`: links in letters
    begin with it, and passkeys belong to it. Needed in production; in development it is the
    address that is listened at."""
    pages: str = "/account/"
    """Where the pages are that links in letters lead to: a path below `public_url`, or a whole
    URL. What is to be done there and a token follow: `verify#token=…`."""
    registration: bool = True
    """Whether people may register by themselves."""
    mail: str | None = field(default=None, repr=False)
    """Where letters go: `smtp://user:password@host`, `smtps://…` or `folder:path`. Needed in
    production; in development it is the folder `.charter/mail`."""
    mail_from: str | None = None
    """The sender of letters, `Name <name@host>`. By default `no-reply` at the host of
    `public_url`."""
    secret: str | None = field(default=None, repr=False)
    """The secret that seals what has to be read again (secrets of authenticator apps, letters
    that wait), at least 32 bytes. By default it is derived from the HS256 keys."""
    token_lifetime: float = 600.0
    """For how long an access token is good."""
    refresh_lifetime: float = 30 * _DAY
    """After how long without use a session ends."""
    session_lifetime: float = 90 * _DAY
    """How long a session lasts at most, however much it is used."""
    browser_idle: float = _DAY
    """After how long without use a session in a browser ends."""
    browser_lifetime: float = 14 * _DAY
    """How long a session in a browser lasts at most."""
    refresh_grace: float = 10.0
    """For how long a refresh token that was just spent is taken for a repeated request; later
    it means that somebody else has it, and its session ends."""
    link_lifetime: float = 3600.0
    """For how long the link in a letter can be used."""
    fresh: float = 600.0
    """For how long after signing in changes to the account itself can be made."""
    password_length: int = 8
    """The shortest password, in characters."""
    password_words: tuple[str, ...] = ()
    """Words that anybody would try here, such as names of the company and its products: a
    password that is little more than some of them is refused. The name of the contract is always
    one of them."""
    breached_passwords: Path | None = None
    """A file with the SHA-1 of passwords that were published in breaches, ordered by hash, as
    Have I Been Pwned gives it out: none of them is taken. The 5,000 most used never are."""
    second_factor: bool = False
    """Whether everybody needs a second factor: who has signed in without one can do nothing but
    set one up. Programs with keys are not concerned."""
    code_drift: int = 1
    """How many steps of 30 seconds the clock of an authenticator app may be early or late."""
    sessions: int = 100
    """How many sessions an account can have at once. With one more, that which was not used for
    the longest time ends."""
    free_tries: int = 5
    """Failures to sign in to an account before tries are slowed down."""
    free_tries_address: int = 50
    """Failures to sign in from one address before tries are slowed down."""
    client_certificates: bool = False
    """Take the field `Client-Cert` (RFC 9440) of a trusted proxy as who is asking."""

    def __post_init__(self) -> None:
        """Raises ValueError where a value makes no sense."""
        for name, (least, most) in IDENTITY_BOUNDS.items():
            if not least <= getattr(self, name) <= most:
                raise ValueError(f"{name} must be from {least} to {most}")
        if self.secret is not None and len(self.secret.encode()) < SHORTEST_SECRET:
            raise ValueError(f"secret must have at least {SHORTEST_SECRET} bytes")
        if self.public_url is not None:
            parts = urlsplit(self.public_url)
            if parts.scheme not in {"http", "https"} or not parts.hostname or parts.path.strip("/"):
                raise ValueError("public_url must be http or https and a host, without a path")


IDENTITY_BOUNDS: dict[str, tuple[float, float]] = {
    "token_lifetime": (10, 86_400),
    "refresh_lifetime": (60, 400 * _DAY),
    "session_lifetime": (60, 400 * _DAY),
    "browser_idle": (60, 400 * _DAY),
    "browser_lifetime": (60, 400 * _DAY),
    "refresh_grace": (0, 300),
    "link_lifetime": (60, 30 * _DAY),
    "fresh": (10, 86_400),
    "password_length": (8, 64),
    "code_drift": (0, 10),
    "sessions": (1, 10_000),
    "free_tries": (2, 1000),
    "free_tries_address": (2, 1_000_000),
}
