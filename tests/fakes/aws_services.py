"""S3 with conditional writes, SSM and ECR, as small as the code under test needs them."""

import base64
import hashlib
from typing import Any

from fakes.aws import FakeClient, World, body, error


class FakeS3(FakeClient):
    """One bucket's objects."""

    service = "s3"
    denied_code = "AccessDenied"

    def __init__(self, world: World, account: str, role: str = "releases") -> None:
        super().__init__(world, account, role)
        self.objects: dict[str, bytes] = {}
        self.checksums: dict[str, str] = {}
        """Of objects that were written with one."""
        self.region = "eu-central-1"

    def _head_object(self, *, Bucket: str, Key: str, ChecksumMode: str) -> dict[str, Any]:
        del Bucket
        assert ChecksumMode == "ENABLED"
        if Key not in self.objects:
            raise error("404", "Not Found", "HeadObject", status=404)
        checksum = {"ChecksumSHA256": self.checksums[Key]} if Key in self.checksums else {}
        return {"ContentLength": len(self.objects[Key]), "ETag": _etag(self.objects[Key]), **checksum}

    def _get_object(self, *, Bucket: str, Key: str) -> dict[str, Any]:
        del Bucket
        if Key not in self.objects:
            raise error("NoSuchKey", "The specified key does not exist.", "GetObject", status=404)
        return {"Body": body(self.objects[Key]), "ETag": _etag(self.objects[Key])}

    def _put_object(
        self,
        *,
        Bucket: str,
        Key: str,
        Body: Any,  # noqa: ANN401 - bytes or a file
        ContentType: str,
        ChecksumSHA256: str | None = None,
        **conditions: str,
    ) -> dict[str, Any]:
        del Bucket
        assert ContentType == ("application/zip" if Key.endswith(".zip") else "application/json")
        content = Body if isinstance(Body, bytes) else Body.read()
        there = self.objects.get(Key)
        if not _holds(there, **conditions):
            message = "At least one of the pre-conditions you specified did not hold"
            raise error("PreconditionFailed", message, "PutObject", status=412)
        if ChecksumSHA256 is not None:
            if ChecksumSHA256 != base64.b64encode(hashlib.sha256(content).digest()).decode():
                message = "The SHA256 you specified did not match the calculated checksum."
                raise error("BadDigest", message, "PutObject")
            self.checksums[Key] = ChecksumSHA256
        self.objects[Key] = content
        return {"ETag": _etag(content)}


class FakeSsm(FakeClient):
    """The parameters of one account."""

    service = "ssm"

    def __init__(self, world: World, account: str, role: str = "deployer") -> None:
        super().__init__(world, account, role)
        self.parameters: dict[str, str] = {}

    def _get_parameter(self, *, Name: str) -> dict[str, Any]:
        if Name not in self.parameters:
            raise error("ParameterNotFound", "", "GetParameter")
        return {"Parameter": {"Name": Name, "Value": self.parameters[Name]}}


class FakeEcr(FakeClient):
    """The repositories of one account: repository → tag → digest."""

    service = "ecr"

    def __init__(self, world: World, account: str, role: str = "publisher") -> None:
        super().__init__(world, account, role)
        self.repositories: dict[str, dict[str, str]] = {}

    def _get_authorization_token(self) -> dict[str, Any]:
        token = base64.b64encode(b"AWS:secret").decode()
        return {"authorizationData": [{"authorizationToken": token}]}

    def _batch_get_image(self, *, repositoryName: str, imageIds: list[dict[str, str]]) -> dict[str, Any]:
        if repositoryName not in self.repositories:
            raise error("RepositoryNotFoundException", f"no repository {repositoryName}", "BatchGetImage")
        tags = self.repositories[repositoryName]
        images = [{"imageId": {"imageDigest": tags[i["imageTag"]]}} for i in imageIds if i["imageTag"] in tags]
        return {"images": images, "failures": []}


def _holds(there: bytes | None, *, IfMatch: str = "", IfNoneMatch: str = "") -> bool:
    if IfNoneMatch == "*" and there is not None:
        return False
    return not IfMatch or (there is not None and _etag(there) == IfMatch)


def _etag(content: bytes) -> str:
    return f'"{hashlib.md5(content).hexdigest()}"'  # noqa: S324 - what S3 does
