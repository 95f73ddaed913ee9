"""Methods of authentication, by the values that RFC 8176 registers for the claim `amr`."""

from collections.abc import Iterable, Mapping
from types import MappingProxyType

MULTIPLE = "mfa"
"""More than one kind of factor."""

_KINDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "knowledge": frozenset({"pwd", "pin", "kba"}),
        "possession": frozenset({"otp", "pop", "hwk", "swk", "sc", "sms", "tel"}),
        "inherence": frozenset({"face", "fpt", "iris", "retina", "vbm"}),
    }
)
_OTHERS = frozenset({MULTIPLE, "geo", "mca", "rba", "user", "wia"})
_WORDS: Mapping[str, frozenset[str]] = MappingProxyType(
    {"password": frozenset({"pwd"}), "passkey": frozenset({"pop", "hwk", "swk"})}
)
METHODS = frozenset().union(_OTHERS, _WORDS, *_KINDS.values())
"""What a contract can ask for: the registered values, and a word for the common ones."""


def values_of(method: str) -> frozenset[str]:
    """The values of `amr` that a method is told by."""
    return _WORDS.get(method, frozenset({method}))


def kinds_of_factor(values: Iterable[str]) -> frozenset[str]:
    """Which of knowledge, possession and inherence some values of `amr` stand for."""
    found = frozenset(values)
    return frozenset(kind for kind, known in _KINDS.items() if not known.isdisjoint(found))
