"""Tokens of those who use the shop."""

import time

from charter.access.issue import Grant, issue_token
from charter.access.keys import secret_key
from tests.serve.apps import SECRET


def shop_tokens() -> tuple[str, str, str]:
    """Of a buyer, a clerk, and a customer."""
    key, now = secret_key(SECRET.encode(), None, "test"), time.time()
    grants = (Grant("bea", ("buyer",)), Grant("carl", ("clerk",)), Grant("ada"))
    buyer, clerk, ada = (issue_token(key, grant, now=now) for grant in grants)
    return buyer, clerk, ada
