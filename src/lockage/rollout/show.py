"""Says what a rollout would do: a dry run is this executor over the same plan."""

from collections.abc import Callable, Sequence
from typing import assert_never

from lockage.model.release import Configuration
from lockage.model.rollout import (
    CheckVersion,
    CreateAlias,
    Instruction,
    PublishLayer,
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
    match instruction:
        case PublishLayer(layer=layer, source=source):
            words = ("publish a layer", f"{layer}: {source}")
        case UpdateCode(function=function, source=source):
            words = ("update code", f"{function}: {source}")
        case UpdateConfiguration(function=function, configuration=new):
            words = ("update configuration", f"{function}: {_configuration(new)}")
        case PublishVersion(function=function):
            words = ("publish a version", function)
        case CheckVersion(function=function):
            words = ("check the version", f"{function}: it answers its probe, by version")
        case ShiftAlias(function=function, version=version):
            words = ("shift the alias", f"{function} → {version or 'the new version'}")
        case CreateAlias(function=function):
            words = ("create the alias", f"{function} → the new version")
        case ReadBack(function=function, version=version):
            words = ("read back", f"{function}: alias → {version or 'the new version'} → digest → answer")
        case _:
            assert_never(instruction)
    return f"{words[0]:<21} {words[1]}"


def _configuration(new: Configuration) -> str:
    layers = f", {len(new.layers)} layers" * bool(new.layers)
    return f"{new.handler or ' '.join(new.command)}, {new.memory_mb} MB, {new.timeout_s} s{layers}"
