"""What becomes of the failures that a user can mend: words on standard error, an exit code."""

import argparse
import os
import sys
from collections.abc import Callable
from typing import TextIO

from charter.access.keys import BadKey
from charter.contract.faults import ContractFaulty
from charter.core.problems import Problem
from charter.language.report import rendered
from charter.migrate.faults import MigrationFault
from charter.serve.settings.configure import BadSettings
from charter.store.errors import StoreError
from charter.wire.grpc.faults import ProtoFault

FAULT = 1
USAGE = 2


class Refused(Exception):
    """A command cannot do what is asked, and why."""


Work = Callable[[argparse.Namespace], int]


def guarded(work: Work) -> Work:
    """The same command, with its failures reported."""

    def run(arguments: argparse.Namespace) -> int:
        try:
            return work(arguments)
        except BadSettings as bad:
            return complain(*bad.messages, code=USAGE)
        except ContractFaulty as faulty:
            sys.stderr.write(rendered(faulty.faults, colours=supports_colour(sys.stderr)))
            return FAULT
        except Problem as problem:
            flaws = [f"  {flaw.pointer or ''} {flaw.message}" for flaw in problem.detail.flaws]
            return complain(problem.detail.message, *flaws)
        except (MigrationFault, ProtoFault) as fault:
            return complain(str(fault), f"  {fault.remedy}")
        except StoreError as error:
            return complain(f"the database: {error}")
        except (BadKey, Refused) as error:
            return complain(*str(error).splitlines())

    return run


def complain(*lines: str, code: int = FAULT) -> int:
    """Say on standard error what is wrong; gives the exit code back."""
    first, *rest = lines or ("failed",)
    sys.stderr.write("\n".join([f"charter: {first}", *rest]) + "\n")
    return code


def supports_colour(stream: TextIO) -> bool:
    """Whether a stream is a terminal that wants colours (https://no-color.org)."""
    return "NO_COLOR" not in os.environ and stream.isatty()
