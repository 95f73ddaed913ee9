"""The words about accounts, roles, facts and tenants, and what the hub has of them."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from charter.contract.canonical import canonical_json
from charter.contract.contract import Contract
from charter.contract.expression import (
    NEW,
    ROW,
    ActorId,
    ActorTenant,
    Aggregate,
    AllOf,
    Authenticated,
    Column,
    Compare,
    Constant,
    Expression,
    Fact,
    FactName,
    Function,
    HasRole,
    OneOf,
    Operator,
    walk,
)
from charter.contract.identity import Grants, Tenancy
from charter.contract.resource import Made, SetBy
from charter.contract.types import BOOLEAN, TEXT, UUID, Scalar, Type
from charter.core.places import NOWHERE
from tests.language.sources import contract_of, faults_of

PROJECTS = """
@api.resource
class Project(Resource):
    title: str
    members: list["Membership"] = inverse()

@api.resource
class Membership(Resource):
    project: Project
    user: User
    role: Literal["viewer", "editor", "owner"]

@api.resource
class Task(Resource):
    project: Project | None

api.grants(Membership, on="project")

@api.policy(Membership)
def membership_policy(row, actor):
    yield allow("read", when=row.user == actor.user)
"""
KEY = Type(Scalar.TEXT, min_length=1, max_length=255)


def rule_of(contract: Contract, resource: str, at: int = 0) -> Expression:
    return contract.resource_named[resource].policy.allows[at].when


def condition_of(said: str, folder: Path, before: str = "") -> Expression:
    source = f"""
{before}
@api.resource
class Note(Resource):
    text: str

@api.policy(Note)
def policy(note, actor):
    yield allow("read", when={said})
"""
    return rule_of(contract_of(source, folder), "Note")


# -- accounts --------------------------------------------------------------------------------
ACCOUNTS = """
@api.accounts
class Member(User):
    phone: str | None = field(default=None, max_length=40)

@api.resource
class Note(Resource):
    owner: User
    reader: Member | None
    text: str

@api.event
class Read(Event):
    by: User

@api.policy(Note)
def policy(note, actor):
    yield allow("*", when=note.owner == actor.user)
    yield allow("read", when=note.reader == actor.user)

@api.command(User)
async def greet(member: User, unit: Unit, *, other: User) -> User:
    return member

@api.policy(User)
def members(member, actor):
    yield allow("*", when=(member == actor.user) & member.email_verified)
