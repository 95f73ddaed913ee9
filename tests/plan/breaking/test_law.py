"""The law of the gate: what the OpenAPI documents say is broken, it names."""

from hypothesis import HealthCheck, given, settings

from charter.contract.canonical import canonical_json
from charter.contract.recorded import recorded_contract
from charter.plan.breaking.finding import Severity
from charter.plan.breaking.gate import Report, compare
from charter.plan.breaking.version import Step
from tests.plan.breaking.drawn import Pair, pairs
from tests.plan.breaking.oracle import Broken, broken, described

LAW = settings(
    max_examples=100,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
# Rules that no schema can say.
UNSCHEMED = frozenset(
    {
        "unique_added", "check_added", "move_narrowed", "move_changed", "delete_restricted",
        "default_changed", "error_changed",
    }
)  # fmt: skip
DOCUMENTED = frozenset({"paths", "inputs", "answers", "queries", "errors"})


def names(report: Report, item: Broken) -> bool:
    """Whether the report has a breaking finding about this very thing."""
    return any(
        part.area.name == item.area
        and found.severity is Severity.BREAKING
        and _is_about(found.subject, item.subject)
        for part in report.parts
        for found in part.findings
    )


def _is_about(found: str, wanted: str) -> bool:
    if wanted.startswith("."):
        return found.endswith(wanted)
    # A resource that has another path takes its commands and relations with it.
    return not wanted or f"{found}.".startswith(f"{wanted}.") or wanted.startswith(f"{found}.")


@LAW
@given(pairs())
def test_all_that_the_documents_break_is_named(pair: Pair) -> None:
    old, new = pair.old, pair.new
    report = compare(old, new)
    unnamed = [item for item in broken(old, new) if not names(report, item)]
    assert not unnamed


@LAW
@given(pairs())
def test_where_the_documents_are_the_same_no_request_or_answer_is_said_to_break(
    pair: Pair,
) -> None:
    old, new = pair.old, pair.new
    if described(old).document == described(new).document:
        told = [
            found
            for part in compare(old, new).parts
            for found in part.findings
            if part.area.name in DOCUMENTED and found.severity is Severity.BREAKING
        ]
        assert {item.code.name for item in told} <= UNSCHEMED


@LAW
@given(pairs())
def test_what_is_said_of_a_member_is_not_said_of_one_that_stayed(
    pair: Pair,
) -> None:
    old, new = pair.old, pair.new
    before, after = described(old), described(new)
    for part in compare(old, new).parts:
        for found in part.findings:
            resource, _, member = found.subject.partition(".")
            if part.area.name != "answers" or found.severity is not Severity.BREAKING:
                continue
            was, now = before.schema(resource), after.schema(resource)
            if was is not None and now is not None and member in was["properties"]:
                assert was["properties"][member] != now["properties"].get(member)


@LAW
@given(pairs())
def test_nothing_is_said_of_a_contract_and_itself(pair: Pair) -> None:
    contract = pair.new
    recorded = recorded_contract(canonical_json(contract).decode())
    for other in (contract, recorded):
        report = compare(other, contract)
        assert report.parts == ()
        assert report.version.step is Step.NONE
        assert report.version.said


@LAW
@given(pairs())
def test_what_one_way_adds_the_other_way_breaks(pair: Pair) -> None:
    old, new = pair.old, pair.new
    there, back = compare(old, new), compare(new, old)
    gone = {
        "paths": ("resource_removed", "resource_added"),
        "answers": ("answer_removed", "answer_added"),
        "events": ("payload_removed", "payload_added"),
        "errors": ("error_member_removed", "error_member_added"),
    }
    for area, (removed, added) in gone.items():
        assert _subjects(there, area, added) == _subjects(back, area, removed)


def _subjects(report: Report, area: str, code: str) -> set[str]:
    return {
        item.subject
        for part in report.parts
        for item in part.findings
        if part.area.name == area and item.code.name == code
    }
