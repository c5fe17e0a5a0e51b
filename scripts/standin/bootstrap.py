"""Start the runtime client with Lambda's import path: the task first, then layers, then the runtime."""

import os
import sys

RUNTIME = "/var/runtime"
LAYERS = ("/opt/python/lib/python3.13/site-packages", "/opt/python")

rest = [entry for entry in sys.path if entry != RUNTIME]
sys.path[:] = [os.environ.get("LAMBDA_TASK_ROOT", "/var/task"), *LAYERS, RUNTIME, *rest]

from awslambdaric.__main__ import main  # noqa: E402 - found only on the path set above

main(["bootstrap", os.environ["_HANDLER"]])
