"""The registry of problem codes. Each entry has a documentation page made from it."""

from collections.abc import Mapping
from types import MappingProxyType

from charter.core.livecodes import LIVE
from charter.core.problems import Code, Family

_entries: list[Code] = []


def _code(name: str, family: Family, title: str, explanation: str, remedy: str) -> Code:
    entry = Code(name, family, title, explanation, remedy)
    _entries.append(entry)
    return entry


_F = Family

# -- the request cannot be read --------------------------------------------------------------
MALFORMED = _code(
    "malformed", _F.INVALID, "The request cannot be read.",
    "The body is not well-formed in its media type, or a part of the request is not valid UTF-8.",
    "Send well-formed JSON in UTF-8.",
)  # fmt: skip
UNKNOWN_PARAMETER = _code(
    "unknown_parameter", _F.INVALID, "The request has a parameter that is not known here.",
    "Unknown query parameters are refused, so that a misspelt filter never returns every row.",
    "Use the parameter that the message names, or leave this one out.",
)  # fmt: skip
INVALID_DOCUMENT = _code(
    "invalid_document", _F.INVALID, "The GraphQL document cannot be answered.",
    "It is not well-formed, or asks for what the schema does not have.",
    "Correct it at the place that the error names; `charter design FILE --sdl` prints the schema.",
)  # fmt: skip
UNKNOWN_DOCUMENT = _code(
    "unknown_document", _F.MISSING, "No GraphQL document of this digest is known.",
    "The document itself has to come once together with its SHA-256, or be among those allowed.",
    "Send the document along with the digest; clients with persisted queries do so by themselves.",
)  # fmt: skip
UNLISTED_DOCUMENT = _code(
    "unlisted_document", _F.FORBIDDEN, "This GraphQL document is not among those allowed.",
    "The service answers only the documents that its operator has listed.",
    "Add the document to the list, or use one that is there.",
)  # fmt: skip
INVALID_PARAMETER = _code(
    "invalid_parameter", _F.INVALID, "A parameter has a value that cannot be used.",
    "A query parameter or header field does not have the form that is documented for it.",
    "Correct the parameters that the flaws name.",
)  # fmt: skip
INVALID_VALUES = _code(
    "invalid_values", _F.INVALID, "Some values are not valid.",
    "The body was read, but some of its values break the rules of the contract; every one of "
    "them is listed with a JSON Pointer to it.",
    "Correct each value that the flaws name.",
)  # fmt: skip
INVALID_CURSOR = _code(
    "invalid_cursor", _F.INVALID, "The cursor is not one that this list gave.",
    "A cursor is signed, and belongs to one list with one sort order and one filter.",
    "Begin again without a cursor, or follow the `next` that the last page gave.",
)  # fmt: skip
KEY_REUSED = _code(
    "key_reused", _F.INVALID, "This Idempotency-Key was used for another request.",
    "The same key came with another method, path or body.",
    "Use a new key for a new request.",
)  # fmt: skip
KEY_REQUIRED = _code(
    "key_required", _F.INVALID, "This request needs an Idempotency-Key.",
    "The contract demands an Idempotency-Key on this operation.",
    "Send a fresh random key, and the same key when you repeat the request.",
)  # fmt: skip
TOO_COMPLEX = _code(
    "too_complex", _F.INVALID, "The request asks for more than the limits allow.",
    "Depth, breadth, number of conditions and cost of a request are bounded.",
    "Ask for less at once.",
)  # fmt: skip
TOO_LARGE = _code(
    "too_large", _F.INVALID, "The body is larger than is accepted.",
    "The size of a request body is bounded.",
    "Send less at once, or use the streaming import.",
)  # fmt: skip
TARGET_TOO_LONG = _code(
    "target_too_long", _F.INVALID, "The path and query are longer than is accepted.",
    "The size of the request target is bounded (RFC 9110, section 15.5.15).",
    "Ask with a shorter query.",
)  # fmt: skip
HEADER_TOO_LARGE = _code(
    "header_too_large", _F.INVALID, "The header is larger than is accepted.",
    "The number of header fields, and their size together, are bounded (RFC 6585, section 5).",
    "Send fewer or shorter header fields.",
)  # fmt: skip
BODY_TOO_SLOW = _code(
    "body_too_slow", _F.INVALID, "The body did not arrive in time.",
    "The time that a client may take to send a request body is bounded "
    "(RFC 9110, section 15.5.9).",
    "Repeat the request over a faster connection, or send less at once.",
)  # fmt: skip
UNSUPPORTED_MEDIA_TYPE = _code(
    "unsupported_media_type", _F.INVALID, "The body has a media type that is not accepted here.",
    "The Content-Type is missing or is none that this operation reads.",
    "Send one of the media types that the Accept or Accept-Patch header of the answer names.",
)  # fmt: skip
NOT_ACCEPTABLE = _code(
    "not_acceptable", _F.INVALID, "No representation fits the Accept header.",
    "The resource can be given in the listed media types only.",
    "Accept one of the media types that the message names.",
)  # fmt: skip
METHOD_NOT_ALLOWED = _code(
    "method_not_allowed", _F.INVALID, "The method is not defined for this path.",
    "The path exists; the method does not.",
    "Use one of the methods in the Allow header.",
)  # fmt: skip

