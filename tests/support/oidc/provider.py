"""A real OpenID provider for the tests: the npm package oidc-provider, on loopback.

`npm ci` in this folder installs it. Where it is not installed, or Node is missing, tests that
need it are skipped and say so.
"""

import html
import json
import os
import re
import secrets
import shutil
import signal
import socket
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

import httpx2
from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from tests.support.processes import end

HERE = Path(__file__).parent
REDIRECT = "http://127.0.0.1:8000/v1/auth/providers/test/callback"
SHOP = "https://shop.example"
REDIRECTS = (REDIRECT, f"{SHOP}/v1/auth/providers/test/callback")
AUDIENCE = SHOP
STOP_SECONDS = 10.0
PORT_TRIES = 5

CONFIDENTIAL = "shop"
POSTING = "shop-post"
PUBLIC = "shop-public"
SIGNING = "shop-key"
MACHINE = "machine"
SECRET = secrets.token_urlsafe(24)

CLIENT_KEY = ECKey.generate_key("P-256")
"""What the client SIGNING proves who it is with."""

PEOPLE: Mapping[str, Mapping[str, Any]] = {
    "ann": {"email": "ann@example.com", "email_verified": True, "name": "Ann"},
    "mallory": {"email": "ann@example.com", "email_verified": False, "name": "Mallory"},
    "ben": {"email": "ben@example.com", "email_verified": True, "name": "Ben"},
    "bea": {"email": "bea@example.com", "email_verified": False, "name": "Bea"},
    "zed": {"email": "Zed@EXAMPLE.com", "email_verified": True, "name": "Z" * 300},
    "odd": {"email": "odd@exämple.com", "email_verified": True},
    "nobody": {},
}


def why_not() -> str | None:
    """Why there can be no provider here, or None."""
    if shutil.which("node") is None:
        return "Node.js is not installed, and the OpenID provider of the tests runs on it"
    if not (HERE / "node_modules" / "oidc-provider").is_dir():
        return "run `npm ci` in tests/support/oidc for the OpenID provider of the tests"
    return None


@cache
def signing_key(kind: str, which: int = 0) -> Key:
    """A private key of the provider's; each `which` is another one."""
    match kind:
        case "RS256":
            return RSAKey.generate_key(2048)
        case "ES256":
            return ECKey.generate_key("P-256")
        case _:
            return OKPKey.generate_key("Ed25519")


def private_jwk(kind: str, which: int = 0) -> dict[str, Any]:
    key = signing_key(kind, which)
    return {**key.as_dict(private=True), "alg": kind, "use": "sig", "kid": f"{kind}-{which}"}


