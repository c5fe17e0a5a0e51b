import os
import tracemalloc
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from lockage.build.packages import Packages, Target, entries, key
from lockage.build.packs import Pack, PackStore
from lockage.build.supply import Wanted
from lockage.plan.requirements import parse
from lockage.tools import index as package_index
from lockage.tools.buildx import BuildFailed
from lockage.tools.uv import DependencyError, Uv

TARGET = Target(python="3.13", platform="linux/amd64", compiler="sha256:1")
HASH, OTHER_HASH = ("--hash=sha256:" + digit * 64 for digit in "ab")


def locked(*requirements: str) -> tuple[Wanted, ...]:
    pins = parse("requirements.lock", "".join(f"{one} {HASH}\n" for one in requirements))
    return tuple(Wanted(pin=pin) for pin in pins)


class Index(Uv):
    """Unpacks packages that it knows; a requirement with a marker is not for the target."""

    def __init__(self, files: Mapping[str, Mapping[str, str]], target: Target = TARGET) -> None:
        self.files, self.target, self.asked = files, target, list[str]()

    def install(
        self, lock: Path, into: Path, *, python: str, platform: str, index: package_index.Index | None = None
    ) -> None:
        assert (python, platform, index) == (self.target.python, self.target.platform, None)
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
    """Puts a file beside every module; notes in which folders it found some. Builds nothing."""

    def __init__(self) -> None:
        self.compiled: list[str] = []

    def compile(self, trees: Path) -> None:
        for module in sorted(trees.rglob("*.py")):
            self.compiled.append(str(module.relative_to(trees).relative_to(module.relative_to(trees).parts[0])))
            module.with_suffix(".pyc").write_text(f"code of {module.read_text()}")

    def build(self, sdists: Path, requirements: Path, wheels: Path, platform: str) -> None:
        raise AssertionError(f"nothing is to be built: {sdists}, {requirements}, {wheels}, {platform}")


@pytest.fixture
def store(tmp_path: Path) -> PackStore:
    return PackStore(tmp_path / "packs")


SIX = {"six": {"six.py": "SIX = 6\n"}}
TWO = {**SIX, "jmes-path": {"jmes/a.py": "", "jmes/b, c.txt": "odd name", "bin/jp": "#!/home/me/python"}}


def files(pack: Pack) -> dict[str, bytes]:
    return {one.path: zlib.decompress(one.data, -15) if one.method else bytes(one.data) for one in pack.entries}


def test_a_lock_becomes_a_pack_a_package(store: PackStore) -> None:
    (six, jmes), made = Packages(store, Index(TWO)).packs(locked("six==1.0", "jmes-path==2"), TARGET, Compiler())
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
    Packages(store, Index(SIX)).packs(locked("six==1.0"), TARGET, Compiler())
    index, compiler = Index(TWO), Compiler()
    packs, made = Packages(store, index).packs(locked("six==1.0", "jmes-path==2"), TARGET, compiler)
    assert (made, index.asked, compiler.compiled) == (1, ["jmes-path"], ["jmes/a.py"])
    assert ["six.py" in files(pack) for pack in packs] == [True, False]
    _, made = Packages(store, index).packs(locked("jmes-path==2"), TARGET, compiler)
    assert (made, index.asked) == (0, ["jmes-path"])


def again(store: PackStore, target: Target = TARGET, *, text: str = f"six==1.0 {HASH} {OTHER_HASH}\n") -> list[str]:
    """What is compiled when a lock asks for six in other words, or for another target."""
    index, compiler = Index(SIX, target), Compiler()
    (pack,), made = Packages(store, index).packs(
        [Wanted(pin=pin) for pin in parse("other.lock", text)], target, compiler
    )
    assert files(pack)["six.pyc"] == b"code of SIX = 6\n"
    assert (index.asked, made) == (["six"], len(compiler.compiled))
    return compiler.compiled


def test_a_wheel_that_another_lock_asks_for_in_other_words_is_not_compiled_again(store: PackStore) -> None:
    Packages(store, Index(SIX)).packs(locked("six==1.0"), TARGET, Compiler())
    assert again(store) == []
    assert again(store, replace(TARGET, platform="linux/arm64")) == []
    assert again(store, replace(TARGET, compiler="sha256:2")) == ["six.py"]
    assert again(store, replace(TARGET, python="3.12")) == ["six.py"]


def test_a_wheel_of_the_same_name_and_other_content_is_compiled(store: PackStore) -> None:
    Packages(store, Index({"six": {"six.py": "SIX = 7\n"}})).packs(locked("six==1.0"), TARGET, Compiler())
    assert again(store) == ["six.py"]


