"""Which user runs a server that refuses to be root."""

import os
import pwd
import subprocess
from dataclasses import dataclass
from pathlib import Path

CANDIDATES = ("postgres", "nobody")


@dataclass(frozen=True, slots=True)
class Account:
    """The user of a server's processes: with no values, the one we are.

    The fields are the arguments `user`, `group` and `extra_groups` of subprocess.
    """

    user: int | None = None
    group: int | None = None
    groups: tuple[int, ...] | None = None

    def own(self, path: Path) -> None:
        """Hand a file or folder to this user."""
        if self.user is not None and self.group is not None:
            os.chown(path, self.user, self.group)

    def can_run(self, program: Path) -> bool:
        """Whether this user may run a program and list its folder."""
        done = subprocess.run(
            ["sh", "-c", 'test -x "$1" && test -r "$2"', "sh", str(program), str(program.parent)],
            user=self.user,
            group=self.group,
            extra_groups=self.groups,
            cwd="/",
            check=False,
        )
        return done.returncode == 0


def server_account() -> Account:
    """The user to run a server as: ourselves, or an unprivileged one when we are root.

    Raises LookupError when we are root and the machine has no such user.
    """
    if os.geteuid() != 0:
        return Account()
    known = {entry.pw_name: entry for entry in pwd.getpwall()}
    for name in CANDIDATES:
        if name in known:
            return Account(user=known[name].pw_uid, group=known[name].pw_gid, groups=())
    raise LookupError(f"root may not run the server, and none of {CANDIDATES} is a user here")