# -- who is asking ---------------------------------------------------------------------------
UNAUTHENTICATED = _code(
    "unauthenticated", _F.UNAUTHENTICATED, "Credentials are needed.",
    "The request has no credentials, and without them nothing here is allowed.",
    "Send `Authorization: Bearer` with a valid token.",
)  # fmt: skip
INVALID_TOKEN = _code(
    "invalid_token", _F.UNAUTHENTICATED, "The token is not valid.",
    "The token is malformed, expired, not yet valid, or not signed by a key that is trusted "
    "for this audience (RFC 6750, section 3.1).",
    "Get a new token.",
)  # fmt: skip
INVALID_PASSKEY = _code(
    "invalid_passkey", _F.INVALID, "The passkey cannot be registered.",
    "What the browser sent is not a new passkey for this service: it answers another challenge "
    "or another origin, or its signature or form is wrong (Web Authentication, section 7.1).",
    "Ask for new options, and let the browser make the passkey again.",
)  # fmt: skip
PASSKEY_REFUSED = _code(
    "passkey_refused", _F.UNAUTHENTICATED, "The passkey was not accepted.",
    "What the browser sent does not prove that its user has the passkey: it answers another "
    "challenge or another origin, its signature is wrong, or its counter went back, as that of "
    "a copy would (Web Authentication, section 7.2).",
    "Ask for new options, and sign in again.",
)  # fmt: skip
PROVIDER_REFUSED = _code(
    "provider_refused", _F.UNAUTHENTICATED, "The identity provider did not confirm who this is.",
    "The person declined at the provider, the provider answered with an error, or what it sent "
    "does not prove an identity to this service (OpenID Connect Core, section 3.1.3.7).",
    "Begin to sign in once more; tell those who run the service when it happens again.",
)  # fmt: skip
INVALID_CALLBACK = _code(
    "invalid_callback", _F.INVALID, "The answer of the identity provider belongs to no sign-in.",
    "The state is unknown, used, too old, or of another browser, or the answer comes from "
    "another provider than the one that was asked (RFC 9700, sections 4.4 and 4.7).",
    "Begin to sign in once more, in one and the same browser.",
)  # fmt: skip
IDENTITY_NOT_LINKED = _code(
    "identity_not_linked", _F.CONFLICT, "This identity cannot be linked to an account.",
    "The identity is linked to another account, or the account with its e-mail address cannot be "
    "given to whoever has this identity.",
    "Sign in to the account by another way, and add the provider there.",
)  # fmt: skip
LAST_WAY_TO_SIGN_IN = _code(
    "last_way_to_sign_in", _F.CONFLICT, "Nobody could sign in to this account any more.",
    "The account has no password, and this is its only passkey or its only identity at a provider "
    "that people can sign in with here.",
    "Set a password first (ask for a letter with which to set one), or add another way.",
)  # fmt: skip
INVALID_CREDENTIALS = _code(
    "invalid_credentials", _F.UNAUTHENTICATED, "Address and password do not belong together.",
    "Nobody can sign in with this address and this password. It is not said which of the two is "
    "wrong, nor whether there is such an account.",
    "Check both, or ask for a new password.",
)  # fmt: skip
MFA_REQUIRED = _code(
    "mfa_required", _F.UNAUTHENTICATED, "A second factor is needed.",
    "The password is right, and the account asks for a second factor as well.",
    "Sign in with the `mfa_token` of this answer and a `code` of the authenticator app, or a "
    "recovery code.",
)  # fmt: skip
INVALID_CODE = _code(
    "invalid_code", _F.UNAUTHENTICATED, "The code is not valid.",
    "The code is not the one that the authenticator app shows now, was used before, or is no "
    "recovery code of this account.",
    "Wait for the next code of the app, or use another recovery code.",
)  # fmt: skip
SESSION_ENDED = _code(
    "session_ended", _F.UNAUTHENTICATED, "The session has ended.",
    "Its user signed out, it was not used for too long, or it was ended because a refresh token "
    "came a second time, as one does that was stolen.",
    "Sign in again.",
)  # fmt: skip
TOKEN_STALE = _code(
    "token_stale", _F.UNAUTHENTICATED, "The token says something that is no longer so.",
    "The roles of its account, or its tenant, have changed since the token was issued.",
    "Get a new token with the refresh token.",
)  # fmt: skip
TOKEN_SUPERSEDED = _code(
    "token_superseded", _F.UNAUTHENTICATED, "The refresh token was used a moment ago.",
    "Another request has just exchanged the same refresh token for a new one.",
    "Go on with the token that the other request got.",
)  # fmt: skip
INVALID_ONE_TIME_TOKEN = _code(
    "invalid_one_time_token", _F.INVALID, "The token cannot be used, or not any more.",
    "A token of a letter or of a second step can be used once, for the one thing that it is for, "
    "and not for long.",
    "Begin again, and use the newest letter.",
)  # fmt: skip
TOO_MANY_ATTEMPTS = _code(
    "too_many_attempts", _F.LIMITED, "There were too many attempts.",
    "After some failures each further attempt has to wait, twice as long every time, up to a "
    "quarter of an hour. An attempt that comes too early is neither looked at nor counted.",
    "Wait for the time in Retry-After, or ask for a new password.",
)  # fmt: skip
CROSS_SITE_REQUEST = _code(
    "cross_site_request", _F.FORBIDDEN, "The request comes from another site.",
    "A session that lives in a cookie changes something only for pages of the same origin: the "
    "browser says where a request comes from in Sec-Fetch-Site or Origin; older ones have to "
    "send the field X-CSRF-Token.",
    "Send the request from a page of the service itself, or use a bearer token.",
)  # fmt: skip
REGISTRATION_CLOSED = _code(
    "registration_closed", _F.FORBIDDEN, "Nobody can register here.",
    "Those who run the service make the accounts themselves.",
    "Ask them for an account.",
)  # fmt: skip
WRONG_PASSWORD = _code(
    "wrong_password", _F.INVALID, "This is not the password of the account.",
    "A change of what guards an account needs its password.", "Give the present password.",
)  # fmt: skip
INSUFFICIENT_USER_AUTHENTICATION = _code(
    "insufficient_user_authentication", _F.UNAUTHENTICATED, "This takes a stronger sign-in.",
    "The actor could do this after signing in with a second factor, or anew: `acr_values` and "
    "`max_age` say which (RFC 9470).",
    "Sign in again as the answer says, or step up within the session, and repeat the request.",
)  # fmt: skip
INSUFFICIENT_SCOPE = _code(
    "insufficient_scope", _F.FORBIDDEN, "The scopes of these credentials do not cover this.",
    "The token or key is limited to some scopes, and none of them covers what was asked, though "
    "a policy would allow it to the actor (RFC 6750, section 3.1).",
    "Get credentials with a scope such as `read`, `orders:read` or `orders:*`.",
)  # fmt: skip
FORBIDDEN = _code(
    "forbidden", _F.FORBIDDEN, "This is not allowed.",
    "The row can be seen, but no policy allows this actor to do this to it.",
    "Ask somebody who has the right, or ask for it.",
)  # fmt: skip
FROZEN = _code(
    "frozen", _F.FORBIDDEN, "Some of these fields cannot be changed now.",
    "A policy of the contract freezes the fields that the flaws name.",
    "Leave these fields out.",
)  # fmt: skip

