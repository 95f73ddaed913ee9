"""Loads a contract from the user's file."""

import linecache
import sys
import traceback
from hashlib import blake2b
from pathlib import Path
from types import ModuleType

from charter.contract import contract as hub
from charter.contract.faults import ContractFaulty, Fault, FaultCode
from charter.core.places import Place
from charter.language.contract import Contract
from charter.language.faultcodes import (
    CONTRACT_MISSING,
    FILE_UNREADABLE,
    PYTHON_ERROR,
    SEVERAL_CONTRACTS,
)


def load_contract(path: Path) -> hub.Contract:
    """The contract of a file, built. The file may import its neighbours.

    Raises ContractFaulty, for what Python finds wrong with the file too.
    """
    return contract_in(imported(path), path).build()


def contract_in(module: ModuleType, path: Path) -> Contract:
    """The one contract that a module has. Raises ContractFaulty when there is none, or several."""
    found = {id(item): item for item in vars(module).values() if isinstance(item, Contract)}
    if len(found) == 1:
        return next(iter(found.values()))
    if not found:
        raise _faulty(CONTRACT_MISSING, "there is no `Contract(…)` in this file", path, 1)
    names = [name for name, item in vars(module).items() if isinstance(item, Contract)]
    raise _faulty(SEVERAL_CONTRACTS, f"there are {', '.join(names)}", path, 1)


def imported(path: Path) -> ModuleType:
    """The file as a module of its own, imported afresh. Raises ContractFaulty."""
    file = path.resolve()
    if not file.is_file():
        raise _faulty(FILE_UNREADABLE, f"there is no file {path}", path, 0)
    linecache.checkcache(str(file))
    digest = blake2b(str(file).encode(), digest_size=6).hexdigest()
    module = ModuleType(f"contract_{digest}")
    module.__file__ = str(file)
    sys.modules[module.__name__] = module
    _find_neighbours(file)
    try:
        # Compiled here, not by an import: a compiled copy beside the file could be stale.
        code = compile(file.read_bytes(), str(file), "exec", dont_inherit=True)
        exec(code, vars(module))  # noqa: S102 - the user's own file, which they asked to run
    except ContractFaulty:
        raise
    except SyntaxError as error:
        line, where = error.lineno or 1, Path(error.filename or file)
        raise _faulty(PYTHON_ERROR, f"SyntaxError: {error.msg}", where, line) from error
    except Exception as error:
        message = f"{type(error).__name__}: {error}"
        raise _faulty(PYTHON_ERROR, message, file, _line_in(file, error)) from error
    return module


def _find_neighbours(file: Path) -> None:
    """Lets the file import those beside it, now and when its functions run."""
    folder = str(file.parent)
    if folder not in sys.path:
        sys.path.append(folder)


def _line_in(file: Path, error: Exception) -> int:
    frames = traceback.extract_tb(error.__traceback__)
    lines = [frame.lineno for frame in frames if frame.filename == str(file) and frame.lineno]
    return lines[-1] if lines else 1


def _faulty(code: FaultCode, message: str, path: Path, line: int) -> ContractFaulty:
    return ContractFaulty((Fault(code, message, Place(str(path), line)),))
