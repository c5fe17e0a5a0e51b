"""What a function is made with before its first release: only one of an image asks for an image."""

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from lockage.errors import ToolError

pytestmark = pytest.mark.tools

TERRAFORM = Path(__file__).parents[3] / "terraform"
CALL = """
module "function" {{
  source        = "./function"
  function      = {{ package = "{package}" }}
  alias         = "live"
  url_parameter = "/p/url/f"
  seed_image    = {seed}
}}
"""


@pytest.fixture
def asked(tofu: Callable[..., str], tmp_path: Path) -> Callable[[str, str], str]:
    """Plans a call of what modules/function takes, without what it makes."""
    (tmp_path / "function").mkdir()
    shutil.copy(TERRAFORM / "modules" / "function" / "variables.tf", tmp_path / "function")

    def plan(package: str, seed: str) -> str:
        (tmp_path / "main.tf").write_text(CALL.format(package=package, seed=seed))
        tofu("init", "-backend=false", "-no-color", folder=tmp_path)
        return tofu("plan", "-no-color", folder=tmp_path)

    return plan


def test_a_zip_needs_no_image(asked: Callable[[str, str], str]) -> None:
    assert "No changes" in asked("zip", "null")


@pytest.mark.parametrize("seed", ["null", '"repository:latest"'])
def test_an_image_needs_one_by_its_digest(asked: Callable[[str, str], str], seed: str) -> None:
    with pytest.raises(ToolError, match="tofu failed") as caught:
        asked("image", seed)
    assert "by its digest" in caught.value.why
    assert "No changes" in asked("image", f'"repository@sha256:{"0" * 64}"')
