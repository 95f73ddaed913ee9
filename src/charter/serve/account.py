"""What the account page of a service offers, by its settings."""

from charter.serve.settings.identity import MAIL_FOLDER
from charter.serve.settings.model import Settings
from charter.serve.web.throttle import AUTH
from charter.wire.pages.account import PATH, Offers


def offered(root: str, settings: Settings, *, passkeys: bool) -> Offers:
    """What the account page offers. `settings` are those below the root already."""
    identity, serve = settings.identity, settings.serve
    in_files = identity.mail is None and not serve.in_production
    return Offers(
        root,
        settings.rest.prefix + AUTH,
        f"{root}/" if serve.public is not None else root + PATH,
        identity.registration,
        passkeys,
        identity.password_length,
        identity.link_lifetime,
        str(MAIL_FOLDER) if in_files else None,
    )
