"""Secrets in HashiCorp Vault, or OpenBao: key-value engines, versions 1 and 2."""

import json
import ssl
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from charter.access.outbound import Outgoing, Unreachable, is_loopback, json_object
from charter.access.outbound_httpx import send_now
from charter.access.secrets.members import member
from charter.access.secrets.reference import Reference, SecretError

ADDRESS, TOKEN, ROLE, ROLE_SECRET = "VAULT_ADDR", "VAULT_TOKEN", "VAULT_ROLE_ID", "VAULT_SECRET_ID"
NAMESPACE, CERTIFICATES = "VAULT_NAMESPACE", "VAULT_CACERT"


def read(where: Reference, environment: Mapping[str, str]) -> str:
    """`vault://host:port/mount/path#key`; `vault:///mount/path#key` takes VAULT_ADDR.

    Over https, over http only to loopback. Signs in with VAULT_TOKEN, or by AppRole with
    VAULT_ROLE_ID and VAULT_SECRET_ID.
    """
    host, _, path = where.path.partition("/")
    server = _Server(_base(host, environment), environment)
    try:
        return member(where, server.read(path.strip("/")))
    except (Unreachable, OSError, ValueError) as error:
        reason = str(error) if isinstance(error, Unreachable | SecretError) else "cannot be asked"
        raise SecretError(
            reason if isinstance(error, SecretError) else f"{where}: {reason}"
        ) from None


def _base(host: str, environment: Mapping[str, str]) -> str:
    if not host:
        address = environment.get(ADDRESS, "").rstrip("/")
        if not address:
            raise SecretError(f"vault:///… needs {ADDRESS}, which is not set")
        return address
    name = urlsplit(f"//{host}").hostname or ""
    return f"{'http' if is_loopback(name) else 'https'}://{host}"


class _Server:
    """One Vault, signed in to when it is first asked."""

    def __init__(self, base: str, environment: Mapping[str, str]) -> None:
        self._base = base
        self._environment = environment
        certificates = environment.get(CERTIFICATES)
        self._trusted = ssl.create_default_context(cafile=certificates) if certificates else None
        namespace = environment.get(NAMESPACE)
        self._headers = {"x-vault-request": "true"}
        if namespace:
            self._headers["x-vault-namespace"] = namespace

    def read(self, path: str) -> Mapping[str, Any]:
        """The members of a secret. The server tells where the mount ends, and its version."""
        self._headers["x-vault-token"] = self._token()
        about = self._asked("GET", f"sys/internal/ui/mounts/{path}")["data"]
        mount, options = str(about["path"]), about.get("options") or {}
        below = path.removeprefix(mount.rstrip("/")).strip("/")
        if options.get("version") != "2":
            return _object(self._asked("GET", f"{mount}{below}").get("data"))
        found = _object(self._asked("GET", f"{mount}data/{below}").get("data"))
        return _object(found.get("data"))

    def _token(self) -> str:
        token = self._environment.get(TOKEN)
        if token:
            return token
        role, secret = self._environment.get(ROLE), self._environment.get(ROLE_SECRET)
        if not role or not secret:
            raise Unreachable(f"set {TOKEN}, or {ROLE} and {ROLE_SECRET}")
        body = json.dumps({"role_id": role, "secret_id": secret}).encode()
        answer = self._asked("POST", "auth/approle/login", body)
        return str(_object(answer.get("auth")).get("client_token", ""))

    def _asked(self, method: str, path: str, body: bytes = b"") -> Mapping[str, Any]:
        url = f"{self._base}/v1/{quote(path)}"
        outgoing = Outgoing(method, url, self._headers, body)
        reply = send_now(outgoing, development=True, trusted=self._trusted)
        said = {400: "the sign-in is refused", 403: "permission is denied", 404: "is not there"}
        if reply.status in said:
            raise Unreachable(said[reply.status])
        return json_object(reply)


def _object(value: Any) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise Unreachable("is not a key-value secret")
    return value
