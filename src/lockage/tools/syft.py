"""What we ask of Syft: both SBOMs of one image, in one run."""

import tempfile
from pathlib import Path

from lockage.tools.locked import Tool
from lockage.tools.process import run
from lockage.tools.scrub import scrubbed

_SECONDS = 600


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

        The versions are named because newer defaults are not read everywhere: Syft 1.46 moved to CycloneDX 1.7.

        Raises:
            ToolError: it could not describe the image.
        """
        command: list[str | Path] = [
            *(self.tool.path, "scan", f"oci-dir:{layout.absolute()}"),
            *("--config", self.config.absolute(), "--source-name", name, "--quiet"),
            *("--output", f"cyclonedx-json@1.6={cyclonedx.absolute()}"),
            *("--output", f"spdx-json@2.3={spdx.absolute()}"),
        ]
        with tempfile.TemporaryDirectory(prefix="lockage-syft-") as empty:
            run(command, cwd=Path(empty), env=scrubbed(Path(empty), "SYFT_"), timeout=_SECONDS)
