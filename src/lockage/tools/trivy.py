"""What we ask of Trivy: the database once, then complete reports of image layouts. It decides nothing."""

import tempfile
from pathlib import Path

from lockage.tools.locked import Tool
from lockage.tools.process import run
from lockage.tools.scrub import scrubbed

_DOWNLOAD_SECONDS = 900
_SCAN_SECONDS = 600


class Trivy:
    """The locked scanner, under the project's scanner configuration.

    It runs in an empty folder and without ``TRIVY_`` variables, so that no ignore file and no setting that happens to
    lie about takes part.

    Args:
        tool: the locked program.
        config: ``sbom/trivy.yaml``.
    """

    def __init__(self, tool: Tool, config: Path) -> None:
        self.tool = tool
        self.config = config

    def download_database(self, cache: Path) -> None:
        """Download the published database into ``cache/db``, from Trivy's own default repositories.

        Raises:
            ToolError: no repository could be reached, or none gave it.
        """
        self._run(
            ["--download-db-only", "--cache-dir", cache.absolute(), "--no-progress", "--quiet"],
            seconds=_DOWNLOAD_SECONDS,
        )

    def scan(self, layout: Path, cache: Path, output: Path) -> None:
        """Write the complete JSON report of an OCI layout's only image, with the database in ``cache/db``.

        Raises:
            ToolError: it could not scan; any exit code but 0 says so, for findings have no code of their own here.
        """
        self._run(
            [
                *("--config", self.config.absolute()),
                *("--cache-dir", cache.absolute(), "--cache-backend", "memory"),
                *("--input", layout.absolute(), "--output", output.absolute(), "--quiet"),
            ],
            seconds=_SCAN_SECONDS,
        )

    def _run(self, arguments: list[str | Path], *, seconds: float) -> None:
        always = ("--skip-version-check", "--disable-telemetry")
        with tempfile.TemporaryDirectory(prefix="lockage-trivy-") as empty:
            run(
                [self.tool.path, "image", *always, *arguments],
                cwd=Path(empty),
                env=scrubbed("TRIVY_"),
                timeout=seconds,
            )
