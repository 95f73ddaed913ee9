"""The TypeScript compiler and Node, where they are installed."""

import shutil
import subprocess
from pathlib import Path

import pytest

TOOLS = Path(__file__).parents[1] / "support" / "typescript"
STRICT = (
    "--strict", "--target", "es2022", "--lib", "es2022,dom,dom.iterable", "--module", "nodenext",
    "--exactOptionalPropertyTypes", "--noUncheckedIndexedAccess", "--noUnusedLocals",
    "--noUnusedParameters", "--noImplicitOverride", "--verbatimModuleSyntax", "--isolatedModules",
)  # fmt: skip


def compiled(sources: list[Path], out: Path | None = None) -> str:
    """What the compiler says, which is nothing where all is well; with JavaScript in a folder."""
    if shutil.which("node") is None:
        pytest.skip("Node.js is not installed")
    compiler = TOOLS / "node_modules" / "typescript" / "bin" / "tsc"
    if not compiler.is_file():
        pytest.skip(f"`npm ci` in {TOOLS.name} installs the compiler")
    put = ["--noEmit"] if out is None else ["--outDir", str(out)]
    command = ["node", str(compiler), *STRICT, *put, *map(str, sources)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=300)
    return done.stdout + done.stderr


def ran(script: Path, *arguments: str) -> str:
    """What a script of JavaScript writes."""
    command = ["node", str(script), *arguments]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return done.stdout
