"""What a command is given: the caller's row, members of Enums, values that may be nothing."""

from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Any

import pytest

from charter import (
    Actor,
    Contract,
    Policy,
    Resource,
    Unit,
    User,
    allow,
    field,
    now,
    value_of,
)
from charter.contract import contract as hub
from tests.behaviour.actors import ADA
from tests.behaviour.clients.base import Client, Refused

clinic = Contract("clinic")


class Ward(Enum):
    EYES = "eyes"
    HEART = "heart"


@clinic.resource
class Visit(Resource):
    patient: User
    doctor: User | None = None
    ward: Ward = Ward.EYES
    past: list[Ward] = field(default=[])
    until: datetime | None = None


@clinic.policy(Visit)
def visit_policy(visit: Visit, actor: Actor) -> Policy:
    yield allow("*", when=visit.patient == actor.user)
    yield allow("read", when=value_of(visit.until) <= now())
    yield allow("read", when=value_of(visit.doctor).name == "Bob")
    yield allow("book", "leave")


@clinic.command(Visit)
async def book(
    unit: Unit,
    *,
    ward: Ward = Ward.HEART,
    past: list[Ward] = [],  # noqa: B006 - the default of an input
    next_to: Ward | None = None,
) -> Visit:
    """Make a visit for whoever calls."""
    known = [ward, *past, *([next_to] if next_to else [])]
    assert all(isinstance(item, Ward) for item in known)
    return unit.add(Visit(patient=unit.user(), ward=ward, past=known))


@clinic.command(Visit)
async def leave(visit: Visit, unit: Unit) -> None:
    """The visit is over."""
    patient = await unit.get(unit.user())
    if visit.patient is patient and patient.name:
        visit.until = unit.now


@pytest.fixture(scope="module")
def contract() -> hub.Contract:
    return clinic.build()


async def booked(client: Client, actor: Any = ADA, **inputs: Any) -> Any:
    return await client.call("book", actor, resource="Visit", inputs=inputs)


async def test_inputs_that_are_enums_are_members_of_them(client: Client) -> None:
    made = await booked(client, ward="eyes", past=["heart"], next_to="heart")
    assert (made["ward"], made["past"]) == ("eyes", ["eyes", "heart", "heart"])


async def test_inputs_left_out_have_members_as_defaults(client: Client) -> None:
    made = await booked(client)
    assert (made["ward"], made["past"]) == ("heart", ["heart"])


async def test_an_input_that_is_no_member_is_named(client: Client) -> None:
    with pytest.raises(Refused) as refused:
        await booked(client, ward="feet", past=["eyes", "nose"])
    assert refused.value.code == "invalid_values"
    assert refused.value.places == {"/ward", "/past/1"}


async def test_the_caller_is_whom_a_command_writes_for(client: Client) -> None:
    made = await booked(client, ADA)
    assert made["patient_id"] == ADA.id
    await client.call("leave", ADA, resource="Visit", key=made["id"])
    left = await client.read("Visit", made["id"], ADA)
    assert left["until"] is not None


async def test_a_command_that_wants_its_caller_refuses_nobody(client: Client) -> None:
    with pytest.raises(Refused) as refused:
        await booked(client, None)
    assert refused.value.code == "unauthenticated"


async def test_a_comparison_with_a_value_that_may_be_nothing_is_false_with_nothing(
    client: Client,
) -> None:
    soon = datetime.now(UTC) + timedelta(days=1)
    past = datetime.now(UTC) - timedelta(days=1)
    for until in (None, soon, past):
        values = {"until": None if until is None else until.isoformat()}
        await client.create("Visit", values, ADA)
    assert len((await client.page("Visit", ADA)).items) == 3
    assert len((await client.page("Visit", None)).items) == 1
