"""Ready settings for well-known providers: what an operator need not look up."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

from charter.access.oidc.provider import Provider
from charter.access.outbound import check_address
from charter.access.tables import check_tables, read_table

WHERE = "auth.providers"


@dataclass(frozen=True, slots=True)
class Known:
    """A provider that many use. `values` are fields of Provider; `needs` are the settings, told
    by an operator, that stand in braces in them."""

    values: Mapping[str, Any]
    needs: Mapping[str, str] = field(default_factory=dict)
    """What each has to look like: a regular expression."""


_GUID = r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}"
_HOST = r"[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[0-9]{1,5})?"
_SEGMENT = r"[A-Za-z0-9_-][A-Za-z0-9._-]*"

_GITHUB: Mapping[str, Any] = {
    "title": "GitHub",
    # What it calls itself in `iss` of its answers (RFC 9207), which it sends at times.
    "issuer": "https://github.com/login/oauth",
    "scopes": ["read:user", "user:email"],
    "email": "verified",
    "authentication": "client_secret_post",
    "endpoints": {
        "authorization": "https://github.com/login/oauth/authorize",
        "token": "https://github.com/login/oauth/access_token",
        "profile": "https://api.github.com/user",
        "emails": "https://api.github.com/user/emails",
    },
}

KNOWN: Mapping[str, Known] = MappingProxyType(
    {
        # Google vouches for gmail.com and for the domains of its Workspace (the claim hd); an
        # address elsewhere was checked once, and may have another owner now.
        "google": Known(
            {
                "title": "Google",
                "issuer": "https://accounts.google.com",
                "email": "hosted",
                "email_domains": ["gmail.com", "googlemail.com"],
            }
        ),
        # One directory each: with the endpoints for all directories, anybody's directory could
        # claim any address. 9188040d-6c67-4c5b-b112-36a304b66dad is that of personal accounts.
        "microsoft": Known(
            {
                "title": "Microsoft",
                "issuer": "https://login.microsoftonline.com/{tenant}/v2.0",
                "email": "never",
            },
            {"tenant": _GUID},
        ),
        "github": Known(_GITHUB),
        # Apple sends the answer as a form of another site, and its client secret is a token that
        # is signed anew each time: team_id, key_id and private_key.
        "apple": Known(
            {
                "title": "Apple",
                "issuer": "https://appleid.apple.com",
                "scopes": ["openid", "email", "name"],
                "response_mode": "form_post",
                "authentication": "client_secret_post",
                "email": "verified",
            }
        ),
        "gitlab": Known(
            {"title": "GitLab", "issuer": "https://{host}", "email": "verified"}, {"host": _HOST}
        ),
        # Whoever runs a realm, a tenant or an organisation decides who writes addresses in it.
        "keycloak": Known(
            {"title": "Keycloak", "issuer": "https://{host}/realms/{realm}", "email": "never"},
            {"host": _HOST, "realm": _SEGMENT},
        ),
        "auth0": Known(
            {"title": "Auth0", "issuer": "https://{host}/", "email": "never"}, {"host": _HOST}
        ),
        "okta": Known(
            {"title": "Okta", "issuer": "https://{host}", "email": "never"}, {"host": _HOST}
        ),
    }
)


def read_providers(tables: Mapping[str, Any], *, development: bool) -> tuple[Provider, ...]:
    """The providers of the tables below `auth.providers`.

    A table whose `kind`, or else whose name, is one of KNOWN begins with the values of that one.
    ValueError, with the name of the table, where one makes no sense.
    """
    check_tables(tables, WHERE)
    providers: list[Provider] = []
    for name, table in tables.items():
        where = f"{WHERE}.{name}"
        if not isinstance(table, Mapping):
            raise ValueError(f"{where}: a table is expected")
        provider = read_table(Provider, name, _completed(name, table, where), where)
        try:
            _check_addresses(provider, development)
        except ValueError as error:
            raise ValueError(f"{where}: {error}") from None
        providers.append(provider)
    return tuple(providers)


def _completed(name: str, table: Mapping[str, Any], where: str) -> dict[str, Any]:
    """A table with what is known of its kind of provider below what it says itself."""
    own = dict(table)
    kind = own.pop("kind", name if name in KNOWN else None)
    if kind is None:
        return own
    if kind not in KNOWN:
        raise ValueError(f"{where}: kind is one of {', '.join(KNOWN)}")
    known = KNOWN[kind]
    values = dict(known.values)
    if "issuer" in own:
        return values | own
    needed: dict[str, str] = {}
    for setting, form in known.needs.items():
        value = own.pop(setting, None)
        if not isinstance(value, str) or re.fullmatch(form, value) is None:
            raise ValueError(f"{where}: {setting} is missing, or not a {setting}")
        needed[setting] = value
    values["issuer"] = values["issuer"].format_map(needed)
    return values | own


def _check_addresses(provider: Provider, development: bool) -> None:
    addresses = [provider.issuer]
    if provider.endpoints is not None:
        ends = provider.endpoints
        addresses += [ends.authorization, ends.token, ends.profile]
        addresses += [ends.emails] if ends.emails is not None else []
    for address in addresses:
        check_address(address, development=development)
    if "?" in provider.issuer:
        raise ValueError("an issuer has no query")
