"""ECR: where images are, and the token to push there."""

from lockage.aws.calls import BotoClient, Caller
from lockage.config.schema import Registry
from lockage.errors import AwsError
from lockage.model.ids import Digest


class EcrClient:
    """The repositories of one account and Region.

    Args:
        boto: boto3's client.
        place: the ARN of every repository up to its name, ``arn:aws:ecr:<region>:<account>:repository/``.
        caller: calls it.
    """

    def __init__(self, boto: BotoClient, *, place: str, caller: Caller) -> None:
        self._boto, self._place, self._caller = boto, place, caller

    def token(self) -> str:
        """What a registry client sends as basic authentication, in base64; it holds for twelve hours."""
        response = self._caller.call("ecr:GetAuthorizationToken", "*", self._boto.get_authorization_token)
        return str((response or {})["authorizationData"][0]["authorizationToken"])

    def digest_of(self, repository: str, tag: str) -> Digest | None:
        """What a tag names, or None when the repository has no such tag.

        Asked through BatchGetImage, which says *not found* as a value and needs only the permission to pull.

        Raises:
            AwsError: there is no such repository.
        """
        response = self._caller.call(
            "ecr:BatchGetImage",
            f"{self._place}{repository}",
            self._boto.batch_get_image,
            absent=("RepositoryNotFoundException",),
            repositoryName=repository,
            imageIds=[{"imageTag": tag}],
        )
        if response is None:
            raise AwsError(
                f"there is no ECR repository {repository}",
                why=f"AWS knows no {self._place}{repository}",
                remedy="Terraform makes repositories: apply terraform/envs for the registry's account, then push again",
            )
        return next((Digest(image["imageId"]["imageDigest"]) for image in response.get("images", ())), None)


def registry_host(registry: Registry, mirror: str = "") -> str:
    """The host of image references: ECR's own, or what ``mirrors.registry`` puts in its place."""
    return mirror or f"{registry.account}.dkr.ecr.{registry.region}.amazonaws.com"
