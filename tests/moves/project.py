"""A project for stories of its own: a git tree of the first release, and the patches that make the later ones."""

import difflib
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import msgspec
from fakes.shop import ROOT, pinned_runtime

from lockage.rehearsal.checkout import MATERIAL

Files = Mapping[str, str]
"""Path below the project → text."""

LOCK = "functions/dashboard/requirements.lock"
_CHECK = """\
import json
import os
from pathlib import Path

import boto3

DECLARED = json.loads(Path(os.environ["LOCKAGE_PROJECT"]).read_text())


def test_every_function_answers():
    lambda_ = boto3.client("lambda", region_name=DECLARED["registry"]["region"])
    for name in DECLARED["functions"]:
        alias = f"{DECLARED['project']}-{name}:{os.environ['LOCKAGE_QUALIFIER']}"
        answer = lambda_.invoke(FunctionName=alias, Payload=b'{"lockage": {"probe": true}}')
        assert "FunctionError" not in answer, answer["Payload"].read()
"""


def write(root: Path, releases: Sequence[Files]) -> Path:
    """Write and commit a project; returns its lockage.yaml.

    Args:
        root: where; must not exist.
        releases: what differs between them, all files each; the first release's are there from the beginning.
    """
    for folder in ("functions/common", "functions/dashboard", "sbom"):
        shutil.copytree(ROOT / folder, root / folder, ignore=shutil.ignore_patterns("__pycache__"))
    patches = {
        f"{MATERIAL}/release-{number}.patch": _patch(before, after)
        for number, (before, after) in enumerate(pairwise(releases), 2)
    }
    first = {**releases[0], **patches, "tests/e2e/test_answers.py": _CHECK, ".gitignore": "dist/\n"}
    for path, text in first.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    git = ("git", "-c", "user.name=test", "-c", "user.email=test@localhost")
    for arguments in (("init", "--quiet"), ("add", "--all"), ("commit", "--quiet", "--message", "first")):
        subprocess.run([*git, *arguments], cwd=root, check=True)  # noqa: S603 - the test's own words
    return root / "lockage.yaml"


def declared(**parts: object) -> str:
    """A lockage.yaml of one environment."""
    account = {"region": "eu-central-1"}
    whole: dict[str, Any] = {
        "version": 1,
        "project": "shop",
        "runtimes": {"python3.13": pinned_runtime()},
        **parts,
        "registry": {"account": "222222222222", **account, "store": "shop-releases"},
        "environments": {"only": {"account": "111111111111", **account}},
    }
    return msgspec.json.format(msgspec.json.encode(whole)).decode() + "\n"


def _patch(before: Files, after: Files) -> str:
    assert before.keys() == after.keys()
    return "".join(
        line
        for path, text in before.items()
        for line in difflib.unified_diff(
            text.splitlines(keepends=True), after[path].splitlines(keepends=True), f"a/{path}", f"b/{path}"
        )
    )
