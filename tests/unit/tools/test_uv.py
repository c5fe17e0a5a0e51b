from pathlib import Path

import pytest

from lockage.errors import ToolError
from lockage.tools import uv
from lockage.tools.uv import DependencyError, Uv, target


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


@pytest.mark.parametrize(
    ("said", "what", "remedy"),
    [
        ("Hash mismatch for `six==1.17.0`", "the index serves other bytes than requirements.lock names", "do not lock"),
        (
            "has no wheels with a matching platform tag",
            "the wheels of requirements.lock cannot be had",
            "another version",
        ),
    ],
)
def test_what_uv_says_is_explained(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, said: str, what: str, remedy: str
) -> None:
    def fails(_: object) -> None:
        raise ToolError("uv failed", why=said, remedy="run it by hand")

    monkeypatch.setattr(uv, "run", fails)
    with pytest.raises(DependencyError) as caught:
        Uv().install(Path("requirements.lock"), tmp_path, python="3.13", platform="linux/amd64")
    assert caught.value.what == what
    assert caught.value.why == said
    assert remedy in caught.value.remedy
