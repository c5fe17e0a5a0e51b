import hashlib
import json
from pathlib import Path

import msgspec
import pytest
from fakes.environment import digest, make_release
from fakes.zips import zip_release
from msgspec.structs import replace

from lockage.config.load import load_project
from lockage.config.schema import Project
from lockage.errors import UsageError
from lockage.model.artifact import ImageArtifact, LayerArtifact, ZipArtifact
from lockage.model.canonical import canonical
from lockage.model.ids import CommitSha, Fingerprint
from lockage.model.release import Configuration, Release, Weight, image_tag
from lockage.model.tool import UsedTool
from lockage.release.make import REHEARSED, Proven, Source, ingredients, make, probe_event, with_parent

COMMIT = CommitSha("c" * 40)
SOURCE = Source(commit=COMMIT, dirty=False)


@pytest.fixture(scope="module")
def project() -> Project:
    """This repository's own, with the functions of one image."""
    found = load_project(Path(__file__).parents[3] / "lockage.yaml", files=False)
    return replace(found, functions={name: one for name, one in found.functions.items() if one.image == "platform"})


def proven(*second_sources: str, platform: str = "linux/amd64") -> Proven:
    artifact = ImageArtifact(
        name="platform",
        digest=digest("a"),
        fingerprint=Fingerprint(digest("b")),
        platform=platform,
        size=1,
        unpacked=1,
        layers=(),
        inputs=(),
    )
    documents = {"verdict": b"v", "findings": b"f", "sbom.cdx": b"{}", "sbom.spdx": b"s"}
    return Proven(artifact=artifact, documents=documents, second_sources=second_sources)  # type: ignore[arg-type]  # any of the artifacts


def release(project: Project, image: Proven | None = None, *, rehearsal: bool = False, **changes: str) -> Release:
    probes = {name: changes.get(name, "{}") for name in project.functions}
    return make(project, SOURCE, {"platform": image or proven()}, probes, rehearsal=rehearsal)


def test_a_release_holds_what_a_version_will_snapshot(project: Project) -> None:
    made = release(project)
    assert [function.name for function in made.functions] == sorted(project.functions)
    scorer = next(function for function in made.functions if function.name == "scorer")
    declared = project.functions["scorer"]
    assert scorer.artifact == digest("a")
    assert scorer.configuration.command == (declared.handler,)
    assert scorer.configuration.memory_mb == declared.memory_mb
    assert scorer.configuration.environment == declared.environment, "references stay symbolic"
    assert scorer.configuration.architecture == "x86_64"
    assert scorer.repository == "platform"


def test_the_evidence_of_an_image_is_named_once(project: Project) -> None:
    assert [(one.kind, one.artifact) for one in release(project).evidence] == [
        ("findings", digest("a")),
        ("sbom.cdx", digest("a")),
        ("sbom.spdx", digest("a")),
        ("verdict", digest("a")),
    ]


def test_what_an_artifact_weighs_and_holds_is_kept_for_the_next_release(project: Project) -> None:
    artifact = replace(proven().artifact, size=3, unpacked=5)
    bom = b'{"components": [{"purl": "pkg:pypi/a@1"}, {"purl": "pkg:pypi/a@1"}, {"purl": "pkg:rpm/b@1"}, {}]}'
    one = Proven(artifact=artifact, documents={"sbom.cdx": bom}, second_sources=())
    probes = dict.fromkeys(project.functions, "{}")
    made = make(project, SOURCE, {"platform": one, "base": one}, probes, rehearsal=False)
    assert made.weights == (Weight(name="platform", size=3, unpacked=5, packages=2),), "and of nothing that none runs"


