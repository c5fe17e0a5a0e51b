"""Lambda with its traps: see the names of ``FakeLambda``'s attributes and the comments where they bite."""

import copy
import json
from typing import Any

from botocore.exceptions import ClientError

from fakes.aws import FakeClient, World, body, error

LIMIT_PER_SECOND = 15.0
OWN_QUOTA = {"GetFunction", "Invoke"}
BOTO_ATTEMPTS = 8

_SNAPSHOT = ("Role", "Timeout", "MemorySize", "Environment", "ImageConfigResponse", "Architectures", "PackageType")


class Function:
    """One function: ``$LATEST``, its versions and aliases."""

    def __init__(self, world: World, name: str, image: str, package: str) -> None:
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
            "image": image,
        }
        self.stale: dict[str, Any] | None = None
        self.stale_until = 0.0
        self.versions: dict[str, dict[str, Any]] = {}
        self.newest = 0
        self.aliases: dict[str, dict[str, Any]] = {}
        self.lagging: dict[str, str] = {}


class FakeLambda(FakeClient):
    """The functions of one account."""

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
        """Images whose functions report an error."""
        self.unusable: set[str] = set()
        """Images that Lambda cannot make ready."""
        self.throttled = 0
        self.tokens, self._refilled = LIMIT_PER_SECOND, 0.0

    def add(self, name: str, image: str = "seed", *, package: str = "Image", alias: str | None = "live") -> Function:
        """Terraform's shell: published once, with the alias on version 1."""
        function = self.functions[name] = Function(self.world, name, image, package)
        self._snapshot(function)
        if alias:
            function.aliases[alias] = {"Name": alias, "FunctionVersion": "1", "RevisionId": self.world.unique("alias")}
        return function

    def serves(self, name: str, alias: str = "live") -> tuple[str, str, int]:
        """What the alias serves: version, image and memory."""
        function = self.functions[name]
        version = function.aliases[alias]["FunctionVersion"]
        held = function.latest if version == "$LATEST" else function.versions[version]
        return version, held["image"], held["MemorySize"]

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
        shown = {key: value for key, value in held.items() if key != "image"}
        uri = held["image"]
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
        if held["image"] in self.broken:
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
        ImageUri: str,
        RevisionId: str,
        Architectures: list[str],
    ) -> dict[str, Any]:
        function = self._changeable(FunctionName, RevisionId, "UpdateFunctionCode")
        if function.latest["PackageType"] != "Image":
            message = "Please don't provide ImageUri when updating a function with packageType Zip."
            raise error("InvalidParameterValueException", message, "UpdateFunctionCode")
        return self._update(function, image=ImageUri, Architectures=Architectures)

    def _update_function_configuration(
        self,
        *,
        FunctionName: str,
        RevisionId: str,
        ImageConfig: dict[str, Any],
        **settings: Any,  # noqa: ANN401 - as boto3
    ) -> dict[str, Any]:
        function = self._changeable(FunctionName, RevisionId, "UpdateFunctionConfiguration")
        return self._update(function, ImageConfigResponse={"ImageConfig": ImageConfig}, **settings)

    def _publish_version(self, *, FunctionName: str, RevisionId: str) -> dict[str, Any]:
        function = self._changeable(FunctionName, RevisionId, "PublishVersion")
        newest = function.versions.get(str(function.newest))
        if newest is not None and all(newest.get(key) == function.latest.get(key) for key in ("image", *_SNAPSHOT)):
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
        if held["image"] in self.unusable:
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
