"""The cookie of a session, as browsers send and take it."""

SESSION = "__Host-charter"


def session_cookie(secret: str, seconds: int) -> str:
    """A Set-Cookie field: no script reads the cookie, no other site sends it, no other host of
    the same domain can set it (RFC 6265bis, section 4.1.3)."""
    return f"{SESSION}={secret}; Path=/; Max-Age={seconds}; Secure; HttpOnly; SameSite=Lax"


COOKIE_ENDED = {"credential": "cookie"}
"""What `session_ended` says beside its code where it is the cookie that is good no more."""
NO_SESSION = session_cookie("", 0)
"""Takes the cookie away."""


def named_cookie(field: str | None, wanted: str) -> str | None:
    """The value of a cookie in a Cookie field."""
    if field is None or wanted not in field:
        return None
    for part in field.split(";"):
        name, _, value = part.strip().partition("=")
        if name == wanted:
            return value
    return None
