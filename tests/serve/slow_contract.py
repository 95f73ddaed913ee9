"""A contract whose commands take as long as the test wants."""

import asyncio

from charter import Actor, Contract, Policy, Resource, Unit, allow, field

slow = Contract("slow")


@slow.resource
class Note(Resource):
    text: str = field(max_length=200)


@slow.policy(Note)
def note_policy(note: Note, actor: Actor) -> Policy:
    yield allow("read", "create", when=actor.authenticated)


@slow.command(allow=lambda actor: actor.authenticated)
async def note_slowly(unit: Unit, *, text: str, seconds: float = 0.0) -> None:
    """Write a note, then wait before the transaction ends."""
    unit.add(Note(text=text))
    await asyncio.sleep(seconds)


@slow.command(allow=lambda actor: actor.authenticated)
async def fail(unit: Unit) -> None:
    """Fail as no contract declares."""
    unit.add(Note(text="half"))
    raise RuntimeError("a secret detail")


@slow.command(allow=lambda actor: actor.authenticated)
async def note_at_once(unit: Unit, *, text: str = "half") -> None:
    """Write a note, whose text need not be given."""
    unit.add(Note(text=text))
