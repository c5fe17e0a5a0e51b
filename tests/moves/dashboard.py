"""The project of a function that goes from one zip to layers in place: this repository's own dashboard."""

from collections.abc import Iterator
from typing import Any

from moves.project import LOCK, Files, declared

FUNCTION = "dashboard"
COMMON, OWN = "functions/common", "functions/dashboard"
BUNDLED: dict[str, Any] = {"zips": {FUNCTION: {"requirements": LOCK, "sources": [COMMON, OWN]}}}
LAYERED: dict[str, Any] = {
    "layers": {"packages": {"requirements": LOCK}, "shared": {"sources": [COMMON]}},
    "zips": {FUNCTION: {"sources": [OWN], "layers": ["packages", "shared"]}},
}


def releases() -> Iterator[Files]:
    """Bundled; with a line changed; the same on layers; with another line changed."""
    for line, packaging in ((1, BUNDLED), (2, BUNDLED), (2, LAYERED), (3, LAYERED)):
        yield {"lockage.yaml": _declared(packaging), f"{OWN}/__init__.py": f'"""Shows items: line {line}."""\n'}


def _declared(packaging: dict[str, Any]) -> str:
    function = {
        "zip": FUNCTION,
        "handler": "dashboard.handler.handle",
        "memory_mb": 512,
        "timeout_s": 60,
        "environment": {"ITEMS_TABLE": "${table.items}", "TOKEN_SECRET": "${secret.token}"},
        "probe": f"{OWN}/probe.json",
    }
    return declared(
        **packaging,
        functions={FUNCTION: function},
        resources={"tables": {"items": {"key": "item_id"}}, "secrets": {"token": {}}},
    )
