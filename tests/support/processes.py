"""Ending processes that a test has started, and finding their children."""

import os
import signal
import subprocess
from pathlib import Path


def end(process: subprocess.Popen[bytes], how: signal.Signals, seconds: float) -> int:
    """Send a signal, wait, and return the exit status; kill a process that does not go."""
    if process.poll() is None:
        os.kill(process.pid, how)
    try:
        return process.wait(seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait(seconds)


def children(pid: int) -> list[int]:
    """The direct children of a process, from /proc; none where there is no /proc."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            text = stat.read_text(errors="replace")
        except OSError:
            continue
        # The command's name, in brackets, may hold anything: the fields start after the last one.
        fields = text.rpartition(")")[2].split()
        if int(fields[1]) == pid:
            found.append(int(stat.parent.name))
    return found