"""


def test_user_is_the_resource_of_the_accounts_wherever_it_is_said(tmp_path: Path) -> None:
    contract = contract_of(ACCOUNTS, tmp_path)
    assert contract.accounts == contract.user == "Member"
    assert [item.name for item in contract.resources] == ["Member", "Note"]
    note = contract.resource_named["Note"]
    assert note.field_named["owner_id"].references == "Member"
    assert note.field_named["owner_id"].default is Made.ACTOR
    assert note.field_named["reader_id"].references == "Member"
    assert contract.events[0].payload[0].references == "Member"
    (greet,) = contract.commands
    assert (greet.resource, greet.result.resource) == ("Member", "Member")
    assert greet.inputs[0].references == "Member"
    mine = Compare(Operator.EQ, Column(ROW, (), "id", KEY), ActorId(KEY))
    verified = Column(ROW, (), "email_verified", BOOLEAN)
    sure = Compare(Operator.EQ, verified, Constant(True, BOOLEAN))
    assert rule_of(contract, "Member") == AllOf((mine, sure))


def test_an_account_has_an_address_that_only_the_service_sets(tmp_path: Path) -> None:
    member = contract_of(ACCOUNTS, tmp_path).resource_named["Member"]
    assert (member.table, member.path) == ("members", "members")
    assert [field.name for field in member.fields][:5] == [
        "id", "name", "email", "email_verified", "phone",
    ]  # fmt: skip
    email, verified = member.field_named["email"], member.field_named["email_verified"]
    assert (email.unique, email.type.lower, email.set_by) == (True, True, SetBy.SYSTEM)
    assert (verified.type, verified.set_by, verified.readable) == (BOOLEAN, SetBy.SYSTEM, True)
    assert member.field_named["name"].set_by is SetBy.CLIENT
    assert member.key.type == KEY


def test_an_account_without_a_policy_is_read_by_its_own_user(tmp_path: Path) -> None:
    source = """
        @api.accounts
        class Member(User):
            phone: str | None
        """
    member = contract_of(source, tmp_path).resource_named["Member"]
    mine = Compare(Operator.EQ, Column(ROW, (), "id", KEY), ActorId(KEY))
    assert [(rule.actions, rule.when) for rule in member.policy.allows] == [(("read",), mine)]


def test_what_every_account_has_cannot_be_declared_again(tmp_path: Path) -> None:
    source = """
        @api.accounts
        class Member(User):
            email: str | None
        """
    assert [item.code.name for item in faults_of(source, tmp_path)] == ["name_reserved"]


def test_the_built_in_user_is_as_it_was(tmp_path: Path) -> None:
    source = """
        @api.resource
        class Note(Resource):
            owner: User

        @api.policy(Note)
        def policy(note, actor):
            yield allow("*", when=note.owner == actor.user)
        """
    contract = contract_of(source, tmp_path)
    assert (contract.accounts, contract.user) == (None, "User")
    email = contract.resource_named["User"].field_named["email"]
    assert (email.unique, email.type.lower, email.set_by) == (False, False, SetBy.CLIENT)
    assert "email_verified" not in contract.resource_named["User"].field_named


# -- roles -----------------------------------------------------------------------------------
def test_roles_include_all_that_their_roles_include(tmp_path: Path) -> None:
    source = """
        api.role("boss", includes=["buyer", "auditor"])
        api.role("buyer", includes="clerk")
        """
    assert contract_of(source, tmp_path).role_includes == {
        "auditor": {"auditor"},
        "boss": {"boss", "buyer", "auditor", "clerk"},
        "buyer": {"buyer", "clerk"},
        "clerk": {"clerk"},
    }


def test_without_any_declared_role_every_name_is_one(tmp_path: Path) -> None:
    assert condition_of('actor.has_role("whatever")', tmp_path) == HasRole("whatever")


def test_a_misspelt_role_is_told_its_nearest(tmp_path: Path) -> None:
    source = """
        api.role("clerk")

        @api.policy(Item)
        def policy(item, actor):
            yield allow("*", when=actor.has_role("clrk"))
        """
    (fault,) = faults_of(source, tmp_path, item=True)
    assert (fault.code.name, fault.remedy) == ("role_unknown", "Did you mean 'clerk'?")


def test_a_role_that_rows_grant_everywhere_is_known(tmp_path: Path) -> None:
    before = """
@api.resource
class Staff(Resource):
    user: User
    role: Literal["clerk", "buyer"]

api.grants(Staff)

@api.policy(Staff)
def staff(row, actor):
    yield allow("*", when=actor.has_role("buyer"))
"""
    assert condition_of('actor.has_role("clerk")', tmp_path, before) == HasRole("clerk")


def test_a_role_on_a_row_is_a_row_that_grants_it(tmp_path: Path) -> None:
    source = (
        PROJECTS
        + """
@api.policy(Project)
def project_policy(project, actor):
    yield allow("update", when=actor.has_role("editor", on=project))

@api.policy(Task)
def task_policy(task, actor, new):
    yield allow("create", when=actor.has_role("editor", on=new.project))
"""
    )
    contract = contract_of(source, tmp_path)
    (grants,) = contract.grants
    assert replace(grants, place=NOWHERE) == Grants("Membership", "user", "role", "project")
    roles = contract.resource_named["Membership"].field_named["role"].type
    user = Column(2, (), "user_id", Type(Scalar.TEXT))
    role = Column(2, (), "role", roles)

    def granted(scope: int, path: tuple[str, ...]) -> Expression:
        where = AllOf((
            Compare(Operator.EQ, user, ActorId(KEY)),
            Compare(Operator.EQ, role, Constant("editor", TEXT)),
        ))  # fmt: skip
        exists = Aggregate(Function.EXISTS, scope, path, 2, where, None, BOOLEAN)
        return AllOf((Authenticated(), exists))

    assert rule_of(contract, "Project") == granted(ROW, ("members",))
    assert rule_of(contract, "Task") == granted(NEW, ("project", "members"))


def test_a_role_on_a_row_is_had_through_those_that_include_it(tmp_path: Path) -> None:
    source = (
        PROJECTS
        + """
api.role("owner", includes="editor")
api.role("editor", includes="viewer")

@api.policy(Project, Task)
def policy(row, actor):
    yield allow("read")

@api.policy(Task)
def task_policy(task, actor):
    yield allow("*")
