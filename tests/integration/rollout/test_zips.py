"""A zip and its layers through the real pipeline code: pushed, released, rolled out, changed, rolled back, invoked."""

import io
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NoReturn

import pytest
from fakes.accounts import ENVIRONMENT, REGION, REGISTRY
from fakes.environment import FakeChecks, Silent
from msgspec.structs import replace

from lockage.aws.access import Access
from lockage.config.load import load_local, load_project
from lockage.config.schema import Project
from lockage.console import Console
from lockage.model.artifact import LayerArtifact, ZipArtifact
from lockage.model.ids import CommitSha, Fingerprint
from lockage.model.release import Release
from lockage.oci.layout import hash_file
from lockage.publish.archives import Stored, store
from lockage.rehearsal import resources, runtimes
from lockage.rehearsal.embedded import EmbeddedAws
from lockage.rehearsal.operator import Operator
from lockage.rehearsal.provision import mark, provision
from lockage.release.make import Proven, Source, make, with_parent
from lockage.release.store import ReleaseStore
from lockage.rollout.admission import NotAdmittedError
from lockage.rollout.deploy import Outcome, deploy
from lockage.rollout.references import Sources
from lockage.rollout.rollback import rollback
from lockage.rollout.site import Site

pytestmark = [pytest.mark.aws, pytest.mark.docker]

ROOT = Path(__file__).parents[3]
DECLARED = """\
version: 1
project: shop
zips:
  orders: {sources: [orders], layers: [deps, common]}
  health: {sources: [health]}
layers:
  deps: {sources: [deps]}
  common: {sources: [common]}
runtimes:
  python3.13: PINNED
functions:
  orders: {zip: orders, handler: orders.handle, probe: p.json}
  replay: {zip: orders, handler: orders.replay, probe: p.json}
  health: {zip: health, handler: health.handle, probe: p.json}
registry: {account: "222222222222", region: eu-central-1, store: shop-releases}
environments:
  only: {account: "111111111111", region: eu-central-1}
github: {repository: example/shop, owner_id: "1", repository_id: "2"}
"""

ORDERS = """
import common, deps

def handle(event, context):
    return f"orders 1 with {deps.NAME} and {common.NAME}"

def replay(event, context):
    return f"replay 1 with {deps.NAME} and {common.NAME}"
"""
FILES = {
    "orders": {"orders.py": ORDERS},
    "health": {"health.py": "def handle(event, context):\n    return 'well'\n"},
    "deps": {"python/deps.py": "NAME = 'deps 1'\n"},
    "common": {"python/common.py": "NAME = 'common 1'\n"},
}


class Pipeline:
    """What publisher, deployer and rollback do, each with its own rights."""

    def __init__(self, aws: EmbeddedAws, project: Project, folder: Path) -> None:
        self._project, self._folder = project, folder
        self._operators = {account: Operator(aws, account, REGION) for account in (ENVIRONMENT, REGISTRY)}
        provision(lambda account, _: self._operators[account], resources.resources(project), no_image)
        for operator in self._operators.values():
            mark(operator, project.project)

    def access(self, account: str, role: str) -> Access:
        """As a job has it."""
        return Access(self._operators[account].session_of(f"shop-{role}"), REGION)

    def owner(self, service: str) -> Any:  # noqa: ANN401 - boto3 makes its classes at run time
        """A client of the environment's account."""
        return self._operators[ENVIRONMENT].client(service)

    def publish(self, files: dict[str, dict[str, str]], commit: str) -> tuple[Release, dict[str, Stored]]:
        """Push what these archives would be, and release it."""
        access = self.access(REGISTRY, "publisher")
        bucket = access.bucket(self._project.registry.store)
        stored, goods = {}, {}
        for name, content in files.items():
            artifact, path = self._archive(name, content)
            stored[name] = store(artifact, path, bucket)
            goods[name] = Proven(artifact=artifact, documents={"verdict": name.encode()}, second_sources=())
        made = make(
            self._declared(goods),
            Source(commit=CommitSha(commit * 40), dirty=False),
            goods,
            dict.fromkeys(self._project.functions, "{}"),
            rehearsal=True,
        )
        releases = ReleaseStore(bucket)
        record, _ = releases.record("only")
        made = with_parent(made, releases.release(record.release) if record.release else None)
        releases.add_release(made)
        return made, stored

    def site(self, role: str = "deployer") -> Site:
        """The environment, as a role reaches it."""
        access = self.access(ENVIRONMENT, role)
        releases = access.assume(f"arn:aws:iam::{REGISTRY}:role/shop-releases-only", region=REGION)
        return Site(
            project="shop",
            environment="only",
            alias="live",
            after=None,
            sources=Sources(registry="none", archives=self._project.registry.store),
            client=access.functions(),
            parameters=access.parameters(),
            store=ReleaseStore(releases.bucket(self._project.registry.store)),
            console=Console(Silent()),
            now=lambda: "2026-11-21T00:00:00Z",
            clock=time.monotonic,
            sleep=time.sleep,
        )

    def deploy(self, release: Release) -> Outcome:
        """As the deployer."""
        return deploy(self.site(), release, FakeChecks())

    def says(self, function: str) -> str:
        """What the alias answers."""
        answered = self.owner("lambda").invoke(FunctionName=f"shop-{function}", Qualifier="live")
        said = answered["Payload"].read().decode()
        assert "FunctionError" not in answered, said
        return str(said.strip('"'))

    def layer_versions(self, layer: str) -> int:
        """How many there are in the account."""
        return len(self.owner("lambda").list_layer_versions(LayerName=f"shop-{layer}")["LayerVersions"])

    def _archive(self, name: str, files: dict[str, str]) -> tuple[ZipArtifact | LayerArtifact, Path]:
        path = self._folder / f"{name}.zip"
        path.write_bytes(archive(files))
        fields: dict[str, Any] = {
            "name": name,
            "digest": hash_file(path),
            "fingerprint": Fingerprint("sha256:" + "0" * 64),
            "platform": "linux/amd64",
            "runtime": "python3.13",
            "size": path.stat().st_size,
            "unpacked": sum(map(len, files.values())),
            "inputs": (),
        }
        if name in self._project.layers:
            return LayerArtifact(**fields), path
        bundled = "common.py" in files
        return ZipArtifact(**fields, layers=() if bundled else self._project.zips[name].layers), path

    def _declared(self, goods: dict[str, Proven]) -> Project:
        """With the layers that the zips were built for."""
        zips = {
            name: replace(declared, layers=getattr(goods[name].artifact, "layers", ()))
            for name, declared in self._project.zips.items()
        }
        return replace(self._project, zips=zips)


