import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path

import msgspec
import pytest

from lockage.errors import Inconclusive, UsageError
from lockage.model.checks import ChecksReport
from lockage.rollout.checks import ChecksFailed, EndToEndChecks, Target, require_passed, run_checks
from lockage.rollout.site import Checks
from lockage.tools.process import Completed

PASSED = '<testcase classname="tests.e2e.test_a" name="test_one" time="0.25"/>'
FAILED = (
    '<testcase classname="tests.e2e.test_a" name="test_two[x]" time="1.5">'
    '<failure message="AssertionError: 500 is not 200">trace</failure></testcase>'
)
BROKEN = '<testcase classname="tests.e2e.test_a" name="test_three" time="0"><error message="no fixture"/></testcase>'
SKIPPED = '<testcase classname="tests.e2e.test_a" name="test_four" time="0"><skipped message="not here"/></testcase>'


class FakePytest:
    """Writes the results it was given to where it is told, as pytest does."""

    def __init__(self, code: int, *cases: str, said: str = "") -> None:
        self._code, self._said = code, said
        self._results = f"<testsuites><testsuite>{''.join(cases)}</testsuite></testsuites>" if cases else ""
        self.commands: list[list[str]] = []
        self.env: dict[str, str | None] = {}

    def __call__(
        self,
        command: Sequence[str | Path],
        *,
        cwd: Path | None,
        env: Mapping[str, str | None] | None,
        ok: tuple[int, ...],
        timeout: float | None,
    ) -> Completed:
        assert self._code in ok, "whatever pytest ends with is ours to judge"
        assert timeout is not None, "checks that hang must not hang a release"
        assert cwd is not None
        self.commands.append([str(part) for part in command])
        self.env = dict(env or {})
        if self._results:
            path = next(part.partition("=")[2] for part in self.commands[-1] if part.startswith("--junit-xml="))
            Path(path).write_text(self._results)
        return Completed(code=self._code, stdout=self._said, stderr="")


@pytest.fixture
def check(tmp_path: Path) -> Callable[[FakePytest], ChecksReport]:
    (tmp_path / "tests" / "e2e").mkdir(parents=True)
    target = Target(environment="preprod", qualifier="live", project_file=tmp_path / "lockage.yaml")
    return lambda fake: run_checks(target, runner=fake)


Run = Callable[[FakePytest], ChecksReport]


def test_every_check_is_reported_with_its_outcome_and_time(check: Run) -> None:
    report = check(FakePytest(1, PASSED, FAILED, BROKEN, SKIPPED))
    assert [(each.name, each.outcome, each.seconds, each.message) for each in report.checks] == [
        ("test_a::test_one", "passed", 0.25, ""),
        ("test_a::test_two[x]", "failed", 1.5, "AssertionError: 500 is not 200"),
        ("test_a::test_three", "failed", 0.0, "no fixture"),
        ("test_a::test_four", "skipped", 0.0, "not here"),
    ]


def test_checks_that_passed_pass(check: Run) -> None:
    report = check(FakePytest(0, PASSED, SKIPPED))
    assert (report.outcome, report.reason) == ("pass", "")
    require_passed(report)


def test_a_failing_check_is_shown(check: Run) -> None:
    with pytest.raises(ChecksFailed) as caught:
        require_passed(check(FakePytest(1, PASSED, FAILED)))
    assert caught.value.render() == (
        "error: 1 of 2 end-to-end checks of preprod failed\n"
        "  why:  test_a::test_two[x]: AssertionError: 500 is not 200\n"
        "  next: run them alone: ./noxw -s e2e -- --env preprod; the functions' logs hold the rest\n"
        "        in a rehearsal: ./noxw -s rehearse -- --keep leaves all up to look at"
    )


def test_a_function_s_missing_permission_is_named_with_its_role_and_where_it_is_given(check: Run) -> None:
    said = (
        "AssertionError: scorer failed: {'errorMessage': 'An error occurred (AuthorizationError) when calling the "
        "Publish operation: User: arn:aws:sts::111111111111:assumed-role/platform-scorer/platform-scorer is not "
        "authorized to perform: sns:Publish on resource: arn:aws:sns:eu-central-1:111111111111:platform-decisions "
        "because no identity-based policy allows the sns:Publish action'}"
    )
    denied = f'<testcase classname="e2e.test_a" name="test_one" time="1"><failure message="{said}"/></testcase>'
    again = denied.replace("test_one", "test_two")
    with pytest.raises(ChecksFailed) as caught:
        require_passed(check(FakePytest(1, PASSED, denied, again, FAILED)))
    assert caught.value.remedy == (
        "role platform-scorer lacks sns:Publish: add it to the function's `grants` in lockage.yaml (the checks' own "
        "role: to `checks.grants`), and apply Terraform\n"
        "run them alone: ./noxw -s e2e -- --env preprod; the functions' logs hold the rest\n"
        "in a rehearsal: ./noxw -s rehearse -- --keep leaves all up to look at"
    )


