"""The endpoints of accounts and sessions, in the order in which they are documented."""

from charter.contract.command import Parameter
from charter.contract.contract import Contract
from charter.contract.resource import Given
from charter.contract.types import Scalar, Type
from charter.wire.identity.endpoint import Endpoint, Needs
from charter.wire.identity.providers import PROVIDER_ENDPOINTS

LONGEST_PASSWORD = 1024
_EMAIL = Type(Scalar.EMAIL, max_length=254)
_PASSWORD = Type(Scalar.TEXT, min_length=1, max_length=LONGEST_PASSWORD)
_NEW_PASSWORD = Type(
    Scalar.TEXT, min_length=8, max_length=128, pattern=r"[^\u0000-\u001f\u007f-\u009f]*"
)
_TOKEN = Type(Scalar.TEXT, min_length=1, max_length=200)
_CODE = Type(Scalar.TEXT, min_length=1, max_length=64)
_NAME = Type(Scalar.TEXT, min_length=1, max_length=100)
_MODE = Type(Scalar.CHOICE, choices=("token", "browser"))
_SCOPES = Type(Scalar.TEXT, many=True, min_length=1, max_length=100, max_items=50)
_DAYS = Type(Scalar.INTEGER, ge=1, le=400)
_SCOPE = Type(Scalar.TEXT, min_length=1, max_length=1000)
_PEM = Type(
    Scalar.TEXT,
    max_length=16_384,
    pattern=r"-----BEGIN CERTIFICATE-----\r?\n(?:[A-Za-z0-9+/]{4}(?:\r?\n)?)+"
    r"(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?(?:\r?\n)?-----END CERTIFICATE-----(?:\r?\n)?",
)
_TENANT = Type(Scalar.TEXT, min_length=1, max_length=255)
_OBJECT = Type(Scalar.JSON)

_mode = Parameter(
    "mode", _MODE, default=Given("token"),
    doc="`token` answers with tokens, `browser` with a cookie that scripts cannot read.",
)  # fmt: skip
_code = Parameter(
    "code", _CODE, optional=True,
    doc="Of the authenticator app, or a recovery code.",
)  # fmt: skip


