"""One rehearsal from beginning to end: start, perform, tell, clean up, whatever happens in between."""

import shlex
import shutil
import signal
import time
from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

from msgspec.structs import replace

from lockage.config.load import load_local, load_project
from lockage.config.schema import Project
from lockage.console import Console
from lockage.model.dist import DistDir, write
from lockage.rehearsal import checkout, handover, retell, runtimes
from lockage.rehearsal.embedded import EmbeddedAws
from lockage.rehearsal.perform import Performer
from lockage.rehearsal.story import Act, story
from lockage.rehearsal.surroundings import surroundings
from lockage.report.summary import Summary
from lockage.report.timings import timed
from lockage.tools.docker import Docker
from lockage.tools.git import Git

_ENDINGS = (signal.SIGTERM, signal.SIGHUP)
_DISTURBANCES = (signal.SIGINT, *_ENDINGS)


class Rehearsal:
    """The whole path of one project.

    Args:
        project_file: ``lockage.yaml``.
        console: told what happens.
        keep: leave everything up at the end.
    """

    def __init__(self, project_file: Path, console: Console, *, keep: bool) -> None:
        self._project_file, self._console, self._keep = project_file.resolve(), console, keep
        self._home = self._project_file.parent
        self._project: Project = load_project(project_file)
        self._began = time.monotonic()
        self.summary: Summary | None = None
        """How far it came, ended well or not; None when it never began or was interrupted."""
        self.left = ""
        """With ``keep``, how to look at what is still up, and how to remove it."""

    def run(self) -> None:
        """Play the story.

        Raises:
            LockageError: it could not begin, or went otherwise.
        """
        Docker().engine()
        checkout.top(self._home)
        acts = story(self._project, handover.read(self._home / checkout.MATERIAL / handover.FILE))
        try:
            with timed("rehearse", DistDir(self._home / "dist"), self._console), self._aws() as aws:
                self._play(acts, aws)
        finally:
            self._count_to_the_end()

    def _play(self, acts: Iterable[Act], aws: EmbeddedAws) -> None:
        performer = Performer(
            aws,
            project_file=self._project_file,
            project=self._project,
            folder=aws.folder,
            console=self._console,
        )
        try:
            performer.perform(acts)
        except Exception as error:
            self.summary = self._summary(performer, str(error) or type(error).__name__)
            raise
        self.summary = self._summary(performer)

    def _count_to_the_end(self) -> None:
        """What is told is read before the clean-up takes it away; the time and the steps are those of all of it."""
        if self.summary:
            seconds = time.monotonic() - self._began
            self.summary = replace(self.summary, seconds=seconds, steps=tuple(self._console.records))

    @contextmanager
    def _aws(self) -> Iterator[EmbeddedAws]:
        """An embedded AWS that is gone afterwards, however this program ends; kept if that was asked for."""
        registry = self._project.registry
        aws = EmbeddedAws(
            account=registry.account,
            region=registry.region,
            parent=self._home / "dist" / "rehearsal",
            runtimes=runtimes.images(self._project, load_local(self._project_file)),
        )
        with _endings_raise():
            try:
                with self._console.step("embedded AWS") as step:
                    aws.start()
                    step.made(f"{aws.endpoint}, IAM evaluated")
                with surroundings(aws.endpoint, aws.host):
                    yield aws
            finally:
                with _undisturbed():
                    self._leave(aws)

    def _leave(self, aws: EmbeddedAws) -> None:
        if aws.log.is_file():
            write(self._home / "dist" / "rehearsal" / "aws.log", aws.log.read_bytes())
        if self._keep and aws.pid:
            self.left = how_to_look(aws, self._project)
            return
        with self._console.step("clean up") as step:
            with ThreadPoolExecutor(max_workers=1) as beside:
                for tree in aws.folder.glob("release-*"):  # thousands of small files, which no container holds
                    beside.submit(shutil.rmtree, tree, ignore_errors=True)
                count = aws.stop()
            shutil.rmtree(aws.folder, ignore_errors=True)
            step.made(f"{count} containers removed")

    def _summary(self, performer: Performer, failed: str = "") -> Summary:
        records = tuple(self._console.records)
        git = Git(self._home)
        changed = ", with uncommitted changes" * git.is_dirty()
        at = retell.failed_step(records, failed)
        return Summary(
            subject=f"{self._project.project} at {git.head()[:12]}{changed}",
            seconds=time.monotonic() - self._began,
            artifacts=retell.artifacts(performer, self._project),
            releases=retell.releases(performer, self._project),
            steps=records,
            files=retell.files(self._home, performer, self._project),
            marks=retell.marks(performer),
            failed=f"{failed} (at: {at})" if failed and at else failed,
        )


def how_to_look(aws: EmbeddedAws, project: Project) -> str:
    """Shell lines that look at what was kept, and that remove it."""
    name, place = next(reversed(project.environments.items()))
    others = "".join(f"; {one.account} is {other}'s" for other, one in project.environments.items() if other != name)
    folder = shlex.quote(str(aws.folder))
    scratch = "" if aws.scratch.is_relative_to(aws.folder) else f" {shlex.quote(str(aws.scratch))}"
    return f"""
Everything is still up. To look, as the owner of an account:
  export AWS_ENDPOINT_URL={aws.endpoint} AWS_REGION={place.region} AWS_DEFAULT_REGION={place.region}
  export AWS_ACCESS_KEY_ID={place.account} AWS_SECRET_ACCESS_KEY=any  # the account of {name}{others}
  aws lambda list-aliases --function-name {project.function_name(next(iter(project.functions)))}
  docker ps --filter label={aws.label}
  less {folder}/aws.log
To remove it:
  kill {aws.pid}
  docker ps --all --quiet --filter label={aws.label} | xargs --no-run-if-empty docker rm --force --volumes
  docker image ls --digests --format '{{{{.Repository}}}}@{{{{.Digest}}}}' '{aws.registry}/*' |
    xargs --no-run-if-empty docker image rm
  rm -r {folder}{scratch}
"""


@contextmanager
def _endings_raise() -> Iterator[None]:
    """Inside, a request to end is an exception, so that what was started is cleaned up."""

    def end(number: int, frame: object) -> None:
        del frame
        raise SystemExit(128 + number)

    before = {number: signal.signal(number, end) for number in _ENDINGS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def _undisturbed() -> Iterator[None]:
    """Inside, requests to end are ignored: cleaning up takes a few seconds and must not stop half-way."""
    before = {number: signal.signal(number, signal.SIG_IGN) for number in _DISTURBANCES}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
