"""The steps that complete a contract, in order; each reads what those before it wrote."""

from collections.abc import Callable
from typing import Final

from charter.language.drafts import Draft
from charter.language.steps.accounts import accounts, complete_accounts
from charter.language.steps.commands import commands
from charter.language.steps.computed import computed
from charter.language.steps.constraints import constraints
from charter.language.steps.defaults import defaults
from charter.language.steps.fields import fields
from charter.language.steps.inverses import inverses
from charter.language.steps.links import links
from charter.language.steps.marked import append_only, audited, search_indexes, stamped
from charter.language.steps.payloads import errors, events
from charter.language.steps.policies import policies
from charter.language.steps.readings import readings
from charter.language.steps.resources import resources, stamps
from charter.language.steps.roles import grants, roles
from charter.language.steps.tenants import tenants, within_tenants

Step = Callable[[Draft], None]

STEPS: Final[tuple[Step, ...]] = (
    resources,
    readings,
    fields,
    accounts,
    tenants,
    stamps,
    inverses,
    links,
    defaults,
    complete_accounts,
    computed,
    constraints,
    within_tenants,
    events,
    errors,
    roles,
    grants,
    commands,
    policies,
    audited,
    append_only,
    stamped,
    search_indexes,
)
