"""SSM: the names that Terraform publishes in an environment's account."""

from lockage.aws.calls import BotoClient, Caller


class ParameterClient:
    """The parameters of one account and Region.

    Args:
        boto: boto3's client.
        place: the ARN of every parameter up to its name, ``arn:aws:ssm:<region>:<account>:parameter``.
        caller: calls it.
    """

    def __init__(self, boto: BotoClient, *, place: str, caller: Caller) -> None:
        self._boto, self._place, self._caller = boto, place, caller

    def get(self, name: str) -> str | None:
        """A parameter's value, or None when there is no such parameter.

        Args:
            name: the full name, ``/<project>/…``.
        """
        response = self._caller.call(
            "ssm:GetParameter",
            f"{self._place}{name}",
            self._boto.get_parameter,
            absent=("ParameterNotFound",),
            Name=name,
        )
        return None if response is None else str(response["Parameter"]["Value"])

    def is_rehearsal(self, project: str) -> bool:
        """Whether this account is a rehearsal's, and so takes what comes from a second source.

        ``/<project>/rehearsal`` is ``true`` there, made by the rehearsal's provisioning and by nothing else.
        """
        return self.get(f"/{project}/rehearsal") == "true"
