"""A file of signing keys, and their rotation without a moment in which a token is refused.

The file is a JWK Set in the order of use: the key that signs, then the next one, which is
published already, then keys that have signed before, of which only the public half is left.
Others may keep the published document for some minutes; at a rotation they know the new key.
"""

import json
import os
import secrets
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from joserfc.jwk import ECKey, Key, OKPKey, RSAKey

from charter.access.keyfiles import read_keys
from charter.access.keys import PUBLIC_MEMBERS, Algorithm, BadKey

MAKERS: Mapping[Algorithm, Callable[[], Key]] = {
    Algorithm.ES256: lambda: ECKey.generate_key("P-256"),
    Algorithm.ED25519: lambda: OKPKey.generate_key("Ed25519"),
    Algorithm.RS256: lambda: RSAKey.generate_key(2048),
}
"""How a key of each algorithm with a public half is made."""
MOST_RETIRED = 2
_SHOWN = PUBLIC_MEMBERS | {"kid", "alg", "use"}


def new_keyring(path: Path, algorithm: Algorithm) -> tuple[str, str]:
    """Make a file with the key that signs and the next one, for its owner alone (mode 0600);
    their names. BadKey where the file is there already or cannot be written."""
    if path.exists():
        raise BadKey(f"key file {path}: it is there already; `charter keys rotate` changes it")
    keys = [_made(algorithm), _made(algorithm)]
    _write(path, keys)
    return keys[0]["kid"], keys[1]["kid"]


def rotate(path: Path) -> tuple[str, str]:
    """Let the next key sign, make another next one, and keep of the old one what verifies its
    tokens; the names of the key that signs now and of the next one.

    Between two rotations at least the lifetime of a token has to pass. BadKey where the file is
    not one of `new_keyring`, or cannot be read or written.
    """
    read_keys(path)
    data = path.read_bytes()
    entries = json.loads(data).get("keys", ()) if data.lstrip().startswith(b"{") else ()
    signing = [entry for entry in entries if "d" in entry]
    retired = [entry for entry in entries if "d" not in entry]
    if len(signing) != 2 or len(signing) + len(retired) != len(entries):
        raise BadKey(f"key file {path}: two keys that sign are expected (`charter keys new`)")
    old, current = signing
    following = _made(Algorithm(current["alg"]))
    retired = [_public(old), *retired][:MOST_RETIRED]
    _write(path, [current, following, *retired])
    return current["kid"], following["kid"]


def _made(algorithm: Algorithm) -> dict[str, Any]:
    material = MAKERS[algorithm]().as_dict(private=True)
    return {**material, "kid": secrets.token_hex(8), "alg": algorithm.value, "use": "sig"}


def _public(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in entry.items() if name in _SHOWN}


def _write(path: Path, entries: list[dict[str, Any]]) -> None:
    """Replace a file by one that is whole: whoever reads it meanwhile reads the old one."""
    draft = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    try:
        handle = os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(handle, "w", encoding="ascii") as file:
            json.dump({"keys": entries}, file, indent=2)
            file.write("\n")
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)
    except OSError as error:
        raise BadKey(f"key file {path}: cannot be written ({error.strerror})") from None
    finally:
        draft.unlink(missing_ok=True)
