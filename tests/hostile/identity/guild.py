"""A contract with accounts and something of every kind of route: rows, parts, commands, roles."""

from typing import Literal

from charter import Actor, Contract, Policy, Resource, Unit, User, allow, field, owned

guild = Contract("guild")


@guild.accounts
class Member(User):
    phone: str | None = field(default=None, max_length=40)
    credit: int = field(default=0, set_by="commands")
    joined: str = field(default="", set_by="once", max_length=40)
    remark: str = field(default="", hidden=True)


@guild.resource
class Staff(Resource):
    user: User
    role: Literal["clerk", "chief"]


guild.grants(Staff)


@guild.resource
class Note(Resource):
    owner: User
    text: str = field(max_length=200)
    stage: Literal["draft", "out"] = field(default="draft", set_by="commands")
    pages: list["Page"] = owned()


@guild.resource
class Page(Resource):
    note: Note
    text: str = field(max_length=200)


@guild.policy(Member)
def member_policy(member: Member, actor: Actor) -> Policy:
    yield allow("*", when=member == actor.user)


@guild.policy(Staff)
def staff_policy(staff: Staff, actor: Actor) -> Policy:
    yield allow("read", when=staff.user == actor.user)
    yield allow("*", when=actor.has_role("chief"))


@guild.policy(Note)
def note_policy(note: Note, actor: Actor) -> Policy:
    yield allow("*", when=note.owner == actor.user)


@guild.command(Note, moves="draft -> out")
async def publish(note: Note, unit: Unit) -> Note:
    """Let it out."""
    return note
