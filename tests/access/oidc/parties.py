"""Relying parties for the tests, and what they have told the operator."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from dataclasses import replace as replaced
from typing import Any

import pytest

from charter.access.oidc.callback import read_answer
from charter.access.oidc.identity import Identity
from charter.access.oidc.provider import Provider
from charter.access.oidc.relying import RelyingParty
from charter.access.oidc.start import NOTHING, Asked, Pending
from charter.access.outbound import Outbound
from charter.core.problems import Code, Problem
from charter.core.signals import Failed, Signal
from tests.support.oidc.provider import CONFIDENTIAL, REDIRECT, SECRET, Browser, OpenIdProvider


@dataclass(slots=True)
class Heard:
    """A listener that keeps what it hears."""

    texts: list[str] = field(default_factory=list)

    def __call__(self, signal: Signal) -> None:
        assert isinstance(signal, Failed)
        self.texts.append(f"{signal.error}")


@dataclass(slots=True)
class Shift:
    """A clock ahead of the real one by some seconds."""

    seconds: float = 0.0

    def __call__(self) -> float:
        return time.time() + self.seconds


def settings_of(provider: OpenIdProvider, **changed: Any) -> Provider:
    good = Provider("test", provider.issuer, CONFIDENTIAL, SECRET)
    return replaced(good, **changed)


def party(
    provider: OpenIdProvider,
    outbound: Outbound,
    *,
    heard: Heard | None = None,
    clock: Callable[[], float] = time.time,
    **changed: Any,
) -> RelyingParty:
    settings = settings_of(provider, **changed)
    return RelyingParty(settings, outbound, heard or Heard(), clock=clock)


async def visited(
    relying: RelyingParty, browser: Browser, asked: Asked = NOTHING, *, consents: bool = True
) -> tuple[dict[str, str], Pending]:
    """Somebody has been at the provider: the answer that came back, and what was kept."""
    url, pending = await relying.start(REDIRECT, asked)
    back = browser.visit(url, consents=consents)
    return read_answer(back.partition("?")[2]), pending


async def signed_in(relying: RelyingParty, browser: Browser, asked: Asked = NOTHING) -> Identity:
    answer, pending = await visited(relying, browser, asked)
    return await relying.finish(answer, pending)


async def refusal(relying: RelyingParty, answer: dict[str, str], pending: Pending) -> Code:
    """The code of the problem; fails where the answer is accepted."""
    with pytest.raises(Problem) as caught:
        await relying.finish(answer, pending)
    return caught.value.code
