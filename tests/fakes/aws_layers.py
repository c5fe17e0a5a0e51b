"""Lambda's layers and archives with their traps: see the comments where they bite."""

import base64
import hashlib
import io
import zipfile
from collections.abc import Iterable
from typing import Any

from botocore.exceptions import ClientError

from fakes.aws import FakeClient, World, error
from fakes.aws_services import FakeS3

LARGEST_UNZIPPED = 262_144_000
MOST_LAYERS = 5


class LayerShelf(FakeClient):
    """The layers of one account, and what it takes from S3."""

    def __init__(self, world: World, account: str, role: str = "deployer") -> None:
        super().__init__(world, account, role)
        self.region = "eu-central-1"
        self.s3: FakeS3 | None = None
        """The only bucket there is."""
        self.largest_unzipped = LARGEST_UNZIPPED
        self.shown_at_once = 50
        """Layer versions on one page."""
        self.elsewhere: dict[str, bytes] = {}
        """Layer versions of other accounts that may be read here, by ARN."""
        self._shelf: dict[str, list[dict[str, Any]]] = {}
        self._zips: dict[str, bytes] = {}

    def layer_arns(self, name: str) -> list[str]:
        """The versions of a layer that are not deleted, oldest first."""
        return [version["LayerVersionArn"] for version in self._shelf.get(name, ()) if not version["deleted"]]

    def _publish_layer_version(
        self,
        *,
        LayerName: str,
        Content: dict[str, str],
        **told: Any,  # noqa: ANN401 - as boto3
    ) -> dict[str, Any]:
        content = self.archive(Content["S3Bucket"], Content["S3Key"], "PublishLayerVersion")
        self.hold_size([content], "PublishLayerVersion")
        versions = self._shelf.setdefault(LayerName, [])
        number = len(versions) + 1  # a new one each time, whatever the content
        arn = f"arn:aws:lambda:{self.region}:{self.account}:layer:{LayerName}:{number}"
        versions.append({"LayerVersionArn": arn, "Version": number, "deleted": False, **told})
        self._zips[arn] = content
        return self._shown(arn)

    def _list_layer_versions(self, *, LayerName: str, Marker: str = "") -> dict[str, Any]:
        versions = [one for one in reversed(self._shelf.get(LayerName, ())) if not one["deleted"]]
        begin = int(Marker or 0)
        page = versions[begin : begin + self.shown_at_once]
        more = {"NextMarker": str(begin + len(page))} if begin + len(page) < len(versions) else {}
        keys = ("LayerVersionArn", "Version", "Description")
        return {"LayerVersions": [{key: one.get(key, "") for key in keys} for one in page], **more}

    def _get_layer_version_by_arn(self, *, Arn: str) -> dict[str, Any]:
        if f":{self.account}:" not in Arn and Arn not in self.elsewhere:
            identity = f"arn:aws:sts::{self.account}:assumed-role/deployer/lockage"
            message = f"User: {identity} is not authorized to perform: lambda:GetLayerVersion on resource: {Arn}"
            raise error("AccessDeniedException", message, "GetLayerVersionByArn", status=403)
        if Arn not in self.elsewhere and Arn not in self.layer_arns(Arn.split(":")[6]):
            raise error("ResourceNotFoundException", "It does not exist.", "GetLayerVersionByArn", status=404)
        return self._shown(Arn)

    def _delete_layer_version(self, *, LayerName: str, VersionNumber: int) -> dict[str, Any]:
        """It is hidden; functions that have it go on with it."""
        self._shelf[LayerName][VersionNumber - 1]["deleted"] = True
        return {}

    def attach(self, arns: list[str], code: bytes) -> list[dict[str, Any]]:
        """What a function shows of its layers, if it may have them."""
        operation = "UpdateFunctionConfiguration"
        if len(arns) > MOST_LAYERS:
            raise _invalid(f"Value '{arns}' at 'layers' failed to satisfy constraint: at most {MOST_LAYERS}", operation)
        if len({arn.rpartition(":")[0] for arn in arns}) < len(arns):
            message = "Two different versions of the same layer are not allowed to be referenced in the same function."
            raise _invalid(message, operation)
        for arn in arns:
            if arn not in self.elsewhere and arn not in self.layer_arns(arn.split(":")[6]):
                raise _invalid(f"Layer version {arn} does not exist.", operation)
        self.hold_size([code, *(self.layer(arn) for arn in arns)], operation)
        return [{"Arn": arn, "CodeSize": len(self.layer(arn))} for arn in arns]

    def layer(self, arn: str) -> bytes:
        """A layer version's archive, deleted or not."""
        return self.elsewhere[arn] if arn in self.elsewhere else self._zips[arn]

    def archive(self, bucket: str, key: str, operation: str) -> bytes:
        """An archive from S3, which must be in this Region, and open to whoever asks."""
        assert self.s3 is not None, "this test gave Lambda no bucket to read from"
        if self.s3.region != self.region:
            message = "Please send all future requests to this endpoint."
            raise _invalid(f"GetObject. S3 Error Code: PermanentRedirect. S3 Error Message: {message}", operation)
        if self.world.refuses(self.role, "s3:GetObject of Lambda"):
            message = "Your access has been denied by S3, please make sure your request credentials have permission to "
            ending = f"GetObject for {bucket}/{key}. S3 Error Code: AccessDenied. S3 Error Message: Access Denied"
            raise error("AccessDeniedException", message + ending, operation, status=403)
        if key not in self.s3.objects:
            message = "S3 Error Code: NoSuchKey. S3 Error Message: The specified key does not exist."
            raise _invalid(f"Error occurred while GetObject. {message}", operation)
        return self.s3.objects[key]

    def hold_size(self, archives: Iterable[bytes], operation: str) -> None:
        """A zip and its layers count together, at every change of either."""
        actual = sum(map(_unzipped, archives))
        if actual > self.largest_unzipped:
            raise _invalid(
                "Function code combined with layers exceeds the maximum allowed size of "
                f"{self.largest_unzipped} bytes. The actual size is {actual} bytes.",
                operation,
            )

    def _shown(self, arn: str) -> dict[str, Any]:
        content = self.layer(arn)
        return {"LayerVersionArn": arn, "Content": {"CodeSha256": code_sha256(content), "CodeSize": len(content)}}


def archive_of(files: dict[str, bytes]) -> bytes:
    """A small archive."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in sorted(files.items()):
            archive.writestr(zipfile.ZipInfo(name), content)
    return stream.getvalue()


def code_sha256(content: bytes) -> str:
    """As Lambda has it."""
    return base64.b64encode(hashlib.sha256(content).digest()).decode()


def _unzipped(content: bytes) -> int:
    if not content:
        return 0
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return sum(member.file_size for member in archive.infolist())


def _invalid(message: str, operation: str) -> ClientError:
    return error("InvalidParameterValueException", message, operation)
