"""Two firms in one service: shared rows between them, and rules of every kind within each."""

from typing import Literal

from charter import (
    Actor,
    Contract,
    Policy,
    Resource,
    Unit,
    User,
    all_of,
    allow,
    any_of,
    computed,
    count,
    exists,
    field,
    freeze,
    hide,
    inverse,
    linked,
    owned,
    total,
)

office = Contract("office")
office.role("manager", includes="clerk")
office.role("editor", includes="reader")


@office.tenant
class Firm(Resource):
    """Who rents the service."""

    name: str
    files: list["File"] = inverse()


@office.accounts
class Member(User):
    """Works for one firm, or for several."""

    files: list["File"] = inverse()
    busy: int = computed(lambda member: count(member.files))


@office.resource
class Country(Resource):
    """The same for every firm."""

    code: str = field(unique=True, max_length=20)
    files: list["File"] = inverse()
    pages: int = computed(lambda country: total(country.files, lambda file: file.pages))


office.shared(Country)


@office.resource
class Label(Resource):
    """Files have any number of them."""

    name: str = field(unique=True, max_length=40)
    files: list["File"] = linked()


@office.resource
class File(Resource):
    """What a firm keeps."""

    keeper: User
    country: Country | None
    number: str = field(unique=True, max_length=40)
    title: str = field(default="", search=True, max_length=200)
    pages: int = field(default=0, ge=0)
    secret: str = field(default="", max_length=40)
    state: Literal["open", "shut"] = field(default="open", set_by="commands")
    sheets: list["Sheet"] = owned("file")
    labels: list["Label"] = linked()
    readers: list["Reader"] = inverse("file")


@office.resource
class Sheet(Resource):
    """A part of a file."""

    file: File
    text: str = field(max_length=200)
    about: File | None


@office.resource
class Reader(Resource):
    """Who else has to do with a file."""

    file: File
    user: User
    role: Literal["reader", "editor"]


office.grants(Reader, on="file")


@office.policy(Firm)
def firm_policy(firm: Firm, actor: Actor) -> Policy:
    yield allow("read")
    yield allow("update", when=actor.has_role("manager"))
    yield allow("create", when=actor.has_role("manager"))


@office.policy(Member)
def member_policy(member: Member, actor: Actor) -> Policy:
    yield allow("read")


@office.policy(Country)
def country_policy(country: Country, actor: Actor) -> Policy:
    yield allow("read", when=any_of(country.code == "text 0", exists(country.files)))


@office.policy(Label)
def label_policy(label: Label, actor: Actor) -> Policy:
    yield allow("*")


@office.policy(File)
def file_policy(file: File, actor: Actor) -> Policy:
    mine = file.keeper == actor.user
    yield allow("read", when=any_of(mine, actor.has_role("reader", on=file)))
    yield allow("read", "shut", when=actor.has_role("clerk"))
    yield allow("create", when=mine)
    yield allow("update", when=any_of(mine, actor.has_role("editor", on=file)))
    yield allow("delete", when=all_of(actor.has_role("manager"), actor.mfa))
    yield allow("numbers", "first", when=actor.authenticated)
    yield hide("secret", unless=any_of(mine, actor.has_role("manager")))
    yield freeze("pages", unless=actor.has_role("clerk"))


@office.policy(Reader)
def reader_policy(reader: Reader, actor: Actor) -> Policy:
    yield allow("read", when=reader.user == actor.user)
    yield allow("*", when=reader.file.keeper == actor.user)


@office.command(File, moves="open -> shut")
async def shut(file: File, unit: Unit, *, instead: File | None = None) -> File:
    """Shut a file, in favour of another one."""
    file.title = instead.title if instead is not None else file.title
    return file


@office.command(File)
async def numbers(unit: Unit) -> list[str]:
    """All numbers that a command can find."""
    return [item.number for item in await unit.find(File, sort="number")]


@office.command(File)
async def first(unit: Unit, *, number: str, title: str) -> str:
    """The state of the first file of a number and with a title, if there is one."""
    found = await unit.find(File, lambda file: (file.number == number) & (file.title == title))
    return found[0].state if found else "nothing"
