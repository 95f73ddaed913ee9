"""Writes docs/benchmarks.md from the kept results: `python -m bench.page`."""

from pathlib import Path

from bench.report import write_page

ROOT = Path(__file__).parents[1]

if __name__ == "__main__":
    write_page(ROOT / "docs" / "benchmarks.md", ROOT / "bench" / "results")
