"""Documents that need not be sent whole: those that an operator lists, and those that clients
have sent before."""

import re
from collections.abc import Mapping
from hashlib import sha256
from pathlib import Path

import msgspec

from charter.core.codes import INVALID_PARAMETER, UNKNOWN_DOCUMENT, UNLISTED_DOCUMENT
from charter.core.problems import Flaw, Problem
from charter.wire.graphql.requests import Asked

MOST_KEPT = 1000
MOST_KEPT_CHARACTERS = 10_000
"""Of a document that a client has kept here; longer ones are answered, and not kept."""
_SUFFIXES = frozenset({".graphql", ".gql"})
_DIGEST = re.compile("[0-9a-f]{64}")


def digest_of(text: str) -> str:
    return sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def listed_documents(path: Path) -> Mapping[str, str]:
    """The documents of a file or folder, by their digests and by the names of a JSON file.

    Raises ValueError where there are none, or where they cannot be read.
    """
    files = sorted(path.rglob("*")) if path.is_dir() else [path]
    found: dict[str, str] = {}
    try:
        for file in files:
            if file.suffix == ".json":
                names = msgspec.json.decode(file.read_bytes(), type=dict[str, str])
                found |= names
                found |= {digest_of(text): text for text in names.values()}
            elif file.suffix in _SUFFIXES:
                text = file.read_text(encoding="utf-8")
                found[digest_of(text)] = text
    except (OSError, ValueError) as error:
        raise ValueError(f"graphql.documents: {error}") from None
    if not found:
        raise ValueError(f"graphql.documents: there are no GraphQL documents in {path}")
    return found


class Persisted:
    """Finds the text of a document. With a list, no other than those listed are answered."""

    def __init__(self, listed: Mapping[str, str] | None, *, automatic: bool) -> None:
        self._listed = listed
        self._automatic = automatic and listed is None
        self._kept: dict[str, str] = {}

    def text(self, asked: Asked) -> str:
        """The document itself. Raises `unknown_document`, `unlisted_document`, and
        `invalid_parameter` for a digest that is that of another document."""
        if self._listed is not None:
            return self._allowed(self._listed, asked)
        if asked.document is None:
            found = self._kept.get(asked.digest or "")
            if found is None:
                # Clients look for this very message.
                raise Problem(UNKNOWN_DOCUMENT, "PersistedQueryNotFound")
            return found
        if asked.digest is not None and self._automatic:
            self._keep(asked.digest, asked.document)
        return asked.document

    def _allowed(self, listed: Mapping[str, str], asked: Asked) -> str:
        key = asked.digest if asked.document is None else digest_of(asked.document)
        found = listed.get(key or "")
        if found is None:
            raise Problem(UNLISTED_DOCUMENT)
        return found

    def _keep(self, digest: str, text: str) -> None:
        if _DIGEST.fullmatch(digest) is None or digest_of(text) != digest:
            message = "`sha256Hash` is not the SHA-256 of the document"
            at = "/extensions/persistedQuery/sha256Hash"
            flaw = Flaw(INVALID_PARAMETER.name, message, pointer=at)
            raise Problem(INVALID_PARAMETER, message, flaws=(flaw,))
        if len(text) > MOST_KEPT_CHARACTERS:
            return
        if len(self._kept) >= MOST_KEPT and digest not in self._kept:
            del self._kept[next(iter(self._kept))]
        self._kept[digest] = text
