"""``lockage scan`` and ``lockage sbom``: what they refuse before they run anything."""

from pathlib import Path

import pytest

from lockage.cli.images import chosen
from lockage.cli.main import main_inner
from lockage.errors import UsageError


def test_artifacts_are_those_named_or_all() -> None:
    assert chosen((), ("base", "platform")) == ("base", "platform")
    assert chosen(("platform",), ("base", "platform")) == ("platform",)


def test_a_name_of_none_of_them_is_refused() -> None:
    with pytest.raises(UsageError) as caught:
        chosen(("platfrom",), ("base", "platform"))
    assert caught.value.what == "no artifact called platfrom can be taken here"
    assert caught.value.why == "of what lockage.yaml names, these can: base, platform"


@pytest.mark.parametrize("arguments", [["--findings", "dist"], ["--cache", ".cache/trivy"]])
def test_findings_need_the_database_they_were_made_with(arguments: list[str]) -> None:
    with pytest.raises(UsageError) as caught:
        main_inner(["scan", *arguments])
    assert caught.value.what == "--findings and --cache belong together"
    assert "a verdict names the database it rests on" in caught.value.why


@pytest.mark.parametrize("verb", ["scan", "sbom"])
def test_without_a_project_nothing_is_run(verb: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageError, match=r"lockage\.yaml does not exist"):
        main_inner([verb])
    assert not (tmp_path / "dist").exists()
