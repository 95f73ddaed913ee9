"""The keys that sign the audit log."""

from collections.abc import Iterator

from charter.access.keys import Algorithm, Keys
from charter.access.settings import keys_from
from charter.contract.contract import Contract
from charter.serve.engine.audit import Signer, signer_of
from charter.serve.settings.model import Settings

_LABEL = b"charter audit log"


def signers(settings: Settings, keys: Keys) -> tuple[Signer, ...]:
    """Those whose rows can be verified; the first one signs. It is made of the key that is set
    for it, else of the first HS256 key; without either, rows are chained and not signed."""
    return (*_signers(settings, keys), signer_of(None))


def _signers(settings: Settings, keys: Keys) -> Iterator[Signer]:
    if settings.serve.audit_key is not None:
        yield signer_of(settings.serve.audit_key.encode())
    for key in keys.current(0.0):
        if key.algorithm is Algorithm.HS256:
            yield signer_of(key.sign(_LABEL))


def signer_for(contract: Contract, settings: Settings) -> Signer | None:
    """The one that signs, for work outside a running service; None where nothing is audited.

    Raises BadKey.
    """
    if not contract.audits:
        return None
    production = settings.serve.in_production
    return signers(settings, keys_from(settings.auth, production=production))[0]
