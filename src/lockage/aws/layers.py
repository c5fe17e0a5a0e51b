"""Lambda's layers by content: what an account holds of them, and publishing what it lacks.

Everywhere else a layer is its digest. Lambda's ways that this module keeps from everybody else
(https://docs.aws.amazon.com/lambda/latest/dg/adding-layers.html):

- A layer version has a number, never changes, and each publishing makes another one, also of equal content. So one is
  looked for first, by the digest in its description, and believed by its ``CodeSha256`` alone.
- A layer version that was deleted goes on in the functions that have it. It cannot be read, nor given to another.
- Reading one by its ARN is ``lambda:GetLayerVersion``, and the action on another account's needs that account's leave.
"""

from collections.abc import Iterator
from typing import Any

from lockage.aws.calls import BotoClient, Caller, DeniedError
from lockage.aws.digests import from_base64
from lockage.aws.lambda_shape import place_of
from lockage.aws.pacing import Pace
from lockage.errors import AwsError
from lockage.model.ids import Digest
from lockage.model.rollout import PublishLayer

_MISSING = ("ResourceNotFoundException",)


class LayerClient:
    """The layers of one account and Region.

    Args:
        boto: boto3's client.
        place: the ARN of every layer up to its name, ``arn:aws:lambda:<region>:<account>:layer:``.
        caller: calls it.
        pace: shared with all else that is asked of Lambda there.
    """

    def __init__(self, boto: BotoClient, *, place: str, caller: Caller, pace: Pace) -> None:
        self._boto, self._place, self._caller, self._pace = boto, place, caller, pace
        self._digests: dict[str, Digest] = {}
        self._arns: dict[Digest, str] = {}

    def digest_of(self, arn: str) -> Digest:
        """What a layer version holds; asked once.

        One that cannot be read, because it was deleted or another account keeps it to itself, equals no digest that can
        be released.

        Raises:
            DeniedError: it is this account's own, and may not be read.
        """
        if arn not in self._digests:
            self._digests[arn] = self._read(arn)
            if arn.startswith(self._place):
                self._arns.setdefault(self._digests[arn], arn)
        return self._digests[arn]

    def arn_of(self, digest: Digest) -> str:
        """A layer version of some content that was found, read or published here before.

        Raises:
            AwsError: there is none.
        """
        if digest not in self._arns:
            raise AwsError(
                f"this account holds no layer of {digest}",
                why=f"none under {self._place} was found or published",
                remedy="run the same command again: it publishes what is missing",
            )
        return self._arns[digest]

    def holds(self, name: str, digest: Digest) -> bool:
        """Whether the account has this content: seen on a function, or found among the versions of one layer."""
        if digest in self._arns:
            return True
        for listed in self._versions(name):
            if listed.get("Description") == digest and self.digest_of(listed["LayerVersionArn"]) == digest:
                return True
        return False

    def publish(self, layer: PublishLayer) -> None:
        """Make a version of a layer.

        Raises:
            AwsError: what Lambda took is of other content.
        """
        self._pace.take()
        bucket, key = place_of(layer.source)
        response = self._caller.call(
            "lambda:PublishLayerVersion",
            f"{self._place}{layer.name}",
            self._boto.publish_layer_version,
            LayerName=layer.name,
            Description=layer.digest,
            Content={"S3Bucket": bucket, "S3Key": key},
            CompatibleRuntimes=[layer.runtime],
            CompatibleArchitectures=[layer.architecture],
        )
        arn, found = (response or {})["LayerVersionArn"], _content(response or {})
        if found != layer.digest:
            raise AwsError(
                f"Lambda took another layer {layer.layer} than was released",
                why=f"released: {layer.digest}\ntaken:    {found}, from {layer.source}",
                remedy="restore the object's first version in the bucket, and find out who wrote the newest",
            )
        self._digests[arn], self._arns[layer.digest] = layer.digest, arn

    def _read(self, arn: str) -> Digest:
        self._pace.take()
        try:
            response = self._caller.call(
                "lambda:GetLayerVersion", arn, self._boto.get_layer_version_by_arn, absent=_MISSING, Arn=arn
            )
        except DeniedError:
            if arn.startswith(self._place):
                raise
            response = None
        return _content(response or {}) or Digest(f"unreadable:{arn}")

    def _versions(self, name: str) -> Iterator[dict[str, Any]]:
        """Newest first."""
        marker: dict[str, str] = {}
        while True:
            self._pace.take()
            response = self._caller.call(
                "lambda:ListLayerVersions",
                f"{self._place}{name}",
                self._boto.list_layer_versions,
                absent=_MISSING,
                LayerName=name,
                **marker,
            )
            yield from (response or {}).get("LayerVersions", ())
            if not (following := (response or {}).get("NextMarker")):
                return
            marker = {"Marker": following}


def _content(response: dict[str, Any]) -> Digest | None:
    """What a layer version holds, as far as Lambda says."""
    return from_base64(response.get("Content", {}).get("CodeSha256", ""))
