from pathlib import Path

import pytest

from lockage.errors import LockageError
from lockage.tools.buildx import (
    BUILDKIT,
    Build,
    Builder,
    Buildx,
    Export,
    choose,
    command,
    export_command,
    failure,
)
from lockage.tools.docker import Engine
from lockage.tools.process import Completed

TAKEN = (
    "BUILDX_BUILDER",
    "BUILDX_CONFIG",
    "BUILDX_GIT_LABELS",
    "BUILDKIT_SYNTAX",
    "BUILDKIT_HOST",
    "EXPERIMENTAL_BUILDKIT_SOURCE_POLICY",
    "DOCKER_DEFAULT_PLATFORM",
    "SOURCE_DATE_EPOCH",
)
LEFT = ("DOCKER_HOST", "DOCKER_CONTEXT", "DOCKER_CONFIG")
BUILD = Build(
    name="images/platform/Dockerfile",
    dockerfile=Path("/tmp/x/dockerfile/Dockerfile"),
    context=Path("/tmp/x/lockage-platform"),
    contexts={"sources": "/tmp/x/sources", "base": "docker-image://lockage/platform-base@sha256:1"},
    platform="linux/amd64",
    epoch=1781136000,
    rewrite=False,
    output=Path("dist/.platform-1/layout"),
)


def test_the_engine_s_own_buildkit_builds_where_it_writes_oci_layouts() -> None:
    engine = Engine(version="26.1.5", context="desktop-linux", containerd=True)
    assert choose(engine) == Builder(name="desktop-linux", identity="BuildKit of Docker 26.1.5", container=False)


def test_elsewhere_a_buildkit_pinned_by_digest_does() -> None:
    builder = choose(Engine(version="28.0.0", context="default", containerd=False))
    assert (builder.name, builder.identity, builder.container) == ("lockage", BUILDKIT, True)
    assert "@sha256:" in BUILDKIT


def test_the_options_that_bytes_depend_on_are_all_there() -> None:
    words = [str(word) for word in command(choose(Engine(version="1", context="default", containerd=True)), BUILD)]
    assert words == [
        "docker", "buildx", "build", "--builder", "default",
        "--provenance=false", "--sbom=false", "--network=none", "--progress=plain",
        "--platform", "linux/amd64", "--build-arg", "SOURCE_DATE_EPOCH=1781136000",
        "--file", "/tmp/x/dockerfile/Dockerfile",
        "--build-context", "base=docker-image://lockage/platform-base@sha256:1",
        "--build-context", "sources=/tmp/x/sources",
        "--output", "type=oci,tar=false,dest=dist/.platform-1/layout,compression=gzip,oci-mediatypes=true",
        "/tmp/x/lockage-platform",
    ]  # fmt: skip


def test_what_is_exported_is_made_anew_whatever_buildkit_has_built_before() -> None:
    export = Export(
        name="bytecode",
        dockerfile=Path("/tmp/x/Dockerfile"),
        context=Path("/tmp/x/lockage-x"),
        contexts={"trees": "/tmp/x/trees", "lockage": "/tmp/x/lockage"},
        output=Path("/tmp/x/out"),
    )
    words = [str(word) for word in export_command(Builder(name="default", identity="1", container=False), export)]
    assert words == [
        "docker", "buildx", "build", "--builder", "default",
        "--provenance=false", "--sbom=false", "--network=none", "--progress=plain",
        "--file", "/tmp/x/Dockerfile",
        "--build-context", "lockage=/tmp/x/lockage",
        "--build-context", "trees=/tmp/x/trees",
        "--output", "type=local,dest=/tmp/x/out", "--no-cache", "/tmp/x/lockage-x",
    ]  # fmt: skip


def test_times_are_rewritten_and_caches_left_alone_only_when_asked() -> None:
    build = Build(
        **{**{field: getattr(BUILD, field) for field in BUILD.__struct_fields__}, "rewrite": True, "cache": False}
    )
    words = [str(word) for word in command(choose(Engine(version="1", context="default", containerd=True)), build)]
    assert "--no-cache" in words
    assert words[words.index("--output") + 1].endswith(",rewrite-timestamp=true")


STUB = """#!/bin/sh
env >"$SEEN"
"""


def test_no_variable_of_the_user_s_changes_what_is_built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stub = tmp_path / "docker"
    stub.write_text(STUB)
    stub.chmod(0o755)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    monkeypatch.setenv("SEEN", str(tmp_path / "seen"))
    for name in TAKEN:
        monkeypatch.setenv(name, "x")
    for name in LEFT:
        monkeypatch.setenv(name, "mine")
    Buildx(lambda: choose(Engine(version="1", context="default", containerd=True))).build(BUILD)
    seen = dict(line.split("=", 1) for line in (tmp_path / "seen").read_text().splitlines() if "=" in line)
    assert [name for name in TAKEN if name in seen] == []
    assert [seen[name] for name in LEFT] == ["mine"] * len(LEFT)
    assert seen["BUILDX_NO_DEFAULT_ATTESTATIONS"] == "1"


FAILED_STEP = """\
#12 [test 5/5] RUN opa test /var/task/policy && python3 /imports.py /checks/handlers
#12 0.317 handler scorer.handler.handle does not import: ModuleNotFoundError: No module named 'x' (handler.py, line 3)
#12 ERROR: process "/bin/sh -c opa test" did not complete successfully: exit code: 1
------
 > [test 5/5] RUN opa test /var/task/policy && python3 /imports.py /checks/handlers:
0.317 handler scorer.handler.handle does not import: ModuleNotFoundError: No module named 'x' (handler.py, line 3)
------
Dockerfile:42
--------------------
  41 |     COPY a b
  42 | >>> RUN opa test
--------------------
ERROR: failed to solve: process "/bin/sh -c opa test" did not complete successfully: exit code: 1
"""


def said(stderr: str) -> LockageError:
    return failure(BUILD.name, Completed(code=1, stdout="", stderr=stderr))


def test_a_failed_step_is_shown_with_what_it_printed() -> None:
    assert said(FAILED_STEP).render() == (
        "error: images/platform/Dockerfile does not build\n"
        "  why:  > [test 5/5] RUN opa test /var/task/policy && python3 /imports.py /checks/handlers:\n"
        "        handler scorer.handler.handle does not import: ModuleNotFoundError: "
        "No module named 'x' (handler.py, line 3)\n"
        "  next: mend what the step names and build again; LOCKAGE_DEBUG=1 prints the exact docker command"
    )


@pytest.mark.parametrize(
    ("stderr", "why"),
    [
        (
            "#1 x\nERROR: failed to solve: base@sha256:1: not found\n",
            "ERROR: failed to solve: base@sha256:1: not found",
        ),
        ("odd words\n", "odd words"),
        ("", "docker buildx printed nothing"),
    ],
)
def test_without_a_failed_step_the_last_words_are_shown(stderr: str, why: str) -> None:
    assert said(stderr).why == why


def test_a_full_disk_is_called_that_wherever_it_was_hit() -> None:
    error = said("ERROR: failed to solve: failed to copy: write /x: no space left on device\n")
    assert error.render() == (
        "error: the disk is full: building images/platform/Dockerfile\n"
        "  why:  ERROR: failed to solve: failed to copy: write /x: no space left on device\n"
        "  next: free some space (docker system df; docker buildx prune) and run this again; "
        "what was built before is untouched"
    )
