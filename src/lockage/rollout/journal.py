"""A rollout's journal and its environment's record, written before what they tell of is done.

The record names the open rollout; the journal says how far it came. Both are written only if nobody else has written
them since, so of two rollouts that meet, one stops at its next write.
"""

from msgspec.structs import replace

from lockage.aws.calls import StaleError
from lockage.errors import AwsError, LockageError
from lockage.model.ids import ReleaseId, Version
from lockage.model.rollout import EnvironmentRecord, Journal, Passage, PassageState, Phase
from lockage.rollout import record as records
from lockage.rollout.site import Site


class OvertakenError(AwsError):
    """Another rollout of the same environment took over."""


class Rollout:
    """One open rollout.

    Args:
        site: the environment.
        record: it, as it was read.
        etag: guards the record.
    """

    def __init__(self, site: Site, record: EnvironmentRecord, etag: str) -> None:
        self._site, self.record, self._record_etag = site, record, etag
        self._journal: Journal | None = None
        self._journal_etag = ""
        self._tried: EnvironmentRecord | None = None
        self._tried_journal: Journal | None = None

    @classmethod
    def read(cls, site: Site) -> "Rollout":
        """The environment's record, and its open rollout's journal if it has one."""
        record, etag = site.store.record(site.environment)
        found = cls(site, record, etag)
        if record.open is not None and (stored := site.store.journal(site.environment, record.open)) is not None:
            found._journal, found._journal_etag = stored
        return found

    @property
    def journal(self) -> Journal | None:
        """Of the rollout that is open; None when none is."""
        return self._journal

    def open(self, journal: Journal, passage: Passage | None) -> None:
        """Begin a rollout: the journal first, then the record that points to it.

        A journal that no record came to point to tells of nothing that was done; its number stays unused.

        Args:
            journal: its number is taken as the first to try.
            passage: of a deployment, its number likewise.
        """
        self._journal, self._journal_etag = self._place(journal)
        number = self._journal.number
        record = records.opened(self.record, number)
        self.write(record if passage is None else records.passed(record, replace(passage, rollout=number)))

    def advance(
        self,
        phase: Phase,
        *,
        after: dict[str, Version] | None = None,
        mixed_seconds: float | None = None,
        error: str | None = None,
    ) -> None:
        """Write how far the rollout came; fields that are not given stay."""
        journal = self.now_open
        ended = self._site.now() if phase in {"done", "undone"} else journal.ended
        self._tried_journal = tried = replace(
            journal,
            phase=phase,
            ended=ended,
            after=journal.after if after is None else after,
            mixed_seconds=journal.mixed_seconds if mixed_seconds is None else mixed_seconds,
            error=journal.error if error is None else error,
        )
        try:
            etag = self._site.store.write_journal(tried, etag=self._journal_etag)
        except StaleError as error_:
            self._tried_journal = None
            raise _overtaken(journal) from error_
        self._journal, self._journal_etag, self._tried_journal = tried, etag, None

    def judge(self, state: PassageState, *, reason: str = "", versions: dict[str, Version] | None = None) -> None:
        """Write what became of the open deployment's passage; ``live`` keeps the rollout open, all else ends it."""
        journal = self.now_open
        record = records.judged(
            self.record, journal.number, state, at=self._site.now(), reason=reason, versions=versions
        )
        if state == "good":
            record = records.serving(record, journal.release)
        self.write(record if state == "live" else records.closed(record))

    def rolled_back(self, flaw: str = "") -> None:
        """Write that the open rollback arrived: every alias is where it was to go, and was asked.

        Args:
            flaw: why its release is not good after all; empty when it was proven.
        """
        journal, at = self.now_open, self._site.now()
        record = records.serving(self.record, journal.release)
        if journal.abandons is not None and journal.abandons != journal.release:
            record = records.abandoned(record, journal.abandons, at=at, reason=journal.reason)
        arrived = Passage(
            release=journal.release,
            rollout=journal.number,
            state="bad" if flaw else "good",
            versions=dict(journal.after),
            references=journal.references,
            at=at,
            reason=flaw or f"rolled back to: {journal.reason}",
            back=True,
        )
        self.write(records.closed(records.passed(record, arrived)))
        self.finish()

    def finish(self) -> None:
        """Close the journal of a rollout that its record has closed already; where that fails nothing is undone."""
        try:
            if self._tried_journal is not None:
                self.sync()
            self.advance("done")
        except LockageError as error:
            self._site.console.note(f"the journal of rollout {self.now_open.number} stays unfinished: {error.what}")

    def sync(self) -> None:
        """Read record and journal again: a write whose answer never came may be there all the same.

        Raises:
            OvertakenError: they hold neither what this rollout wrote last nor what it tried to.
        """
        store, environment = self._site.store, self._site.environment
        record, etag = store.record(environment)
        if etag != self._record_etag and record != self._tried:
            raise _overtaken(self._journal)
        self.record, self._record_etag, self._tried = record, etag, None
        if self._journal is None:
            return
        stored = store.journal(environment, self._journal.number)
        if stored is None or (stored[1] != self._journal_etag and stored[0] != self._tried_journal):
            raise _overtaken(self._journal)
        (self._journal, self._journal_etag), self._tried_journal = stored, None

    def arrived(self) -> bool:
        """Whether the write that was to end this rollout is there, although its answer never came.

        Raises:
            AwsError: the store does not say.
        """
        if self._tried is None or self._tried.open is not None:
            return False
        self.sync()
        return self.record.open is None

    def write(self, record: EnvironmentRecord) -> None:
        """Write the record.

        Raises:
            OvertakenError: another rollout wrote it since it was read.
        """
        self._tried = record
        try:
            etag = self._site.store.write_record(record, etag=self._record_etag)
        except StaleError as error:
            self._tried = None
            raise _overtaken(self._journal) from error
        self.record, self._record_etag, self._tried = record, etag, None

    @property
    def now_open(self) -> Journal:
        """The journal of the rollout that must be open here."""
        if self._journal is None:
            raise AssertionError("no rollout is open")
        return self._journal

    @property
    def unshifted(self) -> bool:
        """Whether the open rollout is a deployment that moved no alias, or has put all of them back."""
        journal = self._journal
        return journal is not None and journal.kind == "deploy" and journal.phase in {"staging", "undone"}

    @property
    def settled(self) -> bool:
        """Whether every alias serves the record's release, as far as the store knows."""
        return self.record.open is None or self.unshifted

    def leaving(self) -> ReleaseId | None:
        """The release a rollback gets away from: an unfinished rollout's that moved aliases, else the one that runs."""
        if self._journal is None or self.settled:
            return self.record.release
        return self._journal.abandons if self._journal.kind == "rollback" else self._journal.release

    def bound_for(self) -> ReleaseId | None:
        """Where the open rollback goes; None when none is open."""
        journal = self._journal
        return journal.release if journal is not None and journal.kind == "rollback" and not self.settled else None

    def _place(self, journal: Journal) -> tuple[Journal, str]:
        while True:
            try:
                return journal, self._site.store.write_journal(journal, etag="")
            except StaleError:
                journal = replace(journal, number=journal.number + 1)


def _overtaken(journal: Journal | None) -> OvertakenError:
    which = "the record" if journal is None else f"rollout {journal.number}"
    return OvertakenError(
        "another rollout of this environment took over; this one stopped",
        why=f"{which} was written by somebody else since it was read",
        remedy="wait for the other to end, then run the same command again: it starts from what is there then",
    )
