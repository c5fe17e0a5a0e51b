"""Says what a rollout would do: a dry run is this executor over the same plan."""

from collections.abc import Callable, Sequence
from typing import assert_never

from lockage.model.rollout import (
    CheckVersion,
    CreateAlias,
    Instruction,
    PublishVersion,
    ReadBack,
    ShiftAlias,
    UpdateCode,
    UpdateConfiguration,
)


class PrintingExecutor:
    """Takes what ``ActingExecutor`` takes, and changes nothing.

    Args:
        say: takes a line.
    """

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say

    def run(self, instructions: Sequence[Instruction]) -> None:
        """A line each."""
        for instruction in instructions:
            self._say(told(instruction))


def told(instruction: Instruction) -> str:
    """An instruction in words."""
    function = instruction.function
    match instruction:
        case UpdateCode(image=image):
            words = ("update code", f"{function}: {image}")
        case UpdateConfiguration(configuration=new):
            size = f"{new.memory_mb} MB, {new.timeout_s} s"
            words = ("update configuration", f"{function}: {' '.join(new.command)}, {size}")
        case PublishVersion():
            words = ("publish a version", function)
        case CheckVersion():
            words = ("check the version", f"{function}: it answers its probe, by version")
        case ShiftAlias(version=version):
            words = ("shift the alias", f"{function} → {version or 'the new version'}")
        case CreateAlias():
            words = ("create the alias", f"{function} → the new version")
        case ReadBack(version=version):
            words = ("read back", f"{function}: alias → {version or 'the new version'} → digest → answer")
        case _:
            assert_never(instruction)
    return f"{words[0]:<21} {words[1]}"
