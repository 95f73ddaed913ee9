"""Charter: write the contract; get the backend a senior engineer would have built."""

from charter.contract.faults import ContractFaulty
from charter.language.actor import Actor
from charter.language.conditions import (
    all_of,
    any_of,
    average,
    contains,
    count,
    exists,
    highest,
    is_null,
    is_set,
    like,
    lowest,
    not_,
    now,
    one_of,
    total,
    value_of,
)
from charter.language.contract import Contract
from charter.language.fields import computed, field, inverse, linked, owned
from charter.language.kinds import Email, Json, Url
from charter.language.payload import Error, Event
from charter.language.resource import Resource
from charter.language.rows import NotLoaded
from charter.language.rules import Policy, allow, freeze, hide
from charter.language.unit import Unit
from charter.language.user import User

__all__ = [
    "Actor",
    "Contract",
    "ContractFaulty",
    "Email",
    "Error",
    "Event",
    "Json",
    "NotLoaded",
    "Policy",
    "Resource",
    "Unit",
    "Url",
    "User",
    "all_of",
    "allow",
    "any_of",
    "average",
    "computed",
    "contains",
    "count",
    "exists",
    "field",
    "freeze",
    "hide",
    "highest",
    "inverse",
    "is_null",
    "is_set",
    "like",
    "linked",
    "lowest",
    "not_",
    "now",
    "one_of",
    "owned",
    "total",
    "value_of",
]
