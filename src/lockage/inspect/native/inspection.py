"""The result of the native-code check, and the call that makes it."""

from collections.abc import Sequence
from typing import Literal

import msgspec

from lockage.inspect.native.case import Case
from lockage.inspect.native.facts import Root
from lockage.inspect.native.judge import judge
from lockage.inspect.native.linking import highest_glibc
from lockage.inspect.native.read import read_tree
from lockage.inspect.native.remark import Remark
from lockage.inspect.native.systems import system_for
from lockage.inspect.native.target import Target


class NativeInspection(msgspec.Struct, frozen=True, kw_only=True):
    """What native code an artifact has, and how it fits where it will run."""

    target: Target
    system: str
    """Such as ``Amazon Linux 2023``."""
    files: int
    """Files looked at, native or not."""
    objects: int
    """ELF objects among them."""
    glibc: str
    """The highest GLIBC version that any object needs of the system, such as ``2.17``; empty when none needs any."""
    glibc_offered: str
    """The runtime's, such as ``2.34``."""
    remarks: tuple[Remark, ...]
    """By path."""
    schema: Literal[1] = 1

    @property
    def mistakes(self) -> tuple[Remark, ...]:
        """What will not work."""
        return tuple(one for one in self.remarks if one.weight == "mistake")

    @property
    def doubts(self) -> tuple[Remark, ...]:
        """What could not be told: as good as a mistake."""
        return tuple(one for one in self.remarks if one.weight == "doubt")

    @property
    def notes(self) -> tuple[Remark, ...]:
        """What stops nothing, and is worth knowing."""
        return tuple(one for one in self.remarks if one.weight == "note")

    @property
    def pure(self) -> bool:
        """Whether there is no native code at all."""
        return not self.objects

    def summary(self) -> str:
        """One line: ``283 native objects, need GLIBC 2.28; Amazon Linux 2023 has 2.34``."""
        if self.pure:
            return f"no native code among {_count(self.files, 'file')}: pure Python"
        need = f"need GLIBC {self.glibc}; {self.system} has {self.glibc_offered}" if self.glibc else "need no GLIBC"
        return f"{_count(self.objects, 'native object')}, {need}"


def inspect_native(roots: Sequence[Root], target: Target) -> NativeInspection:
    """Hold all native code of a function to the runtime it is for.

    Args:
        roots: the function's own tree and its layers' trees, the layers in Lambda's order.
        target: where it will run.

    Raises:
        RuntimeUnknown: nothing is written down about that runtime.
    """
    system = system_for(target)
    case = Case(tree=read_tree(roots), target=target, system=system)
    return NativeInspection(
        target=target,
        system=system.name,
        files=case.tree.files,
        objects=len(case.tree.objects),
        glibc=highest_glibc(case),
        glibc_offered=system.glibc,
        remarks=judge(case),
    )


def _count(number: int, what: str) -> str:
    return f"{number} {what}" if number == 1 else f"{number} {what}s"
