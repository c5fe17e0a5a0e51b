"""What a change of one line costs in one packaging: asked of the embedded AWS, before and after."""

import hashlib
import io
import re
import time
import urllib.request
import zipfile
from collections.abc import Mapping
from typing import Any

import msgspec
from moves.dashboard import FUNCTION
from moves.story import PLACE, deployed, made

from lockage.rehearsal.perform import Performer
from lockage.rehearsal.story import Provision, Serves

_MS = re.compile(r"(?:Init )?Duration: ([0-9.]+) ms")


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """A change of one line, measured."""

    uploaded: Mapping[str, int]
    """Archives that the store holds since: key → bytes."""
    function_bytes: int
    """Lambda's ``CodeSize`` of the function."""
    layer_bytes: tuple[int, ...]
    """Lambda's ``CodeSize`` of each layer."""
    deploy_s: float
    """The whole ``deploy``, end-to-end checks included."""
    cold_start_ms: float
    """Of the new version's first answer, as the Runtime Interface Emulator reports it."""


class Measurer:
    """Releases, and measures what became of it.

    Args:
        performer: of the dashboard's project.
    """

    def __init__(self, performer: Performer) -> None:
        self._performer, witness = performer, performer.witness()
        self._store = witness.project.registry.store
        self._owner, self._registrar = witness.operator(PLACE), witness.registrar()
        self._name = witness.project.function_name(FUNCTION)

    def release(self, release: int) -> Figures:
        """Build, push and deploy a release; it serves afterwards."""
        before = self._archives() if release > 1 else {}
        self._performer.perform([*made(release), Provision(place=PLACE, release=release)])
        began = time.monotonic()
        self._performer.perform([deployed(release)])
        seconds = time.monotonic() - began
        self._performer.perform([Serves(release=release, place=PLACE)])
        found = self._function()["Configuration"]
        return Figures(
            uploaded={key: size for key, size in self._archives().items() if key not in before},
            function_bytes=found["CodeSize"],
            layer_bytes=tuple(layer["CodeSize"] for layer in found.get("Layers", ())),
            deploy_s=seconds,
            cold_start_ms=self._cold_start(),
        )

    def files(self) -> dict[str, str]:
        """What Lambda puts into ``/var/task`` and ``/opt/python``: path below either → SHA-256, the task's first."""
        function, lambda_ = self._function(), self._owner.client("lambda")
        attached = [layer["Arn"] for layer in function["Configuration"].get("Layers", ())]
        layers = [lambda_.get_layer_version_by_arn(Arn=arn)["Content"]["Location"] for arn in attached]
        found: dict[str, str] = {}
        for location, root in ((function["Code"]["Location"], ""), *((layer, "python/") for layer in layers)):
            for path, digest in _unpacked(location):
                assert path.startswith(root)
                found.setdefault(path.removeprefix(root), digest)
        return found

    def layer_versions(self) -> dict[str, int]:
        """How many versions of each layer the account holds."""
        lambda_ = self._owner.client("lambda")
        layers = [layer["LayerName"] for layer in lambda_.list_layers()["Layers"]]
        return {name: len(lambda_.list_layer_versions(LayerName=name)["LayerVersions"]) for name in layers}

    def _function(self) -> Any:  # noqa: ANN401 - as boto3 gives it
        return self._owner.client("lambda").get_function(FunctionName=self._name)

    def _archives(self) -> dict[str, int]:
        listed = self._registrar.client("s3").list_objects_v2(Bucket=self._store, Prefix="archives/")
        return {one["Key"]: one["Size"] for one in listed.get("Contents", ())}

    def _cold_start(self) -> float:
        lambda_, logs = self._owner.client("lambda"), self._owner.client("logs")
        version = lambda_.get_alias(FunctionName=self._name, Name="live")["FunctionVersion"]
        events = logs.filter_log_events(logGroupName=f"/aws/lambda/{self._name}", filterPattern="REPORT")["events"]
        own = (event for event in events if f"[{version}]" in event["logStreamName"])
        reports = (event for event in own if event["message"].startswith("REPORT "))
        first = min(reports, key=lambda event: event["timestamp"])
        return sum(map(float, _MS.findall(first["message"].partition("Billed")[0])))


def table(columns: Mapping[str, Figures]) -> str:
    """The figures side by side."""
    rows = {
        "uploaded for one line": [f"{sum(one.uploaded.values()):,} bytes" for one in columns.values()],
        "Lambda holds, function": [f"{one.function_bytes:,} bytes" for one in columns.values()],
        "Lambda holds, layers": [f"{sum(one.layer_bytes):,} bytes" for one in columns.values()],
        "deployed in": [f"{one.deploy_s:.1f} s" for one in columns.values()],
        "cold start": [f"{one.cold_start_ms:,.0f} ms" for one in columns.values()],
    }
    lines = [["", *columns], *([what, *cells] for what, cells in rows.items())]
    return "\n".join(" ".join(f"{cell:>24}" for cell in line) for line in lines)


def _unpacked(location: str) -> list[tuple[str, str]]:
    direct = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with direct.open(location, timeout=60) as answer, zipfile.ZipFile(io.BytesIO(answer.read())) as archive:
        files = [name for name in archive.namelist() if not name.endswith("/")]
        return [(name, hashlib.sha256(archive.read(name)).hexdigest()) for name in files]
