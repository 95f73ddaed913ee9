"""Secrets in Google Secret Manager, over its REST interface."""

import re
from base64 import b64decode
from collections.abc import Mapping
from typing import Any

import google.auth
from google.auth.exceptions import GoogleAuthError
from google.auth.transport.urllib3 import Request
from urllib3 import PoolManager

from charter.access.outbound import SECONDS, Outgoing, Reply, Unreachable, json_object
from charter.access.outbound_httpx import send_now
from charter.access.secrets.members import whole_or_member
from charter.access.secrets.reference import Reference, SecretError

SCOPE = "https://www.googleapis.com/auth/cloud-platform"
HOST = "https://secretmanager.googleapis.com/v1/"
_NAME = re.compile(
    r"projects/[a-z0-9:.-]{1,64}(?:/locations/[a-z0-9-]{1,32})?/secrets/[A-Za-z0-9_-]{1,255}"
    r"(?:/versions/(?:[0-9]{1,19}|[a-z][a-z0-9_-]{0,62}))?",
    re.ASCII,
)


def read(where: Reference, environment: Mapping[str, str]) -> str:
    """`gcp-sm://projects/P/secrets/S#key`, or `…/versions/V`; the latest version by default.
    Credentials are those that the machine has (GOOGLE_APPLICATION_CREDENTIALS and the others)."""
    address = address_of(where)
    make: Any = Request
    transport = make(PoolManager(timeout=SECONDS, retries=1))
    headers = {"accept": "application/json"}
    try:
        credentials: Any = google.auth.default(scopes=[SCOPE], request=transport)[0]
        credentials.before_request(transport, "GET", address, headers)
        reply = send_now(Outgoing("GET", address, headers), development=False)
    except (GoogleAuthError, Unreachable) as error:
        raise SecretError(f"{where}: Google cannot be asked ({type(error).__name__})") from None
    return whole_or_member(where, payload_of(where, reply))


def address_of(where: Reference) -> str:
    """Where a secret is asked for. SecretError where it is not named as Google names it."""
    name = where.path.strip("/")
    if _NAME.fullmatch(name) is None:
        raise SecretError("gcp-sm:// is followed by projects/PROJECT/secrets/SECRET")
    version = "" if "/versions/" in name else "/versions/latest"
    region = re.search(r"/locations/([a-z0-9-]+)/", name)
    host = HOST if region is None else HOST.replace("manager.", f"manager.{region[1]}.rep.")
    return f"{host}{name}{version}:access"


def payload_of(where: Reference, reply: Reply) -> str:
    """The secret in an answer."""
    said = {403: "permission is denied", 404: "is not there"}
    if reply.status in said:
        raise SecretError(f"{where}: {said[reply.status]}")
    try:
        payload = json_object(reply).get("payload")
        data = payload.get("data") if isinstance(payload, Mapping) else None
        if not isinstance(data, str):
            raise Unreachable("the answer has no payload")
        return b64decode(data, validate=True).decode()
    except (Unreachable, ValueError) as error:
        reason = str(error) if isinstance(error, Unreachable) else "the payload is not a text"
        raise SecretError(f"{where}: {reason}") from None
