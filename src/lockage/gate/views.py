"""A verdict for people: the table of what blocks, and what to do about each line."""

from collections.abc import Iterator, Sequence
from typing import get_args

from packageurl import PackageURL

from lockage.model.verdict import Database, Finding, Severity, Verdict

_OS_TYPES = ("apk", "deb", "rpm")
_HEADER = ("SEVERITY", "ID", "PACKAGE", "INSTALLED", "FIXED IN", "WHAT TO DO")
_SHOWN_DIGEST = len("sha256:") + 12


def summary(name: str, verdict: Verdict) -> str:
    """One line: the outcome and the figures it rests on."""
    severities: tuple[Severity, ...] = get_args(Severity)
    counted = ", ".join(f"{verdict.counts[name]} {name}" for name in reversed(severities) if verdict.counts[name])
    accepted = f", {len(verdict.excepted)} excepted" if verdict.excepted else ""
    return (
        f"{name} {verdict.artifact[:_SHOWN_DIGEST]} {verdict.outcome}: {counted or 'no findings'}{accepted}; "
        f"{verdict.packages} packages; {_database(verdict.database)}"
    )


def blocking_table(verdict: Verdict) -> str:
    """What blocks, a line each, in columns; nothing when nothing does."""
    if not verdict.blocking:
        return ""
    rows = [_HEADER, *(_row(finding) for finding in verdict.blocking)]
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEADER) - 1)]
    return "\n".join(_line(row, widths) for row in rows)


def advice(finding: Finding) -> str:
    """What removes a finding, by where its package comes from."""
    kind = _type(finding.purl)
    if not finding.fixed:
        return "no fix yet: remove the package, or except the finding"
    if kind in _OS_TYPES:
        return "take a newer base: raise its digest in the Dockerfile"
    if kind == "pypi":
        return f"raise {finding.package} in the requirements and lock again"
    if kind == "golang":
        return "take a release of the program that was built with the fix"
    return f"raise {finding.package}"


def exception_stanza(finding: Finding, artifact: str) -> str:
    """The lines that would accept a finding, for people to complete."""
    return "\n".join(
        [
            f"- id: {finding.id}",
            f"  package: {_pinned(finding.purl)}",
            "  reason: …",
            "  owner: …",
            '  expires: "YYYY-MM-DD"',
            f"  artifacts: [{artifact}]",
        ]
    )


def markdown(name: str, verdict: Verdict) -> str:
    """The verdict for a step summary: outcome, reasons, what blocks and what is excepted until when."""
    lines = [f"### {name}: {verdict.outcome}", "", f"`{verdict.artifact}`, {verdict.packages} packages", ""]
    lines += [f"- {_cell(reason)}" for reason in verdict.reasons]
    if verdict.excepted:
        lines += ["", "| excepted | package | owner | until | reason |", "|---|---|---|---|---|"]
        lines += list(_excepted_rows(verdict))
    lines += [f"\n> Good for a rehearsal only: {_cell(source)}" for source in verdict.second_sources]
    return "\n".join(lines) + "\n"


def _database(database: Database | None) -> str:
    if database is None:
        return "no database"
    return database.second_source or f"database of {database.updated_at}"


def _excepted_rows(verdict: Verdict) -> Iterator[str]:
    for one in verdict.excepted:
        cells = (one.finding.id, one.finding.purl, one.owner, one.expires, one.reason)
        yield f"| {' | '.join(map(_cell, cells))} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")


def _row(finding: Finding) -> tuple[str, ...]:
    return (
        finding.severity,
        finding.id,
        finding.package,
        finding.installed,
        finding.fixed or "-",
        advice(finding),
    )


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    padded = [cell.ljust(width) for cell, width in zip(row, widths, strict=False)]
    return "  " + "  ".join([*padded, row[-1]])


def _type(purl: str) -> str:
    try:
        return str(PackageURL.from_string(purl).type)
    except ValueError:
        return ""


def _pinned(purl: str) -> str:
    """The package URL without the qualifiers that may change while the package does not."""
    try:
        found = PackageURL.from_string(purl)
    except ValueError:
        return purl
    kept = {key: value for key, value in dict(found.qualifiers or {}).items() if key == "epoch"}
    return str(found._replace(qualifiers=kept).to_string())
