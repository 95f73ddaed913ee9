"""Idempotency: the answer of a request, kept in the transaction of its write.

Follows draft-ietf-httpapi-idempotency-key-header-07: the key belongs to its caller, the same
request replays the first answer (an error that would come again included), another one with
the same key is refused, and keys expire.
"""

import hmac
from datetime import timedelta
from hashlib import blake2b

from charter.core import codes
from charter.core.problems import Problem
from charter.plan.ask import Once
from charter.plan.outcome import Outcome
from charter.serve.engine.answers import packed, unpacked
from charter.serve.engine.work import Work
from charter.sql import system_statements as system
from charter.store.errors import Violated

MOST_KEPT = 1024 * 1024
"""Bytes of an answer that is kept. Larger ones are refused, and their write with them."""


async def find(work: Work, once: Once) -> Outcome | None:
    """The first answer to this request, if it has been answered. Raises it where it is one."""
    dialect = work.compiler.dialect
    lock = system.once_lock(dialect)
    if lock is not None and not (await work.fetch(lock, (once.scope, once.key)))[0][0]:
        raise Problem(codes.IN_PROGRESS, retry_after=1)
    rows = await work.fetch(system.once_find(dialect), (once.scope, once.key, work.ask.now))
    if not rows:
        return None
    fingerprint, answer = bytes(rows[0][0]), bytes(rows[0][1])
    if not hmac.compare_digest(fingerprint, _bound(work, once)):
        raise Problem(codes.KEY_REUSED)
    return unpacked(work.compiler.contract, answer)


async def keep(work: Work, once: Once, answer: Outcome | Problem, seconds: float) -> None:
    """Keep an answer with its write. An expired one of the same key makes room."""
    dialect = work.compiler.dialect
    now = work.ask.now
    await work.execute(system.once_expire(dialect), (now,))
    data = packed(work.compiler.contract, answer)
    if len(data) > MOST_KEPT:
        message = f"An answer of more than {MOST_KEPT:,} bytes cannot be kept; ask for less of it."
        raise Problem(codes.TOO_COMPLEX, message)
    expires = now + timedelta(seconds=seconds)
    values = (once.scope, once.key, _bound(work, once), data, now, expires)
    try:
        await work.execute(system.once_keep(dialect), values)
    except Violated as violated:
        raise Problem(codes.IN_PROGRESS, retry_after=1) from violated


def _bound(work: Work, once: Once) -> bytes:
    """The fingerprint together with the rights that the answer was made for.

    An actor that has lost a role since does not get what it was shown before.
    """
    rights = ",".join(sorted(work.standing.roles))
    return blake2b(once.fingerprint + rights.encode(), digest_size=32).digest()
