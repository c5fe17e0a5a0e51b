"""What is fetched from where, through the real uv and indexes on loopback; only the container is a fake."""

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest
from fakes.index import PackageIndex, sdist, wheel

from lockage.build.supply import Supply, Wanted, wanted
from lockage.errors import LockageError
from lockage.plan.recipe import FromSource, Lock
from lockage.plan.requirements import Pin, parse
from lockage.tools.index import Index
from lockage.tools.uv import DependencyError, Uv


@pytest.fixture
def public(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PackageIndex]:
    """The default index, with what builds."""
    index = PackageIndex()
    monkeypatch.setenv("UV_DEFAULT_INDEX", index.url)
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))
    yield index
    index.close()


@pytest.fixture
def internal() -> Iterator[PackageIndex]:
    index = PackageIndex()
    yield index
    index.close()


class Runtime:
    """Makes the wheels it was told to; notes what it was given."""

    def __init__(self, **wheels: bytes) -> None:
        self.wheels = wheels
        self.given: list[str] = []
        self.requirements: list[str] = []

    def build(self, sdists: Path, requirements: Path, wheels: Path, platform: str) -> None:
        assert platform == "linux/amd64"
        self.given = sorted(path.name for path in sdists.iterdir())
        self.requirements = sorted(path.name for path in requirements.glob("*.py"))
        wheels.mkdir()
        for name, content in self.wheels.items():
            (wheels / f"{name.replace('__', '-')}.whl").write_bytes(content)


FAST = sdist("fast", "1.0", {"setup.py": "raise SystemExit('ran on this machine')"})
BUILT = {"fast__1.0__py3__none__any": wheel("fast", "1.0", {"fast.py": "built"})}


def pins(text: str) -> tuple[Pin, ...]:
    return parse("requirements.lock", text)


def from_source(public: PackageIndex, text: str) -> Wanted:
    hashed = public.add("pip", "pip-26.0-py3-none-any.whl", wheel("pip", "26.0", {"pip.py": ""}))
    (pip,), (one,) = pins(f"pip==26.0 {hashed}\n"), pins(text)
    return Wanted(pin=one, built_with=(Wanted(pin=pip),), script="sha256:1")


def supply(tmp_path: Path, runtime: Runtime, *packages: Wanted) -> Path:
    Supply(Uv(), runtime, "3.13", "linux/amd64").unpack(packages, tmp_path / "tree")
    return tmp_path / "tree"


def modules(tree: Path) -> Mapping[str, str]:
    return {path.name: path.read_text() for path in sorted(tree.glob("*.py"))}


def test_each_comes_from_its_own_index_into_one_folder(
    tmp_path: Path, public: PackageIndex, internal: PackageIndex
) -> None:
    six = public.add("six", "six-1.0-py3-none-any.whl", wheel("six", "1.0", {"six.py": "public"}))
    ours = internal.add("ours", "ours-1.0-py3-none-any.whl", wheel("ours", "1.0", {"ours.py": "internal"}))
    public.add("ours", "ours-1.0-py3-none-any.whl", wheel("ours", "1.0", {"ours.py": "public"}))
    one, other = pins(f"ours==1.0 {ours}\nsix==1.0 {six}\n")
    place = Index(name="internal", url=internal.url)
    tree = supply(tmp_path, Runtime(), Wanted(pin=one, index=place), Wanted(pin=other))
    assert modules(tree) == {"ours.py": "internal", "six.py": "public"}
    assert not [path for path in public.asked if "ours" in path]
    assert not [path for path in internal.asked if "six" in path]


def test_what_is_built_from_source_stands_beside_the_wheels(tmp_path: Path, public: PackageIndex) -> None:
    fast = public.add("fast", "fast-1.0.tar.gz", FAST)
    six = public.add("six", "six-1.0-py3-none-any.whl", wheel("six", "1.0", {"six.py": "a wheel"}))
    runtime = Runtime(**BUILT)
    (plain,) = pins(f"six==1.0 {six}\n")
    tree = supply(tmp_path, runtime, from_source(public, f"fast==1.0 {fast}\n"), Wanted(pin=plain))
    assert modules(tree) == {"fast.py": "built", "six.py": "a wheel"}
    assert (runtime.given, runtime.requirements) == (["fast-1.0.tar.gz"], ["pip.py"])
    assert sorted(path.name for path in tmp_path.iterdir()) == ["cache", "tree"]


def test_its_wheel_is_not_taken_even_if_there_is_one(tmp_path: Path, public: PackageIndex) -> None:
    fast = public.add("fast", "fast-1.0.tar.gz", FAST)
    fast += " " + public.add("fast", "fast-1.0-py3-none-any.whl", wheel("fast", "1.0", {"fast.py": "published"}))
    tree = supply(tmp_path, Runtime(**BUILT), from_source(public, f"fast==1.0 {fast}\n"))
    assert modules(tree) == {"fast.py": "built"}