"""
    ).replace("@api.policy(Project, Task)", "@api.policy(Project)")
    source = source.replace('allow("read")', 'allow("read", when=actor.has_role("viewer", on=row))')
    parts = walk(rule_of(contract_of(source, tmp_path), "Project"))
    (one,) = [part for part in parts if isinstance(part, OneOf)]
    assert [o.value for o in one.options if isinstance(o, Constant)] == [
        "viewer", "editor", "owner",
    ]  # fmt: skip


# -- facts -----------------------------------------------------------------------------------
@pytest.mark.parametrize(
    ("said", "fact"),
    [
        ("actor.mfa", Fact(FactName.MFA)),
        ("actor.is_machine", Fact(FactName.MACHINE)),
        ('actor.signed_in_with("password")', Fact(FactName.SIGNED_IN_WITH, "password")),
        ("actor.signed_in_within(minutes=10)", Fact(FactName.SIGNED_IN_WITHIN, 600)),
        ("actor.signed_in_within(minutes=1, seconds=5)", Fact(FactName.SIGNED_IN_WITHIN, 65)),
        (
            'actor.address_in("10.0.0.0/8", "192.0.2.7", "2001:DB8::/32")',
            Fact(FactName.ADDRESS_IN, ("10.0.0.0/8", "192.0.2.7/32", "2001:db8::/32")),
        ),
    ],
)
def test_facts_are_conditions(said: str, fact: Fact, tmp_path: Path) -> None:
    assert condition_of(said, tmp_path) == fact


@pytest.mark.parametrize(
    "said",
    [
        'actor.signed_in_with("pasword")',
        "actor.signed_in_with(note.text)",
        "actor.signed_in_within(minutes=0)",
        "actor.signed_in_within(minutes=1.5)",
        "actor.signed_in_within(minutes=10**9)",
        "actor.address_in()",
        'actor.address_in("10.0.0.1/8")',
        'actor.address_in("office")',
        "actor.address_in(note.text)",
        'actor.has_role("a", on=None)',
        'actor.has_role("a", on=note.text)',
    ],
)
def test_facts_that_mean_nothing_are_refused(said: str, tmp_path: Path) -> None:
    source = f"""
@api.resource
class Note(Resource):
    text: str

@api.policy(Note)
def policy(note, actor):
    yield allow("read", when={said})
"""
    assert [item.code.name for item in faults_of(source, tmp_path)] == ["operation_refused"]


def test_the_contract_knows_the_facts_that_its_rules_mention(tmp_path: Path) -> None:
    source = """
        @api.policy(Item)
        def policy(item, actor):
            yield allow("*", when=actor.mfa & (item.owner == actor.user))
            yield hide("note", unless=actor.signed_in_within(minutes=5))
        """
    contract = contract_of(source, tmp_path, item=True)
    assert contract.facts == {Fact(FactName.MFA), Fact(FactName.SIGNED_IN_WITHIN, 300)}


# -- tenants ---------------------------------------------------------------------------------
TENANTS = """
@api.accounts
class Member(User):
    firm: "Firm | None"
    orders: list["Order"] = inverse()
    busy: int = computed(lambda member: count(member.orders))

@api.tenant
class Firm(Resource):
    name: str
    orders: list["Order"] = inverse()

@api.resource
class Order(Resource):
    customer: User
    number: str = field(unique=True)
    lines: list["Line"] = owned()
    size: int = computed(lambda order: count(order.lines))

@api.resource
class Line(Resource):
    order: Order
    country: "Country"
    pieces: int

@api.resource
class Staff(Resource):
    firm: Firm = field(on_delete="cascade")
    user: User
    role: Literal["clerk", "boss"]

@api.resource
class Country(Resource[str]):
    name: str = field(unique=True)

api.shared(Country)
api.unique(Staff, "user", "role")
api.index(Order, "-created_at", "number")
api.index(Line, "firm_id", "pieces")

@api.policy(Firm, Order, Staff, Country)
def policy(row, actor):
    yield allow("*")