# -- what is there ---------------------------------------------------------------------------
NOT_FOUND = _code(
    "not_found", _F.MISSING, "There is nothing here.",
    "The path does not exist, or it names a row that does not exist for this actor.",
    "Check the path and the identifier.",
)  # fmt: skip
VERSION_CONFLICT = _code(
    "version_conflict", _F.CONFLICT, "The row has changed since it was read.",
    "The version that the request expects is not the current one.",
    "Read the row again, apply the change to it, and send it with the new ETag.",
)  # fmt: skip
VERSION_REQUIRED = _code(
    "version_required", _F.CONFLICT, "This change must say which version it is based on.",
    "The contract demands a condition on writes to this resource, so that no update is lost.",
    "Send If-Match with the ETag of the row as you read it.",
)  # fmt: skip
NOT_UNIQUE = _code(
    "not_unique", _F.CONFLICT, "Another row has this value already.",
    "The fields that the flaws name must be unique.",
    "Use another value.",
)  # fmt: skip
STILL_REFERENCED = _code(
    "still_referenced", _F.CONFLICT, "Other rows refer to this one.",
    "The row cannot be deleted while rows of another resource refer to it.",
    "Delete or change those rows first.",
)  # fmt: skip
WRONG_STATE = _code(
    "wrong_state", _F.CONFLICT, "The row is not in the state that this command needs.",
    "A command moves a row from one state to another, and the row is in neither of the first.",
    "Read the row again; its links name the commands that can be called now.",
)  # fmt: skip
IN_PROGRESS = _code(
    "in_progress", _F.CONFLICT, "A request with this Idempotency-Key is still running.",
    "The first request with this key has not ended.",
    "Wait, then repeat the request with the same key.",
)  # fmt: skip

