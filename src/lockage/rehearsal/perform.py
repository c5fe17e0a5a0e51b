"""Performs a story against a running embedded AWS, act by act; the first act that goes wrong ends it."""

import io
import os
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager, redirect_stdout
from functools import partial
from pathlib import Path
from typing import Any, assert_never

import click

from lockage.cli.main import main_inner
from lockage.config.load import load_project
from lockage.config.schema import Project
from lockage.console import Console
from lockage.errors import LockageError
from lockage.model.dist import DistDir
from lockage.plan.make import make_plan
from lockage.rehearsal import assertions, resources, tree
from lockage.rehearsal.apply import apply
from lockage.rehearsal.assertions import StoryBroken
from lockage.rehearsal.checkout import MATERIAL
from lockage.rehearsal.difference import difference
from lockage.rehearsal.embedded import EmbeddedAws
from lockage.rehearsal.handover import Invoke
from lockage.rehearsal.kinds import Resource
from lockage.rehearsal.operator import Operator
from lockage.rehearsal.provision import mark
from lockage.rehearsal.story import (
    GOOD,
    Act,
    Expect,
    Hold,
    Judged,
    KeepArtifacts,
    MakeTree,
    Provision,
    PushedOnce,
    Refused,
    Remember,
    Serves,
    Untouched,
    Verb,
)
from lockage.rehearsal.tree import Tree
from lockage.rehearsal.witness import Witness
from lockage.report import live
from lockage.tools.docker import Docker
from lockage.tools.process import interrupt_all