@dataclass(slots=True)
class OpenIdProvider:
    """One provider: its address, its settings and, while it runs, its process."""

    algorithm: str = "RS256"
    """What ID tokens and access tokens are signed with: RS256, ES256 or EdDSA."""
    keys: Sequence[int] = (0,)
    """Which of the keys of each algorithm it has, the newest first."""
    claims_in_id_token: bool = False
    port: int = 0
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def settings(self) -> dict[str, Any]:
        kinds = {"RS256", self.algorithm}
        shared = {
            "redirect_uris": list(REDIRECTS),
            "grant_types": ["authorization_code"],
            "response_types": ["code"],
            "id_token_signed_response_alg": self.algorithm,
        }
        secret = {"client_secret": SECRET}
        public = CLIENT_KEY.as_dict(private=False)
        published = {**public, "alg": "ES256", "use": "sig", "kid": "own"}
        return {
            "issuer": self.issuer,
            "port": self.port,
            "people": PEOPLE,
            "audience": AUDIENCE,
            "accessTokenAlgorithm": self.algorithm,
            "claimsInIdToken": self.claims_in_id_token,
            "jwks": {"keys": [private_jwk(kind, n) for kind in sorted(kinds) for n in self.keys]},
            "clients": [
                {"client_id": CONFIDENTIAL, **secret, **shared},
                {
                    "client_id": POSTING,
                    "token_endpoint_auth_method": "client_secret_post",
                    **secret,
                    **shared,
                },
                {"client_id": PUBLIC, "token_endpoint_auth_method": "none", **shared},
                {
                    "client_id": SIGNING,
                    "token_endpoint_auth_method": "private_key_jwt",
                    "jwks": {"keys": [published]},
                    **shared,
                },
                {
                    "client_id": MACHINE,
                    "grant_types": ["client_credentials"],
                    "redirect_uris": [],
                    "response_types": [],
                    **secret,
                },
            ],
        }

    def start(self) -> None:
        """Start, at the same port as before where there was one."""
        for _ in range(PORT_TRIES):
            self.port = self.port or _free_port()
            if self._started():
                return
            self.port = 0
        raise RuntimeError("the OpenID provider did not start")

    def _started(self) -> bool:
        environment = {**os.environ, "PROVIDER": json.dumps(self.settings())}
        self.process = subprocess.Popen(
            ["node", "provider.js"],
            cwd=HERE,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        stdout = self.process.stdout
        if stdout is None:
            raise RuntimeError("the provider has no output")
        for line in stdout:
            if b"listening" in line:
                return True
        self.stop()
        return False

    def stop(self) -> None:
        if self.process is not None:
            end(self.process, signal.SIGTERM, STOP_SECONDS)
            if self.process.stdout is not None:
                self.process.stdout.close()
            self.process = None

    def restart(self, keys: Sequence[int]) -> None:
        """Start anew with other keys, at the same address."""
        self.stop()
        self.keys = keys
        self.start()

    def count(self, path: str) -> int:
        """How often a path was asked for."""
        counts: dict[str, int] = httpx2.get(f"{self.issuer}/counts", trust_env=False).json()
        return counts.get(path, 0)

    def machine_token(self) -> str:
        """An access token, a JWT for AUDIENCE."""
        answer = httpx2.post(
            f"{self.issuer}/token",
            data={"grant_type": "client_credentials", "resource": AUDIENCE},
            auth=(MACHINE, SECRET),
            trust_env=False,
        )
        token: str = answer.json()["access_token"]
        return token


def _free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


class Browser:
    """Somebody's browser at the provider: follows redirects up to the service's own address,
    signs in and consents."""

    def __init__(self, person: str) -> None:
        self._person = person
        self._client = httpx2.Client(trust_env=False)

    def visit(self, url: str, *, consents: bool = True) -> str:
        """Go where the service sends it; the address, below the service's, that it ends at."""
        page = self._follow(self._client.get(url))
        for _ in range(4):
            if isinstance(page, str):
                return page
            if not consents and 'value="consent"' in page.text:
                abort = re.search(r'href="([^"]*/abort)"', page.text)
                if abort is None:
                    raise RuntimeError("the provider shows no way to decline")
                page = self._follow(self._client.get(urljoin(str(page.url), abort[1])))
            else:
                page = self._follow(self._submit(page))
        raise RuntimeError("the provider does not come to an end")

    def _submit(self, page: httpx2.Response) -> httpx2.Response:
        action = re.search(r'<form[^>]* action="([^"]+)"', page.text)
        prompt = re.search(r'name="prompt" value="([a-z]+)"', page.text)
        if action is None or prompt is None:
            raise RuntimeError(f"the provider shows no form: {page.status_code} {page.text[:500]}")
        fields = {"prompt": prompt[1], "login": self._person, "password": "any"}
        return self._client.post(urljoin(str(page.url), html.unescape(action[1])), data=fields)

    def _follow(self, answer: httpx2.Response) -> httpx2.Response | str:
        while answer.is_redirect:
            target = urljoin(str(answer.url), answer.headers["location"])
            if target.startswith(REDIRECTS):
                return target
            answer = self._client.get(target)
        return _posted(answer.text) or answer

    def close(self) -> None:
        self._client.close()


def _posted(page: str) -> str | None:
    """The answer in a page that posts it to the service by itself, as if it were a query."""
    action = re.search(r'action="([^"]+)"', page)
    if action is None or not action[1].startswith(REDIRECTS):
        return None
    fields = re.findall(r'name="([a-z_]+)" value="([^"]*)"', page)
    return f"{action[1]}?{urlencode([(name, html.unescape(value)) for name, value in fields])}"


def parameters(url: str) -> dict[str, str]:
    """The query of an address; each parameter is there once."""
    found = parse_qs(urlsplit(url).query, keep_blank_values=True, strict_parsing=True)
    for name, values in found.items():
        if len(values) != 1:
            raise AssertionError(f"{name} is there {len(values)} times")
    return {name: values[0] for name, values in found.items()}
