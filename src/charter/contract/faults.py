"""Faults of a contract: what its author must mend before it can run."""

from dataclasses import dataclass

from charter.core.places import Place


@dataclass(frozen=True, slots=True)
class FaultCode:
    """One entry of the registry of faults; its documentation page is made from it."""

    name: str
    title: str
    explanation: str
    remedy: str


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault, where it stands, and what to do about it."""

    code: FaultCode
    message: str
    place: Place
    remedy: str | None = None


class ContractFaulty(Exception):
    """A contract has faults; all of them are here, in the order of their places."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        self.faults = tuple(sorted(faults, key=lambda fault: fault.place))
        lines = (
            f"{item.place.file}:{item.place.line}: {item.code.name}: {item.message}"
            for item in self.faults
        )
        super().__init__("\n".join(lines))
