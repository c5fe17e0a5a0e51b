"""What act does not enforce is held here: permissions, environments, concurrency, identity, pins."""

import importlib
import itertools
import re
import shlex
import tomllib

import pytest
from unit.workflows.graphs import ROOT, Job, Workflow, jobs, pins, sessions, texts, workflows

from lockage.cli.main import VERBS
from lockage.config.load import load
from lockage.config.schema import Project

WORKFLOWS = workflows()
JOBS = dict(jobs())
OWN = {name: job for name, job in JOBS.items() if not job.uses}
WITH_A_ROLE = {name: job for name, job in JOBS.items() if job.takes_a_role}
PROJECT = load(ROOT / "lockage.yaml", Project)

READ = {"contents": "read"}
READ_AND_IDENTITY = {"contents": "read", "id-token": "write"}
ROLES = {
    "release.publish": (PROJECT.registry.account, "publisher", "publish"),
    "release.preprod": (PROJECT.environments["preprod"].account, "deployer", "preprod"),
    "release.e2e": (PROJECT.environments["preprod"].account, "e2e", "preprod-e2e"),
    "release.prod": (PROJECT.environments["prod"].account, "deployer", "prod"),
}
"""Job → account, role and GitHub environment; rollback's depend on its input and are held apart."""

HARMLESS_WITH_IDENTITY = {
    "actions/checkout",
    "actions/download-artifact",
    "aws-actions/configure-aws-credentials",
}
"""Nothing else may run where a token of identity can be had: no scanner, no builder, no cache, no upload."""


def everyjob(table: dict[str, Job]) -> pytest.MarkDecorator:
    return pytest.mark.parametrize(("name", "job"), table.items(), ids=table.keys())


def reaches(workflow: Workflow, job: str, earlier: str) -> bool:
    before = workflow.jobs[job].before
    return earlier in before or any(reaches(workflow, other, earlier) for other in before)


def test_only_these_events_start_a_workflow() -> None:
    assert {stem: set(workflow.on) for stem, workflow in WORKFLOWS.items()} == {
        "build": {"workflow_call"},
        "ci": {"pull_request", "merge_group"},
        "release": {"push"},
        "rollback": {"workflow_dispatch"},
    }
    assert WORKFLOWS["release"].on["push"] == {"branches": ["main"]}


@pytest.mark.parametrize("workflow", WORKFLOWS.values(), ids=WORKFLOWS.keys())
def test_a_workflow_grants_nothing_to_all_its_jobs(workflow: Workflow) -> None:
    assert workflow.permissions == {}


@everyjob(JOBS)
def test_a_job_gets_what_it_needs(name: str, job: Job) -> None:
    identity = name in ROLES or name == "rollback.rollback"
    assert job.permissions == (READ_AND_IDENTITY if identity else READ)


@pytest.mark.parametrize("text", texts().values(), ids=texts().keys())
def test_no_workflow_knows_a_secret(text: str) -> None:
    assert not re.search(r"\bsecrets\b", text)
    assert "github.token" not in text


@everyjob(OWN)
def test_a_job_ends_in_time_on_a_runner_that_stays_the_same(name: str, job: Job) -> None:
    assert 0 < int(job.timeout_minutes) <= 45, name
    assert re.fullmatch(r"ubuntu-\d\d\.04", job.runs_on), "not a moving label"


@pytest.mark.parametrize("text", texts().values(), ids=texts().keys())
def test_actions_are_the_allowed_commits(text: str) -> None:
    allowed = pins()
    for line in re.findall(r"uses: *(.+)", text):
        if line == "./.github/workflows/build.yml":
            continue
        match = re.fullmatch(r"([\w.-]+/[\w.-]+)@([0-9a-f]{40}) # (v\S+)", line)
        assert match, f"not a full commit with its tag: {line}"
        action, commit, tag = match.groups()
        assert action in allowed, f"{action} is not in .github/actions.toml"
        assert (commit, tag) == (allowed[action].commit, allowed[action].tag)


def test_every_allowed_action_is_used() -> None:
    assert {step.action for _, job in jobs() for step in job.steps} - {""} == set(pins())


@everyjob(OWN)
def test_a_command_is_one_call_of_nox_without_an_expression(name: str, job: Job) -> None:
    for step in job.steps:
        if step.run:
            assert "${{" not in step.run, "expressions reach a shell through env only"
            assert re.fullmatch(
                r'\./noxw(?: --install-only| -R| -P "\$PYTHON")? -s [a-z0-9 ]+(?: -- [^;&|`()]+)?', step.run
            ), name


COMMANDS = sorted({step.run for job in OWN.values() for step in job.steps if " -- " in step.run})


@pytest.mark.parametrize("command", COMMANDS)
def test_a_command_is_one_that_its_verb_takes(command: str) -> None:
    (session,) = sessions(command)
    given = shlex.split(command)[shlex.split(command).index("--") + 1 :]
    if session in VERBS and session != "tools":  # tests gives its arguments to pytest, tools installs them
        verb = importlib.import_module(VERBS[session][0]).command
        verb.make_context(session, given)  # raises a usage error for what it does not know or misses


