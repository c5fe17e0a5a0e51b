import re
from pathlib import Path
from urllib.parse import unquote

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockage import github
from lockage.errors import UsageError


def error(why: str) -> UsageError:
    return UsageError("lockage.yaml has 2 mistakes", why=why, remedy="correct every line named above")


def test_an_error_is_shown_on_every_line_it_names(tmp_path: Path) -> None:
    (tmp_path / "lockage.yaml").touch()
    why = f"{tmp_path}/lockage.yaml:7: images.base: unknown key 'bugdet'\nlockage.yaml:12: gate: 50% is no age"
    assert github.annotations(error(why), tmp_path) == [
        "::error title=lockage.yaml has 2 mistakes,file=lockage.yaml,line=7::images.base: unknown key 'bugdet'",
        "::error title=lockage.yaml has 2 mistakes,file=lockage.yaml,line=12::gate: 50%25 is no age",
    ]


def test_an_error_without_a_line_is_one_annotation_with_cause_and_remedy(tmp_path: Path) -> None:
    (line,) = github.annotations(error("localhost:4566: it said 403\nat sha256:00"), tmp_path)
    shown = "localhost:4566: it said 403%0Aat sha256:00%0Acorrect every line named above"
    assert line == f"::error title=lockage.yaml has 2 mistakes::{shown}"


@given(st.text(), st.text())
def test_no_text_can_end_a_command_or_begin_another(what: str, why: str) -> None:
    for line in github.annotations(UsageError(what, why=why, remedy="r"), Path("/checkout")):
        assert "\n" not in line
        assert "\r" not in line
        command = re.fullmatch(r"::error title=([^:,]*)(?:,file=[^:,]*,line=\d+)?::(.*)", line, re.DOTALL)
        assert command
        assert unquote(command[1]) == what


def test_a_summary_keeps_the_cause_as_it_is_even_with_a_fence_in_it() -> None:
    summary = github.failure_summary(error("it said:\n```\nno\n```"))
    assert summary == (
        "### Failed: lockage.yaml has 2 mistakes\n\n````text\nit said:\n```\nno\n```\n````\n\n"
        "**Next:** correct every line named above\n"
    )


def test_nothing_is_written_outside_of_github_actions() -> None:
    assert github.report(error("because")) == []


def test_a_report_appends_to_the_summary_and_returns_annotations(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    summary = tmp_path / "summary.md"
    summary.write_text("before\n")
    monkeypatch.setenv("GITHUB_ACTIONS", "true")
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(summary))
    lines = github.report(error("because"))
    assert [line.split("::")[1].split(" ")[0] for line in lines] == ["error"]
    assert summary.read_text().startswith("before\n### Failed: lockage.yaml has 2 mistakes")


def test_an_output_reaches_later_jobs(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("GITHUB_OUTPUT", str(tmp_path / "output"))
    github.set_output("release", "ab")
    assert (tmp_path / "output").read_text() == "release=ab\n"
