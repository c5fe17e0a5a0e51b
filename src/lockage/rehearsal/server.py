"""The embedded AWS's own process: ``python -m lockage.rehearsal.server HOST:PORT… RUNTIME=IMAGE…``.

Serves the emulator, corrected, on several addresses at once. Everything else is configured by the emulator's
environment variables (see ``embedded``).
"""

import asyncio
import sys

from hypercorn.asyncio import serve
from hypercorn.config import Config

from lockage.rehearsal.corrections import correct

_KEEP_ALIVE_SECONDS = 75


def main(arguments: list[str]) -> None:
    """Serve until interrupted or terminated.

    Args:
        arguments: addresses to listen on, and the images that runtimes run in.
    """
    from ministack.app import app  # noqa: PLC0415 - sets up logging on import, for this process only

    correct(dict(argument.split("=", 1) for argument in arguments if "=" in argument))
    config = Config()
    config.bind = [argument for argument in arguments if "=" not in argument]
    config.keep_alive_timeout = _KEEP_ALIVE_SECONDS
    asyncio.run(serve(app, config))


if __name__ == "__main__":
    main(sys.argv[1:])