def test_a_pack_that_is_damaged_is_made_again_under_all_its_names(store: PackStore) -> None:
    Packages(store, Index(SIX)).packs(locked("six==1.0"), TARGET, Compiler())
    assert again(store) == []
    for data in store.place.glob("*/data"):
        data.write_bytes(b"x")
    fresh = PackStore(store.place)
    assert again(fresh) == ["six.py"]
    _, made = Packages(fresh, Index(SIX)).packs(locked("six==1.0"), TARGET, Compiler())
    assert made == 0


def test_what_the_target_does_not_need_is_an_empty_pack(store: PackStore) -> None:
    (six, other), _ = Packages(store, Index(SIX)).packs(
        locked("six==1.0", "six==0.9 ; python_version < '3'"), TARGET, Compiler()
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
    (six,) = locked("six==1.0")
    assert key(six, other) != key(six, TARGET)


def test_another_hash_makes_another_pack() -> None:
    (six,), (same,) = locked("six==1.0"), parse("elsewhere.lock", f"\n\nsix==1.0 \\\n  {HASH}\n  # via x\n")
    (other,) = parse("lock", f"six==1.0 {HASH} {HASH.replace('a', 'b')}\n")
    assert key(six, TARGET) == key(Wanted(pin=same), TARGET) != key(Wanted(pin=other), TARGET)


def test_another_index_or_another_way_to_build_it_makes_another_pack() -> None:
    six, pip, newer = locked("six==1.0", "pip==26.0", "pip==26.1")
    ways = [
        six,
        replace(six, index=package_index.Index(name="internal", url="https://a.example/simple")),
        replace(six, index=package_index.Index(name="internal", url="https://b.example/simple")),
        replace(six, built_with=(pip,), script="sha256:1"),
        replace(six, built_with=(pip,), script="sha256:2"),
        replace(six, built_with=(newer,), script="sha256:1"),
        replace(six, built_with=(replace(pip, index=package_index.Index(url="https://a.example/simple")),)),
    ]
    assert len({key(way, TARGET) for way in ways}) == len(ways)


def test_what_an_index_is_called_does_not_count() -> None:
    (six,) = locked("six==1.0")
    one, other = (replace(six, index=package_index.Index(name=name, url="https://a.example")) for name in ("a", "b"))
    assert key(one, TARGET) == key(other, TARGET)


def test_a_failure_leaves_nothing_behind(store: PackStore) -> None:
    with pytest.raises(DependencyError):
        Packages(store, Index(SIX)).packs(locked("six==1.0", "gone==1"), TARGET, Compiler())
    assert [path.name for path in store.place.iterdir()] == [".lock"]


def test_links_in_a_circle_are_refused_and_nothing_is_left_of_the_package(store: PackStore) -> None:
    class Round(Index):
        def install(self, lock: Path, into: Path, **target: Any) -> None:  # noqa: ANN401 - handed on
            super().install(lock, into, **target)
            (into / "loop").symlink_to("loop")

    with pytest.raises(BuildFailed) as caught:
        Packages(store, Round(SIX)).packs(locked("six==1.0"), TARGET, Compiler())
    assert caught.value.what == "the installed packages are not what the lock names"
    assert caught.value.why == "links that lead in a circle, out of the packages or to no file: loop"
    assert caught.value.remedy.startswith("lock again; if it stays so, one of the wheels is malformed")
    assert [path.name for path in store.place.iterdir()] == [".lock"]


def test_a_file_that_no_package_claims_is_refused(store: PackStore) -> None:
    class Untidy(Index):
        def install(self, lock: Path, into: Path, **target: Any) -> None:  # noqa: ANN401 - handed on
            super().install(lock, into, **target)
            (into / "stray.py").write_text("")

    with pytest.raises(BuildFailed) as caught:
        Packages(store, Untidy(SIX)).packs(locked("six==1.0"), TARGET, Compiler())
    assert caught.value.why == "files that belong to no package: stray.py"


def test_a_package_that_was_not_asked_for_is_refused(store: PackStore) -> None:
    class Generous(Index):
        def install(self, lock: Path, into: Path, **target: Any) -> None:  # noqa: ANN401 - handed on
            super().install(lock, into, **target)
            self._unpack(into, "extra-1", {"extra.py": ""})

    with pytest.raises(BuildFailed) as caught:
        Packages(store, Generous(SIX)).packs(locked("six==1.0"), TARGET, Compiler())
    assert caught.value.why == "extra 1 was installed, and the lock does not name it"


def test_a_large_package_is_never_in_memory_as_a_whole(tmp_path: Path) -> None:
    kilobyte, names = 1 << 10, [f"{number}.so" for number in range(16)]
    for name in names:
        (tmp_path / name).write_bytes(os.urandom(256 * kilobyte))
    list(entries(tmp_path))  # what is imported and cached by then does not count
    tracemalloc.start()
    try:
        found = [one.path for one in entries(tmp_path, at_once=512 * kilobyte)]
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found == sorted(names)
    assert most < 2048 * kilobyte, "half of what the files weigh, which do not compress"