def test_the_id_is_the_hash_of_the_file(project: Project) -> None:
    made = release(project)
    assert made.id == hashlib.sha256(canonical(made)).hexdigest()
    assert msgspec.json.decode(canonical(made), type=Release) == made
    document = json.loads(canonical(made))
    again = json.dumps(document, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()
    assert again == canonical(made), "anybody's canonical JSON gives the same id"


@pytest.mark.parametrize(
    "change",
    [
        {"commit": CommitSha("d" * 40)},
        {"dirty": True},
        {"second_sources": ("stand-in",)},
        {"evidence": ()},
        {"functions": ()},
        {"layers": zip_release({}, {"deps": "1"}).layers},
        {"parent": make_release("a").id},
        {"tools": (UsedTool(name="crane", version="0.21.9", source="module", sha256="a" * 64),)},
    ],
)
def test_every_field_counts_for_the_id(project: Project, change: dict[str, object]) -> None:
    assert replace(release(project), **change).id != release(project).id


def test_memory_alone_changes_the_configuration_hash(project: Project) -> None:
    larger = replace(project.functions["remediator"], memory_mb=1024)
    other = replace(project, functions={**project.functions, "remediator": larger})
    before = {one.name: one.configuration_hash for one in release(project).functions}
    after = {one.name: one.configuration_hash for one in release(other).functions}
    assert {name for name in before if before[name] != after[name]} == {"remediator"}


def test_second_sources_mark_a_release_for_ever(project: Project) -> None:
    made = release(project, proven("stand-in", "fixture database"))
    assert made.second_sources == ("stand-in", "fixture database")
    assert made.rehearsal_only == made.second_sources
    assert release(project).rehearsal_only == ()


def test_what_is_released_in_a_rehearsal_says_so(project: Project) -> None:
    assert release(project, rehearsal=True).second_sources == (REHEARSED,)


CRANE = UsedTool(name="crane", version="0.21.9", source="module", sha256="a" * 64)


def test_the_client_that_moved_its_images_is_named(project: Project, mixed: Project) -> None:
    probes = dict.fromkeys(project.functions, "{}")
    made = make(project, SOURCE, {"platform": proven()}, probes, rehearsal=False, client=CRANE)
    assert made.tools == (CRANE,)
    assert b'"tools"' not in canonical(release(project)), "releases from before keep their ids"
    dashboard = replace(mixed, functions={"dashboard": mixed.functions["dashboard"]})
    goods = {"dashboard": archive("dashboard", "2", layers=())}
    assert make(dashboard, SOURCE, goods, {"dashboard": "{}"}, rehearsal=False, client=CRANE).tools == ()


def test_uncommitted_changes_are_for_a_rehearsal_only(project: Project) -> None:
    assert replace(release(project), dirty=True).rehearsal_only == ("built from a tree with uncommitted changes",)


def test_an_arm_image_is_an_arm_function(project: Project) -> None:
    made = release(project, proven(platform="linux/arm64"))
    assert {one.configuration.architecture for one in made.functions} == {"arm64"}


MIXED = """\
version: 1
project: platform
runtimes: {python3.13: "public.ecr.aws/lambda/python:3.13@sha256:%s"}
images: {platform: {dockerfile: images/platform/Dockerfile, sources: [functions/scorer], repository: platform}}
layers: {deps: {requirements: layers/deps.lock}, common: {sources: [functions/common]}, spare: {sources: [spare]}}
zips:
  ingestion: {sources: [functions/ingestion], layers: [deps, common]}
  dashboard: {sources: [functions/dashboard]}
functions:
  scorer: {image: platform, handler: scorer.handler.handle, probe: p.json}
  ingestion: {zip: ingestion, handler: ingestion.handler.handle, probe: p.json, memory_mb: 512}
  replay: {zip: ingestion, handler: ingestion.replay.handle, probe: p.json}
  dashboard: {zip: dashboard, handler: dashboard.handler.handle, probe: p.json}
registry: {account: "222222222222", region: eu-central-1, store: platform-releases}
environments: {prod: {account: "222222222222", region: eu-central-1}}
""" % ("0" * 64)


@pytest.fixture
def mixed(tmp_path: Path) -> Project:
    (tmp_path / "lockage.yaml").write_text(MIXED)
    return load_project(tmp_path / "lockage.yaml", files=False)


def archive(name: str, letter: str, *, layers: tuple[str, ...] | None = None) -> Proven:
    fields = {
        "name": name,
        "digest": digest(letter),
        "fingerprint": Fingerprint(digest("f")),
        "platform": "linux/arm64",
        "runtime": "python3.13",
        "size": 1,
        "unpacked": 1,
        "inputs": (),
    }
    made = LayerArtifact(**fields) if layers is None else ZipArtifact(**fields, layers=layers)  # type: ignore[arg-type]  # any field by its name
    return Proven(artifact=made, documents={"verdict": name.encode()}, second_sources=())


def mixed_release(project: Project) -> Release:
    goods = {
        "platform": proven(),
        "deps": archive("deps", "d"),
        "common": archive("common", "c"),
        "ingestion": archive("ingestion", "1", layers=("deps", "common")),
        "dashboard": archive("dashboard", "2", layers=()),
    }
    return make(project, SOURCE, goods, dict.fromkeys(project.functions, "{}"), rehearsal=False)


def test_a_release_is_made_of_what_functions_run_from_and_their_layers(mixed: Project) -> None:
    assert ingredients(mixed) == ("platform", "ingestion", "dashboard", "deps", "common")


def test_a_function_of_a_zip_has_handler_runtime_and_layers_by_digest(mixed: Project) -> None:
    functions = {one.name: one for one in mixed_release(mixed).functions}
    ingestion = functions["ingestion"]
    assert (ingestion.package, ingestion.repository, ingestion.artifact) == ("zip", "", digest("1"))
    assert ingestion.configuration == Configuration(
        command=(),
        memory_mb=512,
        timeout_s=30,
        environment={},
        architecture="arm64",
        handler="ingestion.handler.handle",
        runtime="python3.13",
        layers=(digest("d"), digest("c")),
    )
    assert functions["dashboard"].configuration.layers == ()
    scorer = functions["scorer"]
    assert (scorer.package, scorer.repository, scorer.configuration.handler) == ("image", "platform", "")


def test_all_functions_on_a_layer_have_the_same_of_it(mixed: Project) -> None:
    made = mixed_release(mixed)
    sharing = [one.configuration.layers for one in made.functions if one.name in {"ingestion", "replay"}]
    assert sharing == [(digest("d"), digest("c"))] * 2
    assert [(layer.name, layer.artifact) for layer in made.layers] == [("common", digest("c")), ("deps", digest("d"))]
    assert {(layer.runtime, layer.architecture) for layer in made.layers} == {("python3.13", "arm64")}


def test_layers_are_weighed_beside_what_runs_on_them(mixed: Project) -> None:
    weights = mixed_release(mixed).weights
    assert [one.name for one in weights] == ["common", "dashboard", "deps", "ingestion", "platform"]


def test_the_evidence_of_layers_is_in_the_release(mixed: Project) -> None:
    evidence = {one.artifact for one in mixed_release(mixed).evidence}
    assert evidence == {digest(letter) for letter in ("a", "1", "2", "c", "d")}


def test_an_image_without_a_repository_cannot_be_released(project: Project) -> None:
    unnamed = replace(project, images={"platform": replace(project.images["platform"], repository=None)})
    with pytest.raises(UsageError, match="its image has no repository"):
        release(unnamed)


def test_a_release_comes_after_the_newest_and_made_again_is_the_same(project: Project) -> None:
    first = with_parent(release(project), None)
    assert first.parent is None
    assert with_parent(release(project), first) == first
    second = with_parent(replace(release(project), commit=CommitSha("d" * 40)), first)
    assert second.parent == first.id
    assert with_parent(replace(second, parent=None), second) == second


def test_made_again_with_another_client_it_is_the_same_release(project: Project) -> None:
    def made(letter: str) -> Release:
        client = UsedTool(name="crane", version="v0.22.1", source="module", sha256=letter * 64)
        return replace(release(project), tools=(client,))

    first = with_parent(made("e"), None)
    assert with_parent(made("f"), first) == first
    assert with_parent(release(project), first) == first, "also where none is known"
    second = with_parent(replace(made("f"), commit=CommitSha("d" * 40)), first)
    assert (second.parent, second.tools) == (first.id, made("f").tools)


def test_a_probe_is_kept_as_compact_json() -> None:
    assert probe_event("scorer", "probe.json", b'{ "probe" :\n true }') == '{"probe":true}'
    with pytest.raises(UsageError, match="the probe of scorer is not JSON") as caught:
        probe_event("scorer", "functions/scorer/probe.json", b"{")
    assert caught.value.why.startswith("functions/scorer/probe.json: ")


def test_a_dirty_image_leaves_the_commits_tag_free() -> None:
    assert image_tag(COMMIT, digest("a"), dirty=False) == "c" * 40
    assert image_tag(COMMIT, digest("a"), dirty=True) == f"{'c' * 40}-dirty-{'a' * 12}"