ENDPOINTS: tuple[Endpoint, ...] = (
    Endpoint(
        "register", "POST", "register",
        "Ask for an account. The answer is always the same; a letter says what comes next.",
        (Parameter("email", _EMAIL), Parameter("password", _NEW_PASSWORD)),
        account=True, status=202, problems=(403, 422, 429),
    ),
    Endpoint(
        "verify", "POST", "verify",
        "Confirm an address with the token of a letter: the account is there from now on, or "
        "has its new address.",
        (Parameter("token", _TOKEN),),
        problems=(409, 422),
    ),
    Endpoint(
        "sign_in", "POST", "sign-in",
        "Sign in with address and password, or go on with a second factor after "
        "`mfa_required`.",
        (Parameter("email", _EMAIL), Parameter("password", _PASSWORD), _code, _mode),
        (Parameter("mfa_token", _TOKEN), Parameter("code", _CODE), _mode),
        status=200, answer="Session", problems=(401, 403, 422, 429),
    ),
    Endpoint(
        "refresh", "POST", "refresh",
        "Exchange a refresh token for new tokens. Each can be used once; one that comes again "
        "ends its session.",
        (Parameter("refresh_token", _TOKEN),),
        status=200, answer="Session", problems=(401, 422),
    ),
    Endpoint(
        "sign_out", "POST", "sign-out",
        "End this session, at once and everywhere.",
        needs=Needs.SESSION,
    ),
    Endpoint(
        "forgot", "POST", "password/forgot",
        "Ask for a letter with which to set a new password. The answer is always the same.",
        (Parameter("email", _EMAIL),),
        status=202, problems=(422, 429),
    ),
    Endpoint(
        "reset", "POST", "password/reset",
        "Set a new password with the token of a letter. All sessions end.",
        (Parameter("token", _TOKEN), Parameter("password", _NEW_PASSWORD)),
        problems=(422,),
    ),
    Endpoint(
        "change_password", "POST", "password/change",
        "Set a new password. All other sessions end, and this one goes on under a new name.",
        (Parameter("current_password", _PASSWORD), Parameter("password", _NEW_PASSWORD)),
        status=200, answer="Session", needs=Needs.SESSION, problems=(422, 429),
    ),
    Endpoint(
        "change_email", "POST", "email/change",
        "Ask for another address; a letter to it has the token that confirms it. The answer is "
        "always the same.",
        (Parameter("email", _EMAIL),),
        status=202, needs=Needs.FRESH, problems=(422, 429),
    ),
    Endpoint(
        "step_up", "POST", "step-up",
        "Sign in once more, for what asks for that: with the password, and a code where the "
        "account has a second factor. A code alone adds that factor to the session. The session "
        "goes on under a new name, and what named it before is good no more.",
        (Parameter("code", _CODE),),
        (Parameter("password", _PASSWORD), _code),
        status=200, answer="Session", needs=Needs.SESSION, problems=(422, 429),
    ),
    Endpoint(
        "me", "GET", "me",
        "Who this is, and how it signed in.",
        status=200, answer="Me", needs=Needs.ACTOR,
    ),
    Endpoint(
        "delete_account", "DELETE", "account",
        "Delete this account with all its sessions and keys.",
        needs=Needs.FRESH, problems=(409,),
    ),
    Endpoint(
        "sessions", "GET", "sessions",
        "The sessions of this account.",
        status=200, answer="Sessions", needs=Needs.SESSION,
    ),
    Endpoint(
        "end_sessions", "DELETE", "sessions",
        "End all sessions of this account but this one.",
        needs=Needs.FRESH,
    ),
    Endpoint(
        "end_session", "DELETE", "sessions/{id}",
        "End one session of this account.",
        needs=Needs.FRESH, problems=(404,),
    ),
    Endpoint(
        "enrol_totp", "POST", "totp",
        "Begin with an authenticator app: its secret, as text and as a picture to scan.",
        status=200, answer="Enrolment", needs=Needs.FRESH, problems=(409,),
    ),
    Endpoint(
        "confirm_totp", "POST", "totp/confirm",
        "Confirm the app with a code of it. From now on signing in asks for one.",
        (Parameter("code", _CODE),),
        status=200, answer="RecoveryCodes", needs=Needs.SESSION, problems=(409, 422, 429),
    ),
    Endpoint(
        "remove_totp", "DELETE", "totp",
        "Sign in without an app again.",
        needs=Needs.FRESH, problems=(404,),
    ),
    Endpoint(
        "recovery_codes", "POST", "recovery-codes",
        "New recovery codes, instead of all that there are.",
        status=200, answer="RecoveryCodes", needs=Needs.FRESH, problems=(404,),
    ),
    Endpoint(
        "passkey_options", "POST", "passkeys/options",
        "What to ask the browser for, to make a passkey.",
        status=200, answer="PasskeyOptions", needs=Needs.FRESH,
    ),
    Endpoint(
        "register_passkey", "POST", "passkeys/register",
        "Keep the passkey that the browser made.",
        (
            Parameter("token", _TOKEN),
            Parameter("credential", _OBJECT),
            Parameter("name", _NAME, default=Given("Passkey")),
        ),
        status=200, answer="Passkey", needs=Needs.SESSION, problems=(409, 422),
    ),
    Endpoint(
        "passkey_challenge", "POST", "passkeys/sign-in/options",
        "What to ask the browser for, to sign in with a passkey.",
        status=200, answer="PasskeyOptions", problems=(429,),
    ),
    Endpoint(
        "passkey_sign_in", "POST", "passkeys/sign-in",
        "Sign in with what the browser answered.",
        (Parameter("token", _TOKEN), Parameter("credential", _OBJECT), _mode),
        status=200, answer="Session", problems=(401, 403, 422),
    ),
    Endpoint(
        "passkeys", "GET", "passkeys",
        "The passkeys of this account.",
        status=200, answer="Passkeys", needs=Needs.SESSION,
    ),
    Endpoint(
        "remove_passkey", "DELETE", "passkeys/{id}",
        "Forget a passkey.",
        needs=Needs.FRESH, problems=(404,),
    ),
    Endpoint(
        "tenants", "GET", "tenants",
        "The tenants that this account belongs to, with its roles in them.",
        status=200, answer="Tenants", needs=Needs.SESSION, tenants=True,
    ),
    Endpoint(
        "choose_tenant", "POST", "tenant",
        "Act for a tenant that this account belongs to, or for none. The answer has a new access "
        "token, and those from before are stale; a session in a cookie just goes on.",
        (
            Parameter(
                "tenant", _TENANT, optional=True,
                doc="The key of the tenant; null to act for none.",
            ),
        ),
        status=200, answer="Switched", needs=Needs.SESSION, problems=(404, 422), bare=True,
        tenants=True,
    ),
    Endpoint(
        "keys", "GET", "keys",
        "The API keys of this account.",
        status=200, answer="Keys", needs=Needs.SESSION,
    ),
    Endpoint(
        "create_key", "POST", "keys",
        "Make an API key. It is shown in this answer, and never again.",
        (
            Parameter("name", _NAME),
            Parameter(
                "scopes", _SCOPES, optional=True,
                doc="What it may do at most: `read`, `write`, `orders:read`, `orders:*`, "
                "`orders:place`. Without them, all that its account may.",
            ),
            Parameter(
                "certificate", _PEM, optional=True,
                doc="A client certificate, as PEM, that stands for the key: then there is none.",
            ),
            Parameter("days", _DAYS, default=Given(90), doc="For how long it is good."),
        ),
        status=200, answer="NewKey", needs=Needs.FRESH, problems=(409, 422),
    ),
    Endpoint(
        "remove_key", "DELETE", "keys/{id}",
        "End an API key.",
        needs=Needs.SESSION, problems=(404,),
    ),
    *PROVIDER_ENDPOINTS,
    Endpoint(
        "token", "POST", "token",
        "Tokens as OAuth asks for them (RFC 6749): for a refresh token, or for the id and the "
        "secret of an API key.",
        (
            Parameter("grant_type", Type(Scalar.CHOICE, choices=("refresh_token",))),
            Parameter("refresh_token", _TOKEN),
        ),
        (
            Parameter("client_id", _TOKEN),
            Parameter("client_secret", _TOKEN),
            Parameter("grant_type", Type(Scalar.CHOICE, choices=("client_credentials",))),
            Parameter("scope", _SCOPE, optional=True),
        ),
        form=True, status=200, answer="Token", problems=(401, 422),
    ),
)  # fmt: skip


def endpoints_of(contract: Contract) -> tuple[Endpoint, ...]:
    """Those that a contract with accounts has."""
    tenants = contract.tenancy is not None
    return tuple(endpoint for endpoint in ENDPOINTS if tenants or not endpoint.tenants)
