"""A service: one contract on one database, in one process."""

from charter.contract.contract import Contract
from charter.core import codes
from charter.core.problems import Problem
from charter.core.signals import Listener
from charter.plan.ask import Ask
from charter.plan.outcome import Outcome
from charter.serve.engine.audit import Ledger, Signer, signer_of
from charter.serve.engine.compiler import Compiler
from charter.serve.engine.pipeline import Limits, Pipeline
from charter.serve.engine.slow import SlowStatements
from charter.serve.engine.startup import prepare, require_feasible
from charter.serve.engine.statements import CountingDatabase, Tally
from charter.sql.dialect import Dialect
from charter.sql.dialects import dialect_named
from charter.sql.statement import Statement
from charter.store.address import dialect_of
from charter.store.database import Database
from charter.store.errors import StoreError
from charter.store.open import open_database
from charter.store.settings import StoreSettings

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
        settings = settings or StoreSettings()
        self.statements = Tally(settings.slow_statement)
        self._opened = open_database(url, settings, listener)
        self.database: Database = CountingDatabase(self._opened, self.statements)
        self._limits = limits
        self._signer = signer or signer_of(None)
        self._pipeline: Pipeline | None = None

    def tell_slow(self, listener: Listener) -> None:
        """Tell a listener of statements that are slow."""
        self.statements.on_slow = SlowStatements(self._opened, self.dialect, listener)

    @property
    def pipeline(self) -> Pipeline:
        if self._pipeline is None:
            raise Problem(codes.DATABASE_UNAVAILABLE, "The service is not open.")
        return self._pipeline

    async def open(self) -> None:
        """Connect; create the schema where there is none.

        Raises `ContractFaulty`, `SchemaDiffers` and `Unavailable`.
        """
        require_feasible(self.contract, self.dialect)
        await self.database.open()
        try:
            schema = await prepare(self.contract, self.dialect, self.database)
        except BaseException:
            await self.database.close()
            raise
        compiler = Compiler(self.contract, self.dialect)
        ledger = Ledger(self.dialect, self._signer)
        self._pipeline = Pipeline(compiler, self.database, schema, self._limits, ledger)

    async def close(self) -> None:
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
