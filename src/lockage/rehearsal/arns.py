"""Names and ARNs in one account and Region, all known before anything is made."""

import msgspec


class Arns(msgspec.Struct, frozen=True, kw_only=True):
    """The ARNs of a project's resources in one account and Region."""

    project: str
    account: str
    region: str

    def named(self, name: str) -> str:
        """A resource's name in AWS."""
        return f"{self.project}-{name}"

    def of(self, reference: str) -> str:
        """The ARN behind ``table.NAME``, ``topic.NAME``, ``queue.NAME`` or ``secret.NAME``."""
        kind, _, name = reference.partition(".")
        return {"table": self.table, "topic": self.topic, "queue": self.queue, "secret": self.secret}[kind](name)

    def table(self, name: str) -> str:
        """A DynamoDB table."""
        return self._regional("dynamodb", f"table/{self.named(name)}")

    def topic(self, name: str) -> str:
        """An SNS topic."""
        return self._regional("sns", self.named(name))

    def queue(self, name: str) -> str:
        """An SQS queue."""
        return self._regional("sqs", self.named(name))

    def secret(self, name: str) -> str:
        """A secret; Secrets Manager ends its ARN in six characters of its own choice, which a policy writes as ``?``.

        https://docs.aws.amazon.com/secretsmanager/latest/userguide/auth-and-access_iam-policies.html
        """
        return self._regional("secretsmanager", f"secret:{self.named(name)}-??????")

    def function(self, function: str) -> str:
        """A function, unqualified."""
        return self._regional("lambda", f"function:{self.named(function)}")

    @property
    def functions(self) -> str:
        """All of the project's functions, with their versions and aliases, as a policy writes them."""
        return self.function("*")

    @property
    def layers(self) -> str:
        """All of the project's layers, as a policy writes them."""
        return self._regional("lambda", f"layer:{self.named('*')}")

    @property
    def layer_versions(self) -> str:
        """All versions of the project's layers; Lambda counts them."""
        return f"{self.layers}:*"

    def log_streams(self, function: str) -> str:
        """All streams of a function's log group; Lambda chooses their names."""
        return self._regional("logs", f"log-group:/aws/lambda/{self.named(function)}:log-stream:*")

    def parameter(self, path: str) -> str:
        """An SSM parameter of the project, such as ``table/decisions``."""
        return self._regional("ssm", f"parameter/{self.project}/{path}")

    def repository(self, name: str) -> str:
        """An ECR repository."""
        return self._regional("ecr", f"repository/{name}")

    def repository_uri(self, name: str) -> str:
        """An ECR repository as image references begin."""
        return f"{self.account}.dkr.ecr.{self.region}.amazonaws.com/{name}"

    def role(self, name: str) -> str:
        """One of the project's roles."""
        return f"arn:aws:iam::{self.account}:role/{self.named(name)}"

    @property
    def root(self) -> str:
        """The account itself, as a principal."""
        return f"arn:aws:iam::{self.account}:root"

    @property
    def github(self) -> str:
        """The account's identity provider for GitHub's jobs."""
        return f"arn:aws:iam::{self.account}:oidc-provider/token.actions.githubusercontent.com"

    def _regional(self, service: str, rest: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.account}:{rest}"


def bucket(name: str) -> str:
    """An S3 bucket; with ``/key`` objects in it."""
    return f"arn:aws:s3:::{name}"
