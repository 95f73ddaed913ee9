"""What gets installed is what was reviewed: exact versions, with hashes, from no fixed address."""

import json
import re
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = ROOT / "requirements"
NODE_FOLDERS = sorted(
    str(lock.parent.relative_to(ROOT))
    for folder in ("bench/peers", "tests/support")
    for lock in (ROOT / folder).glob("*/package-lock.json")
)
LOCKS = sorted(path.name for path in REQUIREMENTS.glob("*.txt"))


def entries(lock: str) -> list[str]:
    """The requirements of a lock file, each with its hashes on one line."""
    text = (REQUIREMENTS / lock).read_text(encoding="utf-8").replace("\\\n", " ")
    return [line for line in text.splitlines() if line and not line.lstrip().startswith("#")]


def pinned(lock: str) -> dict[str, str]:
    """The version of each package in a lock file."""
    found = {}
    for entry in entries(lock):
        match = re.match(r"([a-z0-9-]+)(?:\[[a-z,]+\])?==([^\s;]+)", entry)
        assert match, f"{lock}: not pinned to one version: {entry[:80]}"
        found[match[1]] = match[2]
    return found


def declared() -> list[str]:
    """The names of the packages that a default install asks for."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    return [re.split(r"[^a-zA-Z0-9-]", requirement)[0] for requirement in project["dependencies"]]


@pytest.mark.parametrize("lock", LOCKS)
def test_every_package_is_pinned_and_hashed(lock: str) -> None:
    assert pinned(lock)
    bare = [entry for entry in entries(lock) if "--hash=sha256:" not in entry]
    assert not bare, f"{lock}: without a hash: {bare}; run `make lock`"


@pytest.mark.parametrize("lock", LOCKS)
def test_no_address_is_written_down(lock: str) -> None:
    text = (REQUIREMENTS / lock).read_text(encoding="utf-8")
    named = re.findall(r"^.*(?:://|--index-url|--extra-index-url|--find-links).*$", text, re.M)
    assert not named, f"{lock}: an address is written down: {named}; run `make lock`"


@pytest.mark.parametrize("folder", NODE_FOLDERS)
def test_packages_of_node_are_pinned_and_hashed_too(folder: str) -> None:
    lock = json.loads((ROOT / folder / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: about for name, about in lock["packages"].items() if name}
    assert packages
    assert [name for name, about in packages.items() if "integrity" not in about] == []
    assert [name for name, about in packages.items() if "resolved" in about] == []


def test_the_locks_that_make_installs_are_there() -> None:
    assert {"build.txt", "dev.txt", "run.txt"} <= set(LOCKS)


def test_the_default_install_is_locked_whole() -> None:
    missing = [name for name in declared() if name not in pinned("run.txt")]
    assert not missing, f"pyproject.toml asks for {missing}, run.txt has none: run `make lock`"


def test_tests_run_on_the_versions_that_users_get() -> None:
    dev = pinned("dev.txt")
    other = {name: dev.get(name) for name, at in pinned("run.txt").items() if dev.get(name) != at}
    assert not other, f"dev.txt differs from run.txt in {other}: run `make lock`"
