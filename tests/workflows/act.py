"""Runs a workflow's graph on this machine: its own steps are real, others' actions are the stand-ins beside this file.

act knows nothing of `permissions`, `environment` and `concurrency`: tests/unit/workflows holds those, and the stand-in
for credentials refuses what GitHub and AWS would.
"""

import json
import os
import shutil
import sys
from collections import defaultdict
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from unit.workflows.graphs import ROOT, pins

from lockage.config.schema import Github
from lockage.tools.process import run

STAND_INS = Path(__file__).parent / "actions"
_USERS_OWN = ("AWS_", "GITHUB_", "NOX", "PYTEST_", "TRIVY_", "UV_PROJECT_ENVIRONMENT", "UV_PYTHON", "VIRTUAL_ENV")
"""Variables of whoever runs the tests, their session's environment included, which a job on GitHub would not see."""

_NOT_HERE = {
    "  queue: max\n": "",  # younger than act 0.2.89, which refuses the key and ignores the section
    'python: ["3.11", "3.12", "3.13", "3.14"]': f'python: ["{sys.version_info.major}.{sys.version_info.minor}"]',
}
"""What a checkout's workflows hold that cannot be had on this machine, and what stands there instead: of Pythons, this
one."""


class Outcome(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a run."""

    jobs: dict[str, str]
    """Key of each job that ran → *success* or *failure*, in the order they ended."""
    said: dict[str, str]
    """``job: step`` → what it printed."""
    failed: tuple[str, ...]
    """``job: step`` of each step that failed, with what it printed."""
    errors: tuple[str, ...]
    """Each annotation: its title, then what it says."""


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """A run and where its workspaces and artifacts are."""

    folder: Path
    outcome: Outcome


def checkout(target: Path, repository: str) -> Path:
    """A repository with one commit that holds this working tree, changes and new files included.

    Args:
        target: where to.
        repository: ``owner/name``, which becomes the job's.
    """
    run(["git", "init", "--quiet", "--initial-branch=main", target])
    listed = run(["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"], cwd=ROOT).stdout
    for name in filter(None, listed.split("\0")):
        if (ROOT / name).is_file():
            copy = target / name
            copy.parent.mkdir(parents=True, exist_ok=True)
            copy.write_bytes((ROOT / name).read_bytes())
            copy.chmod((ROOT / name).stat().st_mode)
    for workflow in (target / ".github" / "workflows").glob("*.yml"):
        for there, here in _NOT_HERE.items():
            workflow.write_text(workflow.read_text().replace(there, here))
    run(["git", "remote", "add", "origin", f"https://github.com/{repository}.git"], cwd=target)
    commit(target)
    return target


def commit(tree: Path) -> None:
    """Commit everything in a tree."""
    run(["git", "add", "--all"], cwd=tree)
    who = ["-c", "user.name=Tests", "-c", "user.email=tests@example.com"]
    alone: dict[str, str | None] = {"GIT_CONFIG_GLOBAL": os.devnull}  # no hooks and no signing of the user's
    run(["git", *who, "commit", "--quiet", "--message", "The tree under test"], cwd=tree, env=alone)


def hand_over(run_folder: Path, tree: Path) -> None:
    """Lay what an earlier run built and judged into a tree, so that a run there reuses it."""
    for artifact in ("dist", "evidence"):
        [made] = (run_folder / "artifacts").glob(f"*/{artifact}")
        shutil.copytree(made, tree / "dist", copy_function=os.link, dirs_exist_ok=True)


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """act on this machine."""

    program: Path
    github: Github
    """The repository that jobs say they belong to."""
    env: Mapping[str, str]
    """For every step of every job."""

    def play(self, tree: Path, event: str, workflow: str, *, folder: Path, **choice: str) -> Outcome:
        """Run a workflow for an event; jobs that fail are an outcome, not an error.

        Args:
            tree: a repository, as ``checkout`` makes one.
            event: such as ``push``.
            workflow: file name without its ending.
            folder: where workspaces and artifacts of this run go.
            choice: inputs of ``workflow_dispatch``.
        """
        completed = run(
            [
                self.program,
                event,
                *("--directory", tree),
                *("--workflows", tree / ".github" / "workflows" / f"{workflow}.yml"),
                *("--platform", "ubuntu-24.04=-self-hosted"),
                *("--action-cache-path", folder / "workspaces"),
                *("--no-cache-server", "--pull=false", "--use-gitignore=false", "--json"),
                *_each("--local-repository", [f"{used}={stand_in}" for used, stand_in in _stand_ins()]),
                *_each("--env", [f"{name}={value}" for name, value in self._given(folder).items()]),
                *_each("--input", [f"{name}={value}" for name, value in choice.items()]),
            ],
            env={name: None for name in os.environ if name.startswith(_USERS_OWN)},
            ok=(0, 1),
            timeout=1800,
        )
        lines = [json.loads(line) for line in completed.stdout.splitlines() if line.startswith("{")]
        if not any("jobResult" in line for line in lines):
            raise AssertionError(f"act ran no job:\n{completed.stdout}{completed.stderr}")
        return _outcome(lines)

    def _given(self, folder: Path) -> dict[str, str]:
        return {
            **self.env,
            "STANDIN_ARTIFACTS": str(folder / "artifacts"),
            "STANDIN_OWNER_ID": self.github.owner_id,
            "STANDIN_REPOSITORY_ID": self.github.repository_id,
            "STANDIN_PYTHON": sys.executable,
            "TERM": "dumb",  # act gives steps a terminal, GitHub does not
        }


def _stand_ins() -> list[tuple[str, Path]]:
    return [(f"{name}@{pin.commit}", STAND_INS / name.partition("/")[2]) for name, pin in pins().items()]


def _each(option: str, values: list[str]) -> list[str]:
    return [part for value in values for part in (option, value)]


def _outcome(lines: list[dict[str, Any]]) -> Outcome:
    said: dict[str, str] = defaultdict(str)
    for line in lines:
        if line.get("raw_output"):
            said[_step(line)] += line["msg"]
    failures = (line for line in lines if line.get("stepResult") == "failure" and len(line["stepID"]) == 1)
    return Outcome(
        jobs={line["jobID"]: line["jobResult"] for line in lines if "jobResult" in line},
        said=said,
        failed=tuple(f"{_step(line)}\n{said[_step(line)]}" for line in failures),
        errors=tuple(f"{line['kvPairs']['title']}\n{line['arg']}" for line in lines if line.get("command") == "error"),
    )


def _step(line: dict[str, Any]) -> str:
    return f"{line['jobID']}: {line['step']}"
