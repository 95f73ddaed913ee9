"""How a connection ends: the codes of close frames (RFC 6455, section 7.4).

Codes from 4000 on are the protocol's own. What they stand for is said in a message before, as
far as that can still be sent.
"""

from collections.abc import Mapping
from types import MappingProxyType

from charter.core import codes, livecodes
from charter.core.problems import Code, Family

GOING_AWAY = 1001
TOO_BIG = 1009
INTERNAL_ERROR = 1011
TRY_AGAIN = 1013
BAD_MESSAGE = 4400
NO_RIGHTS = 4401
NOT_CONNECTED = 4408
TOO_MANY = 4429
SLOW = 4430

_OF_CODE: Mapping[str, int] = MappingProxyType(
    {
        codes.TOO_LARGE.name: TOO_BIG,
        codes.OVERLOADED.name: GOING_AWAY,
        livecodes.NOT_CONNECTED.name: NOT_CONNECTED,
        livecodes.RIGHTS_CHANGED.name: NO_RIGHTS,
        livecodes.TOO_SLOW.name: SLOW,
        codes.TIMED_OUT.name: NOT_CONNECTED,
    }
)
_OF_FAMILY: Mapping[Family, int] = MappingProxyType(
    {
        Family.INVALID: BAD_MESSAGE,
        Family.UNAUTHENTICATED: NO_RIGHTS,
        Family.FORBIDDEN: NO_RIGHTS,
        Family.LIMITED: TOO_MANY,
        Family.UNAVAILABLE: TRY_AGAIN,
    }
)


def close_code(code: Code) -> int:
    """The code of a close frame for a problem that ends a connection."""
    return _OF_CODE.get(code.name, _OF_FAMILY.get(code.family, INTERNAL_ERROR))
