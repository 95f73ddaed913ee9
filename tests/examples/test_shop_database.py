"""The file that the example shop is run with."""

import os
import socket
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_a_database_of_an_earlier_shop_is_put_away_and_made_anew(tmp_path: Path) -> None:
    stale = tmp_path / "var" / "shop.db"
    stale.parent.mkdir()
    connection = sqlite3.connect(stale)
    connection.execute("CREATE TABLE products (id TEXT PRIMARY KEY, title TEXT)")
    connection.execute("INSERT INTO products VALUES ('p', 'tea')")
    connection.commit()
    connection.close()
    # Without a port that can be had, it ends once it has a database.
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        run = ["import sys, examples.shop.seed as seed, examples.shop.__main__ as shop",
               "seed.ROWS.pop('Order')",
               f"sys.exit(shop.run(['--port', '{taken.getsockname()[1]}']))"]  # fmt: skip
        ended = subprocess.run(
            [sys.executable, "-c", "; ".join(run)],
            cwd=tmp_path, env={"PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "src")])},
            capture_output=True, text=True, timeout=60, check=False,
        )  # fmt: skip
    assert "The shop has changed since var/shop.db was made" in ended.stderr
    assert "cannot listen" in ended.stderr
    with closing(sqlite3.connect(stale)) as fresh:
        assert fresh.execute("SELECT count(*) FROM products").fetchone()[0] > 0
        assert "price" in {row[1] for row in fresh.execute("PRAGMA table_info(products)")}
    with closing(sqlite3.connect(stale.with_name("shop.old.db"))) as kept:
        assert kept.execute("SELECT title FROM products").fetchall() == [("tea",)]
