"""A contract with accounts, roles that rows grant, and fields of its own."""

from typing import Literal

from charter import Actor, Contract, Policy, Resource, User, allow, field

shop = Contract("shop")


@shop.accounts
class Customer(User):
    phone: str | None = field(default=None, max_length=40)
    nickname: str | None = field(default=None, max_length=40, unique=True)
    credit: int = field(default=0, set_by="commands")


@shop.resource
class Staff(Resource):
    user: User
    role: Literal["clerk", "buyer"]


shop.grants(Staff)


@shop.resource
class Note(Resource):
    owner: User
    text: str = field(max_length=200)


@shop.policy(Customer)
def customer_policy(customer: Customer, actor: Actor) -> Policy:
    yield allow("read", "update", when=customer == actor.user)


@shop.policy(Staff)
def staff_policy(staff: Staff, actor: Actor) -> Policy:
    yield allow("*", when=actor.has_role("buyer"))


@shop.policy(Note)
def note_policy(note: Note, actor: Actor) -> Policy:
    yield allow("*", when=note.owner == actor.user)
    yield allow("read", when=actor.has_role("clerk"))