def test_its_sdist_comes_from_its_own_index(tmp_path: Path, public: PackageIndex, internal: PackageIndex) -> None:
    fast = internal.add("fast", "fast-1.0.tar.gz", FAST)
    one = from_source(public, f"fast==1.0 {fast}\n")
    place = Index(name="internal", url=internal.url)
    built = Wanted(pin=one.pin, index=place, built_with=one.built_with, script=one.script)
    assert modules(supply(tmp_path, Runtime(**BUILT), built)) == {"fast.py": "built"}
    assert not [path for path in public.asked if "fast" in path]


def test_what_the_target_does_not_need_is_not_even_fetched(tmp_path: Path, public: PackageIndex) -> None:
    runtime = Runtime(**BUILT)
    text = f"fast==1.0 ; sys_platform == 'win32' --hash=sha256:{'0' * 64}\n"
    assert modules(supply(tmp_path, runtime, from_source(public, text))) == {}
    assert (runtime.given, public.asked) == ([], [])


def test_what_cannot_be_had_is_told_of_the_lock_that_names_it(tmp_path: Path, public: PackageIndex) -> None:
    fast = public.add("fast", "fast-1.0.tar.gz", FAST)
    one = from_source(public, f"fast==1.0 {fast}\n")
    (other,) = pins(f"pip==26.0 --hash=sha256:{'0' * 64}\n")
    tools = (Wanted(pin=other, lock="functions/api/build.lock"),)
    with pytest.raises(DependencyError, match=r"the index serves other bytes than build\.lock names"):
        supply(tmp_path, Runtime(**BUILT), Wanted(pin=one.pin, built_with=tools, script=one.script))


def refused(tmp_path: Path, public: PackageIndex, **wheels: bytes) -> LockageError:
    fast = public.add("fast", "fast-1.0.tar.gz", FAST)
    with pytest.raises(LockageError) as caught:
        supply(tmp_path, Runtime(**wheels), from_source(public, f"fast==1.0 {fast}\n"))
    return caught.value


@pytest.mark.parametrize(
    ("wheels", "made"),
    [
        ({}, "nothing"),
        ({"fast__0.0.0__py3__none__any": b""}, "fast-0.0.0-py3-none-any.whl"),
        ({"slow__1.0__py3__none__any": b""}, "slow-1.0-py3-none-any.whl"),
        ({"odd": b""}, "odd.whl"),
    ],
)
def test_an_sdist_that_becomes_another_wheel_is_refused(
    tmp_path: Path, public: PackageIndex, wheels: dict[str, bytes], made: str
) -> None:
    error = refused(tmp_path, public, **wheels)
    assert error.what == "the sdist of fast 1.0 did not become a wheel of it"
    assert error.why == f"built were {made}"
    assert "use another version of it" in error.remedy


def test_a_wheel_that_is_a_link_is_none(tmp_path: Path, public: PackageIndex) -> None:
    class Linking(Runtime):
        def build(self, sdists: Path, requirements: Path, wheels: Path, platform: str) -> None:
            super().build(sdists, requirements, wheels, platform)
            (wheels / "fast-1.0-py3-none-any.whl").symlink_to("/etc/passwd")

    fast = public.add("fast", "fast-1.0.tar.gz", FAST)
    with pytest.raises(LockageError, match="did not become a wheel of it"):
        supply(tmp_path, Linking(), from_source(public, f"fast==1.0 {fast}\n"))


def test_a_wheel_for_another_machine_is_refused(tmp_path: Path, public: PackageIndex) -> None:
    tag = "cp313-cp313-linux_aarch64"
    content = wheel("fast", "1.0", {}, tag=tag)
    error = refused(tmp_path, public, **{f"fast__1.0__{tag.replace('-', '__')}": content})
    assert isinstance(error, DependencyError)
    assert error.what == f"fast-1.0-{tag}.whl cannot be unpacked for Python 3.13 on linux/amd64"


def test_a_lock_says_what_is_built_with_what_and_comes_from_where() -> None:
    texts = {
        "app.lock": "".join(f"{name}==1.0 --hash=sha256:{'0' * 64}\n" for name in ("fast", "ours", "six")),
        "build.lock": f"pip==26.0 --hash=sha256:{'1' * 64}\n",
    }
    ours = Index(name="internal", url="https://packages.example/simple")
    tools = Lock(path="build.lock", digest="sha256:2")
    lock = Lock(
        path="app.lock",
        digest="sha256:1",
        indexes={"ours": ours},
        from_source=FromSource(packages=("fast",), lock=tools, script="sha256:3"),
    )
    fast, own, six = wanted(lock, lambda one: pins(texts[one.path]))
    assert ([one.pin.name for one in fast.built_with], fast.script, fast.index) == (["pip"], "sha256:3", None)
    assert (own.index, own.built_with) == (ours, ())
    assert (six.index, six.built_with, six.script) == (None, (), "")
