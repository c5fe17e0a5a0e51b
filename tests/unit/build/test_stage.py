import os
import shutil
import tarfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from fakes import recipes
from fakes.builder import LOCK

from lockage.build.archive import ArchiveError, entry
from lockage.build.packs import Pack
from lockage.build.stage import (
    Packed,
    only_checks_need,
    packages,
    stage_dockerfile,
    stage_folder,
    stage_packages,
    stage_scripts,
    stage_sources,
    stage_tool,
)
from lockage.errors import LockageError, ToolError
from lockage.oci import layout
from lockage.oci.pack import pack
from lockage.plan.gather import SCRIPTS
from lockage.plan.recipe import STAGING, Lock, Recipe, sha256
from lockage.tools.git import blob


@pytest.mark.parametrize(
    ("path", "out"),
    [
        ("functions/scorer/handler.py", False),
        ("functions/scorer/probe.json", True),
        ("functions/scorer/a_probe.json", False),
        ("functions/policy/decision.rego", False),
        ("functions/policy/decision_test.rego", True),
        ("functions/scorer/test_handler.py", True),
        ("functions/scorer/handler_test.py", True),
        ("functions/scorer/latest.py", False),
        ("functions/scorer/conftest.py", True),
        ("functions/scorer/tests/data.json", True),
        ("functions/tests", False),
    ],
)
def test_what_only_checks_need_stays_out_of_the_image(path: str, *, out: bool) -> None:
    assert only_checks_need(path) is out


