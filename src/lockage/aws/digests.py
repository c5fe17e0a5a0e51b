"""AWS writes SHA-256 in base64 where everybody else here writes ``sha256:`` and hex digits."""

import base64

from lockage.model.ids import Digest


def from_base64(text: str) -> Digest | None:
    """A digest from Lambda's ``CodeSha256`` or S3's ``ChecksumSHA256``; None where AWS names none."""
    return Digest(f"sha256:{base64.b64decode(text).hex()}") if text else None


def to_base64(digest: Digest) -> str:
    """A digest as AWS takes it."""
    return base64.b64encode(bytes.fromhex(digest.removeprefix("sha256:"))).decode()
