"""What we ask of Trivy: the database once, then complete reports of image layouts and of trees. It decides nothing."""

import tempfile
from pathlib import Path

from lockage.tools.locked import Tool
from lockage.tools.process import run
from lockage.tools.scrub import scrubbed

_DOWNLOAD_SECONDS = 900
_SCAN_SECONDS = 600
_ALWAYS = ("--quiet", "--skip-version-check", "--disable-telemetry")
_COMPLETE = (
    *("--format=json", "--list-all-pkgs=true", "--severity=UNKNOWN,LOW,MEDIUM,HIGH,CRITICAL", "--ignore-unfixed=false"),
    *("--scanners=vuln", "--pkg-types=os,library", "--show-suppressed=true", "--exit-code=0"),
    *("--offline-scan=true", "--skip-db-update=true", "--skip-java-db-update=true", "--skip-vex-repo-update=true"),
)
"""What a report must be complete for; on the command line it wins over the configuration."""


class Trivy:
    """The locked scanner, under the project's scanner configuration.

    It runs in a folder of its own, which it also takes for its home, and without ``TRIVY_`` variables: no credential is
    within its reach, and no ignore file and no setting that happens to lie about takes part.

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
        with tempfile.TemporaryDirectory(prefix="lockage-trivy-") as folder:
            run(
                [
                    *(self.tool.path, "image", *_ALWAYS, "--download-db-only", "--no-progress"),
                    *("--cache-dir", cache.absolute()),
                ],
                cwd=Path(folder),
                env=scrubbed(Path(folder), "TRIVY_"),
                timeout=_DOWNLOAD_SECONDS,
            )

    def scan(self, layout: Path, name: str, cache: Path, output: Path) -> None:
        """Write the complete JSON report of an OCI layout's only image, with the database in ``cache/db``.

        Trivy sees the layout under the image's name: the report then says the same on every machine, and a path with
        ``@`` or ``:``, which Trivy would take for a reference, does no harm.

        Raises:
            ToolError: it could not scan; any exit code but 0 says so, for findings have no code of their own here.
        """
        with tempfile.TemporaryDirectory(prefix="lockage-trivy-") as folder:
            Path(folder, name).symlink_to(layout.absolute())
            self._scan("image", ("--input", name), Path(folder), cache, output)

    def scan_tree(self, tree: Path, cache: Path, output: Path) -> None:
        """Write the complete JSON report of a folder that stands for the root of a file system, under its name.

        ``rootfs`` reports what is installed there; ``fs`` would report what requirements files ask for instead. A link
        to the folder would do no good, for Trivy follows none: it must be alone in a folder of its own.

        Raises:
            ToolError: as above.
        """
        self._scan("rootfs", (tree.name,), tree.parent, cache, output)

    def _scan(self, command: str, target: tuple[str, ...], folder: Path, cache: Path, output: Path) -> None:
        run(
            [
                *(self.tool.path, command, *_ALWAYS, "--config", self.config.absolute(), *_COMPLETE),
                *("--cache-dir", cache.absolute(), "--cache-backend", "memory"),
                *target,
                *("--output", output.absolute()),
            ],
            cwd=folder,
            env=scrubbed(folder, "TRIVY_"),
            timeout=_SCAN_SECONDS,
        )
