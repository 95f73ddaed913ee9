"""What `charter verify --plans --live` prints."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from charter.verify.plans.live import LiveReport


def show_live(report: LiveReport, console: Console) -> None:
    """Print what was found in the database of a running service."""
    console.print(Text(report.database, "bold"))
    if report.counts:
        since = report.since or "it was made"
        console.print(Text(f"The database has counted since {since}.", "dim"))
    if report.hint:
        console.print(Text(report.hint, "dim"))
    if not report.findings:
        console.print(Text("Nothing is found.", "bold green"))
        return
    table = Table()
    for heading in ("table", "index", "found", "detail", "what to do"):
        table.add_column(heading, overflow="fold")
    for one in report.findings:
        table.add_row(
            *map(Text, (one.table, one.name or "", one.sign.value, one.detail, one.remedy))
        )
    console.print(table)
