"""What others' programs are not given: our credentials, and settings that would change what they do unseen."""

import os
from pathlib import Path

_CREDENTIALS = ("AWS_", "ACTIONS_", "GITHUB_TOKEN", "GH_TOKEN")


def scrubbed(home: Path, *prefixes: str) -> dict[str, str | None]:
    """Environment changes that take away identities, the means to get one, and variables with these prefixes.

    Args:
        home: an empty folder to take for home, where credentials and settings lie in files, and for temporary files:
            what a program leaves there when it is interrupted goes with the folder.
        prefixes: of variables that are settings of the program.
    """
    taken: dict[str, str | None] = {key: None for key in os.environ if key.startswith((*_CREDENTIALS, *prefixes))}
    return {**taken, "XDG_CONFIG_HOME": None, "HOME": str(home), "TMPDIR": str(home)}
