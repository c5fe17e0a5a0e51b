"""The rehearsal itself, from outside: what it proves it asks of the embedded AWS. Here is held that it tells the truth
about how it ended, that it leaves nothing behind, and that two at once do not meet.
"""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Collection, Iterator
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

import boto3
import pytest
from botocore.config import Config

from lockage.config.load import load_project
from lockage.config.schema import Environment
from lockage.rehearsal.checkout import clone
from lockage.rehearsal.engine import containers, remove_containers, remove_images

pytestmark = [pytest.mark.aws, pytest.mark.tools]

ROOT = Path(__file__).parents[2]
ENDS_SECONDS = 1200
PROJECT = load_project(ROOT / "lockage.yaml", files=False)
MADE: dict[str, Collection[str]] = {
    "image": PROJECT.images,
    "zip": PROJECT.zips,
    "layer": PROJECT.layers,
    "sbom": PROJECT.built,
}
RUN = {PROJECT.runs(function) for function in PROJECT.functions}
REUSED = [*(f"{kind} {name}" for kind, names in MADE.items() for name in names), *(f"check {name}" for name in RUN)]


class Run:
    """A rehearsal under way.

    Args:
        tree: the project's folder.
        arguments: more for ``lockage rehearse``.
    """

    def __init__(self, tree: Path, *arguments: str) -> None:
        self.tree = tree
        self.folder = tree.parent / f"out-{time.monotonic_ns()}"
        self.folder.mkdir()
        with (self.folder / "out").open("w") as out, (self.folder / "err").open("w") as err:
            self.process = subprocess.Popen(  # noqa: S603 - this program
                [Path(sys.executable).with_name("lockage"), "rehearse", *arguments],
                cwd=tree,
                stdout=out,
                stderr=err,
                env={**os.environ, "GITHUB_STEP_SUMMARY": str(self.folder / "summary.md")},
                start_new_session=True,
            )

    @property
    def told(self) -> str:
        """What it told while it ran."""
        return (self.folder / "err").read_text()

    @property
    def summary(self) -> str:
        """What it printed at the end."""
        return (self.folder / "out").read_text()

    @property
    def markdown(self) -> str:
        """What it wrote for GitHub's step summary."""
        return (self.folder / "summary.md").read_text()

    def ended(self) -> int:
        """Its exit code."""
        return self.process.wait(timeout=ENDS_SECONDS)

    def until(self, said: str) -> None:
        """Wait until it has told something."""
        deadline = time.monotonic() + ENDS_SECONDS
        while said not in self.told:
            assert self.process.poll() is None, self.told
            assert time.monotonic() < deadline, self.told
            time.sleep(0.05)

    def timings(self) -> dict[str, Any]:
        """Its steps, by name."""
        run = json.loads((self.tree / "dist" / "timings.json").read_bytes())["verbs"]["rehearse"]
        return {step["name"]: step for step in run["steps"]}


class Pair(NamedTuple):
    """Two rehearsals that ran at once in one tree."""

    plain: Run
    kept: Run
    """Was told to leave everything up."""


@pytest.fixture
def tree(tmp_path: Path) -> Iterator[Path]:
    """A tree of its own; whatever a run leaves is removed."""
    yield dirty(tmp_path)
    remove_all(tmp_path)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """Both ended; what the second left is still up."""
    folder = tmp_path_factory.mktemp("pair")
    shared = dirty(folder)
    runs = Pair(plain=Run(shared), kept=Run(shared, "--keep"))
    try:
        for run in runs:
            assert run.ended() == 0, run.told
        yield runs
    finally:
        remove_all(folder)


def dirty(folder: Path) -> Path:
    """A clone with an uncommitted change, and with what was built here before."""
    tree = clone(ROOT, folder / "tree")
    if (ROOT / "dist").is_dir():
        shutil.copytree(ROOT / "dist", tree / "dist", ignore=shutil.ignore_patterns(".*", "lockage-*"))
    with (tree / "functions" / "policy" / "decision.rego").open("a") as file:
        file.write("\n# not committed\n")
    return tree


def remove_all(folder: Path) -> None:
    """Remove the containers that are left of runs told of in a folder."""
    for told in (out / "err" for out in folder.glob("out-*")):
        for label in labels(port_of(told.read_text())):
            remove_containers(label)


def port_of(told: str) -> str:
    """Where the embedded AWS of a run listened; empty if it never did."""
    found = re.search(r"embedded AWS .*?:(\d+), IAM", told)
    return found[1] if found else ""


def labels(port: str) -> list[str]:
    """What the containers carry that are left of the embedded AWS that listened there."""
    every = subprocess.run(
        ["docker", "ps", "--all", "--format", '{{.Label "ministack.instance"}}'],
        check=True,
        capture_output=True,
        text=True,
    ).stdout.split()
    return [f"ministack.instance={label}" for label in set(every) if label.endswith(f":{port}")]


def holds_nothing(run: Run) -> None:
    """Nothing of a run is left: no container, no image, no process, no folder."""
    port = port_of(run.told)
    assert port, run.told
    assert labels(port) == []
    assert remove_images(f"localhost:{port}") == 0
    assert not [path for path in (run.tree / "dist" / "rehearsal").iterdir() if path.name.startswith("lockage-")]
    assert not processes(port)


