"""Declared renames: told as such to whoever uses the name, and as nothing else."""

import re
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from charter.contract.canonical import canonical_json
from charter.contract.contract import Contract
from charter.contract.recorded import recorded_contract
from charter.language.load import load_contract
from charter.plan.breaking.finding import Severity
from charter.plan.breaking.gate import Report, compare
from charter.plan.breaking.names import names_of, under
from charter.plan.breaking.version import Step

Loaded = Callable[[str, str], Contract]

OLD = """\
from typing import Literal

from charter import *

desk = Contract("desk", version="1.0.0")

@desk.resource
class Person(Resource):
    name: str = field(max_length=50, search=True)
    born: int = 0
    tickets: list["Ticket"] = inverse()

@desk.resource
class Ticket(Resource):
    person: Person
    title: str = field(max_length=50)
    state: Literal["open", "closed"] = field(default="open", set_by="commands")
    owner: User
    parts: list["Part"] = owned()
    tags: list["Tag"] = linked()
    cost: int = computed(lambda ticket: total(ticket.parts, lambda part: part.price))

@desk.resource
class Part(Resource):
    ticket: Ticket
    price: int = 1

@desk.resource
class Tag(Resource):
    word: str = field(max_length=20)

desk.unique(Ticket, "person", "title")
desk.index(Ticket, "state", "-title")
desk.check(Part, lambda part: part.price >= 0, "prices are not negative")

@desk.policy(Person)
def person_policy(person: Person, actor: Actor) -> Policy:
    yield allow("read")
    yield hide("born", unless=actor.has_role("boss"))

@desk.policy(Ticket)
def ticket_policy(ticket: Ticket, actor: Actor) -> Policy:
    yield allow("*", when=ticket.owner == actor.user)
    yield allow("read", when=ticket.person.name == "a")
    yield freeze("title", unless=ticket.state == "open")

@desk.policy(Tag)
def tag_policy(tag: Tag, actor: Actor) -> Policy:
    yield allow("*", when=actor.authenticated)

@desk.event
class Closed(Event):
    ticket: Ticket

@desk.command(Ticket, moves="open -> closed")
async def close(ticket: Ticket, unit: Unit, *, by: Person) -> Ticket:
    return ticket
"""


@pytest.fixture
def loaded(tmp_path: Path) -> Loaded:
    def load(text: str, name: str) -> Contract:
        path = tmp_path / f"{name}.py"
        path.write_text(text, encoding="utf-8")
        return load_contract(path)

    return load


def renamed(text: str, words: Mapping[str, str], declared: Mapping[str, str]) -> str:
    """The text with other words, and what is to be declared with them."""
    for old, new in words.items():
        text = re.sub(rf"\b{old}\b", new, text)
    for old, new in declared.items():
        assert text.count(old) == 1, old
        text = text.replace(old, new)
    return text


FIELDS = {
    "title": ("subject", "subject: str = field(", 'subject: str = field(was="title", '),
    "state": ("status", 'field(default="open"', 'field(was="state", default="open"'),
    "born": ("year", "year: int = 0", 'year: int = field(default=0, was="born")'),
    "price": ("cents", "cents: int = 1", 'cents: int = field(default=1, was="price")'),
}


def codes(report: Report, area: str) -> set[tuple[str, str]]:
    return {
        (item.code.name, item.subject)
        for part in report.parts
        if part.area.name == area
        for item in part.findings
    }


@pytest.mark.parametrize("name", FIELDS)
def test_a_field_under_its_new_name_is_the_same_field(name: str, loaded: Loaded) -> None:
    new_name, line, declared = FIELDS[name]
    new = loaded(renamed(OLD, {name: new_name}, {line: declared}), "new")
    report = compare(loaded(OLD, "old"), new)
    told = {item.code.name for part in report.parts for item in part.findings}
    shown = {"answer_renamed", "query_name_renamed", "graphql_renamed", "grpc_renamed"}
    settable = set() if name == "state" else {"input_renamed"}
    assert told == shown | settable | {"stored_renamed"}
    owner = {"born": "Person", "price": "Part"}.get(name, "Ticket")
    assert codes(report, "answers") == {("answer_renamed", f"{owner}.{name}")}
    (stored,) = (part for part in report.parts if part.area.name == "storage")
    assert [item.severity for item in stored.findings] == [Severity.NEUTRAL]
    assert stored.findings[0].message == f"the column is `{new_name}` now"
    assert stored.findings[0].after.file == new.place.file
    assert report.version.step is Step.MAJOR