def test_one_cause_is_said_once(check: Run) -> None:
    again = FAILED.replace("test_two[x]", "test_five")
    assert check(FakePytest(1, FAILED, BROKEN, again)).reason == (
        "test_a::test_two[x], test_a::test_five: AssertionError: 500 is not 200\ntest_a::test_three: no fixture"
    )


@pytest.mark.parametrize(
    ("fake", "why"),
    [
        (FakePytest(5), "no check ran"),
        (FakePytest(0), "no check ran"),
        (FakePytest(0, SKIPPED, SKIPPED), "no check passed: 2 ran, all of them skipped"),
        (FakePytest(1), "pytest reported a failure that its results do not show"),
        (FakePytest(1, PASSED), "pytest reported a failure that its results do not show"),
        (FakePytest(2, PASSED, BROKEN, said="cannot import"), "pytest ended with exit code 2:\n        cannot import"),
        (
            FakePytest(4, said="these credentials are not for it"),
            "exit code 4:\n        these credentials are not for it",
        ),
    ],
)
def test_what_could_not_tell_is_never_a_pass(check: Run, fake: FakePytest, why: str) -> None:
    report = check(fake)
    assert report.outcome == "inconclusive"
    with pytest.raises(Inconclusive) as caught:
        require_passed(report)
    assert why in caught.value.render()
    assert "the end-to-end checks of preprod could not tell" in caught.value.render()
    assert "lockage e2e --env preprod -- -v" in caught.value.render()


DEPLOYERS = {
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN": "t",
    "ACTIONS_ID_TOKEN_REQUEST_URL": "https://vault",
    "GITHUB_TOKEN": "t",
    "GITHUB_ENV": "/runner/env",
    "PYTEST_ADDOPTS": "-k nothing",
}
DEPLOYERS_AWS = {
    "AWS_ACCESS_KEY_ID": "deployer",
    "AWS_SECRET_ACCESS_KEY": "deployer",
    "AWS_SESSION_TOKEN": "deployer",
    "AWS_PROFILE": "deployer",
    "AWS_ROLE_ARN": "arn:aws:iam::111111111111:role/platform-deployer",
    "AWS_WEB_IDENTITY_TOKEN_FILE": "/runner/token",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI": "http://localhost/credentials",
}
WHERE = {
    "AWS_REGION": "eu-central-1",
    "AWS_ENDPOINT_URL": "http://localhost:4566",
    "AWS_ENDPOINT_URL_S3": "http://localhost:4567",
    "AWS_CA_BUNDLE": "/etc/ca.pem",
}


