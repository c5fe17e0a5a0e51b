import base64
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.index import PackageIndex, sdist, wheel

from lockage.tools.index import Index
from lockage.tools.uv import DependencyError, Uv, target

OURS = "ours-1.0-py3-none-any.whl"


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "cache"))


@pytest.fixture
def public(monkeypatch: pytest.MonkeyPatch) -> Iterator[PackageIndex]:
    """The default index."""
    index = PackageIndex()
    monkeypatch.setenv("UV_DEFAULT_INDEX", index.url)
    yield index
    index.close()


@pytest.fixture
def internal() -> Iterator[PackageIndex]:
    index = PackageIndex()
    yield index
    index.close()


def install(tmp_path: Path, text: str, index: Index | None = None) -> Path:
    lock = tmp_path / "requirements.lock"
    lock.write_text(text)
    Uv().install(lock, tmp_path / "tree", python="3.13", platform="linux/amd64", index=index)
    return tmp_path / "tree"


def refused(tmp_path: Path, text: str, index: Index | None = None) -> DependencyError:
    with pytest.raises(DependencyError) as caught:
        install(tmp_path, text, index)
    return caught.value


@pytest.mark.parametrize(
    ("python", "platform", "name"),
    [
        ("3.13", "linux/amd64", "x86_64-manylinux_2_34"),
        ("3.12", "linux/arm64", "aarch64-manylinux_2_34"),
        ("3.11", "linux/amd64", "x86_64-manylinux_2_17"),
    ],
)
def test_wheels_are_for_the_runtime_s_glibc(python: str, platform: str, name: str) -> None:
    assert target(python, platform) == name


def offer_both(public: PackageIndex, internal: PackageIndex) -> str:
    """One name and version on both indexes, with other bytes; a lock that takes either."""
    theirs = public.add("ours", OURS, wheel("ours", "1.0", {"ours.py": "WHOSE = 'anybody'\n"}))
    ours = internal.add("ours", OURS, wheel("ours", "1.0", {"ours.py": "WHOSE = 'ours'\n"}))
    return f"ours==1.0 {theirs} {ours}\n"


def test_a_package_comes_from_its_index_alone(tmp_path: Path, public: PackageIndex, internal: PackageIndex) -> None:
    lock = offer_both(public, internal)
    tree = install(tmp_path, lock, Index(name="internal", url=internal.url))
    assert (tree / "ours.py").read_text() == "WHOSE = 'ours'\n"
    assert public.asked == []


def test_and_without_one_from_the_default(tmp_path: Path, public: PackageIndex, internal: PackageIndex) -> None:
    tree = install(tmp_path, offer_both(public, internal))
    assert (tree / "ours.py").read_text() == "WHOSE = 'anybody'\n"
    assert internal.asked == []


