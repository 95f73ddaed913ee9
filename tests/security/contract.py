"""A bank of vaults, whose rules a clever client would like to get around."""

from typing import Literal

from charter import (
    Actor,
    Contract,
    Policy,
    Resource,
    User,
    all_of,
    allow,
    computed,
    freeze,
    hide,
    inverse,
    linked,
    not_,
    owned,
    total,
)

bank = Contract("bank", version="1")


@bank.resource
class Agent(Resource):
    """Anyone may know who works here, but not for whom."""

    name: str
    vaults: list["Vault"] = inverse("agent")


@bank.resource
class Vault(Resource):
    """Its owner keeps it, clerks look after it."""

    owner: User
    name: str
    rank: int | None = None
    code: str = "none"
    status: Literal["draft", "live"] = "draft"
    agent: "Agent | None" = None
    seals: list["Seal"] = owned()
    coins: list["Coin"] = owned()
    labels: list["Label"] = linked()
    worth: int = computed(lambda vault: total(vault.coins, lambda coin: coin.worth))


@bank.resource
class Seal(Resource):
    """A part with a policy of its own."""

    vault: Vault
    strength: int = 0
    approved: bool = False


@bank.resource
class Coin(Resource):
    """A part that follows its vault, but for one field."""

    vault: Vault
    keeper: User
    checked: bool = False
    worth: int = 0


@bank.resource
class Label(Resource):
    owner: User
    name: str
    shared: bool = False


@bank.resource
class Pin(Resource):
    """May be moved, but only to another label of the same owner."""

    label: Label


@bank.resource
class Hint(Resource):
    """Anyone may leave one; only the boss reads them."""

    text: str


@bank.policy(Agent)
def agent_policy(agent: Agent, actor: Actor) -> Policy:
    yield allow("read")
    yield allow("create", when=actor.has_role("boss"))


@bank.policy(Vault)
def vault_policy(vault: Vault, actor: Actor) -> Policy:
    mine = vault.owner == actor.user
    yield allow("*", when=mine)
    yield allow("read", "update", when=actor.has_role("clerk"))
    yield allow("create", when=all_of(not_(actor.authenticated), vault.name == "gift"))
    yield hide("agent", unless=mine)
    yield hide("rank", unless=actor.has_role("boss"))
    yield freeze("code", unless=vault.status == "draft")


@bank.policy(Seal)
def seal_policy(seal: Seal, actor: Actor) -> Policy:
    yield allow("read", when=seal.strength < 50)
    yield allow("create", when=seal.strength < 10)
    yield allow("read", "update", "delete", when=actor.has_role("boss"))
    yield allow("update", when=seal.strength < 10)
    yield freeze("approved", unless=actor.has_role("boss"))


@bank.policy(Coin)
def coin_policy(coin: Coin, actor: Actor) -> Policy:
    yield freeze("checked", unless=actor.has_role("boss"))


@bank.policy(Label)
def label_policy(label: Label, actor: Actor) -> Policy:
    yield allow("*", when=label.owner == actor.user)
    yield allow("read", when=label.shared)


@bank.policy(Pin)
def pin_policy(pin: Pin, actor: Actor, new: Pin) -> Policy:
    yield allow("read", "create", when=actor.authenticated)
    yield allow("update", when=new.label.owner == pin.label.owner)


@bank.policy(Hint)
def hint_policy(hint: Hint, actor: Actor) -> Policy:
    yield allow("create")
    yield allow("read", when=actor.has_role("boss"))
