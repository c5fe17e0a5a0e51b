"""What publisher, deployer and rollback do for a shop of zips and layers: the real code, at an embedded AWS."""

import io
import time
import zipfile
from pathlib import Path
from typing import Any, NoReturn

from msgspec.structs import replace

from fakes.accounts import ENVIRONMENT, REGION, REGISTRY
from fakes.environment import FakeChecks, Silent
from lockage.aws.access import Access
from lockage.config.schema import Project
from lockage.console import Console
from lockage.errors import LockageError
from lockage.model.artifact import LayerArtifact, ZipArtifact
from lockage.model.ids import CommitSha, Fingerprint
from lockage.model.release import Release
from lockage.oci.layout import hash_file
from lockage.publish.archives import Stored, store
from lockage.rehearsal import resources
from lockage.rehearsal.embedded import EmbeddedAws
from lockage.rehearsal.operator import Operator
from lockage.rehearsal.provision import mark, provision
from lockage.release.make import Proven, Source, make, with_parent
from lockage.release.store import ReleaseStore
from lockage.rollout.deploy import Outcome, deploy
from lockage.rollout.references import Sources
from lockage.rollout.site import Site

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
  audit: {zip: health, handler: health.handle, probe: p.json}
registry: {account: "222222222222", region: eu-central-1, store: shop-releases}
environments:
  only: {account: "111111111111", region: eu-central-1}
github: {repository: example/shop, owner_id: "1", repository_id: "2"}
"""

FUNCTIONS = ("orders", "replay", "health")
"""What is released unless it is said otherwise; Terraform has made *audit* too."""

ORDERS = """
import common, deps

def handle(event, context):
    return f"orders 1 with {deps.NAME} and {common.NAME}"

def replay(event, context):
    return f"replay 1 with {deps.NAME} and {common.NAME}"
"""
Files = dict[str, dict[str, str]]
"""Archive → file → text."""

FILES: Files = {
    "orders": {"orders.py": ORDERS},
    "health": {"health.py": "def handle(event, context):\n    return 'well'\n"},
    "deps": {"python/deps.py": "NAME = 'deps 1'\n"},
    "common": {"python/common.py": "NAME = 'common 1'\n"},
}

_UPDATED_SECONDS = 0.5
"""Longer than an update of a function takes here; AWS is given more time."""


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

    def publish(
        self, files: Files, commit: str, functions: tuple[str, ...] = FUNCTIONS
    ) -> tuple[Release, dict[str, Stored]]:
        """Push what these archives would be, and release these functions of them."""
        access = self.access(REGISTRY, "publisher")
        bucket = access.bucket(self._project.registry.store)
        stored, goods = {}, {}
        for name, content in files.items():
            artifact, path = self._archive(name, content)
            stored[name] = store(artifact, path, bucket)
            goods[name] = Proven(artifact=artifact, documents={"verdict": name.encode()}, second_sources=())
        made = make(
            self._declared(goods, functions),
            Source(commit=CommitSha(commit * 40), dirty=False),
            goods,
            dict.fromkeys(functions, "{}"),
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
            sleep=lambda seconds: time.sleep(min(seconds, _UPDATED_SECONDS)),
        )

    def deploy(self, release: Release, failure: LockageError | None = None) -> Outcome:
        """As the deployer; its end-to-end checks pass, or fail with this."""
        return deploy(self.site(), release, FakeChecks(failure))

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

    def _declared(self, goods: dict[str, Proven], functions: tuple[str, ...]) -> Project:
        """These functions, with the layers that the zips were built for."""
        zips = {
            name: replace(declared, layers=getattr(goods[name].artifact, "layers", ()))
            for name, declared in self._project.zips.items()
        }
        named = {name: self._project.functions[name] for name in functions}
        return replace(self._project, zips=zips, functions=named)


def archive(files: dict[str, str]) -> bytes:
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w", zipfile.ZIP_DEFLATED) as out:
        for name, text in sorted(files.items()):
            out.writestr(zipfile.ZipInfo(name), text)
    return written.getvalue()


def no_image(repository: str) -> NoReturn:
    raise AssertionError(repository)
