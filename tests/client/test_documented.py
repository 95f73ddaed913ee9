"""The examples in the documentation are what the clients of the shop take."""

import re
import textwrap
from pathlib import Path

from tests.client.conftest import ROOT
from tests.client.node import compiled
from tests.client.test_python import ran, tool

PAGES = (ROOT / "docs" / "how-to" / "clients.md", ROOT / "README.md")
GIVEN = """
from shop_client import Product, ShopClient
from shop_client.runtime import Changed, Ready, Removed
"""
DECLARED = """
declare const currentToken: () => Promise<string>;
declare const product: { id: string };
"""


def blocks(language: str) -> list[str]:
    text = "\n".join(page.read_text(encoding="utf-8") for page in PAGES)
    found = re.findall(rf"^```{language}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [block for block in found if "ShopClient" in block or "shop." in block]


def test_python_examples_are_typed(python: Path) -> None:
    found = [block for block in blocks("python") if "Contract(" not in block]
    assert len(found) == 3
    parameters = "shop: ShopClient, product: Product, current_token: str, TOKEN: str"
    script = python / "documented.py"
    functions = (
        f"async def example_{number}({parameters}) -> None:\n{textwrap.indent(block, '    ')}"
        for number, block in enumerate(found)
    )
    script.write_text(GIVEN + "\n".join(functions), encoding="utf-8")
    done = ran([tool("mypy"), "--strict", "--no-incremental", str(script)], python)
    assert done.returncode == 0, done.stdout


def test_typescript_examples_are_typed(typescript: Path) -> None:
    (found,) = blocks("ts")
    script = typescript / "documented.ts"
    script.write_text(found + DECLARED, encoding="utf-8")
    assert compiled([script]) == ""
