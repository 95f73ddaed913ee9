"""The contract that a design is held against: a file of Python, or a recorded `contract.json`."""

from pathlib import Path

from charter.cli.guard import Refused
from charter.contract.contract import Contract
from charter.contract.recorded import recorded_contract
from charter.language.load import load_contract


def old_contract(path: Path) -> Contract:
    """Nothing of a `contract.json` is run. Raises Refused, and ContractFaulty."""
    return _recorded(path) if path.suffix == ".json" else load_contract(path)


def _recorded(path: Path) -> Contract:
    try:
        return recorded_contract(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise Refused(f"{path}: {error.strerror}") from None
    except ValueError as error:
        raise Refused(f"{path}: {error}") from None
