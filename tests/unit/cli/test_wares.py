import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fakes.archives import Files, put_archive
from fakes.aws import World
from fakes.aws_services import FakeS3
from fakes.builder import FakeDocker
from fakes.dist import put_image
from fakes.evidence import facts
from fakes.oci import write_layout
from fakes.scanner import FakeSyft, FakeTrivy, report, tool, tree_report
from msgspec.structs import replace

from lockage.aws.access import Access, Identity
from lockage.aws.bucket import Bucket
from lockage.aws.calls import Caller
from lockage.aws.ssm import ParameterClient
from lockage.cli import handed, wares
from lockage.cli.main import main_inner
from lockage.config.load import load_project
from lockage.config.schema import Local, Project
from lockage.errors import GateFailed, Inconclusive, UsageError
from lockage.gate.database import Prepared
from lockage.gate.evidence import tree_name
from lockage.gate.policy import read as read_policy
from lockage.gate.scan import Gate
from lockage.inspect.describe import Describer
from lockage.inspect.emulator.call import call
from lockage.inspect.emulator.standing import RULES
from lockage.model.artifact import Artifact, ImageArtifact, ZipArtifact
from lockage.model.check import ArtifactCheck, FunctionCheck, NativeCheck
from lockage.model.dist import DistDir
from lockage.model.ids import Digest, Fingerprint
from lockage.plan import archive
from lockage.plan.gather import Gatherer
from lockage.plan.origin import Pinned
from lockage.plan.recipe import Recipe, fingerprint, inputs
from lockage.tools.lock import load as load_lock
from lockage.tools.locked import Tool
from lockage.tools.process import run

