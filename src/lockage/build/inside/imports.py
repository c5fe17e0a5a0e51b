"""Import every handler where it will live: ``imports.py HANDLERS``, a file with one ``package.module.function`` a line.

Runs in the task root as Lambda does, so what Lambda would answer with a 502 is seen here with its cause.
"""

import importlib
import os
import sys
import traceback
from pathlib import Path


def mistake(handler: str) -> str:
    """Why a handler cannot be called; empty when it can."""
    module, _, function = handler.rpartition(".")
    try:
        found = getattr(importlib.import_module(module), function, None)
    except BaseException as error:  # noqa: BLE001 - SystemExit in a module's body is as fatal as any exception
        where = traceback.extract_tb(error.__traceback__)[-1]
        return f"{type(error).__name__}: {error} ({where.filename}, line {where.lineno})"
    return "" if callable(found) else f"{module} has no function {function}"


def main(handlers: str) -> int:
    """The script; the process's exit code."""
    sys.path.insert(0, os.environ["LAMBDA_TASK_ROOT"])
    os.environ.setdefault("AWS_REGION", "us-east-1")  # Lambda sets both for every function
    os.environ.setdefault("AWS_DEFAULT_REGION", "us-east-1")
    found = {handler: mistake(handler) for handler in Path(handlers).read_text().split()}
    sys.stderr.writelines(f"handler {name} does not import: {why}\n" for name, why in found.items() if why)
    return 1 if any(found.values()) else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
