"""One embedded AWS for all graphs, made as Terraform makes the real one, and one tree that they check out."""

import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace
from unit.workflows.graphs import ROOT
from workflows.act import Act, Run, checkout

from lockage.config.load import LOCAL_NAME, load_local, load_project
from lockage.config.schema import Github, Project
from lockage.rehearsal import kinds, resources, runtimes
from lockage.rehearsal.embedded import EmbeddedAws
from lockage.rehearsal.operator import Operator
from lockage.rehearsal.policies import document_json
from lockage.rehearsal.provision import mark, provision
from lockage.tools.locked import Locked
from lockage.tools.process import run

Operators = Callable[[str, str], Operator]

_NO_RELEASE_YET = f"sha256:{'0' * 64}"
"""What functions name until their first release; the embedded AWS does not look, and nobody calls them."""


@pytest.fixture(scope="session")
def project() -> Project:
    return load_project(ROOT / "lockage.yaml", files=False)


@pytest.fixture(scope="session")
def github(project: Project) -> Github:
    assert project.github, "the roles trust nobody"
    return project.github


@pytest.fixture(scope="session")
def aws(project: Project, tmp_path_factory: pytest.TempPathFactory) -> Iterator[EmbeddedAws]:
    registry, parent = project.registry, tmp_path_factory.mktemp("aws")
    images = runtimes.images(project, load_local(ROOT / "lockage.yaml"))
    embedded = EmbeddedAws(account=registry.account, region=registry.region, parent=parent, runtimes=images)
    try:
        embedded.start()
        _terraform(embedded, project)
        yield embedded
    finally:
        embedded.stop()


@pytest.fixture(scope="session")
def act(aws: EmbeddedAws, github: Github) -> Act:
    """A job's AWS is the embedded one; the job has no credentials until it takes a role."""
    return Act(
        program=Locked().path("act").path,
        github=github,
        env={
            "AWS_ENDPOINT_URL": aws.endpoint,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": f"{aws.host},localhost,127.0.0.1",
        },
    )


@pytest.fixture(scope="session")
def tree(aws: EmbeddedAws, github: Github, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A checkout; the wrapper's environment is made once here, on GitHub in every job."""
    made = checkout(tmp_path_factory.mktemp("checkout") / "tree", github.repository)
    local = load_local(ROOT / "lockage.yaml")
    mirrored = replace(local, mirrors=replace(local.mirrors, registry=aws.registry))
    (made / LOCAL_NAME).write_bytes(msgspec.json.encode(mirrored))
    run([made / "noxw", "--version"])
    return made


@pytest.fixture(scope="session")
def operators(aws: EmbeddedAws) -> Operators:
    return lambda account, region: Operator(aws, account, region)


@pytest.fixture(scope="session")
def released(act: Act, tree: Path, tmp_path_factory: pytest.TempPathFactory) -> Run:
    """The tree's commit after a push to main; what stands in this repository's ``dist/`` is reused where it fits."""
    folder = tmp_path_factory.mktemp("release")
    if (ROOT / "dist").is_dir():
        judged = ("findings.json", "verdict.json")  # the scan's
        ignored = shutil.ignore_patterns(".*", "rehearsal", "checks", "timings.json", *judged)
        shutil.copytree(ROOT / "dist", tree / "dist", copy_function=os.link, ignore=ignored)
    try:
        return Run(folder=folder, outcome=act.play(tree, "push", "release", folder=folder))
    finally:
        shutil.rmtree(tree / "dist", ignore_errors=True)  # others copy the tree, and have all handed over


def _terraform(aws: EmbeddedAws, project: Project) -> None:
    """The whole table, with what a rehearsal leaves out: the jobs' roles trust GitHub's tokens, and nobody else."""

    def operator(account: str, region: str) -> Operator:
        return Operator(aws, account, region)

    table = resources.resources(project)
    provision(operator, table, lambda repository: f"{aws.registry}/{repository}@{_NO_RELEASE_YET}")
    for role in table:
        if isinstance(role, kinds.Role):
            operator(role.account, role.region).client("iam").update_assume_role_policy(
                RoleName=role.name, PolicyDocument=document_json(role.trust)
            )
    for account, region in {(made.account, made.region) for made in table}:
        mark(operator(account, region), project.project)
