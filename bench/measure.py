"""What a process and all its descendants use: CPU seconds and memory."""

from __future__ import annotations

from collections.abc import Iterator

import psutil


def cpu_seconds(pid: int) -> float:
    """CPU seconds that the process `pid` and its descendants, dead ones too, have spent so far."""
    total = 0.0
    for process in _tree(pid):
        try:
            times = process.cpu_times()
        except psutil.NoSuchProcess:
            continue
        total += times.user + times.system + times.children_user + times.children_system
    return total


def memory_bytes(pid: int) -> int:
    """Bytes of memory that the process `pid` and its living descendants hold now.

    It is the proportional set size: a page shared by n processes counts 1/n in each, so that a
    tree of processes is not charged twice for what they share.
    """
    total = 0
    for process in _tree(pid):
        try:
            total += process.memory_full_info().pss
        except psutil.NoSuchProcess:
            continue
    return total


def _tree(pid: int) -> Iterator[psutil.Process]:
    root = psutil.Process(pid)
    yield root
    yield from root.children(recursive=True)