@everyjob(OWN)
def test_a_checkout_leaves_no_credentials_behind(name: str, job: Job) -> None:
    assert job.steps[0].action == "actions/checkout", name
    for step in job.steps:
        if step.action == "actions/checkout":
            assert step.with_ == {"persist-credentials": "false"}


def test_nothing_is_restored_from_a_cache() -> None:
    for _, job in jobs():
        for step in job.steps:
            assert "cache" not in step.action
            assert step.with_.get("cache", "false") == "false"


TRIVY_INPUTS = {
    "skip-setup-trivy": "true",
    "cache": "false",
    "cache-dir": "${{ steps.database.outputs.cache }}",
    "trivy-config": "sbom/trivy.yaml",  # as on a laptop
}
"""No other says what is reported: that is ``sbom/trivy.yaml``'s, which the gate holds to leave nothing out."""


def scanned(name: str) -> dict[str, str]:
    """What the action is told of an artifact: an image's layout, or the tree that the gate unpacked."""
    if name in PROJECT.images:
        return {"input": f"dist/{name}/layout"}
    return {"scan-type": "rootfs", "scan-ref": f"${{{{ steps.database.outputs.tree-{name} }}}}"}


def test_trivy_is_the_locked_binary_for_every_artifact() -> None:
    scan = JOBS["build.scan"]
    steps = [step for step in scan.steps if step.action == "aquasecurity/trivy-action"]
    assert [step.with_["output"] for step in steps] == [f"dist/{name}/findings.json" for name in PROJECT.built]
    for name, step in zip(PROJECT.built, steps, strict=True):
        wanted = {**TRIVY_INPUTS, **scanned(name), "output": f"dist/{name}/findings.json"}
        assert step.with_ == wanted, "an input such as severity or ignore-policy would hide findings"
        assert step.env == {}, "a TRIVY_ variable would too"
    assert scan.env == {"TRIVY_CACHE_BACKEND": "memory"}
    assert [step.run for step in scan.steps if step.run or step in steps] == [
        "./noxw -s tools -- trivy",
        "./noxw -s scan -- --prepare",
        *("" for _ in steps),
        './noxw -s scan -- --findings dist --cache "$CACHE"',
    ]


def test_unit_tests_run_on_every_python_that_is_supported() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    found = (re.fullmatch(r"Programming Language :: Python :: (3\.\d+)", one) for one in project["classifiers"])
    supported = [match[1] for match in found if match]
    assert JOBS["ci.pythons"].strategy == {"fail-fast": "false", "matrix": {"python": supported}}
    assert project["requires-python"] == f">={supported[0]}"


# What may have an identity, and what it may do with it.

OF_OTHERS = {"build", "check", "sbom", "scan", "tools", "tests", "lint", "rehearse"}
"""Sessions that run builders, scanners and compilers."""


def test_builders_and_scanners_have_no_identity() -> None:
    for name, job in OWN.items():
        ran = {session for step in job.steps for session in sessions(step.run)}
        if ran & OF_OTHERS or "aquasecurity/trivy-action" in {step.action for step in job.steps}:
            assert not job.takes_a_role, name
            assert not job.environment, name


@everyjob(WITH_A_ROLE)
def test_a_job_with_an_identity_runs_nothing_of_others(name: str, job: Job) -> None:
    assert {step.action for step in job.steps} - {""} <= HARMLESS_WITH_IDENTITY
    assert job.environment, f"{name}: the environment is part of the subject that the role trusts"


@everyjob(WITH_A_ROLE)
def test_credentials_come_after_everything_is_installed(name: str, job: Job) -> None:
    order = [step.run or step.action for step in job.steps]
    installed, credentials, last = (
        next(n for n, what in enumerate(order) if what.startswith("./noxw --install-only")),
        order.index("aws-actions/configure-aws-credentials"),
        len(order) - 1,
    )
    assert installed < credentials == last - 1, name
    assert order[last].startswith("./noxw -R -s "), "-R installs nothing"
    assert sessions(order[installed]) == sessions(order[last])


@pytest.mark.parametrize("name", ROLES)
def test_a_job_takes_its_own_role_in_its_own_account(name: str) -> None:
    account, role, environment = ROLES[name]
    job = JOBS[name]
    (step,) = (step for step in job.steps if step.action == "aws-actions/configure-aws-credentials")
    assert step.with_["role-to-assume"] == f"arn:aws:iam::{account}:role/{PROJECT.project}-{role}"
    assert step.with_["aws-region"] == PROJECT.registry.region
    assert job.environment == environment


def test_only_the_jobs_of_the_table_take_a_role() -> None:
    assert set(WITH_A_ROLE) == {*ROLES, "rollback.rollback"}


# The release's line.


def test_a_release_passes_every_gate_in_order() -> None:
    line = ["build", "publish", "preprod", "e2e", "prod"]
    release = WORKFLOWS["release"]
    assert [job for job in release.jobs if job != "tools"] == line
    for earlier, later in itertools.pairwise(line):
        assert reaches(release, later, earlier)
    assert not any(job.if_ for job in release.jobs.values()), "a condition could pass a failed gate"
    assert release.jobs["build"].uses == "./.github/workflows/build.yml"
    assert reaches(WORKFLOWS["build"], "scan", "build")