# -- limits and failures ---------------------------------------------------------------------
RATE_LIMITED = _code(
    "rate_limited", _F.LIMITED, "Too many requests.",
    "A limit on how much this actor, key or address may ask for in a time is used up; "
    "`violated-policies` names it, and the RateLimit-Policy field says how large it is.",
    "Repeat the request after the time in Retry-After, and go by the RateLimit field.",
)  # fmt: skip
LIMITS_UNAVAILABLE = _code(
    "limits_unavailable", _F.UNAVAILABLE, "Requests cannot be counted at the moment.",
    "The server that keeps count for the rate limits cannot be reached, and the service is set "
    "to answer nothing without it.",
    "Repeat the request after the time in Retry-After.",
)  # fmt: skip
MISDIRECTED = _code(
    "misdirected", _F.INVALID, "This host is not served here.",
    "The Host field of the request names none of the hosts that this service answers for "
    "(RFC 9110, section 15.5.20).",
    "Use the address of the service; who runs it lists its hosts in `allowed_hosts`.",
)  # fmt: skip
OVERLOADED = _code(
    "overloaded", _F.UNAVAILABLE, "The server has too much to do.",
    "More requests are in flight than the server takes at once, so it sheds this one early.",
    "Repeat the request after the time in Retry-After.",
)  # fmt: skip
TIMED_OUT = _code(
    "timed_out", _F.UNAVAILABLE, "The request took longer than is allowed.",
    "The time for one request, one statement or one lock is bounded. What a write had done is "
    "undone, unless its time ran out in the very moment of its commit.",
    "Ask for less at once, or repeat the request later, a write with the same Idempotency-Key.",
)  # fmt: skip
DATABASE_UNAVAILABLE = _code(
    "database_unavailable", _F.UNAVAILABLE, "The database does not answer.",
    "The database cannot be reached, or it refuses to write (a full disk, a failover).",
    "Repeat the request later; use an Idempotency-Key where it was a write.",
)  # fmt: skip
PROVIDER_UNAVAILABLE = _code(
    "provider_unavailable", _F.UNAVAILABLE, "The identity provider does not answer.",
    "The provider, or the issuer of the token, cannot be reached, or its answer cannot be used, "
    "so nobody can tell now who this is.",
    "Repeat the request after the time in Retry-After.",
)  # fmt: skip
INTERNAL = _code(
    "internal", _F.FAULT, "The server failed.",
    "Something went wrong that is not the fault of the request; nothing was written.",
    "Report the request id to those who run the service.",
)  # fmt: skip

