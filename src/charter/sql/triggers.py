"""What the database itself sees to, whoever writes: rows that never change, and their stamps."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

from charter.contract.resource import Resource
from charter.sql.dialect import Dialect
from charter.sql.mysql import MYSQL
from charter.sql.naming import Names
from charter.sql.postgres import POSTGRES
from charter.sql.schema import Trigger
from charter.sql.sqlite import SQLITE


@dataclass(frozen=True, slots=True)
class _Kind:
    """A kind of trigger: its name behind that of the table, when it runs, what it does."""

    name: str
    timing: str
    body: str


# A version that a writer has moved is left as it is: so does Charter itself.
_STAMPING: Mapping[str, tuple[_Kind, ...]] = MappingProxyType(
    {
        POSTGRES.name: (
            _Kind(
                "stamp",
                "BEFORE UPDATE FOR EACH ROW",
                "BEGIN IF NEW.version = OLD.version THEN NEW.version := OLD.version + 1; "
                "IF NEW.updated_at = OLD.updated_at THEN NEW.updated_at := now(); END IF; "
                "END IF; RETURN NEW; END",
            ),
        ),
        SQLITE.name: (
            _Kind(
                "stamp",
                "AFTER UPDATE",
                "WHEN NEW.version = OLD.version BEGIN UPDATE {table} SET version = "
                "OLD.version + 1, updated_at = iif(NEW.updated_at = OLD.updated_at, "
                "strftime('%Y-%m-%dT%H:%M:%f000Z'), NEW.updated_at) WHERE id = NEW.id; END",
            ),
        ),
        # Set from left to right; one statement, since several have semicolons between them.
        MYSQL.name: (
            _Kind(
                "stamp",
                "BEFORE UPDATE",
                "FOR EACH ROW SET NEW.updated_at = IF(NEW.version = OLD.version AND "
                "NEW.updated_at = OLD.updated_at, UTC_TIMESTAMP(6), NEW.updated_at), "
                "NEW.version = IF(NEW.version = OLD.version, OLD.version + 1, NEW.version)",
            ),
        ),
    }
)
_EACH = (("append_only_update", "BEFORE UPDATE"), ("append_only_delete", "BEFORE DELETE"))
_NEVER = "rows of {name} are never changed or deleted"
_REFUSING: Mapping[str, tuple[_Kind, ...]] = MappingProxyType(
    {
        POSTGRES.name: tuple(
            _Kind(name, timing, f"BEGIN RAISE EXCEPTION '{_NEVER}'; END")
            for name, timing in (
                ("append_only", "BEFORE UPDATE OR DELETE FOR EACH ROW"),
                ("append_only_all", "BEFORE TRUNCATE FOR EACH STATEMENT"),
            )
        ),
        SQLITE.name: tuple(
            _Kind(name, timing, f"BEGIN SELECT RAISE(ABORT, '{_NEVER}'); END")
            for name, timing in _EACH
        ),
        MYSQL.name: tuple(
            _Kind(
                name,
                timing,
                f"FOR EACH ROW SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = '{_NEVER}'",
            )
            for name, timing in _EACH
        ),
    }
)


def refuses(trigger: Trigger) -> bool:
    """Whether a trigger turns writes away, rather than adding to them."""
    return "RAISE" in trigger.body or "SIGNAL" in trigger.body


def triggers(resource: Resource, dialect: Dialect, names: Names) -> Iterator[Trigger]:
    """The triggers of a resource's table."""
    kinds: tuple[_Kind, ...] = ()
    if resource.append_only:
        kinds += _REFUSING[dialect.name]
    if resource.stamped:
        kinds += _STAMPING[dialect.name]
    for kind in kinds:
        body = kind.body.replace("{table}", dialect.quote(resource.table))
        yield Trigger(
            names.give(resource.table, kind.name),
            kind.timing,
            body.replace("{name}", resource.name),
        )
