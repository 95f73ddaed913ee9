"""What is set about an identity provider: the table `[auth.providers.NAME]`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Authentication(StrEnum):
    """How the service shows the token endpoint who it is."""

    BASIC = "client_secret_basic"
    POST = "client_secret_post"
    PRIVATE_KEY = "private_key_jwt"
    NONE = "none"


class ResponseMode(StrEnum):
    """How the browser brings the provider's answer back."""

    QUERY = "query"
    FORM_POST = "form_post"


class EmailTrust(StrEnum):
    """Which e-mail addresses a provider is believed about, for accounts to be found by them."""

    NEVER = "never"
    """None: a person has to prove the address to this service."""
    VERIFIED = "verified"
    """Those that it says are verified (`email_verified`)."""
    HOSTED = "hosted"
    """Of those, the ones at domains that the provider runs: `email_domains`, and the domain that
    the claim `hd` names."""
    ALWAYS = "always"
    """All: the provider is one's own directory, in which nobody writes an address of their own."""


class SignInTime(StrEnum):
    """When somebody signed in who comes from a provider that does not tell (`auth_time`)."""

    UNKNOWN = "unknown"
    """Nobody knows: it is no fresh sign-in, however little time has gone by here."""
    ARRIVAL = "arrival"
    """When they arrived here: the provider asks anew each time, or is believed to."""


@dataclass(frozen=True, slots=True)
class Endpoints:
    """The addresses of a provider that speaks OAuth 2 without OpenID Connect."""

    authorization: str
    token: str
    profile: str
    """Answers with a JSON object about whoever the access token stands for."""
    emails: str | None = None
    """Answers with a JSON list of objects with `email`, `primary` and `verified`."""
    subject: str = "id"
    """The member of the profile that never changes."""
    names: tuple[str, ...] = ("name", "login")
    """The members of the profile that may be a name, the best first."""


@dataclass(frozen=True, slots=True)
class Provider:
    """An identity provider. ValueError where the settings make no sense."""

    name: str
    """Its name in addresses."""
    issuer: str
    """The address that it is found at, and what `iss` is, letter for letter."""
    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    private_key: str | None = field(default=None, repr=False)
    """A private key, PEM or JWK, for `private_key_jwt`; at Apple, for its client secret."""
    key_id: str | None = None
    """The `kid` of that key, where it is PEM."""
    team_id: str | None = None
    """At Apple: whose key it is. The client secret is then a token signed with it."""
    title: str = ""
    """What people call it."""
    authentication: Authentication | None = None
    """By default what the provider says it can do, `client_secret_basic` before others."""
    scopes: tuple[str, ...] = ("openid", "email", "profile")
    response_mode: ResponseMode = ResponseMode.QUERY
    email: EmailTrust = EmailTrust.NEVER
    email_domains: tuple[str, ...] = ()
    mfa: tuple[str, ...] = ()
    """The values of `amr` or `acr` by which it says that two factors were proven, where it is
    believed about that."""
    untold: SignInTime = SignInTime.UNKNOWN
    """When the sign-in was, where the provider does not tell."""
    parameters: Mapping[str, str] = field(default_factory=dict)
    """Further parameters of the authorization request, such as `prompt` or `hd`."""
    endpoints: Endpoints | None = None
    """Set where there is no discovery: OAuth 2 without OpenID Connect."""

    def __post_init__(self) -> None:
        if not self.client_id:
            raise ValueError("client_id cannot be empty")
        if self.client_secret is not None and self.private_key is not None:
            raise ValueError("client_secret and private_key: one of them is enough")
        if self.team_id is not None and (self.private_key is None or self.key_id is None):
            raise ValueError("team_id needs private_key and key_id")
        if self.endpoints is None and "openid" not in self.scopes:
            raise ValueError("scopes must have openid in it")
        taken = sorted(self.parameters.keys() & OWN_PARAMETERS)
        if taken:
            raise ValueError(f"parameters: {', '.join(taken)} cannot be set")


OWN_PARAMETERS = frozenset(
    {
        "client_id",
        "redirect_uri",
        "response_type",
        "response_mode",
        "scope",
        "state",
        "nonce",
        "code_challenge",
        "code_challenge_method",
        "request",
        "request_uri",
        "max_age",
        "acr_values",
    }
)
"""The parameters of the authorization request that are decided here."""
