"""What stops a build, and that the message names it; what stood in dist stays, with nothing half-written beside it."""

import pytest
from fakes.checkout import Checkout

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
