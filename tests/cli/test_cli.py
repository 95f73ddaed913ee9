"""The command line, as a user has it: what is printed where, and the exit code."""

import io
import json
import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import pytest

from charter.access.settings import AccessSettings, keys_from, verifier_from
from charter.cli.run import welcome
from charter.language.load import load_contract
from charter.serve.process import Process
from charter.serve.settings.options import OPTIONS
from tests.serve.apps import environment, free_port, served, settings_in

ROOT = Path(__file__).resolve().parents[2]
TODO = ROOT / "examples" / "todo" / "contract.py"


def charter(
    directory: Path, *arguments: str, stdin: str = "", **variables: str
) -> "subprocess.CompletedProcess[str]":
    known = environment()
    del known["CHARTER_AUTH_SECRET"]
    return subprocess.run(
        [sys.executable, "-m", "charter", *arguments],
        cwd=directory, env={**known, **variables}, input=stdin,
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip


def test_without_a_command_the_usage_is_shown(tmp_path: Path) -> None:
    ended = charter(tmp_path)
    assert ended.returncode == 2
    assert "usage: charter" in ended.stderr
    listed = charter(tmp_path, "--help")
    assert listed.returncode == 0
    for command in ("new", "run", "design", "load", "token", "settings"):
        assert re.search(rf"^\s+{command}\s", listed.stdout, re.MULTILINE)


@pytest.mark.parametrize("command", ["new", "run", "design", "load", "token", "settings"])
def test_every_command_explains_itself(tmp_path: Path, command: str) -> None:
    ended = charter(tmp_path, command, "--help")
    assert ended.returncode == 0
    assert f"usage: charter {command}" in ended.stdout


def test_help_needs_nothing_but_the_standard_library(tmp_path: Path) -> None:
    script = (
        "import sys, charter.cli.main as m\n"
        "try: m.main(['--help'])\n"
        "except SystemExit: pass\n"
        "loaded = {name.split('.')[0] for name in sys.modules}\n"
        "print(sorted(loaded & {'rich', 'msgspec', 'apsw', 'joserfc', 'granian'}))"
    )
    ended = subprocess.run(
        [sys.executable, "-c", script],
        cwd=tmp_path, env=environment(), capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert ended.stdout.splitlines()[-1] == "[]"


def test_new_makes_a_contract_that_runs(tmp_path: Path) -> None:
    made = charter(tmp_path, "new", "to-do")
    assert made.returncode == 0, made.stderr
    directory = tmp_path / "to-do"
    assert sorted(path.name for path in directory.iterdir()) == [
        ".gitignore", "README.md", "contract.py",
    ]  # fmt: skip
    checked = charter(directory, "design", "contract.py")
    assert checked.returncode == 0, checked.stderr
    with served(directory, contract=directory / "contract.py") as service:
        assert service.process.poll() is None


def test_new_overwrites_nothing(tmp_path: Path) -> None:
    (tmp_path / "contract.py").write_text("mine")
    ended = charter(tmp_path, "new", ".")
    assert ended.returncode == 1
    assert "contract.py" in ended.stderr
    assert (tmp_path / "contract.py").read_text() == "mine"


def test_design_shows_what_a_contract_comes_to(tmp_path: Path) -> None:
    ended = charter(tmp_path, "design", str(TODO), COLUMNS="160")
    assert ended.returncode == 0, ended.stderr
    for words in ("no faults", "Task", "owner → User", "/v1/tasks/{id}", 'allow("*", when='):
        assert words in ended.stdout


def test_design_prints_the_canonical_contract_and_openapi(tmp_path: Path) -> None:
    first = charter(tmp_path, "design", str(TODO), "--json").stdout
    again = charter(tmp_path, "design", str(TODO), "--json").stdout
    openapi = json.loads(charter(tmp_path, "design", str(TODO), "--openapi").stdout)
    assert first == again
    assert json.loads(first)["name"] == "todo"
    assert "/v1/tasks" in openapi["paths"]


def test_design_prints_all_faults_with_their_lines(tmp_path: Path) -> None:
    faulty = TODO.read_text(encoding="utf-8").replace("title: str", "title: complex")
    faulty = faulty.split("@todo.policy", maxsplit=1)[0]
    (tmp_path / "faulty.py").write_text(faulty, encoding="utf-8")
    ended = charter(tmp_path, "design", "faulty.py")
    assert ended.returncode == 1
    assert ended.stdout == ""
    line = faulty.splitlines().index("    title: complex") + 1
    assert f"faulty.py:{line}" in ended.stderr
    assert "title: complex" in ended.stderr
    assert ended.stderr.count("error[") >= 2
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize(
    "text", [None, "", "x = (", "raise RuntimeError('at import')", "import no_such_module"]
)
def test_a_file_that_is_no_contract_is_said_to_be_none(tmp_path: Path, text: str | None) -> None:
    if text is not None:
        (tmp_path / "odd.py").write_text(text, encoding="utf-8")
    for command in ("design", "run"):
        ended = charter(tmp_path, command, "odd.py")
        assert ended.returncode == 1
        assert "odd.py" in ended.stderr
        assert "Traceback" not in ended.stderr


def test_load_fills_the_database_and_design_names_are_taken(tmp_path: Path) -> None:
    users = "".join(json.dumps({"id": f"u{n}", "name": f"User {n}"}) + "\n" for n in range(3))
    tasks = "".join(
        json.dumps({"owner_id": f"u{n % 3}", "title": f"task {n}"}) + "\n" for n in range(1200)
    )
    (tmp_path / "tasks.ndjson").write_text(tasks, encoding="utf-8")
    flags = ("--database", f"sqlite:///{tmp_path}/todo.db")
    ended = charter(
        tmp_path, "load", str(TODO), "users=-", "Task=tasks.ndjson", *flags, stdin=users
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == ""
    assert "1,200 rows" in ended.stderr


@pytest.mark.parametrize(
    ("resource", "text", "told"),
    [
        (
            "User",
            '{"id": "u1"}\n\n{"id": "u2", "nmae": "Ann"}\n',
            ["line 3, /nmae: User has no field `nmae`; did you mean `name`?"],
        ),
        ("User", '{"id": "u1"}\n{"id"\n', ["line 2: The body is not JSON: "]),
        ("User", '{"id": "u1"}\n[]\n', ["line 2: A line is one JSON object."]),
        (
            "Task",
            '{"owner_id": "u1", "title": "a"}\n{"owner_id": "u2", "title": "b"}\n',
            [
                "Some values are not valid.",
                "  line 1, /owner_id: There is no User with this id.",
                "  line 2, /owner_id: There is no User with this id.",
            ],
        ),
    ],
)
def test_load_says_once_what_is_wrong_in_which_line(
    tmp_path: Path, resource: str, text: str, told: list[str]
) -> None:
    (tmp_path / "rows.ndjson").write_text(text, encoding="utf-8")
    ended = charter(tmp_path, "load", str(TODO), f"{resource}=rows.ndjson")
    assert ended.returncode == 1
    lines = ended.stderr[ended.stderr.index("charter: ") :].removeprefix("charter: ").splitlines()
    assert len(lines) == len(told)
    assert all(line.startswith(words) for line, words in zip(lines, told, strict=True))


@pytest.mark.parametrize("bad", ["Tsak=x.ndjson", "Task", "Task=missing.ndjson"])
def test_load_refuses_what_it_does_not_know(tmp_path: Path, bad: str) -> None:
    ended = charter(tmp_path, "load", str(TODO), bad)
    assert ended.returncode == 1
    assert ended.stderr.startswith("charter: ")


def test_a_token_of_development_is_good_where_it_was_made(tmp_path: Path) -> None:
    ended = charter(
        tmp_path, "token", "--sub", "ann", "--role", "buyer", "--role", "admin",
        "--claim", "org=acme", "--claim", "level=3", "--lifetime", "2h",
    )  # fmt: skip
    assert ended.returncode == 0, ended.stderr
    auth = AccessSettings(development_key_file=tmp_path / ".charter" / "development-key.json")
    actor = verifier_from(auth, keys_from(auth, production=False)).verify(
        f"Bearer {ended.stdout.strip()}"
    )
    assert (actor.id, actor.roles) == ("ann", frozenset({"buyer", "admin"}))
    assert (actor.claims["org"], actor.claims["level"]) == ("acme", 3)


@pytest.mark.parametrize(
    "arguments",
    [
        ["--sub", ""],
        ["--sub", "ann", "--lifetime", "0"],
        ["--sub", "ann", "--claim", "sub=bob"],
        ["--sub", "ann", "--auth-secret", "short"],
    ],
)
def test_a_token_that_makes_no_sense_is_not_made(tmp_path: Path, arguments: list[str]) -> None:
    ended = charter(tmp_path, "token", *arguments)
    assert ended.returncode in {1, 2}
    assert ended.stdout == ""
    assert "Traceback" not in ended.stderr


def test_settings_lists_everything_and_masks_secrets(tmp_path: Path) -> None:
    (tmp_path / "charter.toml").write_text("[auth]\nleeway = 7\n", encoding="utf-8")
    variables = {
        "CHARTER_AUTH_SECRET": "hush-hush-hush-hush-hush-hush-hush",
        "CHARTER_DATABASE": "postgresql://shop:hush@db.local/shop?password=hush",
        "CHARTER_RATES_STORE": "redis://:hush@cache.local/0",
        "CHARTER_ALLOWED_HOSTS": "a.example, .b.example",
    }
    ended = charter(tmp_path, "settings", "--json", "--port", "9", **variables)
    assert ended.returncode == 0, ended.stderr
    listed = {item["name"]: item for item in json.loads(ended.stdout)}
    assert listed.keys() == {option.name for option in OPTIONS}
    assert (listed["port"]["value"], listed["port"]["from"]) == ("9", "--port")
    assert listed["auth.leeway"]["from"] == "charter.toml: auth.leeway"
    assert listed["database"]["value"] == "postgresql://shop@db.local/shop"
    assert listed["rates.store"]["value"] == "(set)"
    assert listed["allowed_hosts"]["value"] == "a.example,.b.example"
    table = charter(tmp_path, "settings", **variables)
    assert "hush" not in ended.stdout + table.stdout


@pytest.mark.parametrize("width", [80, 100, 160])
def test_settings_fit_the_terminal_and_break_no_name(tmp_path: Path, width: int) -> None:
    (tmp_path / "charter.toml").write_text("[auth]\nissuer = 'x'\n", encoding="utf-8")
    variables = {
        "CHARTER_AUTH_DEVELOPMENT_KEY_FILE": "/" + "a" * 60,
        "CHARTER_STORE_TRANSACTION_TIMEOUT": "7",
    }
    shown = charter(tmp_path, "settings", COLUMNS=str(width), **variables)
    assert shown.returncode == 0, shown.stderr
    assert max(map(len, shown.stdout.splitlines())) <= width
    words = shown.stdout.replace("│", " ").split()
    assert {option.name for option in OPTIONS} <= set(words)
    assert variables.keys() <= set(words)


class Terminal(io.RawIOBase):
    """Keeps what each call writes."""

    def __init__(self) -> None:
        self.writes: list[bytes] = []

    def writable(self) -> bool:
        return True

    def write(self, data: Any, /) -> int:
        self.writes.append(bytes(data))
        return len(data)


def test_the_welcome_is_written_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    terminal = Terminal()
    stream = io.TextIOWrapper(io.BufferedWriter(terminal), encoding="utf-8", line_buffering=True)
    monkeypatch.setattr(sys, "stdout", stream)
    welcome(Process(load_contract(TODO), settings_in(tmp_path)))
    (written,) = terminal.writes
    for words in ("todo is served at", "/docs", "TOKEN=", "/v1/tasks"):
        assert words in written.decode()


@pytest.mark.parametrize(
    ("arguments", "variables", "words"),
    [
        (["--port", "many"], {}, "--port"),
        ([], {"CHARTER_PROT": "1"}, "CHARTER_PORT"),
        (["--config", "missing.toml"], {}, "missing.toml"),
        (["--prot", "1"], {}, "--prot"),
    ],
)
def test_bad_settings_are_wrong_usage(
    tmp_path: Path, arguments: list[str], variables: dict[str, str], words: str
) -> None:
    ended = charter(tmp_path, "settings", *arguments, **variables)
    assert ended.returncode == 2
    assert words in ended.stderr
    assert "Traceback" not in ended.stderr


@pytest.mark.parametrize("url", ["mysql://x/y", "sqlite://", "nonsense"])
def test_a_bad_database_is_said_clearly(tmp_path: Path, url: str) -> None:
    ended = charter(tmp_path, "run", str(TODO), "--database", url, "--port", str(free_port()))
    assert ended.returncode in {1, 2}
    assert ended.stderr.startswith("charter: ")
    assert "Traceback" not in ended.stderr


def test_the_version_is_that_of_the_project(tmp_path: Path) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    ended = charter(tmp_path, "--version")
    if "PackageNotFoundError" in ended.stderr:
        pytest.skip("charter is not installed here")
    assert ended.stdout.strip() == f"charter {project['version']}"