DOCKERFILE = "FROM scratch AS sources\nFROM scratch\nCOPY --from=sources / /\n"
LOCKAGE_YAML = """\
version: 1
project: demo
images: {platform: {dockerfile: images/platform/Dockerfile, sources: [functions/scorer], repository: platform}}
zips: {orders: {sources: [functions/orders], layers: [shared]}}
layers: {shared: {sources: [layers/item]}}
runtimes: {python3.13: "public.ecr.aws/lambda/python:3.13@sha256:%s"}
functions:
  scorer: {image: platform, handler: scorer.handler.handle, probe: functions/scorer/probe.json}
  orders: {zip: orders, handler: orders.handler.handle, probe: functions/scorer/probe.json}
registry: {account: "222222222222", region: eu-central-1, store: demo-releases}
environments: {prod: {account: "222222222222", region: eu-central-1}}
""" % ("b" * 64)
NAMES = ("platform", "orders", "shared")


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A committed project; an image, a zip and a layer in ``dist/`` whose records say that they were built of it."""
    root = tmp_path / "project"
    files = {
        ".gitignore": "dist/\n",
        "lockage.yaml": LOCKAGE_YAML,
        "images/platform/Dockerfile": DOCKERFILE,
        "functions/scorer/handler.py": "1\n",
        "functions/scorer/probe.json": "{}\n",
        "functions/orders/handler.py": "1\n",
        "layers/item/__init__.py": "1\n",
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
    image = put_image(dist, "platform", lambda folder: write_layout(folder, layers=[{"a": b"1"}]))
    made: dict[str, Artifact] = {
        "platform": image,
        "orders": put_archive(dist, "orders", spoil=only("orders/handler.py")),
        "shared": put_archive(dist, "shared", kind="layer", spoil=only("item/__init__.py")),
    }
    for recipe in Gatherer(root, project(root), Local(), docker=FakeDocker(), tools=Pinned()).recipes():
        given = inputs(recipe, "BuildKit 1", {}) if isinstance(recipe, Recipe) else archive.inputs(recipe, "1")
        built = replace(made[recipe.name], inputs=given, fingerprint=fingerprint(given))
        if isinstance(built, ZipArtifact):
            built = replace(built, layers=("shared",))
        dist.write_artifact(dist.folder(recipe.name), built)
        image = built if isinstance(built, ImageArtifact) else image
    return image


def only(path: str) -> Callable[[Files], None]:
    def spoil(files: Files) -> None:
        files.clear()
        files[path] = b"1\n"

    return spoil


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


def test_what_was_built_of_this_tree_is_taken(root: Path) -> None:
    wares.hold_built_from(NAMES, project(root), root)


CHANGES = {
    "functions/scorer/handler.py": ("2\n", "platform: source functions/scorer changed"),
    "images/platform/Dockerfile": (f"{DOCKERFILE}USER 1\n", "platform: dockerfile images/platform/Dockerfile changed"),
    "images/platform/strip.py": ("pass\n", "platform: source images/platform changed"),
    "functions/orders/handler.py": ("2\n", "orders: source functions/orders changed"),
    "layers/item/__init__.py": ("2\n", "shared: source layers/item changed"),
}


@pytest.mark.parametrize("path", CHANGES)
def test_what_was_built_of_another_tree_would_have_a_name_that_lies(root: Path, path: str) -> None:
    content, said = CHANGES[path]
    (root / path).write_text(content)
    with pytest.raises(UsageError) as caught:
        wares.hold_built_from(["platform", "orders"], project(root), root)
    assert caught.value.what == "what is in dist/ was not built from this tree: platform, orders"
    assert caught.value.why == said
    assert "./noxw -s build check sbom scan" in caught.value.remedy


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
    """All of it described by the locked Syft, passed by the gate, and run, as far as files say."""
    shutil.copytree(project_root / "sbom", root / "sbom")
    for name in NAMES:
        describe(root, locked("syft"), name=name)
        scan(root, locked("trivy"), name=name)
    for name in ("platform", "orders"):
        answered(root, name)
    return root


def installed(name: str, sha256: str) -> Tool:
    """A tool of these bytes, whose mark somebody left out."""
    used = load_lock().used(name, sha256)
    return replace(tool(name, used.version, sha256), source=used.source)


def describe(root: Path, sha256: str, second_source: str = "", *, name: str = "platform") -> None:
    syft = FakeSyft(root / "sbom" / "syft.yaml")
    syft.tool = replace(installed("syft", sha256), second_source=second_source)
    Describer(DistDir(root / "dist"), root, syft).describe(name)


def scan(root: Path, sha256: str, *vulnerabilities: dict[str, object], name: str = "platform") -> None:
    now, dist, trivy = datetime.now(UTC), DistDir(root / "dist"), FakeTrivy()
    trivy.tool = installed("trivy", sha256)
    if name == "platform":
        found = report(dist.layout(name))
        found["Results"][0]["Vulnerabilities"] = list(vulnerabilities)
    else:
        found = tree_report(Path(tree_name(dist.read_artifact(name).digest)))
    trivy.writes = json.dumps({**found, "CreatedAt": now.isoformat()}).encode()
    fresh = facts(updated_at=now - timedelta(hours=1), downloaded_at=now - timedelta(hours=1))
    policy = read_policy(project(root), root)
    Gate(dist, trivy, Prepared(cache=root, facts=fresh), policy, lambda: now).examine(name)


def answered(root: Path, name: str, **changes: object) -> None:
    """Every function of an artifact answers its probe."""
    dist, declared = DistDir(root / "dist"), project(root)
    probe = (root / "functions/scorer/probe.json").read_bytes()
    zipped = name == "orders"
    check = ArtifactCheck(
        name=name,
        artifact=dist.read_artifact(name).digest,
        layers=(dist.read_artifact("shared").digest,) if zipped else (),
        runtime=declared.runtimes["python3.13"] if zipped else "",
        runtime_digest="sha256:" + "b" * 64 if zipped else "",
        rules=RULES,
        native=NativeCheck(summary="pure Python"),
        functions=tuple(
            FunctionCheck(function=one, asked=call(one, declared, probe).asked)
            for one in declared.functions
            if declared.runs(one) == name
        ),
    )
    dist.write_check(replace(check, **changes))


def test_what_was_built_described_and_passed_may_be_pushed(ready: Path) -> None:
    image, zipped, layer = wares.inspect(NAMES, project(ready), ready)
    assert isinstance(image, wares.ImageWare)
    assert (image.repository, image.proven.second_sources) == ("platform", ())
    documents = ["artifact", "check", "findings", "sbom.cdx", "sbom.packages", "sbom.spdx", "verdict"]
    assert sorted(image.proven.documents) == sorted(zipped.proven.documents) == documents
    without_check = [one for one in documents if one != "check"]
    assert sorted(layer.proven.documents) == without_check, "no function runs a layer by itself"
    assert image.proven.documents["artifact"] == DistDir(ready / "dist").artifact("platform").read_bytes()
    assert isinstance(zipped, wares.ArchiveWare)
    assert zipped.archive == DistDir(ready / "dist").archive("orders")


def test_an_archive_that_was_exchanged_is_not_pushed(ready: Path) -> None:
    DistDir(ready / "dist").archive("shared").write_bytes(b"another")
    with pytest.raises(UsageError, match="dist/shared holds another archive than was built"):
        wares.inspect(["shared"], project(ready), ready)


def test_a_zip_is_held_to_its_layers_also_where_they_were_pushed_before(ready: Path) -> None:
    dist = DistDir(ready / "dist")
    dist.write_artifact(dist.folder("shared"), replace(dist.read_artifact("shared"), runtime="python3.12"))
    with pytest.raises(UsageError, match="Lambda would not run the zip orders with its layers") as caught:
        wares.inspect(["orders"], project(ready), ready)
    assert caught.value.why == "the layer shared is for python3.12, the zip is for python3.13"


def test_a_zip_whose_functions_were_run_with_another_layer_is_not_pushed(ready: Path) -> None:
    answered(ready, "orders", layers=(Digest("sha256:" + "0" * 64),))
    with pytest.raises(UsageError, match="the functions of orders were not run as they are now") as caught:
        wares.inspect(["orders"], project(ready), ready)
    assert caught.value.why.startswith(f"its layers: checked was sha256:{'0' * 64}, here is sha256:")


def test_a_stand_in_for_the_runtime_marks_the_zip(ready: Path) -> None:
    answered(ready, "orders", runtime_digest="sha256:" + "c" * 64, second_source="a stand-in")
    (ware,) = wares.inspect(["orders"], project(ready), ready)
    assert ware.proven.second_sources == ("a stand-in",)


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


def test_a_scanner_that_claims_another_source_is_not_believed(ready: Path) -> None:
    dist = DistDir(ready / "dist")
    told = dist.read_verdict("platform")
    dist.write_verdict("platform", replace(told, scanner=replace(told.scanner, source="module")))
    with pytest.raises(Inconclusive, match="the verdict on platform cannot be relied on") as caught:
        wares.inspect(["platform"], project(ready), ready)
    assert caught.value.why == "its scanner is not what the findings and the policy give"


def test_a_syft_that_is_not_the_release_marks_what_it_says(ready: Path) -> None:
    mark = load_lock().second_source("syft", "9" * 64)
    describe(ready, "9" * 64, mark)
    (ware,) = wares.inspect(["platform"], project(ready), ready)
    assert ware.proven.second_sources == (mark,)
    describe(ready, "9" * 64)
    with pytest.raises(Inconclusive, match="the SBOMs of platform cannot be relied on") as caught:
        wares.inspect(["platform"], project(ready), ready)
    assert caught.value.why.endswith(f"this tree's syft.yaml and Syft of sha256:{'9' * 64} are")


def test_what_nobody_described_is_said_to_be_so(ready: Path) -> None:
    DistDir(ready / "dist").profile("platform").unlink()
    with pytest.raises(UsageError) as caught:
        wares.inspect(["platform"], project(ready), ready)
    assert caught.value.what == "platform was not described"
    assert caught.value.why == f"there is no sbom.packages.cdx.json in {ready / 'dist/platform'}"
    assert caught.value.remedy == "describe it: ./noxw -s sbom -- platform"


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


TOO_LARGE = "; more than the 50 MB that Lambda takes directly, which reads it from S3"


@pytest.mark.parametrize(("size", "said"), [(52_428_800, ""), (52_428_801, TOO_LARGE)])
def test_what_lambda_does_not_take_directly_is_said_to_go_through_s3(
    ready: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], size: int, said: str
) -> None:
    dist, publisher = DistDir(ready / "dist"), "arn:aws:sts::222222222222:assumed-role/demo-publisher/lockage"
    dist.write_artifact(dist.folder("shared"), replace(dist.read_artifact("shared"), size=size))
    s3 = FakeS3(World(), "222222222222", "demo-publisher")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setattr(Access, "identity", Identity(account="222222222222", arn=publisher))
    monkeypatch.setattr(Access, "bucket", lambda _, name: Bucket(s3, name, caller=Caller(lambda: publisher)))
    monkeypatch.setattr(ParameterClient, "is_rehearsal", lambda *_: False)
    for told in (f"{size:,} of {size:,} bytes sent", "what is there is this very artifact already"):
        main_inner(["push", "--project", str(ready / "lockage.yaml"), "shared"])
        assert f"push shared  ({told}{said})\n" in capsys.readouterr().err
