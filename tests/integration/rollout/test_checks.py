"""The checks' runner with the real pytest, and this project's own checks kept away from a plain run."""

import os
import sys
from pathlib import Path

import msgspec
import pytest

from lockage.cli.main import main_inner
from lockage.errors import Inconclusive
from lockage.model.checks import ChecksReport
from lockage.rollout.checks import ChecksFailed
from lockage.tools.process import Completed, run

ROOT = Path(__file__).parents[3]

CHECKS = """
import os
import pytest

def test_told():
    assert (os.environ["LOCKAGE_ENV"], os.environ["LOCKAGE_QUALIFIER"]) == ("preprod", "live")

def test_refused():
    assert 500 == 200, "health answered 500"

@pytest.mark.skip(reason="not in this environment")
def test_elsewhere():
    pass
"""


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "lockage.yaml").write_text((ROOT / "lockage.yaml").read_text())
    (tmp_path / "tests" / "e2e").mkdir(parents=True)
    (tmp_path / "tests" / "e2e" / "test_here.py").write_text(CHECKS)
    return tmp_path / "lockage.yaml"


def e2e(project: Path, *arguments: str) -> ChecksReport:
    """Run the verb; the result file stands whatever the outcome."""
    result = project.parent / "dist" / "checks" / "preprod.json"
    try:
        main_inner(["e2e", "--env", "preprod", "--project", str(project), "--", *arguments])
    finally:
        report = msgspec.json.decode(result.read_bytes(), type=ChecksReport)
        assert list(result.parent.iterdir()) == [result]
    return report


def test_checks_that_pass_are_printed_and_kept(project: Path, capsys: pytest.CaptureFixture[str]) -> None:
    report = e2e(project, "-k", "told or elsewhere")
    assert [(check.name, check.outcome) for check in report.checks] == [
        ("test_here::test_told", "passed"),
        ("test_here::test_elsewhere", "skipped"),
    ]
    assert (report.environment, report.qualifier, report.outcome) == ("preprod", "live", "pass")
    printed = capsys.readouterr().out
    assert "test_here::test_told" in printed
    assert "skipped" in printed


def test_a_failing_check_fails_the_verb_by_name(project: Path) -> None:
    with pytest.raises(ChecksFailed, match="1 of 3 end-to-end checks of preprod failed") as caught:
        e2e(project)
    assert "test_here::test_refused: AssertionError: health answered 500" in caught.value.why


@pytest.mark.parametrize("arguments", [["-k", "nothing_like_this"], ["-k", "elsewhere"], ["--no-such-option"]])
def test_no_check_is_no_success(project: Path, arguments: list[str]) -> None:
    with pytest.raises(Inconclusive):
        e2e(project, *arguments)


def collect(*arguments: str, environment: str = "") -> Completed:
    return run(
        [sys.executable, "-m", "pytest", "--collect-only", "-q", *arguments],
        cwd=ROOT,
        env={**os.environ, "LOCKAGE_ENV": environment or None},
        ok=(0, 1, 2, 4, 5),
    )


def test_a_plain_run_never_collects_the_checks_of_an_environment() -> None:
    collected = collect("tests", "--ignore=tests/unit", "--ignore=tests/integration", environment="prod")
    assert "tests/e2e/" not in collected.stdout


def test_the_checks_without_an_environment_say_how_to_run_them() -> None:
    refused = collect("tests/e2e")
    assert refused.code == pytest.ExitCode.USAGE_ERROR
    assert "run `lockage e2e --env NAME`" in refused.stdout + refused.stderr


def test_the_checks_of_an_environment_are_collected_when_asked_for() -> None:
    collected = collect("tests/e2e", environment="preprod")
    assert collected.code == pytest.ExitCode.OK
    assert "tests/e2e/test_scoring.py::test_a_finding_is_decided_and_recorded" in collected.stdout
