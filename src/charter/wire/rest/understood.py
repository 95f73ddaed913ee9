"""What a request comes to, before it is known who asks."""

from dataclasses import dataclass
from typing import Any

from charter.contract.resource import Resource
from charter.plan.ask import Can, Read, Write
from charter.wire.rest.call import Style


@dataclass(slots=True)
class Understood:
    """A form with its values, and what the answer is to be like. Requests of one query share it:
    nobody changes one."""

    form: Read | Write | Can
    values: tuple[Any, ...] = ()
    style: Style = Style.JSON
    resource: Resource | None = None
    fingerprint: bytes = b""
    columns: tuple[str, ...] = ()