def test_the_publisher_is_handed_by_id_what_was_built_and_apart_from_it_what_was_scanned() -> None:
    taken = [step.with_ for step in JOBS["release.publish"].steps if step.action == "actions/download-artifact"]
    assert taken[1:] == [
        {"artifact-ids": "${{ needs.build.outputs.evidence }}", "path": "evidence"},
        {"artifact-ids": "${{ needs.build.outputs.dist }}", "path": "dist"},
    ], "a scanner's job must not be able to replace an image"
    assert JOBS["release.publish"].steps[-1].env == {
        "LOCKAGE_EVIDENCE": "evidence",
        "LOCKAGE_EXPECT": "${{ needs.build.outputs.artifacts }}",
    }, "the hashes come from the builder's own job, not through an artifact"
    assert JOBS["build.build"].outputs["artifacts"] == "${{ steps.build.outputs.artifacts }}"
    (built,) = (step.run for step in JOBS["build.build"].steps if step.id == "build")
    assert sessions(built) == ["build", "check", "sbom"], "a publisher takes nothing that was not tried"


def test_the_publisher_builds_no_tool_and_is_handed_by_hash_what_pushes() -> None:
    maker, publisher = JOBS["release.tools"], JOBS["release.publish"]
    assert reaches(WORKFLOWS["release"], "publish", "tools")
    assert [step.run for step in maker.steps if step.run] == ["./noxw -s tools -- --hand-over handed crane"]
    assert maker.outputs == {
        "handed": "${{ steps.handed.outputs.artifact-id }}",
        "tools": "${{ steps.install.outputs.tools }}",
    }
    order = [step.run or step.with_.get("path", "") for step in publisher.steps]
    installs = order.index("./noxw --install-only -s push release")
    assert publisher.steps[installs].env == {
        "LOCKAGE_TOOLS": "handed",
        "LOCKAGE_TOOLS_EXPECT": "${{ needs.tools.outputs.tools }}",
    }, "the hash comes from the maker's own job, not through an artifact"
    assert publisher.steps[order.index("handed")].with_["artifact-ids"] == "${{ needs.tools.outputs.handed }}"
    assert order.index("handed") < installs


def test_no_other_job_with_a_role_needs_a_tool() -> None:
    for name, job in WITH_A_ROLE.items():
        installed = {session for step in job.steps for session in sessions(step.run)}
        if name != "release.publish":
            assert installed <= {"release", "deploy", "e2e", "promote", "rollback"}, name


def test_every_environment_gets_the_release_that_was_published() -> None:
    for name in ("release.preprod", "release.prod"):
        last = JOBS[name].steps[-1]
        assert last.env["RELEASE"] == "${{ needs.publish.outputs.release }}"
        assert last.run.endswith('--release "$RELEASE"')


def test_one_release_at_a_time_and_none_is_dropped() -> None:
    assert WORKFLOWS["release"].concurrency == {"group": "release", "queue": "max", "cancel-in-progress": "false"}


# Rollback.


def test_a_rollback_waits_for_nobody() -> None:
    rollback = WORKFLOWS["rollback"]
    assert rollback.concurrency == {
        "group": "rollback-${{ inputs.environment }}",
        "queue": "max",
        "cancel-in-progress": "false",
    }
    job = rollback.jobs["rollback"]
    assert job.environment == "${{ inputs.environment }}-rollback"
    others = {job.environment for name, job in JOBS.items() if name != "rollback.rollback"}
    assert not {f"{name}-rollback" for name in PROJECT.environments} & others, "a reviewer there would hold it up"


def test_a_rollback_offers_the_environments_there_are_in_their_accounts() -> None:
    rollback = WORKFLOWS["rollback"]
    inputs = rollback.on["workflow_dispatch"]["inputs"]
    assert inputs["environment"]["options"] == list(PROJECT.environments)
    assert inputs["release"]["default"] == "previous"
    assert all(given["required"] == "true" for given in inputs.values())
    job = rollback.jobs["rollback"]
    (step,) = (step for step in job.steps if step.action == "aws-actions/configure-aws-credentials")
    arn = "arn:aws:iam::${{ fromJSON(env.ACCOUNTS)[inputs.environment] }}:role/platform-rollback"
    assert step.with_["role-to-assume"] == arn
    accounts = ", ".join(f'"{name}": "{environment.account}"' for name, environment in PROJECT.environments.items())
    assert job.env == {"ACCOUNTS": f"{{{accounts}}}"}
    assert job.steps[-1].env == {
        "ENVIRONMENT": "${{ inputs.environment }}",
        "TO": "${{ inputs.release }}",
        "REASON": "${{ inputs.reason }}",
    }


def test_ci_is_superseded_by_a_newer_push() -> None:
    assert WORKFLOWS["ci"].concurrency == {"group": "ci-${{ github.ref }}", "cancel-in-progress": "true"}
    assert set(WORKFLOWS["ci"].jobs) == {"lint", "tests", "pythons", "build", "rehearsal"}
