"""Import a module as the runtime does, and say why it does not import: ``trace.py MODULE``.

The runtime's client cuts the traceback off. The last line it prints is JSON: the traceback, and for a module that is
missing the native files of its name that lie there for another Python or machine. A crash leaves what ``faulthandler``
says on standard error instead.
"""

import faulthandler
import importlib
import importlib.machinery
import json
import os
import re
import sys
import traceback
from pathlib import Path

LAYERS = "/opt/python"
FROM = re.compile(r"cannot import name '(\w+)' from (?:partially initialized module )?'([\w.]+)'")


def set_path() -> None:
    """The task, the layers, the runtime, the rest; as the runtime's bootstrap has it."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    task, runtime = os.environ.get("LAMBDA_TASK_ROOT", "/var/task"), os.environ.get("LAMBDA_RUNTIME_DIR", "")
    first = [task, f"{LAYERS}/lib/{version}/site-packages", LAYERS, runtime]
    sys.path[:] = [place for place in (*first, *sys.path) if place]


def shown(error: BaseException) -> str:
    """The traceback from the first line outside of Python's own importing."""
    where = traceback.extract_tb(error.__traceback__)
    own = [frame for frame in where if not inside(frame.filename)]
    return "".join([*traceback.format_list(own), *traceback.format_exception_only(error)])


def inside(filename: str) -> bool:
    """Whether a frame is Python's importing, or this script."""
    return filename == "<string>" or "importlib" in filename


def missing(error: BaseException) -> str:
    """The module that was not found; empty when that was not the trouble."""
    if isinstance(error, ModuleNotFoundError):
        return error.name or ""
    asked = FROM.match(str(error)) if isinstance(error, ImportError) else None
    return f"{asked[2]}.{asked[1]}" if asked else ""


def unfit(module: str) -> dict[str, object]:
    """Native files that are this module for another Python or machine, and what this one would load."""
    *folders, name = module.split(".")
    places = [Path(place, *folders) for place in sys.path]
    found = [str(path) for place in places for path in sorted(place.glob(f"{name}.*so")) if name]
    return {"unfit": found, "wanted": importlib.machinery.EXTENSION_SUFFIXES[0]} if found else {}


def main(module: str) -> None:
    """The script; it ends at once, whatever threads the module has started."""
    faulthandler.enable()
    set_path()
    found = {}
    try:
        importlib.import_module(module)
    except BaseException as error:  # noqa: BLE001 - SystemExit in a module's body is as fatal as any exception
        found = {"traceback": shown(error), **unfit(missing(error))}
    sys.stdout.write(f"\n{json.dumps(found)}")
    sys.stdout.flush()
    os._exit(0)


if __name__ == "__main__":
    main(sys.argv[1])
