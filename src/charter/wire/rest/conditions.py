"""Conditional writes (RFC 9110, section 13): which version of a row a change is based on."""

import re
from collections.abc import Mapping

from charter.contract.types import MAX_INTEGER
from charter.core.codes import INVALID_PARAMETER, VERSION_CONFLICT, VERSION_REQUIRED
from charter.core.problems import Flaw, Problem

_TAG = re.compile(r'[ \t]*(W/)?"([\x21\x23-\x7e\x80-\U0010ffff]*)"[ \t]*')
_OURS = re.compile(r"(0|[1-9][0-9]{0,18})(?:\..*)?", re.ASCII)


def expected_version(headers: Mapping[str, str], demanded: bool) -> int | None:
    """The version that If-Match names; None where any will do, unless one is `demanded`.

    Only the part of the tag before the point counts: every representation of one version can
    be the base of a change. Weak tags never match (section 8.8.3.2). Raises
    `version_conflict` where no row can match, `version_required` where a version is demanded
    and none is given, `invalid_parameter` where the field cannot be read.
    """
    if headers.get("if-none-match", "").strip() == "*":
        message = (
            "If-None-Match: * wants that there is no such row; this changes existing rows only."
        )
        raise Problem(VERSION_CONFLICT, message)
    condition = headers.get("if-match")
    if condition is None or condition.strip() == "*":
        if demanded:
            raise Problem(VERSION_REQUIRED)
        return None
    return _version(condition)


def _version(condition: str) -> int:
    found: set[int] = set()
    at = 0
    while True:
        tag = _TAG.match(condition, at)
        if tag is None:
            raise _unreadable("If-Match is `*` or entity tags in quotation marks, as in ETag.")
        ours = _OURS.fullmatch(tag[2])
        if not tag[1] and ours and int(ours[1]) <= MAX_INTEGER:
            found.add(int(ours[1]))
        at = tag.end()
        if at == len(condition):
            break
        if condition[at] != ",":
            raise _unreadable("The entity tags of If-Match are separated by commas.")
        at += 1
    if len(found) > 1:
        raise _unreadable("If-Match can name one version only.")
    if not found:
        raise Problem(VERSION_CONFLICT, "No entity tag in If-Match can be that of this row.")
    return found.pop()


def _unreadable(message: str) -> Problem:
    flaw = Flaw(INVALID_PARAMETER.name, message, parameter="If-Match")
    return Problem(INVALID_PARAMETER, message, flaws=(flaw,))