@pytest.fixture
def surroundings(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in tuple(os.environ):
        if name.startswith(("AWS_", "ACTIONS_", "GITHUB_", "GH_", "PYTEST_")):
            monkeypatch.delenv(name)
    for name, value in {**DEPLOYERS, **DEPLOYERS_AWS, **WHERE}.items():
        monkeypatch.setenv(name, value)


@pytest.mark.usefixtures("surroundings")
def test_checks_that_act_as_a_role_inherit_no_way_to_be_another(tmp_path: Path) -> None:
    (tmp_path / "tests" / "e2e").mkdir(parents=True)
    fake = FakePytest(0, PASSED)
    keys = {"AWS_ACCESS_KEY_ID": "e2e", "AWS_SECRET_ACCESS_KEY": "e2e", "AWS_SESSION_TOKEN": "e2e"}
    file = tmp_path / "lockage.yaml"
    run_checks(Target(environment="prod", qualifier="7", project_file=file, variables=keys), runner=fake)
    removed = {name for name, value in fake.env.items() if value is None}
    assert removed == (DEPLOYERS.keys() | DEPLOYERS_AWS.keys()) - keys.keys()
    assert keys.items() <= fake.env.items()


@pytest.mark.usefixtures("surroundings")
def test_checks_run_alone_act_as_whoever_runs_them_but_mint_no_tokens(check: Run) -> None:
    fake = FakePytest(0, PASSED)
    check(fake)
    assert {name for name, value in fake.env.items() if value is None} == DEPLOYERS.keys()


@pytest.mark.usefixtures("surroundings")
def test_the_program_itself_sees_nothing_that_is_withheld(tmp_path: Path) -> None:
    folder = tmp_path / "tests" / "e2e"
    folder.mkdir(parents=True)
    seen = tmp_path / "seen"
    folder.joinpath("test_it.py").write_text(
        f"import os, pathlib\ndef test_it(): pathlib.Path({str(seen)!r}).write_text(' '.join(os.environ))\n"
    )
    target = Target(
        environment="prod", qualifier="7", project_file=tmp_path / "lockage.yaml", variables={"AWS_ACCESS_KEY_ID": "e"}
    )
    require_passed(run_checks(target))
    names = set(seen.read_text().split())
    assert names & (DEPLOYERS.keys() | DEPLOYERS_AWS.keys()) == {"AWS_ACCESS_KEY_ID"}
    assert names >= WHERE.keys()


@pytest.mark.usefixtures("surroundings")
def test_the_checks_are_told_what_to_check_and_as_whom(tmp_path: Path) -> None:
    (tmp_path / "tests" / "e2e").mkdir(parents=True)
    fake = FakePytest(0, PASSED)
    target = Target(
        environment="prod",
        qualifier="7",
        project_file=tmp_path / "lockage.yaml",
        variables={"AWS_ACCESS_KEY_ID": "key"},
    )
    run_checks(target, ["-k", "health"], runner=fake)
    assert {name: value for name, value in fake.env.items() if value is not None} == {
        "AWS_ACCESS_KEY_ID": "key",
        "LOCKAGE_ENV": "prod",
        "LOCKAGE_QUALIFIER": "7",
        "LOCKAGE_PROJECT": str(tmp_path / "lockage.yaml"),
    }
    (command,) = fake.commands
    assert command[1:4] == ["-m", "pytest", str(tmp_path / "tests" / "e2e")]
    assert command[-2:] == ["-k", "health"]


def test_without_pytest_it_says_what_to_install(check: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None if name == "pytest" else name)
    with pytest.raises(UsageError) as caught:
        check(FakePytest(0, PASSED))
    assert "pytest is not installed" in caught.value.render()
    assert "nox -s e2e" in caught.value.remedy


def test_a_project_without_checks_is_told_where_they_go(tmp_path: Path) -> None:
    target = Target(environment="preprod", qualifier="live", project_file=tmp_path / "lockage.yaml")
    with pytest.raises(UsageError, match="the project has no end-to-end checks") as caught:
        run_checks(target, runner=FakePytest(0, PASSED))
    assert str(tmp_path / "tests" / "e2e") in caught.value.why
    assert "tests/e2e" in caught.value.remedy


@pytest.mark.parametrize(
    ("fake", "raised", "outcome"),
    [
        (FakePytest(0, PASSED), nullcontext(), "pass"),
        (FakePytest(1, PASSED, FAILED), pytest.raises(ChecksFailed), "fail"),
        (FakePytest(5), pytest.raises(Inconclusive), "inconclusive"),
    ],
    ids=["pass", "fail", "inconclusive"],
)
def test_a_rollout_is_stopped_by_them_and_keeps_what_they_found(
    tmp_path: Path, fake: FakePytest, raised: AbstractContextManager[object], outcome: str
) -> None:
    (tmp_path / "tests" / "e2e").mkdir(parents=True)
    target = Target(environment="preprod", qualifier="live", project_file=tmp_path / "lockage.yaml")
    result = tmp_path / "dist" / "preprod.json"
    checks: Checks = EndToEndChecks(target, result, runner=fake)
    checks.ready()
    assert fake.commands == []
    with raised:
        checks.run()
    assert msgspec.json.decode(result.read_bytes(), type=ChecksReport).outcome == outcome


def test_a_rollout_without_checks_is_stopped_before_anything_changes(tmp_path: Path) -> None:
    target = Target(environment="preprod", qualifier="live", project_file=tmp_path / "lockage.yaml")
    with pytest.raises(UsageError, match="no end-to-end checks"):
        EndToEndChecks(target, tmp_path / "result.json").ready()
