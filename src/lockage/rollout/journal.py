"""A rollout's journal and its environment's record, written before what they tell of is done.

The record names the open rollout; the journal says how far it came. Both are written only if nobody else has written
them since, so of two rollouts that meet, one stops at its next write.
"""

from msgspec.structs import replace

from lockage.aws.calls import StaleError
from lockage.errors import AwsError
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
        self._journal = replace(
            journal,
            phase=phase,
            ended=ended,
            after=journal.after if after is None else after,
            mixed_seconds=journal.mixed_seconds if mixed_seconds is None else mixed_seconds,
            error=journal.error if error is None else error,
        )
        try:
            self._journal_etag = self._site.store.write_journal(self._journal, etag=self._journal_etag)
        except StaleError as error_:
            raise _overtaken(journal) from error_

    def judge(self, state: PassageState, *, reason: str = "", versions: dict[str, Version] | None = None) -> None:
        """Write what became of the open deployment's passage; ``live`` keeps the rollout open, all else ends it."""
        journal = self.now_open
        record = records.judged(
            self.record, journal.number, state, at=self._site.now(), reason=reason, versions=versions
        )
        if state == "good":
            record = records.serving(record, journal.release)
        self.write(record if state == "live" else records.closed(record))

    def rolled_back(self) -> None:
        """Write that the open rollback arrived: every alias is where it was to go."""
        journal, at = self.now_open, self._site.now()
        record = records.serving(self.record, journal.release)
        if journal.abandons is not None and journal.abandons != journal.release:
            record = records.abandoned(record, journal.abandons, at=at, reason=journal.reason)
        arrived = Passage(
            release=journal.release,
            rollout=journal.number,
            state="good",
            versions=dict(journal.after),
            references=journal.references,
            at=at,
            reason=f"rolled back to: {journal.reason}",
        )
        self.write(records.closed(records.passed(record, arrived)))
        self.advance("done")

    def write(self, record: EnvironmentRecord) -> None:
        """Write the record.

        Raises:
            OvertakenError: another rollout wrote it since it was read.
        """
        try:
            self._record_etag = self._site.store.write_record(record, etag=self._record_etag)
        except StaleError as error:
            raise _overtaken(self._journal) from error
        self.record = record

    @property
    def now_open(self) -> Journal:
        """The journal of the rollout that must be open here."""
        if self._journal is None:
            raise AssertionError("no rollout is open")
        return self._journal

    def leaving(self) -> ReleaseId | None:
        """The release a rollback gets away from: an unfinished rollout's, else the one that runs."""
        if self._journal is None:
            return self.record.release
        return self._journal.abandons if self._journal.kind == "rollback" else self._journal.release

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
