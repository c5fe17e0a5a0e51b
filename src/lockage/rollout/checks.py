"""Runs the end-to-end checks of an environment, and says what they found as a value.

The checks are pytest's, in the project's ``tests/e2e``. pytest runs as a program of its own, so that whatever the
checks import, change or break stays out of the rollout. They inherit none of the ways by which the rollout itself takes
its role, so that they act as whom they were told to or as nobody; this keeps an honest check honest, it is no jail.
Checks that did not run, or of which none passed, are *inconclusive*, never *pass*.
"""

import importlib.util
import os
import re
import sys
import tempfile
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import ClassVar, Literal, Protocol
from xml.etree import ElementTree as ET

import msgspec

from lockage.errors import Inconclusive, LockageError, UsageError
from lockage.model import dist
from lockage.model.checks import Check, ChecksReport
from lockage.model.verdict import Outcome
from lockage.tools import process

FOLDER = Path("tests", "e2e")
"""Where a project keeps its checks, from the folder of its lockage.yaml."""

_LONGEST_SECONDS = 900.0
_TAIL_LINES = 40
_RAN = (0, 1)
_NOT_THE_PROJECTS = ("PYTEST_ADDOPTS", "PYTEST_PLUGINS")
"""Variables by which whoever runs a rollout could leave checks out without a trace in the project."""
_THE_JOBS = ("GITHUB_TOKEN", "GH_TOKEN", "GITHUB_ENV", "GITHUB_PATH")
"""A job's token, and the files by which a step changes the steps after it."""
_WHERE = ("AWS_REGION", "AWS_DEFAULT_REGION", "AWS_CA_BUNDLE")
"""Where AWS is, not who we are; so is every ``AWS_ENDPOINT_URL…``."""
_COLLECTED_NOTHING = 5
_DENIED = re.compile(r"assumed-role/(?P<role>[^/\s]+)/\S+ is not authorized to perform: (?P<action>\w+:\w+)")
"""AWS's words, as a function that was refused hands them on to whoever called it."""


class ChecksFailed(LockageError):  # noqa: N818 - an outcome, as the errors it stands beside
    """An end-to-end check of the environment failed."""

    exit_code: ClassVar[int] = 17


class Runner(Protocol):
    """``lockage.tools.process.run``, as far as it is used here."""

    def __call__(
        self,
        command: Sequence[str | Path],
        *,
        cwd: Path | None,
        env: Mapping[str, str | None] | None,
        ok: tuple[int, ...],
        timeout: float | None,
    ) -> process.Completed:
        """Run a program."""


class Target(msgspec.Struct, frozen=True, kw_only=True):
    """What is checked, and as whom."""

    environment: str
    qualifier: str
    """Alias or version that the checks invoke."""
    project_file: Path
    variables: Mapping[str, str] = {}
    """Credentials and Region for the checks; without any they find their own."""


class EndToEndChecks:
    """The checks as a rollout asks for them; their result is kept as JSON, passed or not.

    Args:
        target: what is checked.
        result: where the report goes.
        runner: how programs are run.
    """

    def __init__(self, target: Target, result: Path, *, runner: Runner = process.run) -> None:
        self._target, self._result, self._runner = target, result, runner

    def ready(self) -> None:
        """Hold that they could run, before anything is changed.

        Raises:
            UsageError: pytest is not installed, or the project has no checks.
        """
        _require(self._target.project_file.parent.resolve())

    def run(self) -> None:
        """Run them.

        Raises:
            ChecksFailed: a check failed.
            Inconclusive: the checks could not tell.
            ToolError: the checks hung.
        """
        report = run_checks(self._target, runner=self._runner)
        dist.write(self._result, dist.encode(report))
        require_passed(report)


def run_checks(target: Target, arguments: Sequence[str] = (), *, runner: Runner = process.run) -> ChecksReport:
    """Run the checks; failing ones are in the report, not raised.

    Args:
        target: what is checked.
        arguments: more for pytest, such as ``-k name``.
        runner: how programs are run.

    Raises:
        UsageError: pytest is not installed, or the project has no checks folder.
        ToolError: the checks hung.
    """
    root = target.project_file.parent.resolve()
    _require(root)
    with tempfile.TemporaryDirectory(prefix="lockage-checks-") as scratch:
        results = Path(scratch, "results.xml")
        completed = runner(
            [sys.executable, "-m", "pytest", root / FOLDER, f"--junit-xml={results}", "--tb=short", "-q", *arguments],
            cwd=root,
            env={
                **dict.fromkeys(withheld(os.environ, identified=bool(target.variables))),
                **target.variables,
                "LOCKAGE_ENV": target.environment,
                "LOCKAGE_QUALIFIER": target.qualifier,
                "LOCKAGE_PROJECT": str(target.project_file.resolve()),
            },
            ok=tuple(range(256)),
            timeout=_LONGEST_SECONDS,
        )
        checks = read_results(results.read_bytes()) if results.is_file() else ()
    outcome, reason = decide(completed, checks)
    return ChecksReport(
        environment=target.environment, qualifier=target.qualifier, outcome=outcome, reason=reason, checks=checks
    )