# -- codes of single flaws -------------------------------------------------------------------
REQUIRED = _code(
    "required", _F.INVALID, "A value is missing.",
    "The field has no default and must be given.", "Give the field.",
)  # fmt: skip
UNKNOWN_FIELD = _code(
    "unknown_field", _F.INVALID, "The field is not known.",
    "The resource has no such field, or it is not one that a client may name.",
    "Use the field that the message names, or leave this one out.",
)  # fmt: skip
READ_ONLY = _code(
    "read_only", _F.INVALID, "The field cannot be set by a client.",
    "The server, or a command, sets this field.", "Leave the field out.",
)  # fmt: skip
SET_ONCE = _code(
    "set_once", _F.INVALID, "The field is set when the row is created, and never after.",
    "The contract says that this field does not change.", "Leave the field out.",
)  # fmt: skip
WRONG_TYPE = _code(
    "wrong_type", _F.INVALID, "The value has the wrong type.",
    "The contract gives the field another type.", "Send a value of the type that is named.",
)  # fmt: skip
WRONG_FORMAT = _code(
    "wrong_format", _F.INVALID, "The text does not have the right form.",
    "The text does not have the form or the pattern that the contract demands.",
    "Correct the text.",
)  # fmt: skip
WRONG_LENGTH = _code(
    "wrong_length", _F.INVALID, "The value is too short or too long.",
    "The contract bounds the length of the text or list.", "Change its length.",
)  # fmt: skip
OUT_OF_RANGE = _code(
    "out_of_range", _F.INVALID, "The number is out of range.",
    "The contract bounds the number, its digits or its decimal places.",
    "Send a number within the bounds.",
)  # fmt: skip
NOT_A_CHOICE = _code(
    "not_a_choice", _F.INVALID, "The value is none of the choices.",
    "The contract lists the values that the field can have.", "Send one of the choices.",
)  # fmt: skip
NO_SUCH_REFERENCE = _code(
    "no_such_reference", _F.INVALID, "The row that the value refers to does not exist.",
    "A reference must name a row that exists.", "Name an existing row.",
)  # fmt: skip
CHECK_FAILED = _code(
    "check_failed", _F.INVALID, "The values do not fit together.",
    "The contract has a rule over several fields of the row, and these values break it.",
    "Change the values so that the rule holds.",
)  # fmt: skip
COMMON_PASSWORD = _code(
    "common_password", _F.INVALID, "The password is one of the most used.",
    "Passwords that thousands of people use are the first that anybody tries "
    "(OWASP ASVS 5.0, 6.2.4).",
    "Choose another password: three or four uncommon words will do.",
)  # fmt: skip
GUESSABLE_PASSWORD = _code(
    "guessable_password", _F.INVALID, "The password is soon guessed.",
    "An estimate of the guesses that the password takes, with the user's own name and address "
    "and the name of the service among the first, is below what is asked for.",
    "Choose another password: three or four uncommon words will do.",
)  # fmt: skip

CODES: Mapping[str, Code] = MappingProxyType({entry.name: entry for entry in (*_entries, *LIVE)})
"""Every code by its name."""