class Performer:
    """Carries out acts.

    Args:
        aws: the embedded AWS, running; everything happens inside of ``surroundings``.
        project_file: the user's own ``lockage.yaml``.
        project: what it says.
        folder: for the releases' trees.
        console: told what happens.
    """

    def __init__(
        self, aws: EmbeddedAws, *, project_file: Path, project: Project, folder: Path, console: Console
    ) -> None:
        self._aws, self._project_file, self._project = aws, project_file.resolve(), project
        self._folder, self._console = folder, console
        self._operators: dict[tuple[str, str], Operator] = {}
        self._remembered: dict[str, dict[str, Any]] = {}
        self._provisioned: dict[str, tuple[Resource, ...]] = {}
        self._ahead: dict[int, Future[Tree]] = {}
        self.trees: dict[int, Tree] = {}

    def perform(self, acts: Iterable[Act]) -> None:
        """Carry out acts in order.

        Raises:
            LockageError: one went wrong.
        """
        acts = tuple(acts)
        with ThreadPoolExecutor(max_workers=1) as beside:
            for release in (act.release for act in acts if isinstance(act, MakeTree)):
                self._ahead[release] = beside.submit(self._clone, release)
            try:
                for act in acts:
                    self._perform(act)
            except BaseException:
                beside.shutdown(wait=False, cancel_futures=True)
                interrupt_all()  # a clone that nobody wants any more
                raise

    def operator(self, account: str, region: str) -> Operator:
        """The owner of an account, in a Region."""
        key = (account, region)
        if key not in self._operators:
            self._operators[key] = Operator(self._aws, account, region)
        return self._operators[key]

    def witness(self, release: int = GOOD) -> Witness:
        """Asks the embedded AWS about the project as a release declares it."""
        return Witness(self._declared(release), self.operator)

    def _perform(self, act: Act) -> None:  # noqa: C901, PLR0912 - one case an act
        match act:
            case MakeTree(release=release):
                self._make_tree(release)
            case Verb():
                self._verb(act)
            case KeepArtifacts(release=release):
                self._keep_artifacts(self.trees[release])
            case Provision(place=place, release=release):
                self._provision(place, release)
            case Remember(place=place):
                self._remembered[place] = self.witness().state(place)
            case Untouched(place=place):
                with self._console.step(f"{place} is untouched") as step:
                    step.made(assertions.unchanged(self._remembered[place], self.witness().state(place), place))
            case Serves(release=release, place=place):
                self._serves(release, place)
            case Judged():
                self._judged(act)
            case PushedOnce(release=release):
                self._tag_is_immutable(release)
                self._archives_are_written_once(release)
            case Refused():
                self._refused(act)
            case Hold(place=place, queue=queue, held=held):
                with self._console.step(f"{place}: messages of {queue} {'wait' if held else 'are handed out again'}"):
                    self.witness().hold(place, queue, held=held)
            case Expect(place=place, fact=fact):
                told = f"{fact.function} answers" if isinstance(fact, Invoke) else f"{fact.table} has {fact.key}"
                with self._console.step(f"{place}: {told}"):
                    assertions.holds(self.witness(), place, fact)
            case _:
                assert_never(act)

    def _make_tree(self, release: int) -> None:
        with self._console.step(f"release {release}: tree") as step:
            made = self.trees[release] = self._ahead[release].result()
            wanted = {one.name: one.fingerprint for one in make_plan(made.project_file, (), Docker()).steps}
            newest_first = [DistDir(other.kept) for other in reversed(self.trees.values())]
            tree.reuse(wanted, newest_first, made.dist)
            step.made(f"commit {made.commit[:12]}" + (f", with {MATERIAL}/release-{release}.patch" * (release > GOOD)))

    def _clone(self, release: int) -> Tree:
        """Made while earlier releases are on their way, from the tree before it."""
        return tree.make(
            release,
            before=self._ahead[release - 1].result().project_file if release > GOOD else self._project_file,
            into=self._folder / f"release-{release}",
            home=self._project_file.parent,
            registry=self._aws.registry,
        )

    def _keep_artifacts(self, made: Tree) -> None:
        for name in self._declared(made.release).built:
            tree.carry(made.dist, DistDir(made.kept), name)

    def _verb(self, act: Verb) -> None:
        command = [*act.arguments, "--project", str(self.trees[act.release].project_file)]
        said = io.StringIO()
        try:
            with (
                self._console.within(f"release {act.release}"),
                self._credentials(act),
                live.shared(self._console),
                redirect_stdout(said),
            ):
                code = main_inner(command)
        except click.Abort:  # what the command line makes of Ctrl-C
            raise KeyboardInterrupt from None
        except LockageError as error:
            if type(error) is not act.fails_with:
                raise
            _hold_told(act, error.render())
            because = error.why.partition("\n")[0]
            self._console.note(f"                   as the story wants: {error.what}: {because}")
            return
        if act.fails_with or code:
            wanted = act.fails_with.__name__ if act.fails_with else "success"
            raise StoryBroken(
                f"`lockage {' '.join(act.arguments)}` of release {act.release} ended with {code}",
                why=f"the story wants {wanted}; it printed:\n{said.getvalue()}",
            )
        _hold_told(act, said.getvalue())

    @contextmanager
    def _credentials(self, act: Verb) -> Iterator[None]:
        """The role's credentials while the verb runs; none at all for a verb that has no role."""
        if not act.role:
            yield
            return
        place = self._project.environments[act.place] if act.place else self._project.registry
        session = self.operator(place.account, place.region).session_of(f"{self._project.project}-{act.role}")
        taken = session.get_credentials().get_frozen_credentials()
        variables = {
            "AWS_ACCESS_KEY_ID": taken.access_key,
            "AWS_SECRET_ACCESS_KEY": taken.secret_key,
            "AWS_SESSION_TOKEN": taken.token,
            "AWS_REGION": place.region,
        }
        os.environ.update(variables)
        try:
            yield
        finally:
            for name in variables:
                os.environ.pop(name, None)

    def _declared(self, release: int) -> Project:
        """What a release's tree declares; before there is one, what the user's own does."""
        made = self.trees.get(release)
        return load_project(made.project_file, files=False) if made else self._project

    def _provision(self, place: str, release: int) -> None:
        project = self._declared(release)
        declared = project.environments[place] if place else project.registry
        table = resources.environment(project, place) if place else resources.registry(project)
        later = f" as release {release} declares it" * (release > GOOD)
        with self._console.step(f"provision {place or 'the registry'}{later}") as step:
            change = difference(self._provisioned.get(place, ()), table)
            count = apply(self.operator, change, partial(self._seed, release))
            self._provisioned[place] = table
            mark(self.operator(declared.account, declared.region), project.project)
            step.made(f"{count} resources in account {declared.account}")

    def _seed(self, release: int, repository: str) -> str:
        """What a function runs before its first release: the image that was pushed for it."""
        pushed = self.witness().tagged(repository, self.trees[release].commit)
        if pushed is None:
            raise StoryBroken(f"{repository} is empty", why="functions cannot be made before an image was pushed")
        return f"{self._aws.registry}/{repository}@{pushed.digest}"

    def _serves(self, release: int, place: str) -> None:
        made, witness = self.trees[release], self.witness(release)
        with self._console.step(f"{place} serves release {release}") as step:
            versions = assertions.serves(witness, place, made.commit, made.archived)
            assertions.answers(witness, place, lambda probe: made.folder / probe)
            step.made(f"asked the embedded AWS: {versions}")

    def _judged(self, act: Judged) -> None:
        release = self.trees[act.release].released()
        with self._console.step(f"{act.place}: release {act.release} is {act.state}") as step:
            step.made(assertions.judged(self.witness(), act, release.id if release else "none"))

    def _tag_is_immutable(self, release: int) -> None:
        for repository in [image.repository for image in self._project.images.values() if image.repository]:
            with self._console.step(f"release {release}: the tag of {repository} is immutable") as step:
                step.made(assertions.tag_is_immutable(self.witness(), repository, self.trees[release].commit))

    def _archives_are_written_once(self, release: int) -> None:
        for name in (*self._project.layers, *self._project.zips):
            with self._console.step(f"release {release}: the archive of {name} is written once") as step:
                digest = self.trees[release].archived(name)
                step.made(assertions.archive_is_written_once(self.witness(), digest))

    def _refused(self, act: Refused) -> None:
        with self._console.step(f"{act.place}: {act.role} may not {act.action}") as step:
            step.made(assertions.refused(self.witness(), act))


def _hold_told(act: Verb, said: str) -> None:
    if act.tells not in said:
        raise StoryBroken(
            f"`lockage {' '.join(act.arguments)}` of release {act.release} does not tell what the story wants",
            why=f"it should say: {act.tells}\nit said:\n{said}",
        )
