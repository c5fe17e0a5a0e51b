from pathlib import Path

import pytest
from fakes.evidence import SCANNER

from lockage.errors import UsageError
from lockage.model.artifact import ImageArtifact, Input
from lockage.model.dist import DistDir, encode, write
from lockage.model.ids import Digest, Fingerprint
from lockage.model.verdict import Verdict

ARTIFACT = ImageArtifact(
    name="platform",
    digest=Digest("sha256:" + "a" * 64),
    fingerprint=Fingerprint("sha256:" + "b" * 64),
    platform="linux/amd64",
    size=1,
    unpacked=2,
    layers=(),
    inputs=(Input(kind="base", name="base", digest="sha256:c", second_source="a stand-in"),),
)


@pytest.fixture
def dist(tmp_path: Path) -> DistDir:
    return DistDir(tmp_path / "dist")


def place(dist: DistDir, text: str = "") -> None:
    folder = dist.beside("platform")
    (folder / "layout").mkdir()
    (folder / "layout/index.json").write_text(text)
    dist.write_artifact(folder, ARTIFACT)
    dist.replace("platform", folder)


def test_what_is_written_is_read_again(dist: DistDir) -> None:
    place(dist)
    assert dist.read_artifact("platform") == ARTIFACT == dist.find_artifact("platform")


def test_a_new_artifact_takes_the_place_of_the_old_and_of_its_evidence(dist: DistDir) -> None:
    place(dist, "old")
    dist.findings("platform").write_text("of the old one")
    place(dist, "new")
    assert (dist.layout("platform") / "index.json").read_text() == "new"
    assert sorted(path.name for path in dist.folder("platform").iterdir()) == ["artifact.json", "layout"]
    assert [path.name for path in dist.root.iterdir()] == ["platform"]


def test_what_is_missing_names_the_session_that_makes_it(dist: DistDir) -> None:
    with pytest.raises(UsageError) as caught:
        dist.read_artifact("platform")
    assert caught.value.what == "platform has no readable artifact.json"
    assert caught.value.remedy == "make it with: ./noxw -s build -- platform"
    with pytest.raises(UsageError) as caught:
        dist.read_verdict("platform")
    assert caught.value.remedy == "make it with: ./noxw -s scan"
    assert dist.find_artifact("platform") is None


def test_what_another_version_wrote_is_not_guessed_at(dist: DistDir) -> None:
    place(dist)
    path = dist.folder("platform") / "artifact.json"
    path.write_text(path.read_text().replace('"schema": 2', '"schema": 1'))
    with pytest.raises(UsageError, match="platform has no readable") as caught:
        dist.read_artifact("platform")
    assert "schema" in caught.value.why
    assert dist.find_artifact("platform") is None


def test_a_verdict_stands_beside_its_artifact(dist: DistDir) -> None:
    verdict = Verdict(
        artifact=ARTIFACT.digest,
        outcome="inconclusive",
        reasons=("no database",),
        blocking=(),
        excepted=(),
        counts={},
        packages=0,
        database=None,
        scanner=SCANNER.tool,
        policy=Digest("sha256:" + "d" * 64),
        findings=None,
        decided_at="2026-11-21T12:00:00Z",
        second_sources=(),
    )
    place(dist)
    dist.write_verdict("platform", verdict)
    assert dist.read_verdict("platform") == verdict


def test_a_write_that_fails_leaves_the_old_file_and_nothing_beside_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(tmp_path / "file", b"old")

    def fails(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(Path, "replace", fails)
    with pytest.raises(KeyboardInterrupt):
        write(tmp_path / "file", b"new")
    assert [(path.name, path.read_bytes()) for path in tmp_path.iterdir()] == [("file", b"old")]


def test_files_are_the_same_for_the_same_value() -> None:
    assert encode({"b": 1, "a": [2]}) == encode({"a": [2], "b": 1}) == b'{\n  "a": [\n    2\n  ],\n  "b": 1\n}\n'