def processes(port: str) -> list[str]:
    """Command lines of the processes that serve a port."""
    lines = []
    for path in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            lines.append(path.read_bytes().replace(b"\0", b" ").decode(errors="replace"))
        except OSError:
            continue  # it ended meanwhile
    return [line for line in lines if f":{port} " in line]


def test_two_at_once_in_a_dirty_tree_pass(pair: Pair) -> None:
    for run in pair:
        assert "Rehearsal passed: platform at" in run.summary
        assert "with uncommitted changes" in run.summary
        assert re.search(r"release 1 .* preprod: good; prod: good, serving", run.summary)
        assert re.search(r"release 2 .* preprod: good, serving; prod: bad", run.summary)
        assert re.search(r"release 3 .* preprod: bad$", run.summary, re.MULTILINE)
        assert "### Rehearsal passed" in run.markdown
    assert "| clean up |" in pair.plain.markdown, "the time that is told is that of all of it"
    assert len({port_of(run.told) for run in pair}) == 2
    assert not subprocess.run(
        ["git", "log", "--all", "--format=%an", "--author=rehearsal"],
        cwd=pair.plain.tree,
        check=True,
        capture_output=True,
    ).stdout


def test_of_release_2_the_dashboard_differs_by_its_memory_alone(pair: Pair) -> None:
    """Asked of the embedded AWS that is still up: preprod serves release 2, and prod serves release 1 again."""
    two, one = (served(pair.kept, PROJECT.environments[name], "dashboard") for name in ("preprod", "prod"))
    assert (two["MemorySize"], one["MemorySize"]) == (640, PROJECT.functions["dashboard"].memory_mb)
    assert two["CodeSha256"] == one["CodeSha256"]


def served(run: Run, place: Environment, function: str) -> dict[str, Any]:
    """The configuration of the version that a function's alias serves in an account of a kept run."""
    session = boto3.Session(aws_access_key_id=place.account, aws_secret_access_key="any", region_name=place.region)  # noqa: S106 - the emulator takes any
    endpoint = re.search(r"AWS_ENDPOINT_URL=(\S+)", run.told)
    assert endpoint
    lambda_ = session.client("lambda", endpoint_url=endpoint[1], config=Config(proxies={}))
    answer = lambda_.get_function(FunctionName=PROJECT.function_name(function), Qualifier=place.alias)
    configuration: dict[str, Any] = answer["Configuration"]
    return configuration


def test_what_is_kept_can_be_looked_at_and_removed_as_it_says(pair: Pair) -> None:
    run = pair.kept
    looking, _, removing = run.told.partition("To remove it:\n")
    (label,) = labels(port_of(run.told))
    assert containers(label), "the one that ended beside it took nothing of it away"
    assert f"docker ps --filter label={label}" in looking
    subprocess.run(["sh", "-eu", "-c", removing], check=True, capture_output=True)  # noqa: S603 - the lines under test
    deadline = time.monotonic() + 20
    while processes(port_of(run.told)):
        assert time.monotonic() < deadline
        time.sleep(0.1)
    for one in pair:
        holds_nothing(one)


def test_with_nothing_changed_everything_is_reused(pair: Pair) -> None:
    run = Run(pair.plain.tree)
    assert run.ended() == 0, run.told
    steps = run.timings()
    for release, step in product((1, 2, 3), REUSED):
        assert steps[f"release {release}: {step}"]["state"] == "reused"
    assert all(step["reason"] for step in steps.values() if step["state"] in {"reused", "skipped"})


def test_an_interrupt_leaves_nothing(tree: Path) -> None:
    run = Run(tree)
    run.until("preprod: shift live of")
    assert labels(port_of(run.told)), "functions ran in containers"
    os.killpg(run.process.pid, signal.SIGINT)
    assert run.ended() == 130
    assert "Rehearsal passed" not in run.summary
    holds_nothing(run)


def test_being_told_to_end_leaves_nothing(tree: Path) -> None:
    run = Run(tree)
    run.until("push platform")
    run.process.send_signal(signal.SIGTERM)
    run.process.send_signal(signal.SIGTERM)
    assert run.ended() == 128 + signal.SIGTERM
    holds_nothing(run)


def test_a_handler_that_does_not_import_ends_it_with_the_same_summary(tree: Path) -> None:
    with (tree / "functions" / "scorer" / "handler.py").open("a") as file:
        file.write("\nimport not_there\n")
    run = Run(tree)
    assert run.ended() not in {0, 70}
    assert "Rehearsal FAILED" in run.summary
    assert "(at: release 1: image platform)" in run.summary
    assert "not_there" in run.told
    assert "next:" in run.told
    assert "### Rehearsal FAILED" in run.markdown
    assert run.timings()["release 1: image platform"]["state"] == "failed"
    holds_nothing(run)


def test_a_missing_permission_is_named_with_its_role(tree: Path) -> None:
    file = tree / "lockage.yaml"
    text = file.read_text()
    granted = '      - to: topic.decisions\n        actions: ["sns:Publish"]\n'
    assert granted in text
    file.write_text(text.replace(granted, ""))
    run = Run(tree)
    assert run.ended() == 14, run.told
    assert "Rehearsal FAILED" in run.summary
    assert "assumed-role/platform-scorer/" in run.told
    assert "not authorized to perform: sns:Publish" in run.told
    assert "role platform-scorer lacks sns:Publish: add it to the function's `grants` in lockage.yaml" in run.told
    holds_nothing(run)
