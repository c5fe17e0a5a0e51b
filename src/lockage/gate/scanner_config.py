"""``sbom/trivy.yaml``, held to leave nothing out: a filter there would hide findings from the gate, and from everyone.

Our own scan says all this on the command line too, which wins. An action that runs Trivy has only the file.
"""

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, get_args

from lockage.config.document import Document, Place, dotted
from lockage.config.load import load
from lockage.config.mistakes import nearest
from lockage.model.verdict import Severity

SETTINGS: Mapping[str, object] = {
    "format": "json",
    "list-all-pkgs": True,
    "severity": list(get_args(Severity)),
    "exit-code": 0,
    "scan.scanners": ["vuln"],
    "scan.show-suppressed": True,
    "scan.offline": True,
    "scan.skip-version-check": True,
    "scan.disable-telemetry": True,
    "pkg.types": ["os", "library"],
    "db.skip-update": True,
    "db.java-skip-update": True,
    "vulnerability.ignore-unfixed": False,
    "vulnerability.skip-vex-repo-update": True,
}
"""Every key that may stand in the file, and must, with its value; lists in any order."""


def hold_complete(path: Path) -> None:
    """Hold that the scanner's configuration leaves nothing out.

    Raises:
        UsageError: there is no such file.
        ConfigError: it sets anything else, or anything otherwise; all of that is named with its lines.
    """
    load(path, dict[str, Any], _check)


def _check(value: dict[str, Any], document: Document) -> None:
    found = {dotted(place): (place, setting) for place, setting in _leaves(value)}
    for key, (place, setting) in found.items():
        if key not in SETTINGS:
            document.mistake(place, "not a setting that a complete report has", nearest=nearest(key, SETTINGS))
        elif _plain(setting) != _plain(SETTINGS[key]):
            document.mistake(place, f"must be {_words(SETTINGS[key])}; else findings could be left out unseen")
    for key in SETTINGS.keys() - found.keys():
        document.mistake((), f"{key}: {_words(SETTINGS[key])} is missing; what is not said is the scanner's choice")


def _leaves(value: Mapping[str, Any], above: Place = ()) -> Iterator[tuple[Place, object]]:
    for key, inner in value.items():
        if isinstance(inner, dict) and inner:
            yield from _leaves(inner, (*above, key))
        else:
            yield (*above, key), inner


def _plain(setting: object) -> object:
    """With its type, for ``0`` is not ``false``; a list without its order."""
    return sorted(map(str, setting)) if isinstance(setting, list) else (type(setting), setting)


def _words(setting: object) -> str:
    if isinstance(setting, list):
        return f"[{', '.join(setting)}]"
    return str(setting).lower() if isinstance(setting, bool) else str(setting)
