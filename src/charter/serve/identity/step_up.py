"""Step-up (RFC 9470): proving once more who one is, within a session."""

from charter.core.codes import INVALID_CODE, MFA_REQUIRED, SESSION_ENDED
from charter.core.problems import Problem
from charter.serve.identity import factors, passwords, sessions
from charter.serve.identity.realm import Realm, Visit
from charter.serve.identity.running import write
from charter.serve.identity.sessions import Opened
from charter.serve.identity.tokens import signed_in
from charter.store.database import Transaction
from charter.wire.identity.endpoint import Reply

_PASSWORD = frozenset({"pwd"})


async def step_up(realm: Realm, visit: Visit) -> Reply:
    """Sign in once more. With the password, and a code where the account has a second factor, it
    is a sign-in of now; a code alone makes the session stronger, and not fresher."""
    password, code = visit.values.get("password"), visit.values.get("code")
    if password is not None:
        await passwords.proven(realm, visit, password, "/password")

    async def work(transaction: Transaction) -> Opened | Problem:
        session = await sessions.find(realm, transaction, visit.actor.session or "", visit.now)
        if session is None:
            return Problem(SESSION_ENDED)
        methods = frozenset() if password is None else _PASSWORD
        if code is not None:
            proven = await factors.prove(realm, transaction, visit, visit.me, code)
            if proven is None:
                return Problem(INVALID_CODE)
            methods |= proven
        elif await factors.enrolled(realm, transaction, visit.me):
            return Problem(MFA_REQUIRED)
        since = session.signed_in_at if password is None else visit.now
        renewed = await sessions.renew(realm, transaction, visit, session, methods, since)
        return renewed or Problem(SESSION_ENDED)

    outcome = await write(realm, work)
    if isinstance(outcome, Problem):
        raise outcome
    return signed_in(realm, outcome, visit.now)
