from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from lockage.errors import UsageError
from lockage.rehearsal.handover import missing, read, resolve


def test_the_projects_own_handover_reads(project_root: Path) -> None:
    handover = read(project_root / "tests" / "rehearsal" / "handover.yaml")
    assert handover is not None
    assert [fact.__class__.__name__ for fact in (*handover.writes, *handover.reads)] == [
        "Invoke",
        "Row",
        "Row",
        "Invoke",
    ]
    assert handover.hold == ("remediation",)


def test_a_project_without_one_hands_nothing_over(tmp_path: Path) -> None:
    assert read(tmp_path / "handover.yaml") is None


def test_a_mistake_is_named(tmp_path: Path) -> None:
    path = tmp_path / "handover.yaml"
    path.write_text("reads:\n  - ask: row\n    table: decisions\n    kay: x\n")
    with pytest.raises(UsageError, match=r"handover\.yaml does not read as a handover") as caught:
        read(path)
    assert "kay" in caught.value.why


def test_versions_are_filled_in_everywhere() -> None:
    value = {"a": ["${version.scorer} and ${version.remediator}", 1], "b": "${queue.remediation}"}
    assert resolve(value, lambda name: f"<{name}>") == {
        "a": ["<scorer> and <remediator>", 1],
        "b": "${queue.remediation}",
    }


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"a": 1}, {"a": 1, "b": 2}),
        ({"a": [{"b": 1}]}, {"a": [{"b": 1, "c": 2}]}),
        ({"score": 85}, {"score": Decimal(85)}),
        ([], []),
    ],
)
def test_more_than_wanted_is_fine(wanted: Any, found: Any) -> None:  # noqa: ANN401 - any JSON values
    assert missing(wanted, found) == []


@pytest.mark.parametrize(
    ("wanted", "found", "said"),
    [
        ({"a": 1}, {"a": 2}, ["a is 2, not 1"]),
        ({"a": {"b": 1}}, {"a": {}}, ["a.b is None, not 1"]),
        ({"a": [1, 2]}, {"a": [1]}, ["a is [1], not [1, 2]"]),
        ([{"a": 1}], [{"a": 2}], ["[0].a is 2, not 1"]),
        ({"a": 1}, None, ["the answer is None, not {'a': 1}"]),
        ({"a": 1, "b": 2}, {}, ["a is None, not 1", "b is None, not 2"]),
    ],
)
def test_everything_missing_is_named(wanted: Any, found: Any, said: list[str]) -> None:  # noqa: ANN401 - any JSON values
    assert missing(wanted, found) == said
