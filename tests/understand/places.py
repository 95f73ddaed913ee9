"""Databases made by plain SQL, and what understanding makes of them."""

import asyncio
import os
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterable
from contextlib import closing
from pathlib import Path

from charter.contract.contract import Contract
from charter.language.load import load_contract
from charter.store.open import open_database
from charter.understand.draft import Draft
from charter.understand.drafting import drafted
from charter.understand.found import Found
from charter.understand.reading import read_database
from charter.understand.writing import written
from tests.support.postgres import PostgresServer

ROOT = Path(__file__).resolve().parents[2]
DAY = "2026-11-23"


def sqlite_file(directory: Path, script: str, name: str = "shop.db") -> str:
    """A SQLite file with what a script makes; its URL."""
    path = directory / name
    path.unlink(missing_ok=True)
    with closing(sqlite3.connect(path)) as database:
        database.executescript(script)
    return f"sqlite:///{path}"


def postgres_database(server: PostgresServer, url: str, script: str) -> str:
    """The same in an empty PostgreSQL database."""
    server.execute(script, url.rpartition("/")[2])
    return url


def mysql_database(url: str, script: str) -> str:
    """The same in an empty MySQL or MariaDB database."""

    async def run() -> None:
        database = open_database(url)
        await database.open()
        try:
            await database.script(f"{_RECURSIVE};\n{script}")
        finally:
            await database.close()

    asyncio.run(run())
    return url


_RECURSIVE = (
    "/*!80000 SET cte_max_recursion_depth = 1000000 */"
    "/*M! SET max_recursive_iterations = 1000000 */"
)


def found_in(url: str) -> Found:
    return asyncio.run(read_database(url, DAY, lambda *_: None))


def understood(url: str, name: str = "shop") -> tuple[Draft, str]:
    """The draft of a database's contract, and its text."""
    draft = drafted(found_in(url), name)
    return draft, written(draft)


def built(text: str, directory: Path, name: str = "contract") -> Contract:
    """The contract of a text. Raises ContractFaulty."""
    path = directory / f"{name}.py"
    path.write_text(text, encoding="utf-8")
    return load_contract(path)


def drafted_from(url: str, directory: Path) -> tuple[Contract, str, Draft]:
    draft, text = understood(url)
    return built(text, directory), text, draft


def looks(draft: Draft) -> dict[str, set[str]]:
    """What there is to look at, by its place."""
    found: dict[str, set[str]] = {}
    for item in draft.concerns:
        found.setdefault(item.place, set()).add(item.what)
    return found


def complaints(texts: Iterable[str], directory: Path, *tools: str) -> str:
    """What mypy, pyright and ruff have to say of contracts; empty where it is nothing."""
    for number, text in enumerate(texts):
        (directory / f"drafted_{number}.py").write_text(text, encoding="utf-8")
    commands = {
        "ruff": [_tool("ruff"), "format", "--isolated", "--diff", "."],
        "mypy": [sys.executable, "-m", "mypy", "--strict", "--no-error-summary", "."],
        "pyright": [_tool("pyright"), "--outputjson", "."],
    }
    environment = {
        **os.environ,
        "MYPYPATH": str(ROOT / "src"),
        "PYTHONPATH": str(ROOT / "src"),
        "PYRIGHT_PYTHON_IGNORE_WARNINGS": "1",
    }
    said = []
    for tool in tools or commands:
        done = subprocess.run(
            commands[tool],
            cwd=directory, env=environment, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if done.returncode:
            said.append(f"{tool}: {done.stdout}{done.stderr}")
    return "\n".join(said)


def _tool(name: str) -> str:
    beside = Path(sys.executable).with_name(name)
    return str(beside) if beside.exists() else shutil.which(name) or name
