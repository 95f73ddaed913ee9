"""`charter token`: a token of the service's own key, to try it with."""

import argparse
import json
import re
import sys
import time
from typing import Any

from charter.access.issue import Grant, issue_token
from charter.access.settings import keys_from
from charter.cli.arguments import add_settings, configured
from charter.cli.guard import Refused, guarded

_UNITS = {"": 1, "s": 1, "m": 60, "h": 3600, "d": 86_400}
_LIFETIME = re.compile(r"([0-9]{1,9})([smhd]?)")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--sub", required=True, metavar="ID", help="who: the id of the user")
    parser.add_argument(
        "--role", action="append", default=[], metavar="ROLE", help="a role; may be given again"
    )
    parser.add_argument(
        "--claim",
        action="append",
        default=[],
        type=_claim,
        metavar="NAME=VALUE",
        help="a further claim; the value is JSON, or else a text",
    )
    parser.add_argument(
        "--lifetime",
        default="1h",
        type=_lifetime,
        metavar="TIME",
        help="how long it is valid: seconds, or as 30m, 8h, 7d (default: 1h)",
    )
    add_settings(parser, ["auth"])


def _claim(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise argparse.ArgumentTypeError(f"NAME=VALUE is expected, not {text!r}")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _lifetime(text: str) -> int:
    found = _LIFETIME.fullmatch(text)
    if found is None:
        raise argparse.ArgumentTypeError(f"a time such as 90s, 30m, 8h or 7d, not {text!r}")
    return int(found[1]) * _UNITS[found[2]]


@guarded
def run(arguments: argparse.Namespace) -> int:
    auth = configured(arguments).settings.auth
    now = time.time()
    try:
        grant = Grant(
            arguments.sub,
            tuple(arguments.role),
            audience=auth.audience,
            issuer=auth.issuer,
            lifetime=arguments.lifetime,
            claims=dict(arguments.claim),
            roles_claim=auth.roles_claim or "roles",
        )
        key = keys_from(auth, production=False).current(now).signing_key()
        token = issue_token(key, grant, now=now)
    except ValueError as error:
        raise Refused(str(error)) from None
    sys.stdout.write(token + "\n")
    return 0
