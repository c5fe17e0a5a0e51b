"""What Lambda's runtimes offer native code: committed lists of libraries, and the manylinux policies for symbols."""

import tomllib
from collections.abc import Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

import msgspec
from auditwheel.architecture import Architecture
from auditwheel.libc import Libc
from auditwheel.policy import Policy, WheelPolicies

from lockage.errors import UsageError
from lockage.inspect.native.target import Target
from lockage.inspect.native.versions import newest

_LISTS = Path(__file__).parents[1] / "systems"
_LIBRARY_FOLDERS = ("/lib64", "/usr/lib64")
_LANGUAGE_FOLDER = "/var/lang/lib"


class RuntimeUnknown(UsageError):  # noqa: N818 - what is wrong, in a word
    """Nothing is written down about what a runtime offers."""

    def __init__(self, target: Target, known: tuple[str, ...]) -> None:
        super().__init__(
            f"what Lambda offers native code under python{target.python} is not written down",
            why=f"there are lists for Python {', '.join(known)}",
            remedy=f"use one of those runtimes, or a Lockage that knows python{target.python}",
        )


class System(msgspec.Struct, frozen=True, kw_only=True):
    """What the dynamic loader finds in a runtime, beside the artifact."""

    name: str
    """``Amazon Linux 2023``."""
    glibc: str
    """``2.34``."""
    isa: str
    """The instruction set that every function may use: ``x86_64_v3``."""
    interpreter: str
    """The dynamic loader's own path."""
    search: tuple[str, ...]
    """``LD_LIBRARY_PATH``, which Lambda sets."""
    folders: Mapping[str, frozenset[str]]
    """Folders of the system that libraries are looked for in, and their libraries."""
    unconfirmed: frozenset[str]
    """Libraries that the image has and the managed runtime may not have."""
    versions: Mapping[str, frozenset[str]]
    """Symbol versions its libraries define, by family: ``GLIBC`` to ``2.17``, ``2.34``…"""
    tags: frozenset[str]
    """Wheel tags that may run there."""

    @property
    def default(self) -> tuple[str, ...]:
        """Where the loader looks last."""
        return _LIBRARY_FOLDERS

    def has(self, folder: str, library: str) -> bool:
        """Whether that library lies there."""
        return library in self.folders.get(folder, frozenset())

    def offers(self, family: str) -> str:
        """The newest version of a family, as people say it: ``GLIBC_2.34``."""
        return f"{family}_{newest(self.versions[family])}"

    def runs(self, isa: str) -> bool:
        """Whether its processors have an instruction set."""
        return isa in {one.value for one in Architecture} and Architecture(isa).is_subset(Architecture(self.isa))


@lru_cache
def system_for(target: Target) -> System:
    """What Lambda's runtime for a target offers.

    Raises:
        RuntimeUnknown: no list names that Python.
    """
    lists = [tomllib.loads(path.read_text()) for path in sorted(_LISTS.glob("*.toml"))]
    found = next((one for one in lists if target.python in one["runtimes"]), None)
    if found is None:
        known = sorted((python for one in lists for python in one["runtimes"]), key=lambda p: int(p.partition(".")[2]))
        raise RuntimeUnknown(target, tuple(known))
    return _system(found, target)


def _system(written: dict[str, Any], target: Target) -> System:
    policies = WheelPolicies(libc=Libc.GLIBC, arch=Architecture(target.machine))
    policy = policies.get_policy_by_name(f"{written['policy']}_{target.machine}")
    by_package = (written["libraries"], written["libraries-of"][target.machine])
    libraries = frozenset(name for table in by_package for name in _names(table))
    python = frozenset({f"libpython{target.python}.so.1.0"})
    return System(
        name=written["name"],
        glibc=written["glibc"],
        isa=written["isa"][target.machine],
        interpreter=written["interpreter"][target.machine],
        search=tuple(written["search"]),
        folders={**dict.fromkeys(_LIBRARY_FOLDERS, libraries), _LANGUAGE_FOLDER: python},
        unconfirmed=frozenset(_names(written["unconfirmed"])),
        versions=_versions(policy, written["beyond"]),
        tags=target.tags(written["glibc"], _aliases(policies, policy)),
    )


def _names(by_package: dict[str, list[str]]) -> Iterator[str]:
    for names in by_package.values():
        yield from names


def _versions(policy: Policy, beyond: dict[str, list[str]]) -> dict[str, frozenset[str]]:
    offered: dict[str, frozenset[str]] = dict(policy.symbol_versions)
    for family, more in beyond.items():
        offered[family] = offered.get(family, frozenset()) | frozenset(more)
    return offered


def _aliases(policies: WheelPolicies, ours: Policy) -> tuple[str, ...]:
    older = (policy for policy in policies if policy.priority >= ours.priority)  # the older, the higher
    return tuple(alias for policy in older for alias in policy.aliases)