def withheld(names: Iterable[str], *, identified: bool) -> tuple[str, ...]:
    """The variables that checks must not inherit.

    Args:
        names: what there is.
        identified: whether they are told whom to act as. Otherwise they act as whoever runs them, whose ways to be that
            (a profile, a token file, keys) they need.
    """
    return tuple(name for name in names if _withheld(name) or (identified and _identifies(name)))


def _withheld(name: str) -> bool:
    """``ACTIONS_ID_TOKEN_REQUEST_…`` would make a token for any role that trusts the job."""
    return name in (*_NOT_THE_PROJECTS, *_THE_JOBS) or name.startswith("ACTIONS_")


def _identifies(name: str) -> bool:
    return name.startswith("AWS_") and name not in _WHERE and not name.startswith("AWS_ENDPOINT_URL")


def decide(completed: process.Completed, checks: Sequence[Check]) -> tuple[Outcome, str]:
    """The outcome of a run of pytest and why it is not *pass*."""
    if completed.code not in (*_RAN, _COLLECTED_NOTHING):
        said = (completed.stdout.strip() + "\n" + completed.stderr.strip()).strip().splitlines()
        return "inconclusive", "\n".join([f"pytest ended with exit code {completed.code}:", *said[-_TAIL_LINES:]])
    failed = [check for check in checks if check.outcome == "failed"]
    if failed:
        return "fail", _causes(failed)
    if completed.code == _RAN[1]:
        return "inconclusive", "pytest reported a failure that its results do not show"
    if not any(check.outcome == "passed" for check in checks):
        return "inconclusive", f"no check passed: {len(checks)} ran, all of them skipped" if checks else "no check ran"
    return "pass", ""


def _causes(failed: Sequence[Check]) -> str:
    """A line a cause: a service that is down fails many checks with the same words."""
    names: dict[str, list[str]] = {}
    for check in failed:
        names.setdefault(check.message, []).append(check.name)
    return "\n".join(f"{', '.join(which)}: {message}" for message, which in names.items())


def read_results(xml: bytes) -> tuple[Check, ...]:
    """The checks in pytest's own JUnit file, in the order they ran."""
    cases = ET.fromstring(xml).iter("testcase")  # noqa: S314 - pytest wrote it a moment ago for us alone
    return tuple(_check(case) for case in cases)


def require_passed(report: ChecksReport) -> None:
    """Stop the line unless the checks passed.

    Raises:
        ChecksFailed: a check failed.
        Inconclusive: the checks could not tell.
    """
    if report.outcome == "fail":
        count = sum(check.outcome == "failed" for check in report.checks)
        raise ChecksFailed(
            f"{count} of {len(report.checks)} end-to-end checks of {report.environment} failed",
            why=report.reason,
            remedy=f"{_grants(report.reason)}run them alone: ./noxw -s e2e -- --env {report.environment}; "
            "the functions' logs hold the rest\nin a rehearsal: ./noxw -s rehearse -- --keep leaves all up to look at",
        )
    if report.outcome == "inconclusive":
        raise Inconclusive(
            f"the end-to-end checks of {report.environment} could not tell",
            why=report.reason,
            remedy=f"see to it that the checks in {FOLDER} run: lockage e2e --env {report.environment} -- -v",
        )


def _grants(reason: str) -> str:
    """A line for each permission that the causes say is missing: which, for which role, and where it is given."""
    missing = dict.fromkeys((found["role"], found["action"]) for found in _DENIED.finditer(reason))
    return "".join(
        f"role {role} lacks {action}: add it to the function's `grants` in lockage.yaml (the checks' own role: to "
        "`checks.grants`), and apply Terraform\n"
        for role, action in missing
    )


def _require(root: Path) -> None:
    if importlib.util.find_spec("pytest") is None:
        raise UsageError(
            "the end-to-end checks cannot run: pytest is not installed",
            why=f"{sys.executable} has no module pytest; it is for tests only, and lockage does not depend on it",
            remedy="run them through nox -s e2e, or install pytest beside lockage",
        )
    if not (root / FOLDER).is_dir():
        raise UsageError(
            "the project has no end-to-end checks",
            why=f"there is no folder {root / FOLDER}",
            remedy=f"write at least one pytest check into {FOLDER}: a release without checks is not promoted",
        )


_OUTCOMES: dict[str, Literal["failed", "skipped"]] = {"failure": "failed", "error": "failed", "skipped": "skipped"}


def _check(case: ET.Element) -> Check:
    module = case.get("classname", "").rpartition(".")[2]
    ended = next((child for child in case if child.tag in _OUTCOMES), None)
    return Check(
        name=f"{module}::{case.get('name', '')}",
        outcome="passed" if ended is None else _OUTCOMES[ended.tag],
        seconds=float(case.get("time", "0")),
        message="" if ended is None else ended.get("message", ""),
    )
