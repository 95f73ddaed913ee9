"""Global identifiers: the type of a row, a colon, and its key."""

from collections.abc import Mapping
from typing import Any

from charter.contract.contract import Contract
from charter.core.codes import NO_SUCH_REFERENCE, WRONG_FORMAT
from charter.plan.unfit import Unfit, unfit, wrong
from charter.plan.values import Reader, text_reader


class Keys:
    """Reads the identifiers of the rows of one contract. `types` are the names of the types of
    rows by the names of resources."""

    def __init__(self, contract: Contract, types: Mapping[str, str]) -> None:
        self.prefixes = {name: f"{type_}:" for name, type_ in types.items()}
        self.resource_of = {type_: name for name, type_ in types.items()}
        self._raw = {
            resource.name: text_reader(resource.key.type) for resource in contract.resources
        }

    def reader(self, resource: str) -> Reader:
        """From an identifier to the key of a row of this resource; `Unfit` for all else."""
        prefix, read = self.prefixes[resource], self._raw[resource]

        def key(value: Any) -> Any:
            return read(behind(prefix, value))

        return key

    def reader_or_nothing(self, resource: str) -> Reader:
        """The same for looking a row up: what no row can have as its key is nothing."""
        read = self.reader(resource)

        def key(value: Any) -> Any:
            try:
                return read(value)
            except Unfit:
                return None

        return key


def behind(prefix: str, value: Any) -> str:
    """What stands behind the prefix in an identifier. Raises `Unfit`."""
    if type(value) is not str:
        raise wrong("a global identifier", value)
    if not value.startswith(prefix):
        if ":" in value and value.partition(":")[0].isidentifier():
            message = f"an identifier of another type; {prefix}… is expected"
            raise unfit(NO_SUCH_REFERENCE, message)
        raise unfit(WRONG_FORMAT, f"an identifier is of the form {prefix}…")
    return value[len(prefix) :]
