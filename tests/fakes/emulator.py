"""A Docker engine whose containers are functions in the emulator, with answers laid down by handler."""

import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import msgspec

from lockage.errors import ToolError
from lockage.tools.docker import Container, State
from lockage.tools.process import Completed

OK = "200 0.250000 64000000 0 0\n"


class Behaviour(msgspec.Struct, frozen=True, kw_only=True):
    """What one function's container does."""

    asked: Completed = Completed(code=0, stdout=f'{OK}{{"ok": true}}', stderr="")
    traced: Completed | None = None
    """None: it hangs."""
    state: State = State(running=True, code=0, out_of_memory=False)
    log: tuple[str, str] = ("START RequestId: 1\nsaid\nEND RequestId: 1\n", "(rapid)\n")


def answer(body: str, status: int = 200, *, killed: int = 0, tmp: int = 0) -> Completed:
    """What the program that asks prints."""
    return Completed(code=0, stdout=f"{status} 0.250000 64000000 {killed} {tmp}\n{body}", stderr="")


class FakeEngine:
    """Notes what it was asked; every container must be removed once.

    Args:
        behaviours: by handler; the others answer.
        broken: the engine's words, when it starts nothing.
    """

    def __init__(self, behaviours: Mapping[str, Behaviour] | None = None, *, broken: str = "") -> None:
        self.behaviours, self.broken = dict(behaviours or {}), broken
        self.started: list[Container] = []
        self.events: list[str] = []
        self.commands: list[tuple[str, ...]] = []
        self.held: list[dict[str, bytes]] = []
        self.folders: list[tuple[str, ...]] = []
        self.there: set[str] = set()

    def start(self, container: Container) -> None:
        self.there.add(container.name)
        self._hold_whole()
        assert not container.folders_of or container.folders_of in self.there
        self.started.append(container)

    def hold(self, name: str, image: str, platform: str, folders: tuple[str, ...]) -> None:
        assert image
        assert platform
        self.there.add(name)
        self._hold_whole()
        self.folders.append(folders)

    def fill(self, name: str, content: Path) -> None:
        assert name in self.there
        with tarfile.open(content) as tar:
            self.held.append({one.name: stream.read() for one in tar if (stream := tar.extractfile(one))})

    def execute(self, name: str, command: Sequence[str], *, stdin: str = "", timeout: float) -> Completed:
        assert timeout > 0
        behaviour = self._of(name)
        self.commands.append(tuple(command))
        if stdin:
            self.events.append(stdin)
            return behaviour.asked
        if behaviour.traced is None:
            raise ToolError("docker did not finish", why="it was stopped", remedy="")
        return behaviour.traced

    def state(self, name: str) -> State:
        return self._of(name).state

    def logs(self, name: str) -> tuple[str, str]:
        return self._of(name).log

    def remove(self, name: str) -> None:
        self.there.discard(name)

    def _hold_whole(self) -> None:
        if self.broken:
            raise ToolError("docker failed with exit code 125", why=self.broken, remedy="run it by hand")

    def _of(self, name: str) -> Behaviour:
        assert name in self.there, "a removed container says nothing"
        [container] = [one for one in self.started if one.name == name]
        return self.behaviours.get(container.command[0], Behaviour())
