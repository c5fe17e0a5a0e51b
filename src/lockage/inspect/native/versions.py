"""Symbol versions such as ``GLIBC_2.34``: families, and which is newest."""

from collections.abc import Iterable

from packaging.version import InvalidVersion, Version


def family(version: str) -> str:
    """``GLIBCXX`` of ``GLIBCXX_3.4.29``."""
    return version.partition("_")[0]


def number(version: str) -> str:
    """``3.4.29`` of ``GLIBCXX_3.4.29``; ``ABI_DT_RELR`` of ``GLIBC_ABI_DT_RELR``."""
    return version.partition("_")[2]


def newest(numbers: Iterable[str]) -> str:
    """The highest number; words such as ``PRIVATE`` rank below all numbers. Empty when there is none at all."""
    return max(numbers, key=_rank, default="")


def _rank(number: str) -> tuple[bool, Version, str]:
    try:
        return True, Version(number), ""
    except InvalidVersion:
        return False, Version("0"), number
