"""A studio and its projects: one contract that uses every word of the language once."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from typing import Literal
from uuid import UUID

from charter import (
    Actor,
    Contract,
    Email,
    Error,
    Event,
    Json,
    Policy,
    Resource,
    Unit,
    Url,
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
    highest,
    inverse,
    linked,
    lowest,
    not_,
    one_of,
    owned,
    total,
)

studio = Contract("studio", version="1")


class Level(Enum):
    """How well a sample has been looked at."""

    LOW = "low"
    MIDDLE = "middle"
    HIGH = "high"


@studio.resource
class Sample(Resource):
    """A value of every type: anyone may do anything with it."""

    name: str = field(max_length=80, search=True)
    notes: str | None = field(default=None, search=True)
    number: int | None = None
    small: int = field(default=0, ge=-10, le=10)
    flag: bool | None = None
    ratio: float | None = None
    price: Decimal | None = field(default=None, digits=12, places=2)
    day: date | None = None
    moment: datetime | None = None
    link: UUID | None = None
    email: Email | None = None
    site: Url | None = None
    kind: Literal["red", "green", "blue"] = "red"
    level: Level | None = None
    code: str | None = field(default=None, max_length=6, pattern="[A-Z]{2}[0-9]{1,4}", unique=True)
    extra: Json | None = None
    words: list[str] = field(default=[], max_items=5, max_length=20)
    counts: list[int] | None = None
    since: datetime = datetime(2020, 1, 2, 3, 4, 5, tzinfo=UTC)
    secret: str | None = field(default=None, write_only=True)
    origin: str | None = field(default=None, set_by="once")
    seen: int = field(default=0, hidden=True)


@studio.policy(Sample)
def sample_policy(sample: Sample, actor: Actor) -> Policy:
    yield allow("*")


@studio.resource
class Tag(Resource):
    """A word to find projects by."""

    label: str = field(max_length=30, unique=True, search=True)
    projects: list["Project"] = linked()


@studio.policy(Tag)
def tag_policy(tag: Tag, actor: Actor) -> Policy:
    yield allow("read")
    yield allow("*", when=actor.has_role("editor"))


@studio.resource
class Project(Resource):
    """What a studio works on; its tasks live and die with it."""

    owner: User
    name: str = field(min_length=1, max_length=100, search=True)
    code: str = field(max_length=12)
    status: Literal["draft", "active", "closed"] = field(default="draft", set_by="commands")
    visibility: Literal["public", "private"] = "private"
    starts: date = date(2000, 1, 1)
    ends: date = date(9999, 12, 31)
    budget: Decimal | None = field(default=None, ge=0, digits=12, places=2)
    rating: int | None = field(default=None, ge=1, le=5)
    parent: "Project | None" = field(default=None, on_delete="set_null")
    children: list["Project"] = inverse("parent")
    tasks: list["Task"] = owned()
    tags: list["Tag"] = linked()
    notes: list["Note"] = inverse()
    members: list["Member"] = inverse()
    task_count: int = computed(lambda project: count(project.tasks))
    open_count: int = computed(lambda project: count(project.tasks, lambda task: not_(task.done)))
    hours: Decimal = computed(lambda project: total(project.tasks, lambda task: task.hours))
    longest: Decimal | None = computed(lambda project: highest(project.tasks, lambda t: t.hours))
    shortest: Decimal | None = computed(lambda project: lowest(project.tasks, lambda t: t.hours))
    has_tasks: bool = computed(lambda project: exists(project.tasks))


studio.unique(Project, "owner", "code")
studio.search_index(Sample)
studio.index(Project, "-created_at", where=lambda project: project.status == "active")
studio.check(
    Project,
    lambda project: project.ends >= project.starts,
    "A project ends on the day it starts, or later.",
)


@studio.resource
class Task(Resource):
    """Work to be done in a project."""

    project: Project
    title: str = field(max_length=100)
    done: bool = False
    hours: Decimal = field(default=Decimal(0), ge=0, digits=8, places=1)
    steps: list["Step"] = owned()


@studio.resource
class Step(Resource):
    """A part of a task."""

    task: Task
    text: str = field(max_length=200)


@studio.resource
class Member(Resource):
    """Somebody who works on a project with its owner."""

    project: Project = field(on_delete="cascade")
    user: User
    role: Literal["viewer", "worker"] = "viewer"


studio.unique(Member, "project", "user")


@studio.resource
class Note(Resource):
    """What somebody has to say about a project."""

    project: Project
    author: User
    body: str = field(max_length=500)
    pinned: bool = False


@studio.resource(conditional_writes=True)
class Page(Resource):
    """A text that many write: each change says which version it is based on."""

    title: str = field(max_length=100)
    text: str = ""


@studio.resource(plural="tickets")
class Ticket(Resource[int]):
    """Something to do, known by a number."""

    title: str = field(max_length=100)
    status: Literal["open", "held", "done"] = field(default="open", set_by="commands")
    follows: "Ticket | None" = None


@studio.policy(Project)
def project_policy(project: Project, actor: Actor, new: Project) -> Policy:
    mine = project.owner == actor.user
    yield allow("read", "create", "delete", "start", "close", "copy", "break_it", when=mine)
    yield allow("update", when=all_of(mine, new.owner == actor.user))
    yield allow("read", when=project.visibility == "public")
    yield allow("read", when=exists(project.members, lambda member: member.user == actor.user))
    yield allow(
        "update",
        when=exists(
            project.members,
            lambda member: all_of(member.user == actor.user, member.role == "worker"),
        ),
    )
    yield allow("read", "tidy", when=actor.has_role("auditor"))
    yield hide("budget", unless=any_of(mine, actor.has_role("auditor")))
    yield hide("rating", unless=actor.has_role("auditor"))
    yield freeze("code", unless=project.status == "draft")
    yield freeze("rating", unless=actor.has_role("auditor"))


@studio.policy(Member)
def member_policy(member: Member, actor: Actor) -> Policy:
    yield allow("*", when=member.project.owner == actor.user)
    yield allow("read", when=member.user == actor.user)


@studio.policy(Note)
def note_policy(note: Note, actor: Actor, new: Note) -> Policy:
    readable = any_of(note.project.visibility == "public", note.project.owner == actor.user)
    yield allow("read", when=readable)
    yield allow("create", when=all_of(readable, note.author == actor.user))
    yield allow(
        "update",
        when=all_of(
            note.author == actor.user, new.author == note.author, new.project == note.project
        ),
    )
    yield allow("delete", when=any_of(note.author == actor.user, note.project.owner == actor.user))


@studio.policy(Page)
def page_policy(page: Page, actor: Actor) -> Policy:
    yield allow("*", when=actor.authenticated)


@studio.policy(Ticket)
def ticket_policy(ticket: Ticket, actor: Actor) -> Policy:
    yield allow("*", when=actor.authenticated)


@studio.error(status=409)
class TooManyActive(Error):
    """The owner has as many active projects as are allowed."""

    project: Project
    most: int


@studio.error(status=422)
class NothingToDo(Error):
    """There is nothing that the command could do."""


@studio.event
class ProjectStarted(Event):
    """A project is worked on from now on."""

    project: Project
    note: str


@studio.command(Project, moves="draft -> active", raises=[TooManyActive])
async def start(project: Project, unit: Unit, *, note: str = "") -> Project:
    """Begin to work on the project."""
    active = await unit.find(
        Project, lambda other: all_of(other.owner == project.owner, other.status == "active")
    )
    unit.emit(ProjectStarted(project=project, note=note))
    if len(active) >= 2:
        raise TooManyActive(project=project, most=2)
    return project


@studio.command(Project, moves="active -> closed")
async def close(project: Project, unit: Unit, *, because: Literal["done", "dropped"]) -> None:
    """End the project: all of its tasks are done."""
    for task in project.tasks:
        task.done = True


@studio.command(Project)
async def copy(project: Project, unit: Unit, *, code: str, tag: Tag | None = None) -> Project:
    """Make a project of the same name, with a task that says where it comes from."""
    if tag is not None:
        tag = await unit.get(tag)
    owner = await unit.get(project.owner)
    found = unit.add(Project(owner=owner, name=project.name, code=code))
    title = f"copied from {project.code}" + (f" for {tag.label}" if tag else "")
    unit.add(Task(project=found, title=title))
    return found


@studio.command(Project)
async def break_it(project: Project, unit: Unit) -> Project:
    """Fail in a way that nobody foresaw, with a change half done."""
    project.name = "broken"
    unit.add(Task(project=project, title="never to be seen"))
    raise RuntimeError("the secret of the inside")


@studio.command(Project, raises=[NothingToDo])
async def tidy(unit: Unit, *, names: list[str]) -> list[Project]:
    """Delete the tasks that are done, in all projects of these names."""
    found: list[Project] = []
    for name in names:
        found += await unit.find(Project, _called(name))
    if not found:
        raise NothingToDo()
    for project in found:
        project.tasks = [task for task in project.tasks if not task.done]
    return found


def _called(name: str) -> Callable[[Project], bool]:
    return lambda project: project.name == name


@studio.command(Ticket, moves="open | held -> done")
async def finish(ticket: Ticket, unit: Unit) -> Ticket:
    """The ticket is done."""
    return ticket


@studio.command(allow=lambda actor: actor.has_role("editor"))
async def add_up(unit: Unit, *, numbers: list[int], label: Tag | None = None) -> int:
    """The sum of the numbers."""
    return sum(numbers)


@studio.command(allow=lambda actor: one_of(actor.id, "ada", "bob"))
async def greet(unit: Unit, *, name: str = "you") -> str:
    """Say hello."""
    return f"hello, {name}"
