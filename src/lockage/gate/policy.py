"""What a verdict is decided by, apart from what was found."""

from datetime import timedelta

import msgspec

from lockage.gate.exceptions import ExceptionEntry
from lockage.model.canonical import content_digest
from lockage.model.ids import Digest
from lockage.model.verdict import Severity

KNOWN_SYSTEMS = {"amazon": ("2", "2023"), "debian": ("12", "13")}
"""Operating systems, and of each the versions, that databases have advisories for: what Lambda's own images are built
on, and what stands in for them. Trivy finds nothing on versions it does not know, and says so only in its log."""

DATABASE_SCHEMA = 2
"""What Trivy 0.74 reads (``trivy-db/pkg/db``)."""


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What stops an image, and what is accepted all the same."""

    severities: tuple[Severity, ...]
    """Those that block."""
    database_max_age_h: int
    exceptions: tuple[ExceptionEntry, ...]
    scanner_config: Digest
    """Of ``sbom/trivy.yaml``: what the scanner leaves out cannot block."""

    @property
    def digest(self) -> Digest:
        """Of everything above: equal findings and equal digests of policy and database give equal verdicts."""
        return content_digest(self)

    @property
    def max_age(self) -> timedelta:
        """How old a published database may be."""
        return timedelta(hours=self.database_max_age_h)

    def for_image(self, image: str) -> tuple[ExceptionEntry, ...]:
        """The exceptions that an image's verdict takes into account."""
        return tuple(entry for entry in self.exceptions if entry.is_for(image))
