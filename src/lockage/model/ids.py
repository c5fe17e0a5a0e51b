"""Identifiers that are all strings and must never be swapped."""

import re
from typing import NewType

from lockage.errors import UsageError

Digest = NewType("Digest", str)
"""``sha256:`` and 64 hex digits: a manifest, layer, file or tree by its content."""

Fingerprint = NewType("Fingerprint", str)
"""``sha256:…`` over everything that goes into an artifact; equal fingerprint, equal artifact."""

CommitSha = NewType("CommitSha", str)
"""40 hex digits of a git commit."""

ReleaseId = NewType("ReleaseId", str)
"""64 hex digits: the SHA-256 of a release manifest's canonical JSON."""

Version = NewType("Version", str)
"""A published Lambda version, such as ``7``; never ``$LATEST``."""

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_RELEASE = re.compile(r"[0-9a-f]{64}")


def digest(text: str) -> Digest:
    """Parse a digest; anything else, tags above all, is refused.

    Raises:
        UsageError: the text is not ``sha256:`` and 64 hex digits.
    """
    if not _DIGEST.fullmatch(text):
        raise UsageError(
            f"not a digest: {text!r}",
            why="only content addresses pass a boundary; a tag can name other content tomorrow",
            remedy="give sha256: and 64 hex digits, as `dist/<name>/artifact.json` holds them",
        )
    return Digest(text)


def commit_sha(text: str) -> CommitSha:
    """Parse a full git commit id.

    Raises:
        UsageError: the text is not 40 hex digits.
    """
    if not _COMMIT.fullmatch(text):
        raise UsageError(
            f"not a full commit id: {text!r}",
            why="short ids and branch names can come to mean another commit",
            remedy="give all 40 digits: git rev-parse HEAD",
        )
    return CommitSha(text)


def release_id(text: str) -> ReleaseId:
    """Parse a release id.

    Raises:
        UsageError: the text is not 64 hex digits.
    """
    if not _RELEASE.fullmatch(text):
        raise UsageError(
            f"not a release id: {text!r}",
            why="deploy, promote and rollback take a release by its content address only",
            remedy="give the 64 hex digits printed by `lockage release`, or 'previous' where it is offered",
        )
    return ReleaseId(text)