"""


def test_every_row_names_its_tenant_but_shared_ones_and_accounts(tmp_path: Path) -> None:
    contract = contract_of(TENANTS, tmp_path)
    assert contract.tenancy is not None
    assert replace(contract.tenancy, place=NOWHERE) == Tenancy("Firm", ("Country",))
    tenants = {item.name: item.tenant for item in contract.resources}
    assert tenants == {
        "Member": None, "Firm": "id", "Order": "firm_id", "Line": "firm_id",
        "Staff": "firm_id", "Country": None,
    }  # fmt: skip
    for name in ("Order", "Line", "Staff"):
        resource = contract.resource_named[name]
        field = resource.fields[1]
        assert (field.name, field.type, field.references) == ("firm_id", UUID, "Firm")
        assert (field.default, field.set_by, field.optional) == (Made.TENANT, SetBy.SYSTEM, False)
        assert resource.relation_named["firm"].target == "Firm"
    assert contract.resource_named["Staff"].field_named["firm_id"].on_delete.value == "cascade"
    order = contract.resource_named["Order"]
    assert [item.fields for item in order.uniques] == [("firm_id", "number")]
    assert not order.field_named["number"].unique
    assert [item.fields for item in order.indexes] == [("firm_id", "-created_at", "number")]
    assert [item.fields for item in contract.resource_named["Line"].indexes] == [
        ("firm_id", "pieces")
    ]
    staff = contract.resource_named["Staff"]
    assert [item.fields for item in staff.uniques] == [("firm_id", "user_id", "role")]
    assert contract.resource_named["Country"].field_named["name"].unique
    ours = Compare(Operator.EQ, Column(2, (), "firm_id", UUID), ActorTenant(UUID))
    busy = contract.resource_named["Member"].computed_named["busy"].expression
    assert isinstance(busy, Aggregate)
    assert busy.where == ours
    size = order.computed_named["size"].expression
    assert isinstance(size, Aggregate)
    assert size.where is None


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ("firm: Firm | None", "tenant_unfit"),
        ("firm: User", "tenant_unfit"),
        ("firm_id: str", "name_taken"),
        ("firm: str", "name_taken"),
    ],
)
def test_the_name_of_the_tenant_is_kept_for_it(said: str, code: str, tmp_path: Path) -> None:
    source = f"""
@api.tenant
class Firm(Resource):
    name: str

@api.resource
class Note(Resource):
    {said}

@api.policy(Firm, Note)
def policy(row, actor):
    yield allow("*")
"""
    assert [item.code.name for item in faults_of(source, tmp_path)] == [code]


def test_nothing_is_shared_where_there_are_no_tenants(tmp_path: Path) -> None:
    source = """
        api.shared(Item)

        @api.policy(Item)
        def policy(item, actor):
            yield allow("*")
        """
    assert [item.code.name for item in faults_of(source, tmp_path, item=True)] == ["tenant_unfit"]


# -- canonical JSON --------------------------------------------------------------------------
def test_what_belongs_to_a_tenant_grants_no_role_everywhere(tmp_path: Path) -> None:
    source = """
@api.tenant
class Firm(Resource):
    name: str


@api.resource
class Staff(Resource):
    user: User
    role: Literal["boss"]


api.grants(Staff)


@api.policy(Firm, Staff)
def policy(row: Resource, actor: Actor) -> Policy:
    yield allow("read")
"""
    (fault,) = faults_of(source, tmp_path)
    assert fault.code.name == "grants_unfit"
    assert 'on="firm"' in (fault.remedy or "")
    assert (
        faults_of(source.replace("grants(Staff)", "shared(Staff)\napi.grants(Staff)"), tmp_path)
        == ()
    )


def test_the_canonical_text_has_accounts_roles_and_tenants(tmp_path: Path) -> None:
    source = (
        PROJECTS
        + """
api.role("boss", includes=["owner", "clerk"])

@api.accounts
class Member(User):
    pass

@api.tenant
class Firm(Resource):
    name: str

@api.policy(Firm, Project, Task)
def policy(row, actor):
    yield allow("read", when=actor.has_role("boss") & actor.address_in("10.0.0.0/8"))
"""
    )
    contract = contract_of(source, tmp_path)
    assert canonical_json(contract) == canonical_json(contract_of(source, tmp_path))
    text = json.loads(canonical_json(contract))
    assert text["accounts"] == "Member"
    assert text["role_includes"]["boss"] == ["boss", "clerk", "owner"]
    assert text["grants"] == [
        {"resource": "Membership", "account": "user", "role": "role", "on": "project"}
    ]
    assert text["tenancy"] == {"resource": "Firm"}
    rule = next(item for item in text["resources"] if item["name"] == "Task")["policy"]["allows"]
    assert {"node": "fact", "name": "address_in", "argument": ["10.0.0.0/8"]} in rule[0]["when"][
        "parts"
    ]


def test_a_contract_without_them_has_no_word_of_them(tmp_path: Path) -> None:
    source = """
        @api.policy(Item)
        def policy(item, actor):
            yield allow("*", when=item.owner == actor.user)
        """
    text = json.loads(canonical_json(contract_of(source, tmp_path, item=True)))
    assert not {"accounts", "role_includes", "grants", "tenancy"} & text.keys()
    assert not any("tenant" in item for item in text["resources"])
