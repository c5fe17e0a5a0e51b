"""What the embedded AWS itself says: asked as the accounts' owner, through boto3, never through our own code."""

import base64
import json
from collections.abc import Callable
from typing import Any

import msgspec
from boto3.dynamodb.types import TypeDeserializer

from lockage.config.schema import Environment, Project
from lockage.rehearsal.operator import Operator


class Served(msgspec.Struct, frozen=True, kw_only=True):
    """What the alias of a function serves."""

    version: str
    digest: str
    """Of the image, as Lambda resolved it, or of the zip."""
    layers: tuple[str, ...] = ()
    """Their digests, in order."""
    memory_mb: int
    weighted: bool
    """Whether a second version takes a share."""


class Reply(msgspec.Struct, frozen=True, kw_only=True):
    """How a function answered through its alias."""

    version: str
    """That ran."""
    payload: Any
    failed: bool


class Tagged(msgspec.Struct, frozen=True, kw_only=True):
    """An image in ECR, by a tag."""

    tag: str
    digest: str


class Witness:
    """Asks about one project.

    Args:
        project: as the release in question declares it.
        operators: gives the operator of an account and Region.
    """

    def __init__(self, project: Project, operators: Callable[[str, str], Operator]) -> None:
        self.project = project
        self._operators = operators
        self._layers: dict[str, str] = {}

    def operator(self, environment: str) -> Operator:
        """The owner of an environment's account."""
        place = self.place(environment)
        return self._operators(place.account, place.region)

    def registrar(self) -> Operator:
        """The owner of the registry's account."""
        return self._operators(self.project.registry.account, self.project.registry.region)

    def place(self, environment: str) -> Environment:
        """An environment as declared."""
        return self.project.environments[environment]

    def served(self, environment: str) -> dict[str, Served]:
        """What each function's alias serves."""
        return {function: self._served(environment, function) for function in self.project.functions}

    def state(self, environment: str) -> dict[str, Any]:
        """Everything a rollout could have changed: aliases with their revisions, every version, ``$LATEST``."""
        lambda_ = self.operator(environment).client("lambda")
        found = {}
        for function in self.project.functions:
            name = self.project.function_name(function)
            versions = lambda_.list_versions_by_function(FunctionName=name)["Versions"]
            aliases = lambda_.list_aliases(FunctionName=name)["Aliases"]
            found[function] = {
                "aliases": {each["Name"]: (each["FunctionVersion"], each["RevisionId"]) for each in aliases},
                "versions": {each["Version"]: each["RevisionId"] for each in versions},
            }
        return found

    def tagged(self, repository: str, commit: str) -> Tagged | None:
        """The image that ECR holds under a commit's tag, which says so if the tree held more than the commit.

        Asked through DescribeImages: the embedded AWS lists an image under the last of its tags only.
        """
        described = self.registrar().client("ecr").describe_images(repositoryName=repository)["imageDetails"]
        found = [
            Tagged(tag=tag, digest=each["imageDigest"])
            for each in described
            for tag in each.get("imageTags", ())
            if tag == commit or tag.startswith(f"{commit}-")
        ]
        return found[0] if found else None

    def manifest(self, repository: str, digest: str) -> str:
        """An image's manifest, as ECR holds it."""
        answer = (
            self.registrar()
            .client("ecr")
            .batch_get_image(repositoryName=repository, imageIds=[{"imageDigest": digest}])
        )
        return str(answer["images"][0]["imageManifest"])

    def invoke(self, environment: str, function: str, event: object) -> Reply:
        """A function's answer through the alias."""
        answer = (
            self.operator(environment)
            .client("lambda")
            .invoke(
                FunctionName=self.project.function_name(function),
                Qualifier=self.place(environment).alias,
                Payload=json.dumps(event).encode(),
            )
        )
        return Reply(
            version=answer.get("ExecutedVersion", ""),
            payload=json.load(answer["Payload"]),
            failed="FunctionError" in answer,
        )

    def row(self, environment: str, table: str, key: str) -> dict[str, Any] | None:
        """A row as it stands now."""
        name = self.project.resources.tables[table].key
        found = (
            self.operator(environment)
            .client("dynamodb")
            .get_item(TableName=f"{self.project.project}-{table}", Key={name: {"S": key}}, ConsistentRead=True)
        )
        read = TypeDeserializer().deserialize
        return {column: read(value) for column, value in found["Item"].items()} if "Item" in found else None

    def record(self, environment: str) -> dict[str, Any]:
        """What the release store holds of an environment: what it runs, and ran."""
        s3 = self.registrar().client("s3")
        held = s3.get_object(Bucket=self.project.registry.store, Key=f"environments/{environment}/current.json")
        found: dict[str, Any] = json.load(held["Body"])
        return found

    def hold(self, environment: str, queue: str, *, held: bool) -> None:
        """Stop, or start again, handing a queue's messages to the function that works them."""
        lambda_ = self.operator(environment).client("lambda")
        place, name = self.place(environment), f"{self.project.project}-{queue}"
        arn = f"arn:aws:sqs:{place.region}:{place.account}:{name}"
        for mapping in lambda_.list_event_source_mappings(EventSourceArn=arn)["EventSourceMappings"]:
            lambda_.update_event_source_mapping(UUID=mapping["UUID"], Enabled=not held)

    def _layer(self, lambda_: Any, arn: str) -> str:  # noqa: ANN401 - boto3 makes its classes at run time
        """A layer version's digest; the same ever after, so it is asked for once."""
        if arn not in self._layers:
            self._layers[arn] = _of_base64(lambda_.get_layer_version_by_arn(Arn=arn)["Content"]["CodeSha256"])
        return self._layers[arn]

    def _served(self, environment: str, function: str) -> Served:
        lambda_ = self.operator(environment).client("lambda")
        name = self.project.function_name(function)
        alias = lambda_.get_alias(FunctionName=name, Name=self.place(environment).alias)
        version = lambda_.get_function(FunctionName=name, Qualifier=alias["FunctionVersion"])
        return Served(
            version=alias["FunctionVersion"],
            digest=_digest(version),
            layers=tuple(self._layer(lambda_, layer["Arn"]) for layer in version["Configuration"].get("Layers", ())),
            memory_mb=version["Configuration"]["MemorySize"],
            weighted=bool(alias.get("RoutingConfig", {}).get("AdditionalVersionWeights")),
        )


def _digest(version: dict[str, Any]) -> str:
    if version["Configuration"]["PackageType"] == "Zip":
        return _of_base64(version["Configuration"]["CodeSha256"])
    return str(version["Code"]["ResolvedImageUri"].partition("@")[2])


def _of_base64(sha256: str) -> str:
    return f"sha256:{base64.b64decode(sha256).hex()}"
