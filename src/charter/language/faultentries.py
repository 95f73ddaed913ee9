"""How faults are registered: in the order in which they are written, each once."""

from charter.contract.faults import FaultCode


class Entries:
    """Faults of one module."""

    def __init__(self) -> None:
        self._found: list[FaultCode] = []

    def code(self, name: str, title: str, explanation: str, remedy: str) -> FaultCode:
        """Register a fault: what it is called, what it means, and what to do about it."""
        entry = FaultCode(name, title, explanation, remedy)
        self._found.append(entry)
        return entry

    @property
    def all(self) -> tuple[FaultCode, ...]:
        return tuple(self._found)
