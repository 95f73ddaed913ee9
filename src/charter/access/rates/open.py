"""Opens the store that the settings name, with the driver it needs and no other."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from charter.access.extras import needing
from charter.access.rates.memory import MemoryStore, SharedStore, shared_file
from charter.access.rates.settings import Failing, RatesSettings, limits_of
from charter.access.rates.store import Store
from charter.core.signals import Listener

_REDIS = "charter.access.rates.redis"


def open_store(
    settings: RatesSettings, shared: Path | None = None, listener: Listener | None = None
) -> Store:
    """The store of the settings; `shared` is the file of the workers of this machine.

    The listener hears when a server begins to fail. Raises MissingExtra and, for a URL that
    cannot be read, ValueError. Nothing is connected yet.
    """
    limits = limits_of(settings).all
    if settings.store is None:
        if shared is not None:
            return SharedStore(shared, limits)
        return MemoryStore(limits, settings.keys)
    module = needing("redis", "redis", "Keeping rate limits in Redis", _REDIS)
    instead = MemoryStore(limits, settings.keys) if settings.failing is Failing.OPEN else None
    store: Store = module.RedisStore(settings.store, settings.timeout, instead, listener)
    return store


@contextmanager
def shared_spending(settings: RatesSettings, workers: int) -> Iterator[Path | None]:
    """The file in which several workers of this machine keep what is spent; None for none."""
    if not settings.enabled or settings.store is not None or workers == 1:
        yield None
        return
    with shared_file(limits_of(settings).all, settings.keys) as path:
        yield path
