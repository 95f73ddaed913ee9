from charter.migrate.changes import Changes
from charter.migrate.step import Step


def postgres_steps(changes: Changes) -> tuple[Step, ...]:
    return ()
