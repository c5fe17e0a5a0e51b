"""What others' programs are not given: our credentials, and settings that would change what they do unseen."""

import os

_CREDENTIALS = ("AWS_", "ACTIONS_ID_TOKEN_")


def scrubbed(*prefixes: str) -> dict[str, str | None]:
    """Environment changes that take away AWS identities, the means to get one, and variables with these prefixes."""
    return {key: None for key in os.environ if key.startswith((*_CREDENTIALS, *prefixes))}
