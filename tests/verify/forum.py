"""A contract whose policies need indexes, and the lines that declare them."""

from pathlib import Path

from charter.contract.contract import Contract
from charter.language.load import load_contract

SOURCE = '''
"""Teams keep notes, and answer to them."""

from datetime import datetime
from typing import Literal

from charter import Actor, Contract, Policy, Resource, User, allow, field, owned

forum = Contract("forum")


@forum.resource
class Note(Resource):
    team: str = field(max_length=40)
    author: User
    kind: Literal["question", "answer", "news"] = "question"
    title: str = field(max_length=80)
    opened_at: datetime
    answers: list["Answer"] = owned()


@forum.resource
class Answer(Resource):
    note: Note
    text: str = field(max_length=400)


@forum.policy(Note)
def note_policy(note: Note, actor: Actor) -> Policy:
    yield allow("read", when=note.team == actor.claim("team", str))
    yield allow("*", when=actor.has_role("keeper"))


@forum.policy(User)
def user_policy(user: User, actor: Actor) -> Policy:
    yield allow("read", when=user == actor.user)


@forum.policy(Answer)
def answer_policy(answer: Answer, actor: Actor) -> Policy:
    yield allow("read", when=answer.note.author == actor.user)
    yield allow("*", when=actor.has_role("keeper"))
'''
BOARD = """
from charter import Actor, Contract, Policy, Resource, User, all_of, allow, any_of, field, inverse

board = Contract("board")


@board.resource
class List(Resource):
    region: str = field(max_length=40)
    tasks: list["Task"] = inverse()


@board.resource
class Task(Resource):
    list: List
    team: str = field(max_length=40)
    backup: str = field(max_length=40)
    done: bool = False


@board.policy(Task)
def task_policy(task: Task, actor: Actor) -> Policy:
    mine = any_of(task.team == actor.claim("team", str), task.backup == actor.claim("team", str))
    yield allow("read", when=all_of(task.done, mine))


@board.policy(List)
def list_policy(row: List, actor: Actor) -> Policy:
    yield allow("read", when=row.region == actor.claim("region", str))
"""
"""A policy with two ways to a row, of which each wants an index."""
FITTING = ('forum.index(Note, "team")',)


def forum_file(folder: Path, *lines: str) -> Path:
    """The file of the contract with further lines."""
    path = folder / "forum.py"
    path.write_text(SOURCE + "\n\n" + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def forum(folder: Path, *lines: str) -> Contract:
    return load_contract(forum_file(folder, *lines))
