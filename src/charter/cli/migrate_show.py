"""What `charter migrate` shows: its progress while it works, and what was found."""

from collections.abc import Mapping, Sequence
from functools import singledispatchmethod
from types import MappingProxyType, TracebackType

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeRemainingColumn
from rich.table import Table

from charter.migrate import events
from charter.migrate.apply import Applied
from charter.migrate.check import Check
from charter.migrate.status import Line, Standing, Status
from charter.sql.differences import Difference

_COLOURS: Mapping[Standing, str] = MappingProxyType(
    {
        Standing.APPLIED: "green",
        Standing.WAITING: "cyan",
        Standing.UNDER_WAY: "yellow",
        Standing.REVERTING: "yellow",
        Standing.PENDING: "yellow",
        Standing.CHANGED: "red",
        Standing.UNKNOWN: "red",
    }
)


class Show:
    """Shows what happens, with a bar for a backfill."""

    def __init__(self, console: Console) -> None:
        self._console = console
        columns = (
            TextColumn("       {task.description}"),
            BarColumn(),
            TextColumn("{task.completed:,.0f} of about {task.total:,.0f} rows"),
            TimeRemainingColumn(),
        )
        quiet = not console.is_terminal
        self._progress = Progress(*columns, console=console, transient=True, disable=quiet)
        self._bar: TaskID | None = None

    def __enter__(self) -> "Show":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop_bar()

    def tell(self, event: events.Event) -> None:
        """One thing that happened."""
        self._told(event)

    def _say(self, text: str) -> None:
        self._console.print(text, highlight=False, soft_wrap=True)

    @singledispatchmethod
    def _told(self, event: object) -> None:
        raise TypeError(f"{type(event).__name__} is not shown")

    @_told.register
    def _(self, event: events.Created) -> None:
        count = len(event.names)
        self._say(f"The database was empty: it has the schema now, and {count} migrations noted")

    @_told.register
    def _(self, event: events.Adopted) -> None:
        self._say(f"There already, and noted: {escape(', '.join(event.names))}")

    @_told.register
    def _(self, event: events.Begun) -> None:
        word = "Rolling back" if event.back else "Applying"
        self._say(f"[bold]{word} {escape(event.migration)}[/bold]")

    @_told.register
    def _(self, event: events.StepBegun) -> None:
        if not event.back:
            lock = f" [dim]({event.step.lock})[/dim]" if event.step.lock else ""
            name = escape(event.step.name)
            self._say(f"{event.number:3}/{event.steps} {event.step.phase:8} {name}{lock}")
        else:
            self._say(f"{event.number:3}/{event.steps} back     {escape(event.step.name)}")

    @_told.register
    def _(self, event: events.StepDone) -> None:
        self._stop_bar()
        if event.seconds >= 1:
            self._say(f"       [dim]{event.seconds:.1f} s[/dim]")

    @_told.register
    def _(self, event: events.Filled) -> None:
        if self._bar is None:
            self._progress.start()
            self._bar = self._progress.add_task("filling", total=event.rows)
        self._progress.update(self._bar, completed=event.walked, total=event.rows)

    @_told.register
    def _(self, event: events.Paused) -> None:
        self._say(f"       paused: {escape(event.reason)}")

    @_told.register
    def _(self, event: events.Retrying) -> None:
        self._say(f"       no lock, try {event.attempt}; again in {event.pause:g} s")

    @_told.register
    def _(self, event: events.Reconnecting) -> None:
        self._stop_bar()
        self._say(f"       {escape(event.reason)}; again in {event.pause:g} s")

    @_told.register
    def _(self, _: events.Queued) -> None:
        self._say("Another `charter migrate` is at work: waiting for its turn")

    @_told.register
    def _(self, event: events.Watching) -> None:
        names = escape(", ".join(event.releases))
        self._say(f"       looking whether these releases live ({event.seconds:g} s): {names}")

    @_told.register
    def _(self, event: events.Finished) -> None:
        word = "rolled back" if event.back else "applied"
        self._say(f"[green]{escape(event.migration)} is {word}[/green]")

    def _stop_bar(self) -> None:
        if self._bar is not None:
            self._progress.stop()
            self._progress.remove_task(self._bar)
            self._bar = None


def show_applied(applied: Applied, unplanned: Sequence[Difference], console: Console) -> None:
    """What came of `apply`, and what it could not know of: no migration has it."""

    def say(text: str) -> None:
        console.print(text, highlight=False, soft_wrap=True)

    if unplanned:
        say("[yellow]The contract has changes that no migration has:[/yellow] charter migrate plan")
    if applied.waits is None:
        say("The database is in step with the migrations.")
        return
    serves = "serves old and new releases" if applied.both else "serves old releases still"
    begun = f"{escape(applied.waits)} {serves}."
    if applied.refused:
        say(f"{begun} Its last steps have to be named:")
        for step in applied.refused:
            say(f'  --allow "{escape(step.name)}": {escape(step.loses or step.does)}')
    else:
        say(f"{begun} Its last steps wait for:")
        for release in applied.releases:
            say(f"  {escape(release.name)}")
        say("Apply again once these have ended.")
    if applied.pending:
        say(f"Pending behind it: {escape(', '.join(applied.pending))}")


def show_status(found: Status, database: str, console: Console) -> None:
    """Where a database stands."""
    console.print(f"[bold]{escape(database)}[/bold]", highlight=False)
    table = Table("migration", "standing", "steps", "changed", "by", box=None, pad_edge=False)
    for line in found.lines:
        colour = _COLOURS[line.standing]
        standing = f"[{colour}]{line.standing}[/{colour}]"
        entry = line.entry
        changed = f"{entry.changed_at:%Y-%m-%d %H:%M:%S}" if entry else ""
        table.add_row(
            escape(line.name),
            standing,
            _steps(line),
            changed,
            escape(entry.author) if entry else "",
        )
    console.print(table if found.lines else "No migrations.")
    for release in found.releases:
        seen = f"{release.seen_at:%Y-%m-%d %H:%M:%S}"
        console.print(f"runs: {escape(release.name)}, last seen {seen}", highlight=False)


def _steps(line: Line) -> str:
    if line.steps is None:
        return "?"
    if line.entry is None:
        return f"0/{line.steps}"
    whole = line.standing is Standing.APPLIED
    return f"{line.steps if whole else line.entry.done}/{line.steps}"


def show_check(found: Check, console: Console) -> None:
    """What a check has found."""

    def part(title: str, items: list[str], colour: str) -> None:
        if items:
            console.print(f"[{colour}]{title}[/{colour}]", highlight=False)
            for item in items:
                console.print(f"  {escape(item)}", highlight=False, soft_wrap=True)

    part("The contract has changes that no migration has:", _texts(found.unplanned), "yellow")
    part(
        "Migrations that are not settled here:",
        [f"{line.name}: {line.standing}" for line in found.unsettled],
        "yellow",
    )
    part("Drift: the database is not what its history says:", _texts(found.drift), "red")
    part("Added by somebody, and harmless:", _texts(found.harmless), "dim")
    if found.empty:
        console.print("The database is empty: the first start makes its tables.")
    if found.well:
        console.print("[green]Contract, migrations and database agree.[/green]")


def _texts(items: Sequence[Difference]) -> list[str]:
    return [str(item) for item in items]
