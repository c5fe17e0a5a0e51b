"""What stops a build, and that the message names it; what stood in dist stays, with nothing half-written beside it."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.checkout import Checkout
from fakes.index import PackageIndex, wheel
from fakes.zip_project import ZipProject

from lockage.errors import LockageError

pytestmark = pytest.mark.docker


def refused(checkout: Checkout) -> LockageError:
    artifact = checkout.dist.folder("platform") / "artifact.json"
    before, standing = artifact.read_bytes(), sorted(path.name for path in checkout.dist.root.iterdir())
    with pytest.raises(LockageError) as caught:
        checkout.build()
    assert artifact.read_bytes() == before
    assert sorted(path.name for path in checkout.dist.root.iterdir()) == standing
    return caught.value


def test_a_handler_that_does_not_import_is_named_with_its_cause(checkout: Checkout) -> None:
    checkout.replace("functions/scorer/handler.py", "import functools", "import functools, no_such_module")
    error = refused(checkout)
    assert error.what == "images/platform/Dockerfile does not build"
    assert (
        "handler scorer.handler.handle does not import: ModuleNotFoundError: No module named 'no_such_module' "
        "(/var/task/scorer/handler.py, line 3)"
    ) in error.why
    assert "remediator" not in error.why.partition("\n")[2], "the others import"


def test_a_source_that_does_not_compile_is_named(checkout: Checkout) -> None:
    checkout.replace("functions/scorer/finding.py", '"""', '"""Broken."""\ndef x(:\n"""')
    error = refused(checkout)
    assert "/var/task/scorer/finding.py does not compile" in error.why


def test_a_policy_whose_tests_fail_is_named(checkout: Checkout) -> None:
    (checkout.root / "functions/policy/broken_test.rego").write_text(
        "package findings_test\n\nimport rego.v1\n\ntest_that_the_sky_is_green if false\n"
    )
    error = refused(checkout)
    assert "test_that_the_sky_is_green: FAIL" in error.why
    assert "opa test" in error.why


def test_a_wheel_with_other_bytes_than_locked_is_refused(checkout: Checkout) -> None:
    lock = checkout.root / "images/platform/requirements.lock"
    text = lock.read_text()
    name = next(line for line in text.splitlines() if line.startswith("six=="))
    block = text[text.index(name) : text.index("    # via", text.index(name))]
    hashes = [word for word in block.split() if word.startswith("--hash")]
    for known in hashes:
        text = text.replace(known, "--hash=sha256:" + "0" * 64)
    lock.write_text(text)
    error = refused(checkout)
    assert error.what == "the index serves other bytes than requirements.lock names"
    assert "six==" in error.why
    assert error.remedy.startswith("do not lock again before you know why")


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PackageIndex]:
    """The default index, and caches that are empty."""
    made = PackageIndex()
    monkeypatch.setenv("UV_DEFAULT_INDEX", made.url)
    monkeypatch.setenv("UV_CACHE_DIR", str(tmp_path / "uv"))
    monkeypatch.setenv("LOCKAGE_CACHE", str(tmp_path / "cache"))
    yield made
    made.close()


def test_a_zip_whose_wheel_is_for_another_machine_alone_is_refused(tmp_path: Path, index: PackageIndex) -> None:
    tag = "cp313-cp313-manylinux_2_28_aarch64"
    hashed = index.add("ours", f"ours-1.0-{tag}.whl", wheel("ours", "1.0", {}, tag=tag))
    project = ZipProject(tmp_path / "project", f"ours==1.0 {hashed}\n", {"api": "linux/amd64"})
    with pytest.raises(LockageError) as caught:
        project.lockage("build")
    assert caught.value.what == "something in requirements.lock has no wheel for Python 3.13 on linux/amd64"
    assert "ours==1.0 has no wheels with a matching platform tag" in caught.value.why
    assert caught.value.remedy.endswith("or build it from its sdist: from_source in lockage.yaml")
    assert not project.dist.folder("api").exists()
    assert [path.name for path in (tmp_path / "cache" / "packs").iterdir()] == [".lock"]
    assert list(project.dist.root.glob(".part-*")) == []
