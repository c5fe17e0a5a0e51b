"""Layers as Lambda has them: merged in their order into one read-only folder, ``/opt``.

The emulator copies them into each container instead. For a layer of 30 MB that is a second at every cold start, which
would be told of layers in every figure, and one more for the engine to take the container away.
"""

# ruff: noqa: SLF001 - the emulator's private names are what is corrected

import hashlib
import os
import shutil
import tempfile
import threading
from collections.abc import Callable, Sequence
from contextvars import ContextVar
from pathlib import Path
from typing import Any

from docker.types import Mount
from ministack.services import lambda_svc

_ROOT = "/opt"
_at_hand: ContextVar[Path | None] = ContextVar("layers", default=None)
_one_at_a_time = threading.Lock()


def beside(spawn: Callable[..., Any]) -> Callable[..., Any]:
    """Starts a container without layers of the emulator's, and with what :func:`mounting` finds at hand."""

    def corrected(config: dict[str, Any], code: bytes | None, *rest: Any) -> Any:  # noqa: ANN401 - handed on
        archives = [lambda_svc._resolve_layer_zip(layer) for layer in config.get("Layers") or ()]
        found = [Path(lambda_svc._docker_extracted_dir(archive, "layer")) for archive in archives if archive]
        token = _at_hand.set(merged(found, Path(tempfile.gettempdir())) if found else None)
        try:
            return spawn({**config, "Layers": []}, code, *rest)
        finally:
            _at_hand.reset(token)

    return corrected


def mounting(wire: Callable[..., None]) -> Callable[..., None]:
    """Adds the layers at hand to what a new container mounts; the emulator calls this for every one of a zip."""

    def corrected(run: dict[str, Any], environment: dict[str, str], mounts: list[Mount], *rest: Any) -> None:  # noqa: ANN401 - handed on
        wire(run, environment, mounts, *rest)
        folder = _at_hand.get()
        if folder is not None:
            mounts.append(Mount(_ROOT, str(folder), type="bind", read_only=True))

    return corrected


def merged(layers: Sequence[Path], parent: Path) -> Path:
    """One folder of several, made once: of two files with one path the later layer's is there.

    Args:
        layers: unpacked, each in a folder whose name says its content.
        parent: on the same file system.
    """
    key = hashlib.sha256("\n".join(layer.name for layer in layers).encode()).hexdigest()
    folder = parent / f"layers-{key}"
    with _one_at_a_time:
        if not folder.is_dir():
            part = Path(tempfile.mkdtemp(dir=parent))
            part.chmod(0o755)
            for layer in layers:
                shutil.copytree(layer, part, copy_function=_link, dirs_exist_ok=True)
            part.rename(folder)
    return folder


def _link(source: str, target: str) -> None:
    if os.path.lexists(target):
        os.unlink(target)  # noqa: PTH108 - as copytree hands them over
    os.link(source, target, follow_symlinks=False)
