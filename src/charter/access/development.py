"""The key of a service under development: random, and kept in a local file."""

import json
import os
import secrets
import stat
from pathlib import Path

from joserfc.util import urlsafe_b64encode

from charter.access.keyfiles import read_keys
from charter.access.keys import SHORTEST_SECRET, BadKey, KeySet

DEVELOPMENT_KID = "charter-development"


def development_keys(path: Path) -> KeySet:
    """The key in this file, which is made when it is missing, for its owner alone (mode 0600).

    Tokens stay valid over restarts, and processes that start at once agree on one key. BadKey
    where the file cannot be made or read, or where others may read it.
    """
    try:
        if not path.exists():
            _make(path)
        if stat.S_IMODE(path.stat().st_mode) & 0o077:
            raise BadKey(f"key file {path}: others may read it; delete it, and a new one is made")
    except OSError as error:
        raise BadKey(f"key file {path}: cannot be made or read ({error.strerror})") from None
    return KeySet(read_keys(path))


def _make(path: Path) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    secret = urlsafe_b64encode(secrets.token_bytes(SHORTEST_SECRET)).decode()
    key = {"kty": "oct", "alg": "HS256", "kid": DEVELOPMENT_KID, "k": secret}
    draft = path.with_name(f".{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            json.dump(key, file)
        # Unlike a rename, a link never replaces the key that another process was faster to make.
        os.link(draft, path)
    except FileExistsError:
        return
    finally:
        draft.unlink(missing_ok=True)
