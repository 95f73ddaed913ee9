"""The checks of a contract, in order; each looks at the whole draft and adds what it finds."""

from collections.abc import Callable
from typing import Final

from charter.language.checks.commands import uncalled, without_row
from charter.language.checks.cycles import owned_cycles, required_cycles, two_owners
from charter.language.checks.existing import (
    existing_keys,
    existing_pairs,
    existing_tables,
    existing_words,
    nobody_writes,
)
from charter.language.checks.fields import append_only, decimals, deletes, patterns, strays
from charter.language.checks.moves import open_moves
from charter.language.checks.names import attribute_names, clashes, contract_names
from charter.language.checks.policies import (
    missing_policies,
    new_values,
    old_relations,
    unknown_actions,
)
from charter.language.checks.raising import undeclared
from charter.language.checks.tenants import crossing
from charter.language.drafts import Draft

Check = Callable[[Draft], None]

CHECKS: Final[tuple[Check, ...]] = (
    contract_names,
    attribute_names,
    clashes,
    strays,
    decimals,
    patterns,
    deletes,
    append_only,
    two_owners,
    owned_cycles,
    required_cycles,
    missing_policies,
    unknown_actions,
    new_values,
    old_relations,
    uncalled,
    without_row,
    open_moves,
    undeclared,
    crossing,
    existing_words,
    existing_keys,
    existing_pairs,
    existing_tables,
    nobody_writes,
)
