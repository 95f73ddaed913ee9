"""What the endpoints of accounts and sessions answer, as JSON Schemas."""

from charter.contract.types import DATETIME, INTEGER, TEXT, Scalar, Type
from charter.wire.rest.describe.schemas import ref
from charter.wire.rest.describe.values import Schema, nullable, shown

_TEXT, _TIME = shown(TEXT), shown(DATETIME)
_SECONDS: Schema = {**shown(INTEGER), "minimum": 0}
_TEXTS: Schema = {"type": "array", "items": _TEXT}
_LEVEL: Schema = {"type": "string", "enum": ["aal1", "aal2"]}
_SCOPES = nullable(_TEXTS)


def _object(required: dict[str, Schema], more: dict[str, Schema] | None = None) -> Schema:
    return {
        "type": "object",
        "properties": {**required, **(more or {})},
        "required": list(required),
        "additionalProperties": False,
    }


def _items(item: str) -> Schema:
    return _object({"items": {"type": "array", "items": ref(item)}})


_BEARER: dict[str, Schema] = {
    "access_token": _TEXT,
    "token_type": {"type": "string", "const": "Bearer"},
    "expires_in": _SECONDS,
}
_REFRESH: dict[str, Schema] = {"refresh_token": _TEXT, "refresh_expires_in": _SECONDS}
_KEY: dict[str, Schema] = {
    "id": _TEXT,
    "name": _TEXT,
    "prefix": _TEXT,
    "scopes": _SCOPES,
    "created_at": _TIME,
    "expires_at": _TIME,
    "used_at": nullable(_TIME),
    "tenant": nullable(_TEXT),
}

ANSWERS: dict[str, Schema] = {
    "Auth.Session": {
        "description": "Tokens; or, for a browser, what it needs beside its cookie.",
        "anyOf": [
            _object({**_BEARER, **_REFRESH}),
            _object({"csrf_token": _TEXT, "expires_in": _SECONDS}),
        ],
    },
    "Auth.Token": {
        "description": "An access token; nothing but its time where the session is a cookie.",
        "anyOf": [
            _object(_BEARER, {**_REFRESH, "scope": _TEXT}),
            _object({"expires_in": _SECONDS}),
        ],
    },
    "Auth.Me": _object(
        {
            "id": _TEXT,
            "email": nullable(shown(Type(Scalar.EMAIL))),
            "roles": _TEXTS,
            "methods": _TEXTS,
            "level": _LEVEL,
            "totp": {
                "type": "boolean",
                "description": "Whether signing in to the account takes a code of an app.",
            },
            "session": nullable(_TEXT),
            "scopes": _SCOPES,
            "tenant": nullable(_TEXT),
        },
        {"csrf_token": _TEXT},
    ),
    "Auth.Switched": _object(_BEARER),
    "Auth.Tenant": _object({"tenant": _TEXT, "roles": _TEXTS}),
    "Auth.Tenants": _items("Auth.Tenant"),
    "Auth.SessionInfo": _object(
        {
            "id": _TEXT,
            "methods": _TEXTS,
            "level": _LEVEL,
            "signed_in_at": nullable(_TIME),
            "created_at": _TIME,
            "seen_at": _TIME,
            "agent": nullable(_TEXT),
            "address": nullable(_TEXT),
            "current": {"type": "boolean"},
        }
    ),
    "Auth.Sessions": _items("Auth.SessionInfo"),
    "Auth.Enrolment": _object({"secret": _TEXT, "uri": _TEXT, "qr_svg": _TEXT}),
    "Auth.RecoveryCodes": _object({"recovery_codes": _TEXTS}),
    "Auth.PasskeyOptions": _object({"token": _TEXT, "options": {"type": "object"}}),
    "Auth.Passkey": _object(
        {"id": _TEXT, "name": _TEXT, "created_at": _TIME, "used_at": nullable(_TIME)}
    ),
    "Auth.Passkeys": _items("Auth.Passkey"),
    "Auth.Key": _object(_KEY),
    "Auth.NewKey": _object({**_KEY, "key": nullable(_TEXT)}),
    "Auth.Keys": _items("Auth.Key"),
    "Auth.Provider": _object({"name": _TEXT, "title": _TEXT}),
    "Auth.Providers": _items("Auth.Provider"),
    "Auth.Departure": _object({"url": _TEXT}),
    "Auth.Identity": _object(
        {
            "id": _TEXT,
            "provider": nullable(_TEXT),
            "email": nullable(_TEXT),
            "created_at": _TIME,
        }
    ),
    "Auth.Identities": _items("Auth.Identity"),
}
"""All of them, by name."""
