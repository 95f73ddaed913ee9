"""Contracts written as text, and the faults that their lines are marked with."""

import re
from pathlib import Path
from textwrap import dedent

from charter.contract.contract import Contract
from charter.contract.faults import ContractFaulty, Fault
from charter.language.load import load_contract

PREAMBLE = """
from datetime import date, datetime, UTC
from decimal import Decimal
from enum import Enum
from typing import Literal
from uuid import UUID

from charter import *
from charter import total as summed

api = Contract("api")
"""
# What most snippets need: a resource that is right in all but what the snippet says.
ITEM = """
@api.resource
class Item(Resource):
    owner: User
    name: str
    price: Decimal = field(digits=8, places=2)
    state: Literal["new", "old"] = field(default="new", set_by="commands")
    made: date
    done: bool = False
    tags: list[str] = []
    note: str | None
    parts: list["Part"] = owned()

@api.resource
class Part(Resource):
    item: Item
    size: int
"""
_MARK = re.compile(r"#!\s*(.+)$")


def written(source: str, folder: Path, *, item: bool = False) -> Path:
    """The file of a contract: the preamble, the item where it is wanted, and the source."""
    path = folder / "contract.py"
    path.write_text(PREAMBLE + (ITEM if item else "") + dedent(source), encoding="utf-8")
    return path


def contract_of(source: str, folder: Path, *, item: bool = False) -> Contract:
    return load_contract(written(source, folder, item=item))


def faults_of(source: str, folder: Path, *, item: bool = False) -> tuple[Fault, ...]:
    """The faults of a contract; none when it is right."""
    try:
        contract_of(source, folder, item=item)
    except ContractFaulty as error:
        return error.faults
    return ()


def marked(path: Path) -> list[tuple[int, str]]:
    """The line and code of every fault that a file says it has, with `#! code, code`."""
    lines = path.read_text(encoding="utf-8").splitlines()
    return sorted(
        (number, code.strip())
        for number, line in enumerate(lines, start=1)
        if (found := _MARK.search(line))
        for code in found[1].split(",")
    )