def staged(root: Path) -> dict[str, tuple[int, int, str]]:
    return {
        str(path.relative_to(root)): (path.stat().st_mode, int(path.stat().st_mtime), path.read_text())
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name, content in {
        "functions/scorer/handler.py": "def handle(): ...\n",
        "functions/scorer/probe.json": "{}\n",
        "functions/policy/decision.rego": "package decision\n",
        "functions/policy/decision_test.rego": "package decision\n",
        "images/platform/Dockerfile": recipes.ON_BASE,
    }.items():
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text(content)
    return tmp_path


def of_files(project: Path, **changes: Any) -> Recipe:  # noqa: ANN401 - any field
    """The platform's recipe, of the files that stand in the project."""
    recipe = recipes.plan_of(project, recipes.platform(**{"upon": (), **changes})).step("platform").recipe
    assert isinstance(recipe, Recipe)
    return recipe


def refused(project: Path, recipe: Recipe) -> LockageError:
    with pytest.raises(LockageError) as caught:
        stage_sources(project, recipe, project / "sources", project / "checks")
    return caught.value


def test_a_file_that_is_not_what_the_plan_hashed_is_refused(project: Path) -> None:
    recipe = of_files(project)
    (project / "functions/scorer/handler.py").write_text("def other(): .\n")
    error = refused(project, recipe)
    assert error.what == "functions/scorer/handler.py is not what was planned"
    assert error.why == (
        f"planned the blob {recipe.sources[0].files[0].blob}, found {blob(b'def other(): .' + bytes([10]))}"
    )
    for cause in ("edited meanwhile", "--assume-unchanged", "--skip-worktree", "eol", "ident", "LFS"):
        assert cause in error.remedy


def test_a_file_that_is_gone_since_is_refused(project: Path) -> None:
    recipe = of_files(project)
    (project / "functions/scorer/handler.py").unlink()
    error = refused(project, recipe)
    assert (error.what, error.why) == ("functions/scorer/handler.py is not what was planned", "it is not there")


def test_a_file_that_cannot_be_read_is_named(project: Path) -> None:
    recipe = of_files(project)
    (project / "functions/scorer/handler.py").unlink()
    (project / "functions/scorer/handler.py").symlink_to("handler.py")
    error = refused(project, recipe)
    assert error.what == "functions/scorer/handler.py cannot be read"
    assert error.why == "Too many levels of symbolic links"
    assert "let whoever builds read it" in error.remedy


def test_the_dockerfile_is_built_as_planned_and_without_its_neighbours(project: Path) -> None:
    recipe = of_files(project)
    (project / "images/platform/Dockerfile.dockerignore").write_text("*\n")
    staged = stage_dockerfile(project, recipe, project / "dockerfile")
    assert staged.read_bytes() == (project / "images/platform/Dockerfile").read_bytes()
    assert [path.name for path in staged.parent.iterdir()] == ["Dockerfile"]
    (project / "images/platform/Dockerfile").write_text("FROM other\n")
    with pytest.raises(LockageError, match="images/platform/Dockerfile is not what was planned"):
        stage_dockerfile(project, recipe, project / "again")


def test_a_lock_is_read_as_planned(tmp_path: Path) -> None:
    (tmp_path / "requirements.lock").write_text(LOCK)
    lock = Lock(path="requirements.lock", digest=sha256(LOCK.encode()))
    assert [(one.pin.name, one.pin.version) for one in packages(tmp_path, lock)] == [("boto3", "1.0")]
    (tmp_path / "requirements.lock").write_text(LOCK.replace("1.0", "1.1"))
    with pytest.raises(LockageError, match=r"requirements\.lock is not what was planned"):
        packages(tmp_path, lock)


def test_each_source_stands_under_its_last_name_and_checks_get_the_handlers(project: Path) -> None:
    recipe = of_files(
        project,
        sources=(
            recipes.tree("functions/scorer", "handler.py", "probe.json"),
            recipes.tree("functions/policy", "decision.rego", "decision_test.rego"),
        ),
        handlers=("scorer.handler.handle",),
    )
    stage_sources(project, recipe, project / "sources", project / "checks")
    assert list(staged(project / "sources")) == ["policy/decision.rego", "scorer/handler.py"]
    assert list(staged(project / "checks")) == ["handlers", "policy/decision_test.rego", "scorer/probe.json"]
    assert (project / "checks/handlers").read_text() == "scorer.handler.handle\n"


def test_staged_bytes_modes_and_times_are_golden(project: Path) -> None:
    """If this fails on purpose, raise STAGING: equal inputs give other bytes, so old fingerprints must not hold."""
    usual = os.umask(0o027)
    try:
        stage_sources(project, of_files(project), project / "sources", project / "checks")
    finally:
        os.umask(usual)
    assert STAGING == "3"
    assert staged(project / "sources") == {"scorer/handler.py": (0o100644, 315532800, "def handle(): ...\n")}
    assert staged(project / "checks") == {"handlers": (0o100644, 315532800, "")}


def test_a_folder_is_staged_by_what_is_known_of_it(project: Path) -> None:
    (project / "functions/scorer/unknown").write_text("git ignores it\n")
    [tree] = of_files(project).sources
    stage_folder(project, tree, project / "main")
    assert list(staged(project / "main")) == ["handler.py"]
    stage_folder(project, None, project / "empty")
    assert staged(project / "empty") == {}


def test_the_scripts_are_those_that_the_fingerprint_covers(tmp_path: Path) -> None:
    stage_scripts(tmp_path / "lockage")
    expected = {path.name: path.read_text() for path in SCRIPTS.glob("*.py") if path.name != "__init__.py"}
    assert {name: content for name, (_, _, content) in staged(tmp_path / "lockage").items()} == expected
    assert set(expected) == {"bytecode.py", "imports.py", "sdists.py", "wheels.py"}


@pytest.fixture
def program(tmp_path: Path) -> Path:
    path = tmp_path / "installed"
    path.write_text("#!/bin/sh\n")
    path.chmod(0o755)
    return path


OPA = recipes.tool("opa", digest=sha256(b"#!/bin/sh\n"))


def image_of(packed: Packed) -> layout.Layout:
    path, _, digest = packed.context.removeprefix("oci-layout://").partition("@")
    image = layout.read(Path(path))
    assert image.digest == digest
    return image


def layer_of(packed: Packed) -> Path:
    image = image_of(packed)
    return image.blob(image.manifest.layers[0].digest)


def test_a_tool_stands_in_a_folder_below_the_top_and_is_packed_once(tmp_path: Path, program: Path) -> None:
    recipe, cache = recipes.recipe(), tmp_path / "cache"
    first = stage_tool(OPA, program, recipe, cache)
    with tarfile.open(layer_of(first)) as tar:
        assert [(file.name, file.mode) for file in tar] == [("bin", 0o755), ("bin/opa", 0o755)]
    again = stage_tool(OPA, program, recipe, cache)
    assert (again.context, again.reused) == (first.context, True)
    program.write_text("#!/bin/bash\n")
    other = stage_tool(recipes.tool("opa", digest=sha256(b"#!/bin/bash\n")), program, recipe, cache)
    assert not other.reused
    assert other.context != first.context


def test_a_program_that_is_not_the_planned_one_is_refused(tmp_path: Path, program: Path) -> None:
    program.write_text("#!/bin/sh evil\n")
    with pytest.raises(ToolError) as caught:
        stage_tool(OPA, program, recipes.recipe(), tmp_path / "cache")
    assert caught.value.what == f"{program} has the wrong checksum, and was not used"
    assert [path.name for path in (tmp_path / "cache/packed").glob("*/*")] == [".lock"]


def test_a_forged_pack_of_a_tool_is_made_anew(tmp_path: Path, program: Path) -> None:
    recipe, cache = recipes.recipe(), tmp_path / "cache"
    first = stage_tool(OPA, program, recipe, cache)
    place = Path(first.context.removeprefix("oci-layout://").partition("@")[0])
    (tmp_path / "forged/bin").mkdir(parents=True)
    (tmp_path / "forged/bin/opa").write_text("#!/bin/sh evil\n")
    shutil.rmtree(place)
    pack(tmp_path / "forged", place, recipe.platform)
    again = stage_tool(OPA, program, recipe, cache)
    assert (again.context, again.reused) == (first.context, False)


PACKS = (
    Pack(key="1", entries=(entry("six.py", b"SIX = 6\n" * 100), entry("six.pyc", b"code"), entry("ns/a.py", b""))),
    Pack(key="2", entries=(entry("ns/b.py", b"b"), entry("tool", b"#!", executable=True), entry("ns/a.py", b""))),
)


def stage(
    cache: Path, packs: Sequence[Pack] = PACKS, *, keys: Sequence[str] = "12", platform: str = "linux/amd64"
) -> Packed:
    return stage_packages(keys, lambda: packs, platform, cache)


def test_packages_stand_below_a_folder_as_they_stand_in_archives(tmp_path: Path) -> None:
    with tarfile.open(layer_of(stage(tmp_path))) as tar:
        found = {one.name: (one.mode, stream.read() if (stream := tar.extractfile(one)) else None) for one in tar}
    assert found == {
        "packages": (0o755, None),
        "packages/ns": (0o755, None),
        "packages/ns/a.py": (0o644, b""),
        "packages/ns/b.py": (0o644, b"b"),
        "packages/six.py": (0o644, b"SIX = 6\n" * 100),
        "packages/six.pyc": (0o644, b"code"),
        "packages/tool": (0o755, b"#!"),
    }


def test_packages_that_were_packed_are_not_asked_for_again(tmp_path: Path) -> None:
    first = stage(tmp_path)

    def never() -> Sequence[Pack]:
        raise AssertionError

    again = stage_packages("12", never, "linux/amd64", tmp_path)
    assert (again.context, first.reused, again.reused) == (first.context, False, True)


@pytest.mark.parametrize("harm", [Path.unlink, lambda layer: layer.write_bytes(b"x" * layer.stat().st_size)])
def test_packages_whose_layout_was_harmed_are_packed_again(tmp_path: Path, harm: Callable[[Path], object]) -> None:
    first = stage(tmp_path)
    harm(layer_of(first))
    again = stage(tmp_path)
    assert (again.context, again.reused) == (first.context, False)


def test_packages_that_bring_different_files_of_one_name_leave_nothing_in_the_cache(tmp_path: Path) -> None:
    other = Pack(key="3", entries=(entry("six.py", b"SIX = 7\n"),))
    with pytest.raises(ArchiveError, match=r"two files are called six\.py"):
        stage(tmp_path, (*PACKS, other))
    assert [path.name for path in (tmp_path / "packed").glob("*/*")] == [".lock"]


def test_other_packs_and_platforms_have_layouts_of_their_own(tmp_path: Path) -> None:
    found = [stage(tmp_path), stage(tmp_path, keys="21"), stage(tmp_path, platform="linux/arm64"), stage(tmp_path)]
    assert len({one.context.partition("@")[0] for one in found}) == 3
    assert [one.reused for one in found] == [False, False, False, True]
