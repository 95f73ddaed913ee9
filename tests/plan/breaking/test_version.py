"""Which version a change asks for, and whether it was made."""

import pytest

from charter.plan.breaking.version import Step, verdict


@pytest.mark.parametrize(
    ("old", "new", "step", "said", "wanted"),
    [
        ("1.2.3", "1.2.3", Step.NONE, True, "1.2.3"),
        ("1.2.3", "1.2.3", Step.PATCH, True, "1.2.4"),
        ("1.2.3", "1.2.4", Step.MINOR, False, "1.3.0"),
        ("1.2.3", "1.3.0", Step.MINOR, True, "1.3.0"),
        ("1.2.3", "1.9.9", Step.MAJOR, False, "2.0.0"),
        ("1.2.3", "2.0.0", Step.MAJOR, True, "2.0.0"),
        ("1.2.3", "2.0.0-rc.1", Step.MAJOR, True, "2.0.0"),
        ("1.2.3", "1.2.2", Step.NONE, False, "1.2.3"),
        ("1.10.0", "1.9.0", Step.NONE, False, "1.10.0"),
        ("1", "1", Step.MAJOR, False, "2.0.0"),
        ("1", "2", Step.MAJOR, True, "2.0.0"),
        ("1", "1.1", Step.MINOR, True, "1.1.0"),
        ("0.3.1", "0.4", Step.MAJOR, True, "0.4.0"),
        ("0.3.1", "0.3.2", Step.MAJOR, False, "0.4.0"),
        ("0.3.1", "0.3.2", Step.MINOR, True, "0.3.2"),
        ("0.3.1", "0.3.1", Step.MINOR, False, "0.3.2"),
        ("spring", "spring", Step.PATCH, True, "spring"),
        ("spring", "spring", Step.MINOR, False, "MAJOR.MINOR.PATCH"),
        ("spring", "summer", Step.MAJOR, False, "MAJOR.MINOR.PATCH"),
    ],
)
def test_a_version_says_what_changed(
    old: str, new: str, step: Step, said: bool, wanted: str
) -> None:
    found = verdict(old, new, step)
    assert (found.said, found.wanted) == (said, wanted)
