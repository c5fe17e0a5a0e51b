"""What a verdict is decided by, apart from what was found."""

from datetime import timedelta
from pathlib import Path

import msgspec

from lockage.config.schema import Project
from lockage.gate import exceptions
from lockage.gate.exceptions import ExceptionEntry
from lockage.gate.scanner_config import hold_complete
from lockage.model.canonical import content_digest
from lockage.model.ids import Digest
from lockage.model.verdict import Severity
from lockage.oci.layout import hash_file

SCANNER_CONFIG = Path("sbom/trivy.yaml")

KNOWN_SYSTEMS = {"amazon": ("2", "2023"), "debian": ("12", "13")}
"""Operating systems, and of each the versions, that databases have advisories for: what Lambda's own images are built
on, and what stands in for them. Trivy finds nothing on versions it does not know, and says so only in its log."""

DATABASE_SCHEMA = 2
"""What Trivy 0.74 reads (``trivy-db/pkg/db``)."""


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What stops an artifact, and what is accepted all the same."""

    severities: tuple[Severity, ...]
    """Those that block."""
    database_max_age_h: int
    exceptions: tuple[ExceptionEntry, ...]
    scanner_config: Digest
    """Of ``sbom/trivy.yaml``, which was held to leave nothing out: what the scanner leaves out cannot block."""

    @property
    def digest(self) -> Digest:
        """Of everything above: equal findings and equal digests of policy and database give equal verdicts."""
        return content_digest(self)

    @property
    def max_age(self) -> timedelta:
        """How old a published database may be."""
        return timedelta(hours=self.database_max_age_h)

    def for_artifact(self, name: str) -> tuple[ExceptionEntry, ...]:
        """The exceptions that an artifact's verdict takes into account."""
        return tuple(entry for entry in self.exceptions if entry.is_for(name))


def read(project: Project, root: Path) -> Policy:
    """The policy of a project, as it is checked out.

    Args:
        project: what ``lockage.yaml`` says.
        root: its folder.

    Raises:
        UsageError: a file that is part of it is missing, or has mistakes.
    """
    hold_complete(root / SCANNER_CONFIG)
    return Policy(
        severities=project.gate.severities,
        database_max_age_h=project.gate.database_max_age_h,
        exceptions=exceptions.read(root / project.gate.exceptions, project.built),
        scanner_config=hash_file(root / SCANNER_CONFIG),
    )
