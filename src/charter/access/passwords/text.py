"""The text of a password: how many characters are looked at, and in which Unicode form."""

import unicodedata

LONGEST_INPUT = 1024
"""Characters. Longer texts are nobody's password, and normalising one could take long."""


def normalised(password: str) -> str:
    """The form in which a password is hashed: RFC 8265, section 4.2 (OpaqueString).

    Spaces of any script become U+0020, then Unicode NFC; nothing is trimmed, cut or changed in
    case. NFC and not NFKC: it joins only what is the same text written in other code points, as
    keyboards do write it, and never two texts that look different.
    """
    spaces = "".join(" " if unicodedata.category(c) == "Zs" else c for c in password)
    return unicodedata.normalize("NFC", spaces)


def forms(password: str) -> tuple[bytes, ...]:
    """What a password may have been when it was hashed, in UTF-8: its normalised form, and where
    that differs the text as it came, which a system that was imported from has hashed."""
    return tuple(dict.fromkeys(_utf8(form) for form in (normalised(password), password)))


def _utf8(text: str) -> bytes:
    # A lone surrogate, which JSON can carry, is in no password: it has to be wrong, not to fail.
    return text.encode("utf-8", "surrogatepass")
