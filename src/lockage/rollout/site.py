"""One environment and the doors to it: what a deployment or a rollback is given to work with."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Protocol

from lockage.aws.lambda_ import LambdaClient
from lockage.aws.ssm import ParameterClient
from lockage.console import Console
from lockage.model.rollout import LATEST, AliasState, PublishLayer, RemoteFunction
from lockage.release.store import ReleaseStore
from lockage.rollout.execute import ActingExecutor
from lockage.rollout.references import Sources


class Checks(Protocol):
    """The end-to-end checks of one environment."""

    def ready(self) -> None:
        """Hold that they could run; asked before anything is changed.

        Raises:
            LockageError: they could not.
        """

    def run(self) -> None:
        """Run them against what the alias serves.

        Raises:
            LockageError: they did not pass.
        """


@dataclass(frozen=True, kw_only=True)
class Site:
    """An environment, reached."""

    project: str
    environment: str
    alias: str
    after: str | None
    """The environment a release must have passed first."""
    sources: Sources
    client: LambdaClient
    parameters: ParameterClient
    store: ReleaseStore
    console: Console
    now: Callable[[], str]
    """ISO time, UTC."""
    clock: Callable[[], float]
    """Seconds, monotonic."""
    sleep: Callable[[float], None]
    """Waits for seconds."""
    workers: int = 8

    def name(self, function: str) -> str:
        """A function's name in Lambda."""
        return f"{self.project}-{function}"

    def observe(self, functions: Iterable[str]) -> dict[str, RemoteFunction | None]:
        """What the environment holds; updates that are under way are waited for."""
        return {function: self._observe(self.name(function)) for function in functions}

    def holds(self, layer: PublishLayer) -> bool:
        """Whether the account has a layer of this content already."""
        return self.client.layers.holds(layer.name, layer.digest)

    def executor(
        self,
        aliases: Mapping[str, AliasState | None],
        revisions: Mapping[str, str] | None = None,
        *,
        wins: bool = False,
    ) -> ActingExecutor:
        """What carries a plan out, guarded by what the plan saw; a rollback's wins over whoever else moves aliases."""
        return ActingExecutor(
            self.client,
            alias=self.alias,
            name=self.name,
            aliases=aliases,
            revisions=revisions or {},
            workers=self.workers,
            wins=wins,
        )

    def _observe(self, name: str) -> RemoteFunction | None:
        latest = self.client.quiet(name)
        if latest is None:
            return None
        alias = self.client.alias(name, self.alias)
        snapshot = alias.version if alias and alias.version != LATEST else ""
        live = self.client.state(name, snapshot) if snapshot else None
        return RemoteFunction(latest=latest, alias=alias, live=live)
