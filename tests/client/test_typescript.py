"""The TypeScript client: what the compiler says of it, and what a real service answers to it."""

import json
import shutil
from pathlib import Path

from tests.client.answers import FOUND
from tests.client.conftest import EXAMPLES
from tests.client.node import compiled, ran
from tests.client.tokens import shop_tokens
from tests.serve.apps import Served

SCRIPT = Path(__file__).parent / "scripts" / "shop.ts"

WRONG = """
import { ShopClient } from "./shop/index.js";
const shop = new ShopClient("");
await shop.orders.create({ lines: [{ product: "1" }] });
await shop.orders.create({ status: "placed" });
shop.orders.list({ where: { status: "sold" } });
shop.orders.list({ where: { total: { like: "1*" } } });
shop.orders.list({ sort: ["price"] });
await shop.orders.ship("1");
await shop.products.update("1", { sku: "ABC-0001" });
"""


def test_the_strictest_compiler_has_nothing_to_say(typescript: Path) -> None:
    sources = [typescript / example / "index.ts" for example in EXAMPLES]
    assert compiled(sources) == ""


def test_what_the_contract_does_not_have_is_a_type_error(typescript: Path) -> None:
    script = typescript / "wrong.ts"
    script.write_text(WRONG, encoding="utf-8")
    said = [line for line in compiled([script]).splitlines() if ": error TS" in line]
    assert [int(line.split("(")[1].split(",")[0]) for line in said] == list(range(4, 11))


def test_everything_that_a_shop_can_be_asked(
    typescript: Path, shop: Served, tmp_path: Path
) -> None:
    script = typescript / "script.ts"
    shutil.copy(SCRIPT, script)
    out = tmp_path / "out"
    assert compiled([script], out) == ""
    (out / "package.json").write_text('{"type": "module"}')
    found = json.loads(ran(out / "script.js", shop.url, *shop_tokens()))
    assert found == {**FOUND, "abandoned": "given up"}
