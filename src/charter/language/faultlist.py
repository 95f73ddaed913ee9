"""All faults that a contract can have."""

from collections.abc import Mapping
from types import MappingProxyType

from charter.contract.faults import FaultCode
from charter.language.faultcodes import DECLARED
from charter.language.rulecodes import DEMANDED

FAULT_CODES: Mapping[str, FaultCode] = MappingProxyType(
    {entry.name: entry for entry in (*DECLARED, *DEMANDED)}
)
"""Every code by its name."""