@pytest.mark.parametrize("variable", ["UV_INDEX", "UV_EXTRA_INDEX_URL", "UV_INDEX_URL", "UV_DEFAULT_INDEX"])
def test_no_variable_brings_another_index_in(
    tmp_path: Path, public: PackageIndex, internal: PackageIndex, monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    lock = offer_both(public, internal)
    monkeypatch.delenv("UV_DEFAULT_INDEX")
    monkeypatch.setenv(variable, public.url)
    install(tmp_path, lock, Index(name="internal", url=internal.url))
    assert public.asked == []


def test_no_configuration_file_brings_another_index_in(
    tmp_path: Path, public: PackageIndex, internal: PackageIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    lock = offer_both(public, internal)
    monkeypatch.chdir(tmp_path)
    (tmp_path / "uv.toml").write_text(f'extra-index-url = ["{internal.url}"]\n')
    install(tmp_path, lock)
    assert internal.asked == []


def test_hashes_are_held_whatever_the_environment_says(
    tmp_path: Path, public: PackageIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    public.add("ours", OURS, wheel("ours", "1.0", {"ours.py": ""}))
    monkeypatch.setenv("UV_NO_VERIFY_HASHES", "1")
    error = refused(tmp_path, f"ours==1.0 --hash=sha256:{'0' * 64}\n")
    assert error.what == "the index serves other bytes than requirements.lock names"
    assert "Hash mismatch for `ours==1.0`" in error.why
    assert error.remedy.startswith("do not lock again before you know why")


def test_credentials_are_the_index_s_own(
    tmp_path: Path, internal: PackageIndex, monkeypatch: pytest.MonkeyPatch
) -> None:
    hashed = internal.add("ours", OURS, wheel("ours", "1.0", {"ours.py": ""}))
    monkeypatch.setenv("UV_INDEX_OUR_OWN_USERNAME", "me")
    monkeypatch.setenv("UV_INDEX_OUR_OWN_PASSWORD", "secret")
    install(tmp_path, f"ours==1.0 {hashed}\n", Index(name="our-own", url=internal.url))
    assert set(internal.authorizations) == {f"Basic {base64.b64encode(b'me:secret').decode()}"}


def test_what_is_in_the_folder_stays(tmp_path: Path, public: PackageIndex, internal: PackageIndex) -> None:
    six = public.add("six", "six-1.0-py3-none-any.whl", wheel("six", "1.0", {"six.py": ""}))
    ours = internal.add("ours", OURS, wheel("ours", "1.0", {"ours.py": ""}))
    install(tmp_path, f"six==1.0 {six}\n")
    tree = install(tmp_path, f"ours==1.0 {ours}\n", Index(name="internal", url=internal.url))
    Uv().unpack([put(tmp_path, wheel("own", "1.0", {"own.py": ""}))], tree, python="3.13", platform="linux/amd64")
    assert {"six.py", "ours.py", "own.py"} < {path.name for path in tree.iterdir()}


def put(folder: Path, content: bytes, name: str = "own-1.0-py3-none-any.whl") -> Path:
    (folder / name).write_bytes(content)
    return folder / name


def test_a_wheel_that_was_built_for_another_python_is_refused(tmp_path: Path) -> None:
    tag = "cp312-cp312-linux_x86_64"
    built = put(tmp_path, wheel("own", "1.0", {"own.py": ""}, tag=tag), f"own-1.0-{tag}.whl")
    with pytest.raises(DependencyError) as caught:
        Uv().unpack([built], tmp_path / "tree", python="3.13", platform="linux/amd64")
    assert caught.value.what == f"own-1.0-{tag}.whl cannot be unpacked for Python 3.13 on linux/amd64"


def test_only_other_machines_have_a_wheel(tmp_path: Path, public: PackageIndex) -> None:
    name = "ours-1.0-cp313-cp313-manylinux_2_28_aarch64.whl"
    hashed = public.add("ours", name, wheel("ours", "1.0", {}, tag="cp313-cp313-manylinux_2_28_aarch64"))
    error = refused(tmp_path, f"ours==1.0 {hashed}\n")
    assert error.what == "something in requirements.lock has no wheel for Python 3.13 on linux/amd64"
    assert "ours==1.0 has no wheels with a matching platform tag" in error.why
    assert "from_source" in error.remedy


def test_a_glibc_newer_than_lambda_s_is_no_wheel(tmp_path: Path, public: PackageIndex) -> None:
    name = "ours-1.0-cp313-cp313-manylinux_2_39_x86_64.whl"
    hashed = public.add("ours", name, wheel("ours", "1.0", {}, tag="cp313-cp313-manylinux_2_39_x86_64"))
    assert "no wheel for Python 3.13" in refused(tmp_path, f"ours==1.0 {hashed}\n").what


def test_only_an_sdist_is_there(tmp_path: Path, public: PackageIndex) -> None:
    hashed = public.add("ours", "ours-1.0.tar.gz", sdist("ours", "1.0", {"setup.py": "raise SystemExit('ran')"}))
    error = refused(tmp_path, f"ours==1.0 {hashed}\n")
    assert error.what == "something in requirements.lock has no wheel at all, only an sdist"
    assert "ours==1.0 has no usable wheels" in error.why
    assert error.remedy.startswith("name it under from_source")


@pytest.mark.parametrize("version", ["1.0", "2.0"])
def test_the_index_does_not_have_it(tmp_path: Path, internal: PackageIndex, version: str) -> None:
    if version == "2.0":
        internal.add("ours", OURS, wheel("ours", "1.0", {}))
    lock = f"ours=={version} --hash=sha256:{'0' * 64}\n"
    error = refused(tmp_path, lock, Index(name="internal", url=internal.url))
    assert error.what == "the index internal does not have everything that requirements.lock names"
    assert f"ours=={version}" in error.why
    assert "under indexes in lockage.yaml" in error.remedy


def test_a_name_that_is_not_utf_8_makes_a_wheel_malformed(tmp_path: Path, public: PackageIndex) -> None:
    content = wheel("ours", "1.0", {"XX.py": ""}).replace(b"XX.py", b"\xe9\xff.py")
    error = refused(tmp_path, f"ours==1.0 {public.add('ours', OURS, content)}\n")
    assert error.what == "something in requirements.lock cannot be unpacked"
    assert "does not use UTF-8 encoding" in error.why
    assert error.remedy.startswith("the wheel is malformed")


ASTRAY = wheel("ours", "1.0", {"ours.py": "", "../../escaped.py": ""})


def test_a_wheel_that_leads_out_of_its_folder_is_refused_each_time(tmp_path: Path, public: PackageIndex) -> None:
    six = public.add("six", "six-1.0-py3-none-any.whl", wheel("six", "1.0", {"six.py": ""}))
    lock = f"six==1.0 {six}\nours==1.0 \\\n    {public.add('ours', OURS, ASTRAY)}\n"
    for _ in range(2):  # uv keeps what it unpacked, and tells of it once
        error = refused(tmp_path, lock)
        assert error.what == "a wheel of requirements.lock leads out of the folder that it is unpacked into"
        assert error.why == "ours==1.0 holds ../../escaped.py"
        assert error.remedy.startswith("it was made so by mistake or to do harm: use another version of it")
        shutil.rmtree(tmp_path / "tree")
    assert list(tmp_path.rglob("escaped.py")) == []


@pytest.mark.parametrize("member", ["../escaped.py", "/escaped.py", "ours/../../escaped.py"])
def test_every_way_out_of_a_wheel_is_one(tmp_path: Path, public: PackageIndex, member: str) -> None:
    content = wheel("ours", "1.0", {"ours.py": "", member: ""})
    assert refused(tmp_path, f"ours==1.0 {public.add('ours', OURS, content)}\n").why == f"ours==1.0 holds {member}"


def test_a_wheel_that_was_built_may_not_lead_out_either(tmp_path: Path) -> None:
    built = put(tmp_path, ASTRAY, OURS)
    with pytest.raises(DependencyError) as caught:
        Uv().unpack([built], tmp_path / "tree", python="3.13", platform="linux/amd64")
    assert caught.value.what == f"{OURS} leads out of the folder that it is unpacked into"
    assert caught.value.why == "../../escaped.py"
    assert caught.value.remedy.endswith("tell whoever published it")


def test_an_index_that_does_not_answer_is_told_as_it_is(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("UV_HTTP_RETRIES", "0")
    nowhere = Index(name="internal", url="http://127.0.0.1:9/simple")
    error = refused(tmp_path, f"ours==1.0 --hash=sha256:{'0' * 64}\n", nowhere)
    assert error.what == "the wheels of requirements.lock cannot be had"
    assert "127.0.0.1:9" in error.why
