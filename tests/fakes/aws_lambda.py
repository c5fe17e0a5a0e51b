"""Lambda with its traps: see the names of ``FakeLambda``'s attributes and the comments where they bite."""

import copy
import json
from typing import Any

from botocore.exceptions import ClientError

from fakes.aws import World, body, error
from fakes.aws_layers import LayerShelf, code_sha256

LIMIT_PER_SECOND = 15.0
OWN_QUOTA = {"GetFunction", "Invoke"}
BOTO_ATTEMPTS = 8

_SNAPSHOT = (
    "Role",
    "Timeout",
    "MemorySize",
    "Environment",
    "ImageConfigResponse",
    "Architectures",
    "PackageType",
    "Handler",
    "Runtime",
    "Layers",
)
_OF_IMAGES, _OF_ZIPS = {"ImageConfig"}, {"Handler", "Runtime", "Layers"}


class Function:
    """One function: ``$LATEST``, its versions and aliases."""

    def __init__(self, world: World, name: str, source: str, package: str) -> None:
        self.latest: dict[str, Any] = {
            "FunctionName": name,
            "Version": "$LATEST",
            "Role": f"arn:aws:iam::000000000000:role/{name}",
            "PackageType": package,
            "Timeout": 3,
            "MemorySize": 128,
            "Architectures": ["x86_64"],
            "State": "Active",
            "LastUpdateStatus": "Successful",
            "RevisionId": world.unique("revision"),
            "source": source,
            "archive": b"",
        }
        self.stale: dict[str, Any] | None = None
        self.stale_until = 0.0
        self.versions: dict[str, dict[str, Any]] = {}
        self.newest = 0
        self.aliases: dict[str, dict[str, Any]] = {}
        self.lagging: dict[str, str] = {}


