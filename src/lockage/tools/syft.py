"""What we ask of Syft: both SBOMs of one artifact, in one run."""

import tempfile
from collections.abc import Sequence
from pathlib import Path

from lockage.errors import ToolError
from lockage.tools.locked import Tool
from lockage.tools.process import run
from lockage.tools.scrub import scrubbed

_SECONDS = 600
_PASSED_OVER = ("/dev", "/proc", "/run", "/sys")
"""Syft takes folders below these for the kernel's and finds nothing there, without a word."""


class Syft:
    """The locked cataloguer, under the project's configuration for it.

    Args:
        tool: the locked program.
        config: ``sbom/syft.yaml``.
    """

    def __init__(self, tool: Tool, config: Path) -> None:
        self.tool = tool
        self.config = config

    def describe(self, layout: Path, name: str, cyclonedx: Path, spdx: Path) -> None:
        """Write the SBOMs of an OCI layout's only image, as CycloneDX 1.6 and SPDX 2.3.

        Raises:
            ToolError: it could not describe the image.
        """
        self._describe([f"oci-dir:{layout.absolute()}"], name, cyclonedx, spdx)

    def describe_tree(self, root: Path, name: str, cyclonedx: Path, spdx: Path) -> None:
        """Write the SBOMs of an unpacked archive; paths in them are below ``root``.

        Raises:
            ToolError: it could not describe the tree, or the tree lies where Syft does not look.
        """
        if any(root.resolve().is_relative_to(place) for place in _PASSED_OVER):
            raise ToolError(
                f"syft cannot describe what is unpacked in {root.parent}",
                why=f"it passes over everything below {', '.join(_PASSED_OVER)}",
                remedy="name another place for temporary files: TMPDIR",
            )
        self._describe([f"dir:{root.absolute()}", "--base-path", root.absolute()], name, cyclonedx, spdx)

    def _describe(self, source: Sequence[str | Path], name: str, cyclonedx: Path, spdx: Path) -> None:
        """The formats' versions are named because newer ones are not read everywhere: Syft 1.46 moved to 1.7."""
        command: list[str | Path] = [
            *(self.tool.path, "scan", *source),
            *("--config", self.config.absolute(), "--source-name", name, "--quiet"),
            *("--output", f"cyclonedx-json@1.6={cyclonedx.absolute()}"),
            *("--output", f"spdx-json@2.3={spdx.absolute()}"),
        ]
        with tempfile.TemporaryDirectory(prefix="lockage-syft-") as empty:
            run(command, cwd=Path(empty), env=scrubbed(Path(empty), "SYFT_"), timeout=_SECONDS)
