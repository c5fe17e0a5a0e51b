"""``dist/packaging.json``: what measuring hands to explaining."""

from pathlib import Path

import msgspec

from lockage.errors import UsageError
from lockage.model.dist import DistDir, encode, write
from lockage.model.packaging import Kept, Measurements


def path(dist: DistDir) -> Path:
    """Where they are kept."""
    return dist.root / "packaging.json"


def keep(dist: DistDir, measurements: Measurements) -> None:
    """Put a function's measurements in the place of its last ones; other functions' stay.

    Raises:
        UsageError: what stands there cannot be read.
    """
    functions = {**_read(dist).functions, measurements.function: measurements}
    write(path(dist), encode(Kept(functions=functions)))


def kept(dist: DistDir, function: str) -> Measurements | None:
    """A function's latest measurements; None when it was never measured here.

    Raises:
        UsageError: what stands there cannot be read.
    """
    return _read(dist).functions.get(function)


def _read(dist: DistDir) -> Kept:
    try:
        return msgspec.json.decode(path(dist).read_bytes(), type=Kept)
    except FileNotFoundError:
        return Kept()
    except msgspec.DecodeError as error:
        raise UsageError(
            f"{path(dist)} cannot be read",
            why=f"it does not read as measurements of packagings: {error}",
            remedy="remove it and measure again",
        ) from error
