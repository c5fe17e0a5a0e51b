"""What a zip function is made with: an archive that says that no release is there yet.

Terraform takes a committed copy of it, written by ``python -m lockage.rehearsal.seed FILE``.
"""

import io
import sys
import zipfile
from pathlib import Path

HANDLER = "seed.handle"

_CODE = '''\
"""Runs until the first release is deployed."""


def handle(event, context):
    """Fail: what was sent stays with whoever sent it, so that the first release still gets it."""
    raise RuntimeError("no release has been deployed to this function yet")
'''
_UNIX = 3
_READABLE = 0o100644


def archive() -> bytes:
    """The archive: the same bytes whenever and wherever it is made."""
    entry = zipfile.ZipInfo("seed.py")
    entry.create_system = _UNIX
    entry.external_attr = _READABLE << 16
    written = io.BytesIO()
    with zipfile.ZipFile(written, "w") as out:
        out.writestr(entry, _CODE)
    return written.getvalue()


if __name__ == "__main__":
    Path(sys.argv[1]).write_bytes(archive())