class FakeLambda(LayerShelf):
    """The functions of one account. What one runs is known by its source: an image's reference, or a key in S3."""

    service = "lambda"

    def __init__(self, world: World, account: str, role: str = "deployer") -> None:
        super().__init__(world, account, role)
        self.functions: dict[str, Function] = {}
        self.settle_seconds = 2.0
        """How long an update takes."""
        self.stale_seconds = 0.5
        """How long reads after an update show the state before it, as Successful."""
        self.alias_lag = True
        """The first invocation through an alias that was moved still reaches the old version."""
        self.broken: set[str] = set()
        """Sources whose functions report an error."""
        self.unusable: set[str] = set()
        """Sources that Lambda cannot make ready."""
        self.throttled = 0
        self.tokens, self._refilled = LIMIT_PER_SECOND, 0.0

    def add(self, name: str, source: str = "seed", *, package: str = "Image", alias: str | None = "live") -> Function:
        """Terraform's shell: published once, with the alias on version 1."""
        function = self.functions[name] = Function(self.world, name, source, package)
        self._snapshot(function)
        if alias:
            function.aliases[alias] = {"Name": alias, "FunctionVersion": "1", "RevisionId": self.world.unique("alias")}
        return function

    def serves(self, name: str, alias: str = "live") -> tuple[str, str, int]:
        """What the alias serves: version, source and memory."""
        function = self.functions[name]
        version = function.aliases[alias]["FunctionVersion"]
        held = function.latest if version == "$LATEST" else function.versions[version]
        return version, held["source"], held["MemorySize"]

    def layers_of(self, name: str, alias: str = "live") -> list[str]:
        """The layer versions of what the alias serves, by ARN."""
        function = self.functions[name]
        held = function.versions[function.aliases[alias]["FunctionVersion"]]
        return [layer["Arn"] for layer in held.get("Layers", ())]

    def before(self, operation: str) -> None:
        """15 requests a second for everything but GetFunction and Invoke; boto3 tries again a few times."""
        if operation in OWN_QUOTA:
            return
        for attempt in range(BOTO_ATTEMPTS):
            now = self.world.seconds
            self.tokens = min(LIMIT_PER_SECOND, self.tokens + (now - self._refilled) * LIMIT_PER_SECOND)
            self._refilled = now
            if self.tokens >= 1:
                self.tokens -= 1
                return
            self.throttled += 1
            self.world.sleep(min(20.0, 0.1 * 2**attempt))
        raise error("TooManyRequestsException", "Rate exceeded", operation, status=429)

    # Reads ----------------------------------------------------------------------------------------------------------

    def _get_function(self, *, FunctionName: str, Qualifier: str | None = None) -> dict[str, Any]:
        function = self._found(FunctionName, "GetFunction")
        if Qualifier in {None, "$LATEST"}:
            held = function.latest
            if function.stale is not None and self.world.seconds < function.stale_until:
                held = function.stale
        else:
            alias = function.aliases.get(str(Qualifier))
            number = alias["FunctionVersion"] if alias else str(Qualifier)
            if number not in function.versions and number != "$LATEST":
                raise error("ResourceNotFoundException", f"Function not found: {Qualifier}", "GetFunction", status=404)
            held = function.latest if number == "$LATEST" else function.versions[number]
        shown = {key: value for key, value in held.items() if key not in {"source", "archive"}}
        if held["PackageType"] == "Zip":
            return {"Configuration": copy.deepcopy(shown), "Code": {"Location": "https://signed.example"}}
        uri = held["source"]
        return {"Configuration": copy.deepcopy(shown), "Code": {"ImageUri": uri, "ResolvedImageUri": uri}}

    def _get_alias(self, *, FunctionName: str, Name: str) -> dict[str, Any]:
        return dict(self._alias(self._found(FunctionName, "GetAlias"), Name, "GetAlias"))

    def _invoke(self, *, FunctionName: str, Qualifier: str, Payload: bytes, LogType: str) -> dict[str, Any]:
        assert LogType == "Tail"
        json.loads(Payload)
        function = self._found(FunctionName, "Invoke")
        version = Qualifier
        if Qualifier in function.aliases:
            version = function.lagging.pop(Qualifier, "") or function.aliases[Qualifier]["FunctionVersion"]
        held = function.latest if version == "$LATEST" else function.versions[version]
        if held["State"] == "Inactive":
            held["State"] = "Active"  # the first call after weeks is refused, and wakes it
            raise error("ResourceNotReadyException", "The function is inactive", "Invoke", status=502)
        if held["source"] in self.broken:
            report = {"errorType": "RuntimeError", "errorMessage": "this image is broken"}
            return {
                "StatusCode": 200,
                "FunctionError": "Unhandled",
                "ExecutedVersion": version,
                "Payload": body(json.dumps(report).encode()),
                "LogResult": "bG9n",
            }
        return {"StatusCode": 200, "ExecutedVersion": version, "Payload": body(b"{}")}

    # Changes --------------------------------------------------------------------------------------------------------

    def _update_function_code(
        self,
        *,
        FunctionName: str,
        RevisionId: str,
        Architectures: list[str],
        **code: str,
    ) -> dict[str, Any]:
        function = self._changeable(FunctionName, RevisionId, "UpdateFunctionCode")
        package = function.latest["PackageType"]
        if package != ("Image" if "ImageUri" in code else "Zip"):
            message = f"Please don't provide {'/'.join(code)} when updating a function with packageType {package}."
            raise error("InvalidParameterValueException", message, "UpdateFunctionCode")
        if package == "Image":
            return self._update(function, source=code["ImageUri"], Architectures=Architectures)
        archive = self.archive(code["S3Bucket"], code["S3Key"], "UpdateFunctionCode")
        attached = (self.layer(layer["Arn"]) for layer in function.latest.get("Layers", ()))
        self.hold_size([archive, *attached], "UpdateFunctionCode")
        return self._update(
            function,
            source=code["S3Key"],
            archive=archive,
            CodeSha256=code_sha256(archive),
            Architectures=Architectures,
        )

    def _update_function_configuration(
        self,
        *,
        FunctionName: str,
        RevisionId: str,
        **settings: Any,  # noqa: ANN401 - as boto3
    ) -> dict[str, Any]:
        function = self._changeable(FunctionName, RevisionId, "UpdateFunctionConfiguration")
        if {*settings} & (_OF_IMAGES if function.latest["PackageType"] == "Zip" else _OF_ZIPS):
            message = f"Some of {', '.join(settings)} are not supported for this function's package type."
            raise error("InvalidParameterValueException", message, "UpdateFunctionConfiguration")
        if "Layers" in settings:
            settings["Layers"] = self.attach(settings["Layers"], function.latest["archive"])
        if "ImageConfig" in settings:
            settings["ImageConfigResponse"] = {"ImageConfig": settings.pop("ImageConfig")}
        return self._update(function, **settings)

    def _publish_version(self, *, FunctionName: str, RevisionId: str, CodeSha256: str = "") -> dict[str, Any]:
        function = self._changeable(FunctionName, RevisionId, "PublishVersion")
        held = function.latest.get("CodeSha256", "")
        if CodeSha256 not in {"", held}:
            message = f"CodeSHA256 ({CodeSha256}) is different from current CodeSHA256 in $LATEST ({held})."
            raise error("InvalidParameterValueException", message, "PublishVersion")
        newest = function.versions.get(str(function.newest))
        if newest is not None and all(newest.get(key) == function.latest.get(key) for key in ("source", *_SNAPSHOT)):
            return {"Version": newest["Version"]}  # nothing has changed since: the version there is
        return {"Version": self._snapshot(function)}

    def _create_alias(self, *, FunctionName: str, Name: str, FunctionVersion: str) -> dict[str, Any]:
        function = self._found(FunctionName, "CreateAlias")
        if Name in function.aliases:
            raise error("ResourceConflictException", f"Alias already exists: {Name}", "CreateAlias", status=409)
        self._hold_version(function, FunctionVersion, "CreateAlias")
        function.aliases[Name] = {
            "Name": Name,
            "FunctionVersion": FunctionVersion,
            "RevisionId": self.world.unique("alias"),
        }
        return dict(function.aliases[Name])

    def _update_alias(
        self,
        *,
        FunctionName: str,
        Name: str,
        FunctionVersion: str,
        RevisionId: str,
        RoutingConfig: dict[str, Any],
    ) -> dict[str, Any]:
        function = self._found(FunctionName, "UpdateAlias")
        alias = self._alias(function, Name, "UpdateAlias")
        if RevisionId != alias["RevisionId"]:
            raise _stale("UpdateAlias")
        self._hold_version(function, FunctionVersion, "UpdateAlias")
        if self.alias_lag:
            function.lagging[Name] = alias["FunctionVersion"]
        alias.update(
            FunctionVersion=FunctionVersion, RoutingConfig=RoutingConfig, RevisionId=self.world.unique("alias")
        )
        return dict(alias)

    def _delete_alias(self, *, FunctionName: str, Name: str) -> dict[str, Any]:
        self._found(FunctionName, "DeleteAlias").aliases.pop(Name, None)
        return {}

    def _delete_function(self, *, FunctionName: str, Qualifier: str) -> dict[str, Any]:
        function = self._found(FunctionName, "DeleteFunction")
        if any(alias["FunctionVersion"] == Qualifier for alias in function.aliases.values()):
            message = f"Function version {Qualifier} cannot be deleted because it is referenced by an alias."
            raise error("ResourceConflictException", message, "DeleteFunction", status=409)
        del function.versions[Qualifier]
        return {}

    # Its ways -------------------------------------------------------------------------------------------------------

    def _found(self, name: str, operation: str) -> Function:
        function = self.functions.get(name)
        if function is None:
            raise error("ResourceNotFoundException", f"Function not found: {name}", operation, status=404)
        for held in (function.latest, *function.versions.values()):
            self._let_settle(function, held)
        return function

    def _let_settle(self, function: Function, held: dict[str, Any]) -> None:
        if held.get("ready_at", 0.0) > self.world.seconds or "ready_at" not in held:
            return
        del held["ready_at"]
        if held["source"] in self.unusable:
            held.update(LastUpdateStatus="Failed", LastUpdateStatusReason="ImageAccessDenied: cannot pull the image")
        else:
            held.update(LastUpdateStatus="Successful", State="Active")
        if held is function.latest:
            held["RevisionId"] = self.world.unique("revision")  # the second revision of one update

    def _changeable(self, name: str, revision: str, operation: str) -> Function:
        function = self._found(name, operation)
        if "ready_at" in function.latest:
            message = f"An update is in progress for resource: {name}"
            raise error("ResourceConflictException", message, operation, status=409)
        if revision != function.latest["RevisionId"]:
            raise _stale(operation)
        return function

    def _update(self, function: Function, **changes: Any) -> dict[str, Any]:  # noqa: ANN401 - as boto3
        function.stale, function.stale_until = copy.deepcopy(function.latest), self.world.seconds + self.stale_seconds
        function.latest.update(
            changes,
            RevisionId=self.world.unique("revision"),
            LastUpdateStatus="InProgress",
            ready_at=self.world.seconds + self.settle_seconds,
        )
        return {"RevisionId": function.latest["RevisionId"]}

    def _snapshot(self, function: Function) -> str:
        function.newest += 1
        number = str(function.newest)
        function.versions[number] = {
            **copy.deepcopy(function.latest),
            "Version": number,
            "RevisionId": self.world.unique("revision"),
            "State": "Pending",
            "ready_at": self.world.seconds + self.settle_seconds,
        }
        return number

    def _alias(self, function: Function, name: str, operation: str) -> dict[str, Any]:
        if name not in function.aliases:
            raise error("ResourceNotFoundException", f"Alias not found: {name}", operation, status=404)
        return function.aliases[name]

    def _hold_version(self, function: Function, version: str, operation: str) -> None:
        if version not in {*function.versions, "$LATEST"}:
            raise error("ResourceNotFoundException", f"Function version not found: {version}", operation, status=404)


def _stale(operation: str) -> ClientError:
    message = "The RevisionId provided does not match the latest RevisionId for the Lambda function or alias."
    return error("PreconditionFailedException", message, operation, status=412)
