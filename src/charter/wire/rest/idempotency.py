"""The Idempotency-Key header field (draft-ietf-httpapi-idempotency-key-header-07)."""

import re
from hashlib import blake2b

from charter.core.codes import INVALID_PARAMETER
from charter.core.problems import Flaw, Problem
from charter.plan.actor import Actor
from charter.plan.ask import Once
from charter.wire.http import Request

LONGEST_KEY = 255

_STRING = re.compile(r'"((?:[\x20\x21\x23-\x5b\x5d-\x7e]|\\["\\])*)"')
_TOKEN = re.compile(r"[!#-+\--:<-\[\]-~]+")
_ESCAPE = re.compile(r'\\(["\\])')


def once(request: Request, actor: Actor) -> Once | None:
    """What the key of a request says; None where it has none.

    The key is a structured-field string (RFC 9651, section 3.3.3), or bare. It belongs to its
    actor, and to the tenant that it acts for; all who are nobody share theirs. Raises
    `invalid_parameter`.
    """
    field = request.headers.get("idempotency-key")
    if field is None:
        return None
    scope = "anonymous" if actor.id is None else f"actor:{actor.id}"
    if actor.tenant is not None:
        scope = f"{scope} tenant:{actor.tenant}"
    return Once(scope, _key(field.strip(" \t")), fingerprint(request))


def fingerprint(request: Request) -> bytes:
    """A digest of method, path, query and body; each is told apart from the next."""
    digest = blake2b(digest_size=32)
    for text in (request.method, request.path, request.query):
        raw = text.encode("utf-8", "surrogatepass")
        digest.update(len(raw).to_bytes(8, "big") + raw)
    digest.update(request.body)
    return digest.digest()


def _key(field: str) -> str:
    if len(field) <= 2 * LONGEST_KEY + 2:
        if (string := _STRING.fullmatch(field)) is not None:
            key = _ESCAPE.sub(r"\1", string[1])
        else:
            key = field if _TOKEN.fullmatch(field) else ""
        if 1 <= len(key) <= LONGEST_KEY:
            return key
    message = f"Idempotency-Key is a text of 1 to {LONGEST_KEY} printable ASCII characters."
    flaw = Flaw(INVALID_PARAMETER.name, message, parameter="Idempotency-Key")
    raise Problem(INVALID_PARAMETER, message, flaws=(flaw,))
