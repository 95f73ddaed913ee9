"""In which order resources are filled, so that a row finds what it refers to."""

from collections.abc import Iterator

from charter.contract.contract import Contract
from charter.contract.resource import Resource


def filling_order(contract: Contract) -> tuple[Resource, ...]:
    """All resources; each behind those that its rows have to refer to, and where that can be
    behind those that they may refer to. Of a circle of references that all have to be there, the
    first in the contract is first."""
    left = list(contract.resources)
    done: list[Resource] = []
    while left:
        names = {resource.name for resource in left}
        chosen = next(_free(left, names), None) or next(_free(left, names, strict=False), left[0])
        left.remove(chosen)
        done.append(chosen)
    return tuple(done)


def _free(left: list[Resource], names: set[str], *, strict: bool = True) -> Iterator[Resource]:
    """Those that refer to none that are left; unless `strict`, they may where they need not."""
    for resource in left:
        waits = any(
            field.references in names and field.references != resource.name
            for field in resource.fields
            if strict or not field.optional
        )
        if not waits:
            yield resource
