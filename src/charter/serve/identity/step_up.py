"""Step-up (RFC 9470): proving once more who one is, within a session."""

from charter.core.codes import INVALID_CODE, MFA_REQUIRED, SESSION_ENDED
from charter.core.problems import Problem
from charter.serve.identity import factors, passwords, sessions
from charter.serve.identity.realm import Realm, Visit
from charter.serve.identity.running import write
from charter.serve.identity.sessions import Opened
from charter.serve.identity.tokens import bearer
from charter.store.database import Transaction
from charter.wire.identity.endpoint import Reply

_PASSWORD = frozenset({"pwd"})


async def step_up(realm: Realm, visit: Visit) -> Reply:
    """Sign in once more. Where the account has a second factor, a code of it is asked for: a
    password alone would prove less than the session does."""
    code = visit.values.get("code")
    if code is None:
        await passwords.proven(realm, visit, visit.values["password"], "/password")

    async def work(transaction: Transaction) -> Opened | Problem:
        session = await sessions.find(realm, transaction, visit.actor.session or "", visit.now)
        if session is None:
            return Problem(SESSION_ENDED)
        methods = _PASSWORD
        if code is not None:
            proven = await factors.prove(realm, transaction, visit, visit.me, code)
            if proven is None:
                return Problem(INVALID_CODE)
            methods = proven
        elif await factors.enrolled(realm, transaction, visit.me):
            return Problem(MFA_REQUIRED)
        stronger = await sessions.strengthen(realm, transaction, session, methods, visit.now)
        return Opened(stronger, await sessions.roles_of(realm, transaction, visit.me))

    outcome = await write(realm, work)
    if isinstance(outcome, Problem):
        raise outcome
    if visit.browser:
        return Reply({"expires_in": int((outcome.session.ends_at - visit.now).total_seconds())})
    return Reply(bearer(realm, outcome, visit.now))
