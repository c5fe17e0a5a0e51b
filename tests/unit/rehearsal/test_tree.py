from pathlib import Path

import pytest

from lockage.errors import UsageError
from lockage.model.artifact import ImageArtifact
from lockage.model.dist import DistDir
from lockage.model.ids import Digest, Fingerprint
from lockage.rehearsal.tree import carry, reuse


def artifact(dist: DistDir, name: str, fingerprint: str = "sha256:1") -> None:
    folder = dist.beside(name)
    (folder / "layout").mkdir()
    (folder / "layout" / "blob").write_text(f"{name} by {fingerprint}")
    dist.write_artifact(
        folder,
        ImageArtifact(
            name=name,
            digest=Digest("sha256:" + "0" * 64),
            fingerprint=Fingerprint(fingerprint),
            platform="linux/amd64",
            size=1,
            unpacked=1,
            layers=(),
            inputs=(),
        ),
    )
    dist.replace(name, folder)


def blob(dist: DistDir, name: str) -> Path:
    return dist.layout(name) / "blob"


@pytest.fixture
def dists(tmp_path: Path) -> tuple[DistDir, DistDir]:
    return DistDir(tmp_path / "one"), DistDir(tmp_path / "two")


def test_an_artifact_is_linked_with_all_that_stands_beside_it(dists: tuple[DistDir, DistDir]) -> None:
    one, two = dists
    artifact(one, "platform")
    (one.folder("platform") / "verdict.json").write_text("{}")
    carry(one, two, "platform")
    assert blob(two, "platform").samefile(blob(one, "platform"))
    assert (two.folder("platform") / "verdict.json").read_text() == "{}"
    assert [path.name for path in two.root.iterdir()] == ["platform"]


def test_what_was_there_is_replaced_as_a_whole(dists: tuple[DistDir, DistDir]) -> None:
    one, two = dists
    artifact(one, "platform")
    artifact(two, "platform", "sha256:old")
    (two.folder("platform") / "verdict.json").write_text("of the old one")
    carry(one, two, "platform")
    assert blob(two, "platform").read_text() == "platform by sha256:1"
    assert not (two.folder("platform") / "verdict.json").exists()


def test_the_very_same_artifact_stays(dists: tuple[DistDir, DistDir]) -> None:
    one, two = dists
    artifact(one, "platform")
    carry(one, two, "platform")
    before = two.folder("platform").stat().st_ino
    carry(one, two, "platform")
    assert two.folder("platform").stat().st_ino == before


def test_what_was_never_built_is_not_carried(dists: tuple[DistDir, DistDir]) -> None:
    one, two = dists
    carry(one, two, "platform")
    assert not two.root.exists()


def test_nothing_half_written_is_left(dists: tuple[DistDir, DistDir], monkeypatch: pytest.MonkeyPatch) -> None:
    one, two = dists
    artifact(one, "platform")

    def full(source: str, target: str, *, follow_symlinks: bool) -> None:
        raise OSError(28, "No space left on device", source, target, follow_symlinks)

    monkeypatch.setattr("os.link", full)
    with pytest.raises(UsageError, match="platform cannot be kept in") as caught:
        carry(one, two, "platform")
    assert "No space left on device" in caught.value.why
    assert list(two.root.iterdir()) == []


def test_the_first_equal_fingerprint_is_reused_and_nothing_else(tmp_path: Path) -> None:
    other, same, target = (DistDir(tmp_path / name) for name in ("other", "same", "target"))
    artifact(other, "platform", "sha256:other")
    artifact(other, "base", "sha256:1")
    artifact(same, "platform", "sha256:1")
    reuse({"platform": "sha256:1", "base": "sha256:2"}, [other, same], target)
    assert blob(target, "platform").samefile(blob(same, "platform"))
    assert not target.folder("base").exists()
