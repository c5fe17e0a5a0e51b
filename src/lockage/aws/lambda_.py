"""Lambda: what it holds of a function, and the changes a rollout makes, each guarded by a revision.

Lambda's ways that this module keeps from everybody else
(https://docs.aws.amazon.com/lambda/latest/dg/functions-states.html):

- An update mints two revisions, one when it begins and one when it is done, and a read right after it may still show
  the state before it as *Successful*. An update has settled when the revision differs from the one before it and the
  status is *Successful*; only then is the revision good as a guard.
- GetFunction has a quota of 100 requests a second to itself; all else shares 15. So waiting asks GetFunction.
- An alias with weights serves two versions; moving it clears them.
- Code and configuration are two updates, and each alone must be allowed: a zip with its layers may weigh 250 MiB.
"""

import io
import time
from collections.abc import Callable, Iterator
from typing import Any

from lockage.aws.calls import BotoClient, Caller, ConflictError, StaleError
from lockage.aws.digests import to_base64
from lockage.aws.lambda_shape import alias_state, answer, layer_arns, place_of, version_state
from lockage.aws.layers import LayerClient
from lockage.aws.pacing import Pace
from lockage.errors import AwsError
from lockage.model.ids import Digest, Version
from lockage.model.release import Configuration
from lockage.model.rollout import AliasState, Answer, UpdateCode, VersionState

SETTLE_SECONDS = 900.0
"""How long an update may take. Images of 2 GB have been seen to need more than two minutes."""

WAKE_SECONDS = 120.0
"""How long a version that has slept for weeks may take to wake."""

_MISSING = ("ResourceNotFoundException",)
_OTHER_CODE = "is different from current CodeSHA256"


