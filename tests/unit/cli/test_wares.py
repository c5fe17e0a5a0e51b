import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fakes.builder import FakeDocker
from fakes.dist import put_image
from fakes.evidence import facts
from fakes.oci import write_layout
from fakes.scanner import FakeSyft, FakeTrivy, report, tool
from msgspec.structs import replace

from lockage.aws.access import Access, Identity
from lockage.aws.ssm import ParameterClient
from lockage.cli import handed, wares
from lockage.cli.main import main_inner
from lockage.config.load import load_project
from lockage.config.schema import Local, Project
from lockage.errors import GateFailed, Inconclusive, UsageError
from lockage.gate.database import Prepared
from lockage.gate.policy import read as read_policy
from lockage.gate.scan import Gate
from lockage.inspect.describe import Describer
from lockage.model.artifact import ImageArtifact
from lockage.model.dist import DistDir
from lockage.model.ids import Digest, Fingerprint
from lockage.plan.gather import Gatherer
from lockage.plan.origin import Pinned
from lockage.plan.recipe import fingerprint, inputs
from lockage.tools.lock import load as load_lock
from lockage.tools.process import run

DOCKERFILE = "FROM scratch AS sources\nFROM scratch\nCOPY --from=sources / /\n"
LOCKAGE_YAML = """\
version: 1
project: demo
images: {platform: {dockerfile: images/platform/Dockerfile, sources: [functions/scorer], repository: platform}}
functions: {scorer: {image: platform, handler: scorer.handler.handle, probe: functions/scorer/probe.json}}
registry: {account: "222222222222", region: eu-central-1, store: demo-releases}
environments: {prod: {account: "222222222222", region: eu-central-1}}
"""


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A committed project with an image in ``dist/`` whose record says that it was built of it."""
    root = tmp_path / "project"
    files = {
        ".gitignore": "dist/\n",
        "lockage.yaml": LOCKAGE_YAML,
        "images/platform/Dockerfile": DOCKERFILE,
        "functions/scorer/handler.py": "1\n",
        "functions/scorer/probe.json": "{}\n",
    }
    for name, content in files.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(content)
    run(["git", "init", "--quiet", root])
    run(["git", "add", "."], cwd=root)
    identity = ["-c", "user.name=t", "-c", "user.email=t@example.com"]
    run(["git", *identity, "commit", "--quiet", "--message", "first"], cwd=root)
    record_built(root)
    return root


def project(root: Path) -> Project:
    return load_project(root / "lockage.yaml", files=False)


def record_built(root: Path) -> ImageArtifact:
    """What a build of this tree would record."""
    dist = DistDir(root / "dist")
    made = put_image(dist, "platform", lambda folder: write_layout(folder, layers=[{"a": b"1"}]))
    (recipe,) = Gatherer(root, project(root), Local(), docker=FakeDocker(), tools=Pinned()).recipes()
    given = inputs(recipe, "BuildKit 1", {})
    made = replace(made, inputs=given, fingerprint=fingerprint(given))
    dist.write_artifact(dist.folder("platform"), made)
    return made


def test_a_release_comes_from_a_commit(root: Path) -> None:
    source = wares.source(root)
    assert source.commit == run(["git", "rev-parse", "HEAD"], cwd=root).stdout.strip()
    assert not source.dirty
    (root / "dist" / "artifact").write_text("ignored")
    assert not wares.source(root).dirty
    (root / "new.py").write_text("")
    assert wares.source(root).dirty


def test_a_folder_without_a_commit_is_told(tmp_path: Path) -> None:
    run(["git", "init", "--quiet", tmp_path])
    with pytest.raises(UsageError, match="has no commit"):
        wares.source(tmp_path)


def test_an_image_of_this_tree_is_taken(root: Path) -> None:
    wares.hold_built_from(["platform"], project(root), root)


CHANGES = {
    "functions/scorer/handler.py": ("2\n", "platform: source functions/scorer changed"),
    "images/platform/Dockerfile": (f"{DOCKERFILE}USER 1\n", "platform: dockerfile images/platform/Dockerfile changed"),
    "images/platform/strip.py": ("pass\n", "platform: source images/platform changed"),
}


@pytest.mark.parametrize("path", CHANGES)
def test_an_image_of_another_tree_would_have_a_tag_that_lies(root: Path, path: str) -> None:
    content, said = CHANGES[path]
    (root / path).write_text(content)
    with pytest.raises(UsageError) as caught:
        wares.hold_built_from(["platform"], project(root), root)
    assert caught.value.what == "what is in dist/ was not built from this tree: platform"
    assert caught.value.why == said
    assert "./noxw -s build sbom scan" in caught.value.remedy


def test_a_record_whose_inputs_were_exchanged_is_not_believed(root: Path) -> None:
    made = record_built(root)
    dist = DistDir(root / "dist")
    dist.write_artifact(dist.folder("platform"), replace(made, fingerprint=Fingerprint("sha256:" + "0" * 64)))
    with pytest.raises(UsageError, match="was not built from this tree") as caught:
        wares.hold_built_from(["platform"], project(root), root)
    assert "is not that of the inputs it names" in caught.value.why


def locked(name: str) -> str:
    release = load_lock().pin(name).release
    assert release is not None
    return release.program_sha256


@pytest.fixture
def ready(root: Path, project_root: Path) -> Path:
    """The image described by the locked Syft and passed by the gate, as far as files say."""
    shutil.copytree(project_root / "sbom", root / "sbom")
    describe(root, locked("syft"))
    scan(root, locked("trivy"))
    return root


def describe(root: Path, sha256: str, second_source: str = "") -> None:
    syft = FakeSyft(root / "sbom" / "syft.yaml")
    syft.tool = replace(tool("syft", load_lock().pin("syft").version, sha256), second_source=second_source)
    Describer(DistDir(root / "dist"), root, syft).describe("platform")


def scan(root: Path, sha256: str, *vulnerabilities: dict[str, object]) -> None:
    now, dist, trivy = datetime.now(UTC), DistDir(root / "dist"), FakeTrivy()
    trivy.tool = tool("trivy", load_lock().pin("trivy").version, sha256)
    found = {**report(dist.layout("platform")), "CreatedAt": now.isoformat()}
    found["Results"][0]["Vulnerabilities"] = list(vulnerabilities)
    trivy.writes = json.dumps(found).encode()
    fresh = facts(updated_at=now - timedelta(hours=1), downloaded_at=now - timedelta(hours=1))
    policy = read_policy(project(root), root)
    Gate(dist, trivy, Prepared(cache=root, facts=fresh), policy, lambda: now).examine("platform")


def test_what_was_built_described_and_passed_may_be_pushed(ready: Path) -> None:
    (ware,) = wares.inspect(["platform"], project(ready), ready)
    assert (ware.repository, ware.proven.second_sources) == ("platform", ())
    assert sorted(ware.proven.documents) == ["findings", "sbom.cdx", "sbom.spdx", "verdict"]


def test_the_exceptions_that_are_checked_out_decide(ready: Path) -> None:
    scan(ready, locked("trivy"), {"VulnerabilityID": "CVE-1-1", "PkgName": "a", "Severity": "CRITICAL"})
    dist = DistDir(ready / "dist")
    told = replace(dist.read_verdict("platform"), outcome="pass", reasons=(), blocking=())
    dist.write_verdict("platform", told)
    with pytest.raises(GateFailed, match="platform does not pass any more"):
        wares.inspect(["platform"], project(ready), ready)


def test_a_scanner_that_is_not_the_release_marks_what_it_says_whoever_left_the_mark_out(ready: Path) -> None:
    scan(ready, "9" * 64)
    with pytest.raises(Inconclusive, match="the verdict on platform cannot be relied on") as caught:
        wares.inspect(["platform"], project(ready), ready)
    assert caught.value.why == "its second_sources is not what the findings and the policy give"


def test_a_syft_that_is_not_the_release_marks_what_it_says(ready: Path) -> None:
    mark = load_lock().second_source("syft", "9" * 64)
    describe(ready, "9" * 64, mark)
    (ware,) = wares.inspect(["platform"], project(ready), ready)
    assert ware.proven.second_sources == (mark,)
    describe(ready, "9" * 64)
    with pytest.raises(Inconclusive, match="the SBOMs of platform cannot be relied on") as caught:
        wares.inspect(["platform"], project(ready), ready)
    assert caught.value.why.endswith(f"this tree's syft.yaml and Syft of sha256:{'9' * 64} are")


def _other_subject(text: str) -> str:
    document = json.loads(text)
    document["metadata"]["component"]["version"] = "sha256:" + "0" * 64
    return json.dumps(document)


SPOILT: dict[str, tuple[Callable[[str], str], str]] = {
    "another image's": (_other_subject, "is about sha256:0000"),
    "no packages": (lambda text: json.dumps({**json.loads(text), "components": []}), "different packages"),
    "cut off": (lambda text: text[:-9], "does not read as JSON"),
}


@pytest.mark.parametrize("how", SPOILT)
def test_what_is_in_an_image_must_be_known(ready: Path, how: str) -> None:
    spoil, why = SPOILT[how]
    document = DistDir(ready / "dist").cyclonedx("platform")
    document.write_text(spoil(document.read_text()))
    with pytest.raises(Inconclusive) as caught:
        wares.inspect(["platform"], project(ready), ready)
    assert why in caught.value.why


def test_findings_and_verdicts_may_lie_apart_and_nothing_else_is_taken_from_there(ready: Path) -> None:
    dist, apart = DistDir(ready / "dist"), DistDir(ready / "evidence")
    shutil.copytree(dist.root, apart.root)
    for taken in (dist.findings("platform"), dist.verdict("platform")):
        taken.unlink()
    for other in (apart.artifact("platform"), apart.cyclonedx("platform"), apart.spdx("platform")):
        other.write_text("another")
    (ware,) = wares.inspect(["platform"], project(ready), ready, evidence=apart.root)
    assert ware.proven.documents["verdict"] == apart.verdict("platform").read_bytes()


def test_what_the_build_told_of_is_taken_and_nothing_else(ready: Path) -> None:
    told = handed.told(DistDir(ready / "dist"), ["platform"])
    wares.inspect(["platform"], project(ready), ready, expect=handed.expected(told))
    for other in ({"platform": Digest("sha256:" + "0" * 64)}, {"base": Digest("sha256:" + "0" * 64)}):
        with pytest.raises(UsageError, match="what was handed over is not what was built") as caught:
            wares.inspect(["platform"], project(ready), ready, expect=other)
        assert caught.value.why.startswith("platform: artifact.json is sha256:")


def test_said_and_empty_is_not_unsaid() -> None:
    assert handed.expected(None) is None
    for text in ("", "platform", "platform=", "=sha256:0"):
        with pytest.raises(UsageError, match="what is expected of the build cannot be read"):
            handed.expected(text)


@pytest.mark.parametrize("verb", ["push", "release"])
def test_a_workflow_says_it_in_the_environment(verb: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKAGE_EXPECT", "")
    with pytest.raises(UsageError, match="what is expected of the build cannot be read"):
        main_inner([verb])


def test_outside_of_a_rehearsal_nothing_stands_in_for_the_registry(
    ready: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (ready / "lockage.local.yaml").write_text('mirrors: {registry: "localhost:4566"}')
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(Access, "identity", Identity(account="222222222222", arn="arn:aws:iam::222222222222:user/a"))
    monkeypatch.setattr(ParameterClient, "is_rehearsal", lambda *_: False)
    with pytest.raises(UsageError, match="localhost:4566 may stand in for ECR in a rehearsal only"):
        main_inner(["push", "--project", str(ready / "lockage.yaml")])
