"""Where a browser may be sent back to, when the address came with a request."""

import re
from collections.abc import Collection

HOME = "/"
LONGEST = 2048

# A browser drops tabs and line ends, takes a backslash for a slash, and two slashes for a host:
# only what may stand in a URI (RFC 3986, section 2) passes, and no host.
_CHARACTERS = r"[A-Za-z0-9._~:/?#@!$&'()*+,;=%\[\]-]*"
_LOCAL = re.compile(rf"/(?!/){_CHARACTERS}")
_BELOW_ORIGIN = re.compile(rf"(?:[/?#]{_CHARACTERS})?")


def safe_return_to(url: str | None, origins: Collection[str] = (), default: str = HOME) -> str:
    """The address, where it leads to this service or to a listed origin; else the default.

    A local address is a path from the root, with a query and fragment. `origins` are spelt as
    `https://app.example.com`. Nothing of an address is put right: whatever is odd is refused.
    """
    if url is None or len(url) > LONGEST:
        return default
    if _LOCAL.fullmatch(url):
        return url
    for origin in origins:
        if url.startswith(origin) and _BELOW_ORIGIN.fullmatch(url, len(origin)):
            return url
    return default
