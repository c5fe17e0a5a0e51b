"""What is judged: an artifact, where it is going, and what is there."""

from functools import cached_property

import msgspec

from lockage.inspect.native.facts import Elf, Tree
from lockage.inspect.native.systems import System
from lockage.inspect.native.target import Target


class Case(msgspec.Struct, frozen=True, kw_only=True, dict=True):
    """One artifact against one runtime."""

    tree: Tree
    target: Target
    system: System

    @property
    def where(self) -> str:
        """As people say it: ``python3.13 on linux/amd64``."""
        return f"python{self.target.python} on {self.target.platform}"

    @property
    def platform_tag(self) -> str:
        """The newest platform tag of wheels that fit: ``manylinux_2_34_x86_64``."""
        return f"manylinux_{self.system.glibc.replace('.', '_')}_{self.target.machine}"

    @cached_property
    def loadable(self) -> tuple[Elf, ...]:
        """Objects that the loader may be asked for: of the right machine, and neither relocatable nor a core."""
        return tuple(
            elf for elf in self.tree.objects.values() if elf.machine == self.target.machine and elf.form != "other"
        )
