"""The Python client: what type checkers say of it, and what a real service answers to it."""

import json
import os
import subprocess
import sys
from pathlib import Path

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


def test_type_checkers_and_the_formatter_have_nothing_to_say(python: Path) -> None:
    script = python / "script.py"
    script.write_text(SCRIPT.read_text(encoding="utf-8"), encoding="utf-8")
    packages = [str(path) for path in sorted(python.iterdir()) if (path / "py.typed").is_file()]
    assert len(packages) == 3
    for name, *options in CHECKERS:
        more = [] if name == "ruff" else [str(script)]
        done = ran([tool(name), *options, *packages, *more], python)
        assert done.returncode == 0, f"{name}: {done.stdout}{done.stderr}"


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


def test_everything_that_a_shop_can_be_asked(python: Path, shop: Served) -> None:
    done = ran([sys.executable, "-X", "dev", str(SCRIPT), shop.url, *shop_tokens()], python)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout) == {
        **FOUND,
        "part": ["Toy, 1 (new)", "Product.price was not asked for: see fields and include"],
    }
