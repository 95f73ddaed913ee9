"""The letters that accounts get: their words, as plain text and as simple HTML.

What people chose themselves (names, addresses of clients) is never in a letter to somebody who
has not asked for it: a service must not carry the words of strangers.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from charter.deliver.letter import Letter

_FOOT = "This letter was written by a machine; nobody reads answers to it."
_STYLE = "font-family:system-ui,sans-serif;line-height:1.5;max-width:36em;margin:2em auto"


@dataclass(frozen=True, slots=True)
class _Words:
    subject: str
    lines: Sequence[str]
    page: str | None = None
    """The page that a link leads to."""
    after: Sequence[str] = ()


_NOT_ME = "Was it not you? Then nothing has to be done: without the link nothing happens."
_ALARM = "Was it not you? Then set a new password at once, and end the other sessions."

_WORDS = {
    "verify": _Words(
        "Confirm your address for {service}",
        ("Somebody has registered at {service} with this address.",
         "If it was you, confirm the address, and the account is yours:"),
        "verify",
        (_NOT_ME,),
    ),
    "registered": _Words(
        "You have an account at {service} already",
        ("Somebody has tried to register at {service} with this address, which has an account "
         "already.",
         "If it was you, sign in; if you have forgotten the password, ask for a new one.",
         "Was it not you? Then nothing has to be done."),
    ),
    "reset": _Words(
        "A new password for {service}",
        ("Somebody has asked for a new password for your account at {service}.",
         "If it was you, choose one here:"),
        "reset",
        (_NOT_ME,),
    ),
    "email": _Words(
        "Confirm your new address for {service}",
        ("An account at {service} is to have this address from now on.",
         "If that is what you want, confirm it:"),
        "verify",
        (_NOT_ME,),
    ),
    "email_taken": _Words(
        "Your address was given for another account at {service}",
        ("Somebody has tried to give their account at {service} this address, which is that of "
         "your account.",
         "Nothing has changed, and nothing has to be done."),
    ),
    "email_changed": _Words(
        "Your account at {service} has another address",
        ("Letters of your account at {service} go to another address from now on, with which "
         "you sign in as well.",
         "Was it not you? Then write to those who run {service}."),
    ),
    "password_changed": _Words(
        "Your password for {service} was changed",
        ("The password of your account at {service} was changed.", _ALARM),
    ),
    "factor_added": _Words(
        "A second way to prove who you are was added at {service}",
        ("An authenticator app or a passkey was added to your account at {service}.", _ALARM),
    ),
    "factor_removed": _Words(
        "A way to prove who you are was removed at {service}",
        ("An authenticator app or a passkey was removed from your account at {service}.", _ALARM),
    ),
    "identity_added": _Words(
        "A way to sign in was added at {service}",
        ("An identity at another provider was added to your account at {service}, and whoever has "
         "it can sign in.", _ALARM),
    ),
    "identity_removed": _Words(
        "A way to sign in was removed at {service}",
        ("An identity at another provider was removed from your account at {service}.", _ALARM),
    ),
    "confirm_identity": _Words(
        "Confirm your address to sign in at {service}",
        ("Somebody wants to sign in at {service} through another provider, with this address.",
         "If it was you, open this link in the browser in which you began, and sign in once more:"),
        "verify",
        (_NOT_ME,),
    ),
    "recovery_used": _Words(
        "A recovery code was used at {service}",
        ("A recovery code of your account at {service} was used to sign in.", _ALARM),
    ),
    "key_made": _Words(
        "An API key was made at {service}",
        ("An API key for your account at {service} was made. A program that has it can do what "
         "you can, as far as the scopes of the key go.", _ALARM),
    ),
    "deleted": _Words(
        "Your account at {service} is deleted",
        ("Your account at {service} was deleted, with all its sessions and keys.",),
    ),
}  # fmt: skip
LETTERS = frozenset(_WORDS)


@dataclass(frozen=True, slots=True)
class Letters:
    """Writes letters in the name of one service. `pages` is what links begin with."""

    service: str
    pages: str

    def write(self, kind: str, to: str, token: str = "") -> Letter:
        """A letter of one of LETTERS. Its link has the token behind a `#`, which browsers send
        to nobody."""
        words = _WORDS[kind]
        name = {"service": self.service}
        lines = [line.format(**name) for line in words.lines]
        after = [line.format(**name) for line in (*words.after, _FOOT)]
        subject = words.subject.format(**name)
        if words.page is None:
            return Letter(to, subject, _text([*lines, *after]), _html(lines, None, after))
        link = f"{self.pages}{words.page}#token={token}"
        spare = f"A program sends this token instead: {token}"
        text = _text([*lines, link, spare, *after])
        return Letter(to, subject, text, _html(lines, link, [spare, *after]))


def nobody() -> Letter:
    """A letter that is written for the sake of equal work, and sent to nobody."""
    return Letter("", "", "", "")


def _text(lines: Sequence[str]) -> str:
    return "\n\n".join(lines) + "\n"


def _html(lines: Sequence[str], link: str | None, after: Sequence[str]) -> str:
    parts = [f"<p>{escape(line)}</p>" for line in lines]
    if link is not None:
        parts.append(f'<p><a href="{escape(link)}">{escape(link)}</a></p>')
    parts += [f"<p>{escape(line)}</p>" for line in after]
    body = "\n".join(parts)
    head = '<!doctype html>\n<html lang="en"><meta charset="utf-8">'
    return f'{head}\n<body style="{_STYLE}">\n{body}\n</body></html>\n'
