"""From an address of a secret to the secret."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from charter.access.extras import needing
from charter.access.secrets.local import from_environment, from_file
from charter.access.secrets.reference import Reference, SecretError, reference

Reader = Callable[[Reference, Mapping[str, str]], str]


@dataclass(frozen=True, slots=True)
class Store:
    """A store of secrets elsewhere, whose module stands on an optional package."""

    package: str
    extra: str
    what: str

    @property
    def read(self) -> Reader:
        """MissingExtra where the package is not installed."""
        module = needing(
            self.package, self.extra, self.what, f"charter.access.secrets.{self.extra}"
        )
        reader: Reader = module.read
        return reader


_LOCAL: Mapping[str, Reader] = {"env:": from_environment, "file:": from_file}
_STORES: Mapping[str, Store] = {
    "vault://": Store("httpx2", "vault", "A secret in Vault"),
    "aws-sm://": Store("botocore", "aws", "A secret in AWS Secrets Manager"),
    "gcp-sm://": Store("google.auth", "gcp", "A secret in Google Secret Manager"),
}


def resolved(text: str, environment: Mapping[str, str]) -> str:
    """The secret that a text names, or the text itself where it names none.

    Waits for whichever store it is in, a few seconds at most: this is for the start of a process.
    SecretError, without the secret, where it cannot be had; MissingExtra.
    """
    where = reference(text)
    if where is None:
        return text
    local = _LOCAL.get(where.scheme)
    value = (local or _STORES[where.scheme].read)(where, environment)
    if not value:
        raise SecretError(f"{where} is empty")
    return value


def resolved_within(value: Any, environment: Mapping[str, str]) -> Any:
    """The same for every text in a value of TOML or JSON."""
    match value:
        case str():
            return resolved(value, environment)
        case list():
            return [resolved_within(each, environment) for each in value]
        case Mapping():
            return {name: resolved_within(each, environment) for name, each in value.items()}
        case _:
            return value
