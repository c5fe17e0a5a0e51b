import zlib
from collections.abc import Mapping
from pathlib import Path

import pytest

from lockage.build.packages import Packages, Target, key
from lockage.build.packs import Pack, PackStore
from lockage.plan.requirements import Pin, parse
from lockage.tools.buildx import BuildFailed
from lockage.tools.uv import DependencyError, Uv

TARGET = Target(python="3.13", platform="linux/amd64", compiler="sha256:1")
HASH = "--hash=sha256:" + "a" * 64


def pins(*requirements: str) -> tuple[Pin, ...]:
    return parse("requirements.lock", "".join(f"{one} {HASH}\n" for one in requirements))


class Index(Uv):
    """Unpacks packages that it knows; a requirement with a marker is not for the target."""

    def __init__(self, files: Mapping[str, Mapping[str, str]]) -> None:
        self.files, self.asked = files, list[str]()

    def install(self, lock: Path, into: Path, *, python: str, platform: str) -> None:
        assert (python, platform) == (TARGET.python, TARGET.platform)
        into.mkdir()
        for pin in parse("lock", lock.read_text()):
            self.asked.append(pin.name)
            if pin.name not in self.files:
                raise DependencyError(f"no {pin.name}", why="it is not there", remedy="lock again")
            if ";" not in pin.text:
                self._unpack(into, f"{pin.name.replace('-', '_')}-{pin.version}", self.files[pin.name])

    def _unpack(self, into: Path, name: str, files: Mapping[str, str]) -> None:
        about = into / f"{name}.dist-info"
        about.mkdir()
        (about / "METADATA").write_text(f"Name: {name}\n")
        (about / "INSTALLER").write_text("uv")
        listed = [*files, f"{about.name}/METADATA", f"{about.name}/INSTALLER", f"{about.name}/RECORD"]
        (about / "RECORD").write_text("".join(f'"{path}",sha256=x,1\n' for path in listed))
        for path, content in files.items():
            (into / path).parent.mkdir(parents=True, exist_ok=True)
            (into / path).write_text(content)


class Compiler:
    """Puts a file beside every module; notes in which folders it found some."""

    def __init__(self) -> None:
        self.compiled: list[str] = []

    def compile(self, trees: Path) -> None:
        for module in sorted(trees.rglob("*.py")):
            self.compiled.append(str(module.relative_to(trees).relative_to(module.relative_to(trees).parts[0])))
            module.with_suffix(".pyc").write_text(f"code of {module.read_text()}")


@pytest.fixture
def store(tmp_path: Path) -> PackStore:
    return PackStore(tmp_path / "packs")


SIX = {"six": {"six.py": "SIX = 6\n"}}
TWO = {**SIX, "jmes-path": {"jmes/a.py": "", "jmes/b, c.txt": "odd name", "bin/jp": "#!/home/me/python"}}


def files(pack: Pack) -> dict[str, bytes]:
    return {one.path: zlib.decompress(one.data, -15) if one.method else bytes(one.data) for one in pack.entries}


def test_a_lock_becomes_a_pack_a_package(store: PackStore) -> None:
    (six, jmes), made = Packages(store, Index(TWO)).packs(pins("six==1.0", "jmes-path==2"), TARGET, Compiler())
    assert made == 2
    assert files(six) == {
        "six.py": b"SIX = 6\n",
        "six.pyc": b"code of SIX = 6\n",
        "six-1.0.dist-info/METADATA": b"Name: six-1.0\n",
        "six-1.0.dist-info/RECORD": b"\n".join(
            f'"{name}",sha256=x,1'.encode()
            for name in ("six-1.0.dist-info/METADATA", "six-1.0.dist-info/RECORD", "six.py")
        )
        + b"\n",
    }
    assert {"jmes/a.py", "jmes/a.pyc", "jmes/b, c.txt"} < set(files(jmes))
    assert not any(name.startswith("bin/") or name.endswith("INSTALLER") for name in files(jmes))


def test_what_was_prepared_is_not_prepared_again(store: PackStore) -> None:
    Packages(store, Index(SIX)).packs(pins("six==1.0"), TARGET, Compiler())
    index, compiler = Index(TWO), Compiler()
    packs, made = Packages(store, index).packs(pins("six==1.0", "jmes-path==2"), TARGET, compiler)
    assert (made, index.asked, compiler.compiled) == (1, ["jmes-path"], ["jmes/a.py"])
    assert ["six.py" in files(pack) for pack in packs] == [True, False]
    _, made = Packages(store, index).packs(pins("jmes-path==2"), TARGET, compiler)
    assert (made, index.asked) == (0, ["jmes-path"])


def test_what_the_target_does_not_need_is_an_empty_pack(store: PackStore) -> None:
    (six, other), _ = Packages(store, Index(SIX)).packs(
        pins("six==1.0", "six==0.9 ; python_version < '3'"), TARGET, Compiler()
    )
    assert ("six.py" in files(six), files(other)) == (True, {})


@pytest.mark.parametrize(
    "other",
    [
        Target(python="3.12", platform="linux/amd64", compiler="sha256:1"),
        Target(python="3.13", platform="linux/arm64", compiler="sha256:1"),
        Target(python="3.13", platform="linux/amd64", compiler="sha256:2"),
    ],
)
def test_every_part_of_a_target_makes_another_pack(other: Target) -> None:
    (pin,) = pins("six==1.0")
    assert key(pin, other) != key(pin, TARGET)


def test_another_hash_makes_another_pack() -> None:
    (pin,), (same,) = pins("six==1.0"), parse("elsewhere.lock", f"\n\nsix==1.0 \\\n  {HASH}\n  # via x\n")
    (other,) = parse("lock", f"six==1.0 {HASH} {HASH.replace('a', 'b')}\n")
    assert key(pin, TARGET) == key(same, TARGET) != key(other, TARGET)


def test_a_failure_leaves_nothing_behind(store: PackStore) -> None:
    with pytest.raises(DependencyError):
        Packages(store, Index(SIX)).packs(pins("six==1.0", "gone==1"), TARGET, Compiler())
    assert [path.name for path in store.place.iterdir()] == [".lock"]


def test_a_file_that_no_package_claims_is_refused(store: PackStore) -> None:
    class Untidy(Index):
        def install(self, lock: Path, into: Path, *, python: str, platform: str) -> None:
            super().install(lock, into, python=python, platform=platform)
            (into / "stray.py").write_text("")

    with pytest.raises(BuildFailed) as caught:
        Packages(store, Untidy(SIX)).packs(pins("six==1.0"), TARGET, Compiler())
    assert caught.value.why == "files that belong to no package: stray.py"


def test_a_package_that_was_not_asked_for_is_refused(store: PackStore) -> None:
    class Generous(Index):
        def install(self, lock: Path, into: Path, *, python: str, platform: str) -> None:
            super().install(lock, into, python=python, platform=platform)
            self._unpack(into, "extra-1", {"extra.py": ""})

    with pytest.raises(BuildFailed) as caught:
        Packages(store, Generous(SIX)).packs(pins("six==1.0"), TARGET, Compiler())
    assert caught.value.why == "extra 1 was installed, and the lock does not name it"
