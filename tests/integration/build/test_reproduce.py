"""Two builds of both images from two directories without any cache, against each other and what was built before."""

import pytest
from fakes.checkout import Checkout

pytestmark = pytest.mark.docker


def test_both_images_have_the_same_digests_every_time(built: Checkout, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    names = ("base", "platform")
    built.lockage("reproduce", *names)
    told = capsys.readouterr()
    assert told.out.splitlines() == [f"{name} {built.dist.read_artifact(name).digest} equal" for name in names]
    assert len([line for line in told.err.splitlines() if line.startswith("done") and " image " in line]) == 4
