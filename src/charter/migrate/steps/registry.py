"""The builders of steps, by dialect."""

from collections.abc import Callable, Mapping
from types import MappingProxyType

from charter.migrate.changes import Changes
from charter.migrate.step import Step
from charter.migrate.steps.mysql import mysql_steps
from charter.migrate.steps.postgres import postgres_steps
from charter.migrate.steps.sqlite import sqlite_steps
from charter.sql.mysql import MYSQL
from charter.sql.postgres import POSTGRES
from charter.sql.sqlite import SQLITE

Builder = Callable[[Changes], tuple[Step, ...]]

BUILDERS: Mapping[str, Builder] = MappingProxyType(
    {SQLITE.name: sqlite_steps, POSTGRES.name: postgres_steps, MYSQL.name: mysql_steps}
)
"""What makes the steps of a dialect: in the order in which they run, their names unique."""
