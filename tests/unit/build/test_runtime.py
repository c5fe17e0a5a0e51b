from pathlib import Path

import pytest
from fakes import recipes
from fakes.builder import FakeBuildx, FakeDocker

from lockage.build.bases import Bases
from lockage.build.runtime import Runtime, SdistFailed
from lockage.console import Console
from lockage.errors import Inconclusive
from lockage.plan.recipe import Base
from lockage.tools.buildx import BuildFailed, Export, disk_full

PINNED = Base(reference=recipes.PINNED, digest="sha256:" + "a" * 64)
STANDIN = Base(reference=recipes.PINNED, context="docker-image://standin:1", digest="sha256:" + "c" * 64)
SAID = """\
 > [built 1/2] RUN --mount=type=bind,from=lockage python3 /lockage/sdists.py /sdists /tmp/wheels:
  error: command 'gcc' failed: No such file or directory
ERROR: Failed to build one or more wheels
fast-1.0.tar.gz does not build"""


class Builder(FakeBuildx):
    """Notes what a build was given, and hands back a wheel of every sdist."""

    def __init__(self, fails: BaseException | None = None) -> None:
        super().__init__(fails=fails)
        self.contexts: dict[str, str] = {}
        self.dockerfile = ""
        self.scripts: set[str] = set()

    def export(self, export: Export) -> None:
        self.contexts, self.dockerfile = dict(export.contexts), export.dockerfile.read_text()
        self.scripts = {path.name for path in Path(export.contexts["lockage"]).iterdir()}
        if self.fails:
            raise self.fails
        export.output.mkdir()
        for sdist in Path(export.contexts["sdists"]).iterdir():
            (export.output / f"{sdist.name.removesuffix('.tar.gz')}-py3-none-any.whl").write_text("a wheel")


@pytest.fixture
def sdists(tmp_path: Path) -> Path:
    (tmp_path / "sdists").mkdir()
    (tmp_path / "sdists" / "fast-1.0.tar.gz").write_text("an sdist")
    return tmp_path / "sdists"


def build(builder: Builder, sdists: Path, base: Base = PINNED, platform: str = "linux/amd64") -> Path:
    bases = Bases(FakeDocker("standin:1"), builder, "p")
    wheels = sdists.with_name("wheels")
    Runtime(base, builder, bases, Console()).build(sdists, sdists.with_name("requirements"), wheels, platform)
    return wheels


def refused(fails: BuildFailed, sdists: Path) -> BuildFailed:
    with pytest.raises(BuildFailed) as caught:
        build(Builder(fails), sdists)
    assert [path.name for path in sdists.parent.iterdir()] == ["sdists"], "nothing half-written is left"
    return caught.value


def test_wheels_are_built_in_the_pinned_image_not_as_root_and_from_what_was_fetched(sdists: Path) -> None:
    builder = Builder()
    wheels = build(builder, sdists)
    assert [path.name for path in wheels.iterdir()] == ["fast-1.0-py3-none-any.whl"]
    assert f"FROM {recipes.PINNED} AS built\nUSER 65534:65534\n" in builder.dockerfile
    for fixed in ("SOURCE_DATE_EPOCH=315532800", "PYTHONHASHSEED=0", "LC_ALL=C.UTF-8", "TZ=UTC"):
        assert fixed in builder.dockerfile
    assert builder.contexts.keys() == {"sdists", "requirements", "lockage"}
    assert "sdists.py" in builder.scripts
    assert builder.prepared == 1


def test_a_stand_in_takes_the_image_s_place(sdists: Path) -> None:
    builder = Builder()
    build(builder, sdists, STANDIN)
    assert builder.contexts[recipes.PINNED] == "docker-image://standin:1"


def test_an_sdist_that_gives_no_wheel_is_named_with_the_end_of_its_output(sdists: Path) -> None:
    error = refused(BuildFailed("sdists does not build", why=SAID, remedy="mend it"), sdists)
    assert isinstance(error, SdistFailed)
    assert error.what == "fast-1.0.tar.gz gives no wheel"
    assert error.why.splitlines() == [
        "  error: command 'gcc' failed: No such file or directory",
        "ERROR: Failed to build one or more wheels",
        "fast-1.0.tar.gz does not build",
    ]
    assert "Lambda's images have no compiler" in error.remedy
    assert "use a wheel, of another version or from another index" in error.remedy


@pytest.mark.parametrize(
    "said",
    ["cannot be unpacked: '../../escaped' leads out of it", "is no sdist: it holds 2 folders where one is to be"],
)
def test_one_that_is_malformed_has_another_remedy(sdists: Path, said: str) -> None:
    step = " > [built 1/1] RUN python3 /lockage/sdists.py /sdists /tmp/wheels:"
    failed = BuildFailed("sdists does not build", why=f"{step}\nfast-1.0.tar.gz {said}", remedy="mend it")
    error = refused(failed, sdists)
    assert (error.what, error.why) == ("fast-1.0.tar.gz gives no wheel", f"fast-1.0.tar.gz {said}")
    assert error.remedy.startswith("it was made so by mistake or to do harm: use another version of it, or a wheel")


def test_what_no_sdist_is_to_blame_for_stays_what_it_is(sdists: Path) -> None:
    gone = BuildFailed("sdists does not build", why="ERROR: failed to resolve source metadata", remedy="mend it")
    assert refused(gone, sdists) is gone
    full = disk_full("building sdists", "fast-1.0.tar.gz: no space left on device")
    assert refused(full, sdists) is full


def test_for_another_platform_than_the_engine_s_nothing_is_built(sdists: Path) -> None:
    builder = Builder()
    with pytest.raises(Inconclusive) as caught:
        build(builder, sdists, platform="linux/arm64")
    assert caught.value.what == "sdists for linux/arm64 cannot be built here"
    assert caught.value.why.startswith("the Docker engine runs on linux/amd64")
    assert "docker context use" in caught.value.remedy
    assert caught.value.exit_code == 11
    assert builder.dockerfile == ""


def test_compiling_is_a_step_of_its_own(tmp_path: Path) -> None:
    for name in ("one", "two"):
        (tmp_path / "trees" / name).mkdir(parents=True)
        (tmp_path / "trees" / name / "a.py").write_text(name)
    buildx, console = FakeBuildx(), Console()
    Runtime(PINNED, buildx, Bases(FakeDocker(), buildx, "p"), console).compile(tmp_path / "trees")
    assert [(step.name, step.state, step.reason) for step in console.records] == [("bytecode", "done", "2 compiled")]
    assert (tmp_path / "trees" / "two" / "a.pyc").read_text() == "code of two"
