"""The Python client: what type checkers say of it, and what a real service answers to it."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from charter.client.python.sync import synchronous
from tests.client.answers import FOUND
from tests.client.tokens import shop_tokens
from tests.serve.apps import Served

SCRIPT = Path(__file__).parent / "scripts" / "shop.py"
CHECKERS = (
    ["mypy", "--strict", "--no-incremental", "--python-version", "3.11"],
    ["pyright", "--pythonpath", sys.executable],
    ["ruff", "format", "--isolated", "--check"],
)


def tool(name: str) -> str:
    return str(Path(sys.executable).with_name(name))


def ran(command: list[str], folder: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "PYTHONPATH": str(folder), "MYPYPATH": str(folder)}
    return subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False,
        timeout=300,
    )  # fmt: skip


def script_for(folder: Path, *, awaits: bool) -> Path:
    """The script beside its package; without a word of awaiting where the client has none."""
    text = SCRIPT.read_text(encoding="utf-8")
    script = folder / "script.py"
    if not awaits:
        text = synchronous(text.replace("asyncio.run(main(*sys.argv[1:]))", "main(*sys.argv[1:])"))
        assert "async" not in text
    script.write_text(text, encoding="utf-8")
    return script


def checked(folder: Path, script: Path) -> int:
    """How many packages type checkers and the formatter have nothing to say of."""
    packages = [str(path) for path in sorted(folder.iterdir()) if (path / "py.typed").is_file()]
    for name, *options in CHECKERS:
        more = [] if name == "ruff" else [str(script)]
        done = ran([tool(name), *options, *packages, *more], folder)
        assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"
    return len(packages)


def test_type_checkers_and_the_formatter_have_nothing_to_say(python: Path) -> None:
    assert checked(python, script_for(python, awaits=True)) == 3


def test_nor_have_they_of_a_client_that_awaits_nothing(sync: Path) -> None:
    for path in sync.rglob("*.py"):
        assert "async" not in path.read_text(encoding="utf-8").lower(), path
    assert checked(sync, script_for(sync, awaits=False)) == 1


WRONG = """
from uuid import UUID
from shop_client import ShopClient

async def wrong(shop: ShopClient) -> None:
    await shop.orders.create({"lines": [{"product": 1}]})
    await shop.orders.create({"status": "placed"})
    await shop.orders.list(status="sold").all()
    await shop.orders.list(sort=["price"]).all()
    await shop.orders.ship(UUID(int=1))
    await shop.products.update(UUID(int=1), {"sku": "ABC-0001"})
    (await shop.orders.get(UUID(int=1))).status = "placed"
"""


def test_what_the_contract_does_not_have_is_a_type_error(python: Path) -> None:
    script = python / "wrong.py"
    script.write_text(WRONG, encoding="utf-8")
    done = ran([tool("mypy"), "--strict", "--no-incremental", str(script)], python)
    lines = {int(line.split(":")[1]) for line in done.stdout.splitlines() if "error:" in line}
    assert lines == set(range(6, 13)), done.stdout


@pytest.mark.parametrize("awaits", [True, False])
def test_everything_that_a_shop_can_be_asked(
    python: Path, sync: Path, shop: Served, awaits: bool
) -> None:
    folder = python if awaits else sync
    script = script_for(folder, awaits=awaits)
    done = ran([sys.executable, "-X", "dev", str(script), shop.url, *shop_tokens()], folder)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        **FOUND,
        "part": ["Toy, 1 (new)", "Product.price was not asked for: see fields and include"],
    }
