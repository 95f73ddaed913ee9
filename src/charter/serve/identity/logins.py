"""Addresses to sign in with, and where two of them are one."""

import unicodedata


def login_of(email: str) -> str:
    """The form in which addresses are compared: small letters, composed characters.

    Letters are never sent to an address that is typed in and merely has the same form, but to
    the one that the account was registered with.
    """
    found = unicodedata.normalize("NFC", email).lower()
    # The Kelvin sign would become a k, and so one person's mailbox the address of another.
    return found if found.isascii() == email.isascii() else email
