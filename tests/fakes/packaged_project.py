"""A small project with one function of each packaging, in a git tree of its own; nothing in it can be built."""

import os
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec

from fakes.oci import write_layout
from lockage.config.schema import Project
from lockage.model.artifact import ImageArtifact, Input, LayerArtifact, ZipArtifact
from lockage.model.dist import DistDir
from lockage.model.ids import Digest, Fingerprint

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
RUNTIME = "public.ecr.aws/lambda/python:3.13@sha256:" + "a" * 64

PROJECT: dict[str, Any] = {
    "version": 1,
    "project": "platform",
    "images": {
        "platform": {
            "dockerfile": "images/platform/Dockerfile",
            "requirements": "images/platform/requirements.lock",
            "sources": ["functions/common", "functions/scorer", "functions/remediator"],
            "repository": "platform",
        }
    },
    "zips": {
        "dashboard": {"requirements": "functions/dashboard/requirements.lock", "sources": ["functions/dashboard"]},
        "ingestion": {"sources": ["functions/ingestion"], "layers": ["dependencies", "common"]},
    },
    "layers": {
        "dependencies": {"requirements": "layers/dependencies/requirements.lock"},
        "common": {"sources": ["functions/common"]},
    },
    "runtimes": {"python3.13": RUNTIME},
    "functions": {
        "scorer": {"image": "platform", "handler": "scorer.handler.handle", "probe": "probe.json"},
        "remediator": {"image": "platform", "handler": "remediator.handler.handle", "probe": "probe.json"},
        "dashboard": {
            "zip": "dashboard",
            "handler": "dashboard.handler.handle",
            "probe": "probe.json",
            "cold_start_ms": 1000,
        },
        "ingestion": {"zip": "ingestion", "handler": "ingestion.handler.handle", "probe": "probe.json"},
    },
    "registry": {"account": "222222222222", "region": "eu-central-1", "store": "platform-releases"},
    "environments": {"preprod": {"account": "111111111111", "region": "eu-central-1"}},
}
FILES = {
    "images/platform/Dockerfile": "FROM scratch\n",
    "images/platform/requirements.lock": "one\n",
    "functions/common/log.py": "",
    "functions/scorer/handler.py": "",
    "functions/remediator/handler.py": "",
    "functions/dashboard/handler.py": "",
    "functions/dashboard/requirements.lock": "two\n",
    "functions/ingestion/handler.py": "",
    "layers/dependencies/requirements.lock": "one\n",
    "probe.json": "{}",
}
ZERO = "sha256:" + "0" * 64


def project(**changes: Any) -> Project:  # noqa: ANN401 - any field
    return msgspec.convert({**PROJECT, **changes}, Project)


def write_project(root: Path) -> None:
    """The project's files, committed 40 days ago; JSON is YAML."""
    for path, text in {**FILES, "lockage.yaml": msgspec.json.encode(PROJECT).decode()}.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    _git(root, "init", "--quiet")
    commit(root, 40)


def change(root: Path, path: str, days_ago: int) -> None:
    """One more commit that touches a file."""
    file = root / path
    file.write_text(f"{file.read_text()}# {days_ago}\n")
    commit(root, days_ago)


def commit(root: Path, days_ago: int) -> None:
    when = (NOW - timedelta(days=days_ago)).isoformat()
    person = ("-c", "user.name=t", "-c", "user.email=t@example.com")
    _git(root, "add", "--all")
    _git(root, *person, "commit", "--quiet", "--message", "m", when=when)


def _git(root: Path, *arguments: str, when: str = "") -> None:
    environment = {**os.environ, **({"GIT_AUTHOR_DATE": when, "GIT_COMMITTER_DATE": when} if when else {})}
    subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, env=environment)  # noqa: S603 - the test's own words


def put_zip(dist: DistDir, name: str, size: int, unpacked: int, *, layer: bool = False) -> None:
    """A zip or layer that only its description says was built."""
    kind = LayerArtifact if layer else ZipArtifact
    artifact = kind(
        name=name,
        digest=Digest(ZERO),
        fingerprint=Fingerprint(ZERO),
        platform="linux/amd64",
        runtime="python3.13",
        size=size,
        unpacked=unpacked,
        inputs=(),
    )
    dist.write_artifact(dist.folder(name), artifact)


def put_image(dist: DistDir, name: str, *tools: str) -> None:
    """An image of 4 bytes in its task root, and 6 elsewhere."""
    digest = write_layout(dist.layout(name), layers=[{"var/task/handler.py": b"four", "usr/bin/opa": b"sixsix"}])
    artifact = ImageArtifact(
        name=name,
        digest=Digest(digest),
        fingerprint=Fingerprint(ZERO),
        platform="linux/amd64",
        size=100,
        unpacked=10_240,
        layers=(),
        inputs=tuple(Input(kind="tool", name=tool, digest=ZERO) for tool in tools),
    )
    dist.write_artifact(dist.folder(name), artifact)
