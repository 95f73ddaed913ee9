"""A service: one contract on one database, in one process."""

from collections.abc import Callable, Sequence
from pathlib import Path

from charter.contract.contract import Contract
from charter.core import codes
from charter.core.problems import Problem
from charter.core.signals import Listener
from charter.plan.actor import Actor
from charter.plan.ask import Ask
from charter.plan.outcome import Outcome
from charter.serve.engine.audit import Ledger, Signer, signer_of
from charter.serve.engine.compiler import Compiler
from charter.serve.engine.pipeline import Limits, Pipeline
from charter.serve.engine.reads import Reads, key_of
from charter.serve.engine.slow import SlowStatements
from charter.serve.engine.startup import prepare, require_feasible
from charter.serve.engine.statements import CountingDatabase, Tally
from charter.sql.dialect import Dialect
from charter.sql.dialects import dialect_named
from charter.sql.own.history import Noted
from charter.sql.postgres import POSTGRES
from charter.sql.schema import Schema
from charter.sql.statement import Statement
from charter.store.address import dialect_of
from charter.store.database import Database
from charter.store.errors import StoreError
from charter.store.open import open_bell, open_database, open_replicas
from charter.store.replicas import Replicas
from charter.store.settings import StoreSettings
from charter.store.usage import DatabaseUse, Measured

_PING = Statement("SELECT 1", label="ping")


class Service:
    """Opens the database, makes sure of its schema, and answers asks."""

    def __init__(
        self,
        contract: Contract,
        url: str,
        settings: StoreSettings | None = None,
        listener: Listener | None = None,
        limits: Limits = Limits(),  # noqa: B008 - a frozen value
        signer: Signer | None = None,
    ) -> None:
        self.contract = contract
        self.dialect: Dialect = dialect_named(dialect_of(url))
        self._store = settings or StoreSettings()
        self._listener = listener
        self.statements = Tally(self._store.slow_statement)
        self._opened = open_database(url, self._store, listener)
        self._counting = CountingDatabase(self._opened, self.statements)
        self.database: Database = self._counting
        self.aside: Database = CountingDatabase(self._opened, self.statements)
        """The same, of whose writes nobody is told: for what changes no row of the contract."""
        self.bell = open_bell(url, self._store, self._opened)
        """What processes tell each other by that something was written, where there is one."""
        if self.bell is not None:
            self._counting.wrote = self.bell.ring
        self.replicas: Replicas | None = None
        self._limits = limits
        self._signer = signer or signer_of(None)
        self.schema = Schema(())
        """That of the contract, once the service is open."""
        self._pipeline: Pipeline | None = None

    def follow(self, urls: Sequence[str], written: Path | None = None) -> None:
        """Read from these replicas too, from the next opening on.

        `written` is the table in which the workers of this machine note who wrote when. Raises
        ValueError for a bad URL, and where the database is of a kind that has no replicas.
        """
        if self.dialect is not POSTGRES:
            raise ValueError("database_replicas: only PostgreSQL has replicas")
        self.replicas = open_replicas(self.database, urls, self._store, written, self._listener)

    def tell_slow(self, listener: Listener) -> None:
        """Tell a listener of statements that are slow."""
        self.statements.on_slow = SlowStatements(self._opened, self.dialect, listener)

    def tell_written(self, wrote: Callable[[], None]) -> None:
        """Call a function after each write of this process."""
        bell = self.bell
        if bell is None:
            self._counting.wrote = wrote
            return

        def both() -> None:
            wrote()
            bell.ring()

        self._counting.wrote = both

    @property
    def pipeline(self) -> Pipeline:
        if self._pipeline is None:
            raise Problem(codes.DATABASE_UNAVAILABLE, "The service is not open.")
        return self._pipeline

    async def open(self, noted: Sequence[Noted] = ()) -> None:
        """Connect; create the schema where there is none. A new database is noted to have all
        the migrations in the folder of the contract: `noted`.

        Raises `ContractFaulty`, `SchemaDiffers` and `Unavailable`.
        """
        require_feasible(self.contract, self.dialect)
        await self.database.open()
        try:
            self.schema = await prepare(self.contract, self.dialect, self.database, noted)
        except BaseException:
            await self.database.close()
            raise
        compiler = Compiler(self.contract, self.dialect)
        ledger = Ledger(self.dialect, self._signer)
        reads = Reads(self.database, self.replicas)
        self._pipeline = Pipeline(compiler, self.database, self.schema, self._limits, ledger, reads)
        if self.replicas is not None:
            await self.replicas.open()

    async def close(self) -> None:
        if self.replicas is not None:
            await self.replicas.close()
        if self.bell is not None:
            await self.bell.close()
        await self.database.close()

    async def answer(self, ask: Ask) -> Outcome:
        """What comes of an ask. Raises problems."""
        return await self.pipeline.answer(ask)

    async def ping(self) -> None:
        """Raises `database_unavailable` where the database does not answer."""
        try:
            await self.database.read(_PING, ())
        except StoreError as error:
            raise Problem(codes.DATABASE_UNAVAILABLE, retry_after=5) from error

    def wrote(self, actor: Actor) -> None:
        """An actor has changed something past the pipeline: its next reads have to see it."""
        if self.replicas is not None:
            self.replicas.wrote(key_of(actor))

    def usage(self) -> DatabaseUse:
        """How much of the database's pools is in use, and how the replicas are."""
        pools = self._opened.usage() if isinstance(self._opened, Measured) else ()
        return DatabaseUse(pools, () if self.replicas is None else self.replicas.usage())
