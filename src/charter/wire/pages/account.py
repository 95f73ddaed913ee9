"""`/account`: the page on which people register, sign in and look after their account.

It is a client of the endpoints of accounts like any other; what it knows beside them is what it
may offer. Its scripts and styles are files, and nothing in it comes from a request.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from html import escape
from importlib.resources import files
from string import Template

from charter.contract.contract import Contract
from charter.contract.resource import SetBy
from charter.wire.http import Request, Response
from charter.wire.pages.assets import (
    CHECKED,
    PACKAGE,
    PAGE_HEADERS,
    Asset,
    Document,
    document,
    shown_at,
)

PATH = "/account"
STEPS = ("", "/", "/verify", "/reset", "/check-mail", "/second-factor")
"""Below PATH: where letters and identity providers lead to."""
_SCRIPTS = ("account", "api", "dialogs", "dom", "entry", "factors", "own", "passkeys")
_ASSETS = {
    f"{PATH}/assets/account.css": Asset("own/account/account.css", "text/css; charset=utf-8"),
    **{
        f"{PATH}/assets/{name}.js": Asset(
            f"own/account/{name}.js", "text/javascript; charset=utf-8"
        )
        for name in _SCRIPTS
    },
}
_NAME_FIELD = """\
      <label for="register-name">Name <span class="hint">(if you like)</span></label>
      <input id="register-name" name="name" autocomplete="name" maxlength="{most}">"""
_TRUSTED = "; require-trusted-types-for 'script'; trusted-types 'none'"


@dataclass(frozen=True, slots=True)
class Offers:
    """What one service offers on its page. `root` is what it is mounted below, `auth` the path of
    the endpoints of accounts, `home` where its name leads, `mail_folder` where letters are in
    development. Times are seconds."""

    root: str
    auth: str
    home: str
    registration: bool
    passkeys: bool
    password_length: int
    link_lifetime: float
    mail_folder: str | None = None


def account_page(contract: Contract, offers: Offers) -> bytes:
    """The page of one contract with accounts: the same for everybody, whatever its path."""
    text = files(PACKAGE).joinpath("own/account/account.html").read_text("utf-8")
    hint = f"Letters are files here, in {offers.mail_folder}." if offers.mail_folder else ""
    values = {
        "service": contract.name,
        "page": offers.root + PATH,
        "auth": offers.auth,
        "home": offers.home,
        "passkeys": "yes" if offers.passkeys else "no",
        "password_length": str(offers.password_length),
        "link_minutes": str(int(offers.link_lifetime // 60)),
    }
    parts = {
        "registration_hidden": "" if offers.registration else " hidden",
        "name_field": _name_field(contract),
        "mail_hint": f'<p class="hint">{escape(hint)}</p>' if hint else "",
        "scopes": "".join(_scope(name) for name in _by_reach(contract.scopes)),
    }
    escaped = {name: escape(value) for name, value in values.items()}
    return Template(text).substitute(escaped, **parts).encode()


def _name_field(contract: Contract) -> str:
    """Where people can say at once what they are called."""
    name = contract.resource_named[contract.user].field_named.get("name")
    if name is None or name.hidden or name.set_by not in {SetBy.CLIENT, SetBy.ONCE}:
        return ""
    return _NAME_FIELD.format(most=name.type.max_length or 200)


def _by_reach(scopes: Iterable[str]) -> list[str]:
    """Those for everything come first."""
    return sorted(scopes, key=lambda scope: (":" in scope, scope))


def _scope(name: str) -> str:
    shown = escape(name)
    return f'<label><input type="checkbox" name="scope" value="{shown}"> {shown}</label>\n'


class AccountPage:
    """The page with its files, below the root that the service is mounted at."""

    def __init__(self, contract: Contract, offers: Offers) -> None:
        body = account_page(contract, offers)
        (name, policy), *others = PAGE_HEADERS
        headers = (CHECKED, (name, policy + _TRUSTED), *others)
        shown = document(body, "text/html; charset=utf-8", headers)
        self._documents: dict[str, Document] = {PATH + step: shown for step in STEPS}

    def answer(self, request: Request) -> Response | None:
        """The page or file at a path; None where there is none. Raises `method_not_allowed`."""
        return shown_at(request, self._documents, _ASSETS)
