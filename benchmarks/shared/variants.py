"""The reference functions in every packaging that their size permits: one project that declares them side by side.

Sources, locks, handlers, memory and timeouts are this repository's own; names alone are others.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
import yaml

from lockage.model.packaging import Packaging
from shared.ground import ROOT, copy_project

ENVIRONMENT = "only"
_DASHBOARD_LOCK, _INGESTION_LOCK = "functions/dashboard/requirements.lock", "layers/dependencies/requirements.lock"
_COMMON = "functions/common"
_DOCKERFILE = Path("images/dashboard/Dockerfile")
_NOT_ALONE = ("image", "zip", "url", "trigger")

DOCKERFILE = """\
FROM scratch AS base
FROM scratch AS dependencies
FROM scratch AS sources
FROM scratch AS checks
FROM scratch AS lockage

FROM base AS compiled-sources
USER 0:0
COPY --from=sources / /staged/
RUN --mount=type=bind,from=lockage,source=/bytecode.py,target=/bytecode.py \\
    python3 /bytecode.py /staged /var/task

FROM base AS test
COPY --from=dependencies /packages/ /var/task/
COPY --from=compiled-sources /staged/ /tested/
COPY --from=compiled-sources /staged/ /var/task/
RUN --mount=type=bind,from=checks,target=/checks \\
    --mount=type=bind,from=lockage,source=/imports.py,target=/imports.py \\
    python3 /imports.py /checks/handlers

FROM base
COPY --from=dependencies /packages/ /var/task/
COPY --from=test /tested/ /var/task/
USER 10001:10001
"""
"""The dashboard as this project's other images are: on its base, handlers imported by the build, sources last."""


class Variant(msgspec.Struct, frozen=True, kw_only=True):
    """One function in one packaging."""

    function: str
    packaging: Packaging

    @property
    def name(self) -> str:
        """Of its function, and of its image or zip."""
        return f"{self.function}-as-{self.packaging}"

    @property
    def handler(self) -> Path:
        """The file whose first line is changed."""
        return Path("functions", self.function, "handler.py")


VARIANTS = (
    Variant(function="dashboard", packaging="image"),
    Variant(function="dashboard", packaging="zip"),
    Variant(function="dashboard", packaging="layers"),
    Variant(function="ingestion", packaging="zip"),
    Variant(function="ingestion", packaging="layers"),
    Variant(function="analysis", packaging="image"),
)


def make(root: Path) -> None:
    """Put the project into a new folder, in a git tree of its own."""
    copy_project(root)
    (root / _DOCKERFILE).parent.mkdir()
    (root / _DOCKERFILE).write_text(DOCKERFILE)
    (root / "sbom").mkdir()
    (root / "sbom" / "syft.yaml").write_bytes((ROOT / "sbom" / "syft.yaml").read_bytes())
    (root / "lockage.yaml").write_bytes(msgspec.json.encode(declared((ROOT / "lockage.yaml").read_text())))


def declared(text: str) -> dict[str, Any]:
    """What ``lockage.yaml`` says there, from what this repository's own says."""
    own = yaml.safe_load(text)
    images, layers, zips, functions = (own[kind] for kind in ("images", "layers", "zips", "functions"))
    dashboard, ingestion = zips["dashboard"], zips["ingestion"]
    packages = {"requirements": _DASHBOARD_LOCK, "budget_mb": 50}
    return {
        **{key: own[key] for key in ("version", "project", "runtimes", "resources", "registry", "github")},
        "images": {
            "base": images["base"],
            "dashboard-as-image": {
                "dockerfile": str(_DOCKERFILE),
                **{key: dashboard[key] for key in ("requirements", "sources")},
                "repository": "dashboard",
                "budget_mb": 550,
            },
            "analysis-as-image": images["analysis"],
        },
        "layers": {**layers, "dashboard-packages": packages},
        "zips": {
            "dashboard-as-zip": dashboard,
            "dashboard-as-layers": {
                "sources": ["functions/dashboard"],
                "layers": ["dashboard-packages", "shared"],
                "budget_mb": 50,
            },
            "ingestion-as-zip": {
                "requirements": _INGESTION_LOCK,
                "sources": [_COMMON, *ingestion["sources"]],
                "budget_mb": 50,
            },
            "ingestion-as-layers": ingestion,
        },
        "functions": {one.name: _function(functions[one.function], one) for one in VARIANTS},
        "environments": {ENVIRONMENT: {key: own["registry"][key] for key in ("account", "region")}},
    }


def _function(own: Mapping[str, Any], variant: Variant) -> dict[str, Any]:
    """As it is declared, without what calls it."""
    kind = "image" if variant.packaging == "image" else "zip"
    return {kind: variant.name, **{key: value for key, value in own.items() if key not in _NOT_ALONE}}
