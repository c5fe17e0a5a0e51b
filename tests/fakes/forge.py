"""ELF objects really built, by this machine's C compiler, with whatever needs a test wants them to have.

No C library is linked, so an object has exactly the needs it was given. A version of glibc that this machine does not
have is linked against a stand-in that defines it.
"""

import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path

import pytest

CC = shutil.which("cc")


class Forge:
    """Builds objects; keeps what it only links against in a folder of its own."""

    def __init__(self, scratch: Path) -> None:
        self._scratch = scratch
        self._offered: dict[Path, list[str]] = {}

    def library(
        self,
        path: Path,
        *,
        needs: Sequence[Path] = (),
        soname: str = "",
        runpath: str = "",
        rpath: str = "",
        flags: Sequence[str] = (),
    ) -> Path:
        """A shared object.

        Args:
            path: where it goes.
            needs: objects whose SONAME (or file name) it asks for, and one function of which it calls.
            soname: its own; the file's name if not given.
            runpath: folders for ``DT_RUNPATH``.
            rpath: folders for ``DT_RPATH``.
            flags: more for the compiler.
        """
        calls = [call for need in needs for call in self._offered.get(need, [_function(need)])]
        source = "".join(f"int {call}(void);\n" for call in calls)
        source += f"int {_function(path)}(void) {{ return 0{''.join(f' + {call}()' for call in calls)}; }}\n"
        search = [f"-Wl,--enable-new-dtags,-rpath,{runpath}"] if runpath else []
        search += [f"-Wl,--disable-new-dtags,-rpath,{rpath}"] if rpath else []
        linked = ["-Wl,--no-as-needed", "-Wl,--unresolved-symbols=ignore-all", *map(str, needs)]
        self._compile(source, path, "-shared", f"-Wl,-soname,{soname or path.name}", *linked, *search, *flags)
        return path

    def stub(self, soname: str, *versions: str) -> Path:
        """Something to link against that goes nowhere: a library of that name, with a function of each version."""
        path = self._scratch / str(len(self._offered)) / soname
        names = [_function(path) + "_" * number for number in range(len(versions) or 1)]
        self._offered[path] = names
        script = path.parent.with_suffix(".map")
        script.parent.mkdir(parents=True, exist_ok=True)
        before = ("", *versions)  # each version follows the one before it, as glibc's do
        script.write_text("".join(map("{} {{ global: {}; }} {};\n".format, versions, names, before)))
        flags = [f"-Wl,--version-script,{script}"] if versions else []
        source = "".join(f"int {name}(void) {{ return 0; }}\n" for name in names)
        self._compile(source, path, "-shared", f"-Wl,-soname,{soname}", *flags)
        return path

    def program(self, path: Path, *, interpreter: str) -> Path:
        """A position-independent program that asks for that dynamic loader."""
        self._compile("void _start(void) {}\n", path, "-pie", f"-Wl,--dynamic-linker,{interpreter}")
        return path

    def relocatable(self, path: Path) -> Path:
        """An object file, which is for linkers only."""
        self._compile("int f(void) { return 0; }\n", path, "-c")
        return path

    def _compile(self, source: str, path: Path, *flags: str) -> None:
        if CC is None:
            pytest.skip("this machine has no C compiler")
        path.parent.mkdir(parents=True, exist_ok=True)
        command: list[str | Path] = [CC, "-x", "c", "-", "-x", "none", "-nostdlib", "-fPIC", "-o", path, *flags]
        subprocess.run(command, input=source, text=True, check=True, capture_output=True)  # noqa: S603 - the test's own words


def _function(path: Path) -> str:
    return "f_" + "".join(letter if letter.isalnum() else "_" for letter in path.name)