def test_a_reference_takes_its_relation_along(loaded: Loaded) -> None:
    declared = {
        "    person: Person\n    title": '    client: Person = field(was="person")\n    title',
        "ticket.person": "ticket.client",
        'Ticket, "person"': 'Ticket, "client"',
    }
    text = renamed(OLD, {}, declared)
    report = compare(loaded(OLD, "old"), loaded(text, "new"))
    assert codes(report, "inputs") == {("input_renamed", "Ticket.person_id")}
    assert codes(report, "answers") == {("answer_renamed", "Ticket.person_id")}
    assert codes(report, "queries") == {
        ("query_name_renamed", "Ticket.person_id"),
        ("include_renamed", "Ticket.person"),
    }
    assert codes(report, "storage") == {("stored_renamed", "Ticket.person_id")}
    assert not codes(report, "paths") | codes(report, "permissions") | codes(report, "events")


def test_a_resource_under_its_new_name_is_the_same_resource(loaded: Loaded) -> None:
    words = {"Ticket": "Case", "tickets": "cases", "ticket": "case"}
    declared = {
        "@desk.resource\nclass Case": '@desk.resource(was="Ticket")\nclass Case',
        "    case: Case\n    price": '    case: Case = field(was="ticket")\n    price',
    }
    new = loaded(renamed(OLD, words, declared), "new")
    report = compare(loaded(OLD, "old"), new)
    assert codes(report, "paths") == {
        ("path_changed", "Case"),
        ("relation_renamed", "Person.tickets"),
    }
    assert ("graphql_renamed", "Ticket") in codes(report, "graphql")
    assert ("grpc_renamed", "Ticket.New") in codes(report, "grpc")
    assert {code for code, _ in codes(report, "graphql")} == {"graphql_renamed"}
    # What the rows hold is there; so are the pairs.
    assert codes(report, "storage") == {
        ("stored_renamed", "Ticket"),
        ("stored_renamed", "Part.ticket_id"),
        ("stored_renamed", "Case"),
    }
    assert codes(report, "answers") == {("answer_renamed", "Part.ticket_id")}
    assert not codes(report, "permissions")
    # An event carries `case_id` now: the names of payloads are nobody's to declare.
    assert codes(report, "events") == {
        ("payload_removed", "Closed.ticket_id"),
        ("payload_added", "Closed.case_id"),
    }


def test_what_else_changes_is_told_of_the_new_name(loaded: Loaded) -> None:
    shorter = (
        'subject: str = field(was="title", max_length=50',
        'subject: str = field(was="title", max_length=40',
    )
    text = renamed(OLD, {"title": "subject"}, {FIELDS["title"][1]: FIELDS["title"][2]})
    report = compare(loaded(OLD, "old"), loaded(text.replace(*shorter), "new"))
    assert codes(report, "inputs") == {
        ("input_renamed", "Ticket.title"),
        ("input_narrowed", "Ticket.subject"),
    }
    assert ("values_unfit", "Ticket.subject") in codes(report, "storage")


def test_a_declaration_that_is_older_than_the_old_contract_says_nothing(loaded: Loaded) -> None:
    text = renamed(OLD, {"title": "subject"}, {FIELDS["title"][1]: FIELDS["title"][2]})
    assert not compare(loaded(text, "old"), loaded(text, "new")).parts
    plain = loaded(renamed(OLD, {"title": "subject"}, {}), "plain")
    assert not compare(plain, loaded(text, "new")).parts


def test_the_old_contract_may_be_a_recorded_one(loaded: Loaded) -> None:
    text = renamed(OLD, {"title": "subject"}, {FIELDS["title"][1]: FIELDS["title"][2]})
    recorded = recorded_contract(canonical_json(loaded(OLD, "old")).decode())
    report = compare(recorded, loaded(text, "new"))
    assert codes(report, "answers") == {("answer_renamed", "Ticket.title")}


def test_without_a_declaration_it_is_one_that_is_gone(loaded: Loaded) -> None:
    report = compare(loaded(OLD, "old"), loaded(renamed(OLD, {"title": "subject"}, {}), "new"))
    assert ("values_lost", "Ticket.title") in codes(report, "storage")
    assert {("answer_removed", "Ticket.title"), ("answer_added", "Ticket.subject")} <= codes(
        report, "answers"
    )


def test_under_its_new_names_a_contract_is_what_the_new_one_says(loaded: Loaded) -> None:
    """Not one name of before is left in it."""
    words = {old: new for old, (new, _, _) in FIELDS.items()}
    declared = {line: said for _, line, said in FIELDS.values()}
    old, new = loaded(OLD, "old"), loaded(renamed(OLD, words, declared), "new")
    named = canonical_json(under(names_of(old, new), old)).decode()
    assert not [name for name in words if re.search(rf'"-?{name}"', named)]
