"""A machine for shell scripts: only the programs put there, and an /etc of its own."""

import os
import pty
import shutil
import subprocess
from pathlib import Path
from typing import NamedTuple

REAL = (
    *(
        "awk",
        "basename",
        "cat",
        "chmod",
        "cksum",
        "cmp",
        "cp",
        "cut",
        "dirname",
        "env",
        "find",
        "flock",
        "grep",
        "head",
    ),
    *("ln", "ls", "mkdir", "mktemp", "mv", "nohup", "rm", "sed", "setsid", "sh", "sha256sum", "sort", "tail", "tar"),
    *("tee", "timeout", "touch", "tr", "uname"),
)
"""Programs that do no harm, as this machine has them."""


class Outcome(NamedTuple):
    code: int
    said: str
    """Standard output and standard error."""


class FakeMachine:
    """A root folder, a path with stubs, and a log of what the stubs were asked.

    Stubs are shell bodies; they find the machine's root in ``$ROOT`` and can remember by files in it.
    """

    def __init__(self, root: Path, *, os_release: str = "ID=debian\nVERSION_CODENAME=bookworm\n") -> None:
        self.root = root
        self._bin = root / "bin"
        for folder in (
            self._bin,
            root / "etc/apt/sources.list.d",
            root / "etc/apt/preferences.d",
            root / "var/log",
            root / "tmp",
        ):
            folder.mkdir(parents=True)
        (root / "etc/os-release").write_text(os_release)
        for name in REAL:
            found = shutil.which(name)
            assert found, name
            (self._bin / name).symlink_to(found)
        self.program("sleep", "")
        self.program("id", "echo 0")

    def program(self, name: str, body: str) -> None:
        """Install a stub; it logs its name and arguments, then does what the shell body says."""
        stub = self._bin / name
        stub.write_text(f'#!/bin/sh\necho "{name} $*" >>"$ROOT/log"\n{body}\n')
        stub.chmod(0o755)

    def asked(self, name: str) -> list[str]:
        """The arguments of every call of a stub."""
        log = self.root / "log"
        lines = log.read_text().splitlines() if log.exists() else []
        return [line.removeprefix(f"{name} ") for line in lines if line.startswith(f"{name} ")]

    def environment(self, **changes: str) -> dict[str, str]:
        root = str(self.root)
        own = {"ROOT": root, "LOCKAGE_SYSROOT": root, "HOME": f"{root}/home", "TMPDIR": f"{root}/tmp"}
        return {"PATH": str(self._bin), **own, **changes}

    def run(self, script: Path, *arguments: str, **environment: str) -> Outcome:
        """Run a script without a terminal."""
        done = subprocess.run(  # noqa: S603 - the project's own scripts
            [script, *arguments],
            env=self.environment(**environment),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
            timeout=60,
        )
        return Outcome(done.returncode, done.stdout)

    def run_on_terminal(self, script: Path, answer: str) -> Outcome:
        """Run a script whose standard input and error are a terminal, on which somebody types an answer."""
        ours, theirs = pty.openpty()
        process = subprocess.Popen(  # noqa: S603 - the project's own scripts
            [script], env=self.environment(), stdin=theirs, stdout=theirs, stderr=theirs
        )
        os.close(theirs)
        os.write(ours, answer.encode() + b"\n")
        said = b""
        while True:
            try:
                said += os.read(ours, 4096)
            except OSError:  # Linux's way to say that the other end is closed
                break
        os.close(ours)
        return Outcome(process.wait(timeout=60), said.decode().replace("\r\n", "\n"))