def archive(files: dict[str, str]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as out:
        for name, text in sorted(files.items()):
            out.writestr(zipfile.ZipInfo(name), text)
    return written.getvalue()


def no_image(repository: str) -> NoReturn:
    raise AssertionError(repository)


@pytest.fixture(scope="module")
def pipeline(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pipeline]:
    folder = tmp_path_factory.mktemp("zips")
    pinned = load_project(ROOT / "lockage.yaml", files=False).runtimes["python3.13"]
    (folder / "lockage.yaml").write_text(DECLARED.replace("PINNED", pinned))
    project = load_project(folder / "lockage.yaml", files=False)
    images = runtimes.images(project, load_local(ROOT / "lockage.yaml"))
    aws = EmbeddedAws(account=REGISTRY, region=REGION, parent=folder, runtimes=images)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", aws.endpoint)
        try:
            yield Pipeline(aws.start(), project, folder)
        finally:
            aws.stop()


def test_a_zip_and_its_layers_from_push_to_rollback(pipeline: Pipeline) -> None:
    first, sent = pipeline.publish(FILES, "a")
    assert all(not one.reused and one.sent == one.size for one in sent.values())
    outcome = pipeline.deploy(first)
    assert {proof.function: proof.version for proof in outcome.proofs} == dict.fromkeys(
        ("health", "orders", "replay"), "2"
    )
    assert pipeline.says("orders") == "orders 1 with deps 1 and common 1"
    assert pipeline.says("health") == "well"

    changed = {**FILES, "common": {"python/common.py": "NAME = 'common 2'\n"}}
    second, sent = pipeline.publish(changed, "b")
    assert [name for name, one in sent.items() if not one.reused] == ["common"], "what is there is not sent again"
    outcome = pipeline.deploy(second)
    assert outcome.kept == ("health",), "every function on the layer moves, and no other"
    assert pipeline.says("orders") == "orders 1 with deps 1 and common 2"
    assert pipeline.says("replay") == "replay 1 with deps 1 and common 2"
    assert (pipeline.layer_versions("deps"), pipeline.layer_versions("common")) == (1, 2)

    with pytest.raises(NotAdmittedError, match="it is older than what runs there"):
        pipeline.deploy(first)
    done = rollback(pipeline.site("rollback"), to=None, reason="orders fail")
    assert done.release == first.id
    assert pipeline.says("orders") == "orders 1 with deps 1 and common 1"
    assert pipeline.layer_versions("common") == 2, "nothing deletes a layer version"

    again = pipeline.deploy(second)
    versions = {proof.function: proof.version for proof in again.proofs}
    assert versions == {"health": "2", "orders": "3", "replay": "3"}, "they are there, unchanged since"
    assert pipeline.layer_versions("common") == 2, "what the account has is used again"


def test_layers_and_everything_in_one_zip_in_place(pipeline: Pipeline) -> None:
    layered, _ = pipeline.publish(FILES, "c")
    pipeline.deploy(layered)
    everything = {
        **FILES["orders"],
        "deps.py": "NAME = 'its own deps'\n",
        "common.py": "NAME = 'its own common'\n",
    }
    bundled, _ = pipeline.publish({"orders": everything, "health": FILES["health"]}, "d")
    pipeline.deploy(bundled)
    assert pipeline.says("orders") == "orders 1 with its own deps and its own common"
    held = pipeline.site().client.state("shop-orders")
    assert held is not None
    assert held.configuration.layers == ()
    rollback(pipeline.site("rollback"), to=None, reason="back to layers")
    assert pipeline.says("orders") == "orders 1 with deps 1 and common 1"
