"""`charter new`: a directory with a contract to begin with."""

import argparse
import keyword
import sys
from pathlib import Path

from charter.core.names import snake

_CONTRACT = '''\
"""Tasks that people keep for themselves."""

from charter import Actor, Contract, Policy, Resource, User, allow, field

{name} = Contract("{name}")


@{name}.resource
class Task(Resource):
    """Something to do."""

    owner: User
    title: str = field(max_length=200, search=True)
    done: bool = False


@{name}.policy(Task)
def task_policy(task: Task, actor: Actor) -> Policy:
    """Everybody sees and changes their own tasks, and no others."""
    yield allow("*", when=task.owner == actor.user)
'''

_README = """\
# {name}

The service is its contract: `contract.py`.

    charter design contract.py      # check it, and see what it comes to
    charter run contract.py         # serve it at http://127.0.0.1:8000

While it runs, in another shell in this directory:

    TOKEN=$(charter token --sub ann)
    curl -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \\
         -d '{{"title": "Read the contract"}}' http://127.0.0.1:8000/v1/tasks
    curl -H "Authorization: Bearer $TOKEN" http://127.0.0.1:8000/v1/tasks

The pages at http://127.0.0.1:8000/docs list all that can be asked. `charter settings` lists all
that can be set.
"""

_IGNORED = """\
.charter/
*.db
*.db-shm
*.db-wal
__pycache__/
"""


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("directory", type=Path, help="where; it is made if it is not there")


def run(arguments: argparse.Namespace) -> int:
    directory: Path = arguments.directory
    name = snake(directory.resolve().name.replace("-", "_").replace(" ", "_"))
    if not name.isidentifier() or not name.isascii() or keyword.iskeyword(name):
        return _complain(f"{directory.name!r} does not make a name for a contract")
    files = {
        "contract.py": _CONTRACT.format(name=name),
        "README.md": _README.format(name=name),
        ".gitignore": _IGNORED,
    }
    there = [item for item in files if (directory / item).exists()]
    if there:
        return _complain(f"{directory} has these files already: {', '.join(there)}")
    try:
        directory.mkdir(parents=True, exist_ok=True)
        for item, text in files.items():
            (directory / item).write_text(text, encoding="utf-8")
    except OSError as error:
        return _complain(f"{error.filename}: {error.strerror}")
    sys.stdout.write(f"Made {directory}. Go on with:\n\n")
    sys.stdout.write(f"    cd {directory}\n    charter run contract.py\n")
    return 0


def _complain(message: str) -> int:
    sys.stderr.write(f"charter: {message}\n")
    return 1
