"""Lock, SBOM and metadata, held to each other: every difference is named, with where each has its word."""

import re
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from fakes.archives import Files, Package, lock_text, packed, put_archive, record
from fakes.scanner import FakeSyft
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from lockage.inspect import lock
from lockage.inspect.documents import read
from lockage.inspect.installed import Tree
from lockage.inspect.lock import Lock, Locked
from lockage.inspect.truth import Agreement, Said, Untrue, disagreements, hold
from lockage.model.artifact import Package as Packed
from lockage.model.dist import DistDir
from lockage.tools.unpack import home, unpack

JINJA = Package(name="Jinja2", version="3.1.6", modules={"jinja2/_a.py": b"a = 1\n"})
SIX = Package(name="six", version="1.17.0")
WHERE = "functions/shop/requirements.lock"


class Bench:
    """One archive, whose witnesses can be led astray."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.syft = FakeSyft()
        self.kind: Any = "zip"
        self.packages: tuple[Packed, ...] | None = None
        """What the build says of packages, if not the truth."""

    def hold(self, packages: Sequence[Package], spoil: Callable[[Files], None], lock_text: str | None) -> Agreement:
        dist = DistDir(self.root / "dist")
        artifact = put_archive(dist, "shop", packages, kind=self.kind, lock=lock_text, spoil=spoil)
        files = unpack(artifact, dist.archive("shop"), self.root / "tree")
        self.syft.describe_tree(self.root / "tree", "shop", self.root / "cdx.json", self.root / "spdx.json")
        if self.packages is not None:
            artifact = replace(artifact, packages=self.packages)
        locked = lock.read(artifact, self.root, dist)
        tree = Tree(root=self.root / "tree", home=home(artifact), files=files)
        return hold("shop", locked, read("shop", self.root / "cdx.json"), tree, ("shop",))

    def flaws(
        self, packages: Sequence[Package], spoil: Callable[[Files], None] = lambda _: None, lock_text: str | None = None
    ) -> list[str]:
        """Each flaw as it is told, without hashes."""
        with pytest.raises(Untrue) as caught:
            self.hold(packages, spoil, lock_text)
        return re.sub(r"sha256:[0-9a-f]{12}…", "sha256:…", caught.value.why).splitlines()


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.mark.parametrize("kind", ["zip", "layer"])
def test_where_all_agree_it_is_so(bench: Bench, kind: str) -> None:
    bench.kind = kind
    agreement = bench.hold([JINJA, SIX], lambda _: None, None)
    assert [(one.name, one.version) for one in agreement.packages] == [("jinja2", "3.1.6"), ("six", "1.17.0")]
    assert all(len(one.record) == 64 for one in agreement.packages)


def test_without_a_lock_nothing_is_asked_for_and_nothing_there(bench: Bench) -> None:
    assert bench.hold([], lambda _: None, None).packages == ()


def test_bytecode_of_a_packages_module_is_the_packages(bench: Bench) -> None:
    def compiled(files: Files) -> None:
        files["six/__pycache__/__init__.cpython-313.pyc"] = b"1"

    bench.hold([SIX], compiled, None)


def test_what_a_package_carries_within_itself_is_its_own(bench: Bench) -> None:
    inner = "setuptools/_vendor/packaging-24.2.dist-info/METADATA"
    modules = {inner: b"Name: packaging\nVersion: 24.2\n", "setuptools.libs/libz.so.1": b"ELF"}
    setuptools = Package(name="setuptools", version="80.9.0", modules=modules)
    assert [one.name for one in bench.hold([setuptools], lambda _: None, None).packages] == ["setuptools"]


def test_what_the_target_does_not_get_is_not_missing(bench: Bench) -> None:
    text = f"six==1.17.0 --hash=sha256:{'a' * 64}\ncolorama==0.4.6 ; os_name == 'nt' --hash=sha256:{'a' * 64}\n"
    assert len(bench.hold([SIX], lambda _: None, text).packages) == 1


def _gone(files: Files) -> None:
    for path in [path for path in files if "jinja2" in path.lower()]:
        del files[path]


def _shifted(files: Files) -> None:
    place = f"{JINJA.info}/METADATA"
    files[place] = files[place].replace(b"Version: 3.1.6", b"Version: 3.1.5")


def _extra(files: Files) -> None:
    files.update(Package(name="evil", version="1.0").installed())


def _changed(files: Files) -> None:
    files["jinja2/_a.py"] += b"import os\n"


def _changed_with_its_record(files: Files) -> None:
    _changed(files)
    own = {path: content for path, content in files.items() if path in JINJA.installed()}
    del own[f"{JINJA.info}/RECORD"]
    files[f"{JINJA.info}/RECORD"] = record(own, JINJA.info)


def _without_a_file(files: Files) -> None:
    del files["jinja2/_a.py"]


def _twice(files: Files) -> None:
    info = f"Six-{SIX.version}.dist-info"
    own = {
        f"{info}/METADATA": SIX.installed()[f"{SIX.info}/METADATA"].replace(b"Name: six", b"Name: Six"),
        "evil.py": b"import os\n",
    }
    files.update({**own, f"{info}/RECORD": record(own, info)})


def _stray(files: Files) -> None:
    files["stray.py"] = b""


def _without_record(files: Files) -> None:
    del files[f"{JINJA.info}/RECORD"]


def _unhashed(files: Files) -> None:
    place = f"{JINJA.info}/RECORD"
    files[place] = re.sub(rb"(jinja2/_a.py),[^,]*,", rb"\1,,", files[place])


def _weakly_hashed(files: Files) -> None:
    place = f"{JINJA.info}/RECORD"
    files[place] = re.sub(rb"(jinja2/_a.py),[^,]*,", rb"\1,md5=abc,", files[place])


def _nameless(files: Files) -> None:
    own = {**JINJA.installed(), f"{JINJA.info}/METADATA": b"Version: 3.1.6\n"}
    del own[f"{JINJA.info}/RECORD"]
    files.update({**own, f"{JINJA.info}/RECORD": record(own, JINJA.info)})


INSIDE = f"/var/task/{JINJA.info}"
OF = f"sbom.cdx.json, of {INSIDE}/METADATA"
UNSEEN = f"missing: jinja2: the lock says 3.1.6 ({WHERE}, line 1); the SBOM does not name it; metadata does not name it"
ANOTHER_RECORD = f"changed: {INSIDE}/RECORD: artifact.json says sha256:… of jinja2; the file has sha256:…"
LIES: dict[str, tuple[Callable[[Files], None], list[str]]] = {
    "missing": (
        _gone,
        [UNSEEN],
    ),
    "shifted": (
        _shifted,
        [
            (
                f"shifted: jinja2: the lock says 3.1.6 ({WHERE}, line 1); the SBOM says 3.1.5 ({OF}); "
                f"metadata says 3.1.5 ({INSIDE})"
            ),
            f"changed: {INSIDE}/METADATA: {INSIDE}/RECORD says sha256:…; the file has sha256:…",
        ],
    ),
    "extra": (
        _extra,
        [
            (
                "extra: evil: the lock does not name it; the SBOM says 1.0 (sbom.cdx.json, of "
                "/var/task/evil-1.0.dist-info/METADATA); metadata says 1.0 (/var/task/evil-1.0.dist-info)"
            )
        ],
    ),
    "changed": (
        _changed,
        [f"changed: /var/task/jinja2/_a.py: {INSIDE}/RECORD says sha256:…; the file has sha256:…"],
    ),
    "changed with its record": (
        _changed_with_its_record,
        [ANOTHER_RECORD],
    ),
    "without a file": (
        _without_a_file,
        [f"missing: /var/task/jinja2/_a.py: {INSIDE}/RECORD says sha256:…; there is no such file"],
    ),
    "twice": (
        _twice,
        [
            (
                f"extra: six: the lock says 1.17.0 ({WHERE}, line 2); "
                "the SBOM says 1.17.0 (sbom.cdx.json, of /var/task/Six-1.17.0.dist-info/METADATA) and "
                "1.17.0 (sbom.cdx.json, of /var/task/six-1.17.0.dist-info/METADATA); "
                "metadata says 1.17.0 (/var/task/Six-1.17.0.dist-info) and 1.17.0 (/var/task/six-1.17.0.dist-info)"
            ),
            (
                "changed: /var/task/Six-1.17.0.dist-info/RECORD: artifact.json says sha256:… of six; "
                "the file has sha256:…"
            ),
        ],
    ),
    "stray": (
        _stray,
        ["extra: /var/task/stray.py: no RECORD names it, and it is of no source of the project"],
    ),
    "unhashed": (
        _unhashed,
        [f"changed: /var/task/jinja2/_a.py: {INSIDE}/RECORD says no hash; the file has sha256:…", ANOTHER_RECORD],
    ),
    "weakly hashed": (
        _weakly_hashed,
        [f"changed: /var/task/jinja2/_a.py: {INSIDE}/RECORD says md5=abc; the file has sha256:…", ANOTHER_RECORD],
    ),
}


@pytest.mark.parametrize("how", LIES)
def test_every_lie_is_named_with_where_each_has_its_word(bench: Bench, how: str) -> None:
    spoil, told = LIES[how]
    assert bench.flaws([JINJA, SIX], spoil) == told


def test_a_package_without_a_record_has_nothing_that_its_files_are_held_to(bench: Bench) -> None:
    flaws = bench.flaws([JINJA], _without_record)
    assert flaws[0] == f"{INSIDE} has no RECORD: nothing says what its files should be"
    assert "extra: /var/task/jinja2/_a.py: no RECORD names it, and it is of no source of the project" in flaws


def test_a_package_that_does_not_say_what_it_is_is_named(bench: Bench) -> None:
    assert bench.flaws([JINJA], _nameless) == [UNSEEN, f"{INSIDE} states no name and version"]


def test_what_a_cataloguer_overlooks_is_missing(bench: Bench) -> None:
    bench.syft.overlooks = ("pkg:pypi/six@1.17.0",)
    [flaw] = bench.flaws([JINJA, SIX])
    assert flaw == (
        f"missing: six: the lock says 1.17.0 ({WHERE}, line 2); the SBOM does not name it; "
        "metadata says 1.17.0 (/var/task/six-1.17.0.dist-info)"
    )


def test_what_the_target_should_not_have_is_told_to_be_left_out(bench: Bench) -> None:
    text = f"six==1.17.0 ; sys_platform == 'win32' --hash=sha256:{'a' * 64}\n"
    [flaw] = bench.flaws([SIX], lock_text=text)
    assert flaw.startswith("extra: six: the lock does not name it; ")
    assert flaw.endswith(f"; left out on this target: 1.17.0 ({WHERE}, line 1)")


def test_packages_without_a_lock_are_extra(bench: Bench) -> None:
    [flaw] = bench.flaws([SIX], lock_text="")
    assert flaw.startswith("extra: six: ")


def test_what_was_made_of_other_files_than_the_lock_names_is_told(bench: Bench) -> None:
    bench.packages = (replace(packed([SIX], lock_text([SIX]))[0], hashes=("1" * 64, "2" * 64, "3" * 64, "4" * 64)),)
    [flaw] = bench.flaws([SIX])
    three = "sha256:…, sha256:…, sha256:…"
    assert flaw == f"shifted: six: the lock says sha256:… ({WHERE}, line 1); artifact.json says {three} and 1 more"


def test_what_the_build_does_not_tell_of_is_no_locked_package(bench: Bench) -> None:
    bench.packages = ()
    [flaw] = bench.flaws([SIX])
    assert flaw == f"shifted: six: the lock says sha256:… ({WHERE}, line 1); artifact.json does not name it"


def test_the_error_says_what_to_do_and_stays_short(bench: Bench) -> None:
    many = [Package(name=f"p{number}", version="1") for number in range(30)]
    with pytest.raises(Untrue) as caught:
        bench.hold(many, lambda _: None, lock_text="")
    assert caught.value.what == "lock, SBOM and metadata of shop do not agree; no SBOM was written"
    assert caught.value.why.endswith("\nand 10 more")
    assert "./noxw -s build -- shop" in caught.value.remedy
    assert caught.value.exit_code == 19


def said(name: str, version: str) -> Said:
    return Said(name=name, version=version, place="somewhere")


def locks(*pairs: tuple[str, str]) -> Lock:
    return Lock(packages=tuple(Locked(name=n, version=v, place="lock, line 1", hashes=()) for n, v in pairs))


PACKAGES = st.dictionaries(st.sampled_from(["a", "b", "c", "d"]), st.sampled_from(["1.0", "2.0"]))


@given(PACKAGES, PACKAGES, PACKAGES)
def test_the_three_agree_exactly_where_they_say_the_same(
    first: dict[str, str], second: dict[str, str], third: dict[str, str]
) -> None:
    witnesses = [[said(*pair) for pair in one.items()] for one in (second, third)]
    flaws = list(disagreements(locks(*first.items()), *witnesses))
    assert len(flaws) == sum(
        not (first.get(name) == second.get(name) == third.get(name)) for name in {*first, *second, *third}
    )


def test_a_version_is_the_same_however_it_is_written() -> None:
    told = [said("certifi", "2023.07.22")]
    assert list(disagreements(locks(("certifi", "2023.7.22")), told, told)) == []
    assert len(list(disagreements(locks(("certifi", "2023.7.22")), told, [said("certifi", "2023.7.22.1")]))) == 1


def test_two_versions_of_a_package_are_one_too_many_even_where_all_agree() -> None:
    twice = [said("a", "1"), said("a", "2")]
    [flaw] = disagreements(locks(("a", "1"), ("a", "2")), twice, twice)
    assert flaw.startswith("shifted: a: the lock says 1 (lock, line 1) and 2 (lock, line 1); ")
