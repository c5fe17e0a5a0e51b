"""What a change costs, and that no change is missed."""

import tarfile

import pytest
from fakes.checkout import Checkout

pytestmark = pytest.mark.docker

HANDLER = "functions/remediator/handler.py"


def last_layer(checkout: Checkout, name: str) -> bytes:
    image = checkout.layout("platform")
    with tarfile.open(image.blob(image.manifest.layers[-1].digest)) as tar:
        stream = tar.extractfile(name)
        assert stream is not None
        return stream.read()


def test_an_edit_that_keeps_the_length_is_built(checkout: Checkout) -> None:
    """BuildKit compares what it is sent by name, size, mode and time only, and all times are equal here."""
    first_line = (checkout.root / HANDLER).read_text().splitlines()[0]
    assert len(first_line) > 10
    found = []
    for letter in "XYX":
        text = (checkout.root / HANDLER).read_text()
        (checkout.root / HANDLER).write_text(f'"""{letter * 9}"""' + text[text.index("\n") :])
        artifact = checkout.build()
        assert last_layer(checkout, "var/task/remediator/handler.py").startswith(f'"""{letter * 9}'.encode())
        found.append(artifact.digest)
    assert found[0] == found[2] != found[1]


def test_one_line_of_one_handler_changes_the_last_layer_only(checkout: Checkout) -> None:
    before = checkout.build()
    checkout.replace(HANDLER, '"""', '"""Edited. ')
    after = checkout.build()
    assert after.layers[:-1] == before.layers[:-1]
    assert after.layers[-1] != before.layers[-1]
    assert after.layers[-1].size < 100_000


def test_nothing_changed_means_nothing_is_built(checkout: Checkout, capsys: pytest.CaptureFixture[str]) -> None:
    before = checkout.build()
    capsys.readouterr()
    checkout.lockage("build")
    told = capsys.readouterr()
    names = [line.split()[0] for line in told.out.splitlines()]
    assert {"base", "platform"} <= set(names)
    assert told.out.splitlines() == [f"{name} {checkout.dist.read_artifact(name).digest}" for name in names]
    assert checkout.image("platform") == before
    steps = [line.split() for line in told.err.splitlines() if line.split()[3] in {"image", "layer", "zip"}]
    assert [step[0] for step in steps] == ["reused"] * len(names)


def test_the_plan_says_what_changed(checkout: Checkout, capsys: pytest.CaptureFixture[str]) -> None:
    checkout.build()
    checkout.replace(HANDLER, '"""', '"""Edited. ')
    capsys.readouterr()
    checkout.lockage("plan")
    lines = capsys.readouterr().out.splitlines()
    actions = dict(line.split()[1::-1] for line in lines if line.startswith(("build", "reuse")))
    assert [name for name, action in actions.items() if action == "build"] == ["platform"]
    assert actions["base"] == "reuse"
    assert any(line.endswith("source functions/remediator changed") for line in lines)
