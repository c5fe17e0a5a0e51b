"""What packaging rests on, weighed in what was really built: why analysis is an image, and what stays small."""

import re

import pytest
from fakes.checkout import Checkout

from lockage.publish.unpacking import LARGEST_BYTES

pytestmark = pytest.mark.docker

SMALL_ZIP = 50_000
"""Most that is asked of a function's zip beside its layers."""

DECLARED = {"analysis": "image", "scorer": "image", "dashboard": "zip", "ingestion": "layers"}


def test_the_rules_agree_with_what_is_declared_and_analysis_is_too_large_for_a_zip(
    built: Checkout, capsys: pytest.CaptureFixture[str]
) -> None:
    told = {}
    for function in DECLARED:
        capsys.readouterr()
        built.lockage("explain", function)
        told[function] = " ".join(capsys.readouterr().out.split())
    for function, packaging in DECLARED.items():
        assert told[function].startswith(f"{function}: {packaging}, as declared ")
    weight = re.search(r"; unpacked as a zip ([\d.]+) MB;", told["analysis"])
    assert weight, "all below /var/task of what was built"
    assert float(weight[1]) * 1_000_000 > LARGEST_BYTES


def test_a_zip_beside_its_layers_is_small(built: Checkout) -> None:
    assert built.dist.read_artifact("ingestion").size <= SMALL_ZIP