class LambdaClient:
    """The functions of one account and Region.

    Args:
        boto: boto3's client.
        place: the ARN of all that is Lambda's there, up to its kind, ``arn:aws:lambda:<region>:<account>:``.
        caller: calls it.
        pace: for calls that change something.
        clock: seconds, monotonic.
        sleep: waits for seconds.
    """

    def __init__(
        self,
        boto: BotoClient,
        *,
        place: str,
        caller: Caller,
        pace: Pace,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._boto, self._place, self._caller, self._pace = boto, f"{place}function:", caller, pace
        self._clock, self._sleep = clock, sleep
        self.layers = LayerClient(boto, place=f"{place}layer:", caller=caller, pace=pace)

    def state(self, function: str, qualifier: str | None = None) -> VersionState | None:
        """What Lambda holds under a qualifier (``$LATEST`` without one), or None when there is no such thing."""
        response = self._caller.call(
            "lambda:GetFunction",
            self._arn(function, qualifier),
            self._boto.get_function,
            absent=_MISSING,
            FunctionName=function,
            **({} if qualifier is None else {"Qualifier": qualifier}),
        )
        if response is None:
            return None
        return version_state(response, tuple(self.layers.digest_of(arn) for arn in layer_arns(response)))

    def update_code(self, function: str, code: UpdateCode, *, revision: str) -> None:
        """Give ``$LATEST`` other code; call ``settled`` before anything else is done to the function."""
        bucket, key = place_of(code.source)
        self._change(
            "lambda:UpdateFunctionCode",
            function,
            self._boto.update_function_code,
            **({"S3Bucket": bucket, "S3Key": key} if code.package == "zip" else {"ImageUri": code.source}),
            Architectures=[code.architecture],
            RevisionId=revision,
        )

    def update_configuration(self, function: str, configuration: Configuration, *, revision: str) -> None:
        """Give ``$LATEST`` another configuration; call ``settled`` before anything else is done to the function."""
        self._change(
            "lambda:UpdateFunctionConfiguration",
            function,
            self._boto.update_function_configuration,
            MemorySize=configuration.memory_mb,
            Timeout=configuration.timeout_s,
            Environment={"Variables": dict(configuration.environment)},
            **(self._of_zip(configuration) if configuration.handler else _of_image(configuration)),
            RevisionId=revision,
        )

    def publish(self, function: str, *, revision: str, archive: Digest | None = None) -> Version:
        """Snapshot ``$LATEST``; the newest version's number comes back when nothing has changed since it.

        Args:
            function: its name.
            revision: that ``$LATEST`` must have.
            archive: what a zip function must hold.

        Raises:
            StaleError: it has another revision, or holds another archive.
        """
        guard = {} if archive is None else {"CodeSha256": to_base64(archive)}
        try:
            response = self._change(
                "lambda:PublishVersion", function, self._boto.publish_version, **guard, RevisionId=revision
            )
        except AwsError as error:
            if _OTHER_CODE in error.why:  # Lambda's own word for it is InvalidParameterValueException
                raise StaleError(error.what, why=error.why, remedy=error.remedy) from error
            raise
        return Version(str(response["Version"]))

    def quiet(self, function: str) -> VersionState | None:
        """What ``$LATEST`` holds once no update is under way, or None when there is no such function."""
        state: VersionState | None = None
        for _ in self._patiently(SETTLE_SECONDS):
            state = self.state(function)
            if state is None or (state.update != "InProgress" and state.state != "Pending"):
                return state
        raise _unsettled(self._arn(function), state)

    def settled(self, function: str, *, qualifier: str | None = None, since: str = "") -> VersionState:
        """Wait until an update, or a new version, is done.

        Args:
            function: its name.
            qualifier: a version; without one, ``$LATEST``.
            since: the revision before the update; while Lambda still shows it, the update has not begun to show.

        Raises:
            AwsError: Lambda failed it, or did not end it in time.
        """
        state: VersionState | None = None
        for _ in self._patiently(SETTLE_SECONDS):
            state = self.state(function, qualifier)
            if state is None or state.revision == since:
                continue
            if "Failed" in (state.state, state.update):
                raise _failed(self._arn(function, qualifier), state)
            if state.update == "Successful" and state.state in {"Active", "Inactive"}:
                return state
        raise _unsettled(self._arn(function, qualifier), state)

    def alias(self, function: str, name: str) -> AliasState | None:
        """Where an alias points, or None when there is none."""
        self._pace.take()  # not a change, but of the same 15 a second
        response = self._caller.call(
            "lambda:GetAlias",
            self._arn(function, name),
            self._boto.get_alias,
            absent=_MISSING,
            FunctionName=function,
            Name=name,
        )
        return None if response is None else alias_state(response)

    def create_alias(self, function: str, name: str, version: str) -> None:
        """Make an alias; ConflictError when it was made since it was looked for."""
        self._change("lambda:CreateAlias", function, self._boto.create_alias, Name=name, FunctionVersion=version)

    def move_alias(self, function: str, name: str, version: str, *, revision: str) -> None:
        """Point an alias at a version, with all of its traffic."""
        self._change(
            "lambda:UpdateAlias",
            function,
            self._boto.update_alias,
            Name=name,
            FunctionVersion=version,
            RoutingConfig={"AdditionalVersionWeights": {}},
            RevisionId=revision,
        )

    def delete_alias(self, function: str, name: str) -> None:
        """Remove an alias; nothing happens when there is none."""
        self._change("lambda:DeleteAlias", function, self._boto.delete_alias, Name=name)

    def invoke(self, function: str, qualifier: str, event: str, *, version: str) -> Answer:
        """Let a function answer an event that may be sent more than once.

        A version that was not asked for weeks sleeps, and is woken first; an alias that was moved a moment ago may
        reach its old version a little longer. Both are waited for.

        Args:
            function: its name.
            qualifier: a version, or an alias.
            event: JSON.
            version: the version that is to answer.

        Returns:
            The answer; the last one of another version when that did not end in time.
        """
        found: Answer | AwsError | None = None
        for _ in self._patiently(WAKE_SECONDS):
            found = self._ask(function, qualifier, event)
            if isinstance(found, Answer) and (found.version == version or (found.error and not found.version)):
                return found
        if isinstance(found, Answer):
            return found
        raise found or AssertionError("patience asks at least once")

    def _ask(self, function: str, qualifier: str, event: str) -> Answer | ConflictError:
        began = self._clock()
        try:
            response, payload = self._invoke(function, qualifier, event)
        except ConflictError as asleep:
            return asleep
        return answer(response, payload, self._clock() - began)

    def _invoke(self, function: str, qualifier: str, event: str) -> tuple[dict[str, Any], bytes]:
        """The response and its payload, read."""
        arn = self._arn(function, qualifier)
        response = self._caller.call(
            "lambda:InvokeFunction",
            arn,
            self._boto.invoke,
            FunctionName=function,
            Qualifier=qualifier,
            Payload=event.encode(),
            LogType="Tail",
        )
        response = response or {}
        return response, self._caller.read("lambda:InvokeFunction", arn, response.get("Payload") or io.BytesIO())

    def _of_zip(self, configuration: Configuration) -> dict[str, Any]:
        return {
            "Handler": configuration.handler,
            "Runtime": configuration.runtime,
            "Layers": [self.layers.arn_of(layer) for layer in configuration.layers],
        }

    def _change(
        self,
        action: str,
        function: str,
        method: Callable[..., dict[str, Any]],
        **arguments: Any,  # noqa: ANN401 - whatever the method takes
    ) -> dict[str, Any]:
        self._pace.take()
        response = self._caller.call(action, self._arn(function), method, FunctionName=function, **arguments)
        return response or {}

    def _patiently(self, seconds: float) -> Iterator[None]:
        """Once at once, then again at distances of a fifth of what has been waited, until the time is up."""
        began = self._clock()
        yield
        while (waited := self._clock() - began) < seconds:
            self._sleep(min(1.0, max(0.1, waited / 5)))
            yield

    def _arn(self, function: str, qualifier: str | None = None) -> str:
        return f"{self._place}{function}" + (f":{qualifier}" if qualifier else "")


def _of_image(configuration: Configuration) -> dict[str, Any]:
    return {"ImageConfig": {"Command": list(configuration.command)}}


def _failed(arn: str, state: VersionState) -> AwsError:
    return AwsError(
        f"Lambda could not make ready {arn}",
        why=f"state {state.state}, update {state.update}: {state.reason or 'AWS gave no reason'}",
        remedy="mend what the reason names (an image that is gone, a role or key that may not be used), then run again",
    )


def _unsettled(arn: str, state: VersionState | None) -> AwsError:
    seen = "nothing" if state is None else f"state {state.state}, update {state.update}: {state.reason}"
    return AwsError(
        f"Lambda did not settle {arn} in {SETTLE_SECONDS:g} s",
        why=f"last seen: {seen}",
        remedy="look at the function in the console; when it is Active, run the same command again",
    )
