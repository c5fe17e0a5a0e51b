"""From an image in ``dist/`` to its verdict, with a scanner that can fail in every way."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from fakes.dist import put_image
from fakes.evidence import facts, policy
from fakes.images import amazon_linux_2023
from fakes.oci import write_layout
from fakes.rpmdb import Rpm
from fakes.scanner import FakeTrivy, report
from msgspec.structs import replace

from lockage.errors import ToolError, UsageError
from lockage.gate.database import Prepared
from lockage.gate.findings import Unreadable
from lockage.gate.scan import Gate
from lockage.model.dist import DistDir
from lockage.model.ids import Digest
from lockage.model.verdict import Verdict

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
CACHE = Path("/cache")


def write_image(directory: Path) -> str:
    return write_layout(directory, layers=[amazon_linux_2023([Rpm("glibc", "2.34", "1")]), {"etc/motd": b"hello"}])


class Bench:
    """One image, a scanner and a database."""

    def __init__(self, root: Path) -> None:
        self.dist = DistDir(root / "dist")
        self.artifact = put_image(self.dist, "platform", write_image)
        self.trivy = FakeTrivy()
        self.database = Prepared(cache=CACHE, facts=facts())

    def gate(self, now: datetime = NOW) -> Gate:
        return Gate(self.dist, self.trivy, self.database, policy(), lambda: now)

    def verdict(self) -> Verdict:
        ruling = self.gate().examine("platform")
        assert self.dist.read_verdict("platform") == ruling.verdict
        assert len(ruling.remedies) == (len(ruling.verdict.reasons) if ruling.verdict.outcome == "inconclusive" else 0)
        return ruling.verdict


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


def left_over(bench: Bench) -> list[str]:
    return sorted(path.name for path in bench.dist.folder("platform").iterdir())


def test_a_clean_image_passes_and_leaves_findings_and_verdict(bench: Bench) -> None:
    verdict = bench.verdict()
    assert (verdict.outcome, verdict.artifact) == ("pass", bench.artifact.digest)
    assert bench.trivy.scanned == [("platform", CACHE)]
    assert left_over(bench) == ["artifact.json", "findings.json", "layout", "verdict.json"]


def test_an_image_that_was_not_built_is_a_usage_error(bench: Bench) -> None:
    with pytest.raises(UsageError, match=r"base has no readable artifact\.json"):
        bench.gate().examine("base")


def test_the_scanners_failure_is_no_verdict_whatever_its_code(bench: Bench) -> None:
    bench.trivy.fails = ToolError(
        "trivy failed with exit code 2", why="panic: assertion failed\n\ngoroutine 1", remedy=""
    )
    verdict = bench.verdict()
    assert verdict.outcome == "inconclusive"
    assert verdict.reasons == ("the scanner could not scan: trivy failed with exit code 2: panic: assertion failed",)
    assert left_over(bench) == ["artifact.json", "layout", "verdict.json"]


def test_a_scanner_that_writes_nothing_is_not_believed(bench: Bench) -> None:
    bench.trivy.silent = True
    assert bench.verdict().reasons == ("the scanner ended as if all was well, and wrote nothing",)


def test_truncated_findings_are_inconclusive(bench: Bench) -> None:
    whole = json.dumps(report(bench.dist.layout("platform"))).encode()
    bench.trivy.writes = whole[:-10]
    verdict = bench.verdict()
    assert verdict.outcome == "inconclusive"
    assert "not a complete Trivy report" in verdict.reasons[0]


def test_without_a_database_nothing_is_scanned(bench: Bench) -> None:
    bench.database = Prepared(cache=CACHE, facts=Unreadable(reason="trivy.db does not exist"))
    verdict = bench.verdict()
    assert verdict.outcome == "inconclusive"
    assert verdict.database is None
    assert bench.trivy.scanned == []
    assert verdict.reasons[0] == "no vulnerability database could be read: trivy.db does not exist"


def test_another_image_in_the_layout_is_not_scanned(bench: Bench) -> None:
    old = bench.artifact.digest
    layout = bench.dist.layout("platform")
    new = write_layout(layout, layers=[{"etc/motd": b"other"}])
    verdict = bench.verdict()
    assert verdict.reasons == (f"{layout} holds {new}, but built was {old}",)
    assert (verdict.outcome, verdict.artifact, bench.trivy.scanned) == ("inconclusive", old, [])


def test_a_layer_with_other_bytes_is_not_scanned(bench: Bench) -> None:
    layer = bench.artifact.layers[0]
    blob = bench.dist.layout("platform") / "blobs" / "sha256" / layer.digest.removeprefix("sha256:")
    blob.write_bytes(bytes(layer.size))
    verdict = bench.verdict()
    assert verdict.outcome == "inconclusive"
    assert "the image cannot be trusted" in verdict.reasons[0]
    assert layer.digest in verdict.reasons[0]
    assert bench.trivy.scanned == []


def test_findings_of_another_image_are_inconclusive(bench: Bench) -> None:
    other = put_image(bench.dist, "other", lambda path: write_layout(path, layers=[{"a": b"b"}]))
    assert other.digest != bench.artifact.digest
    bench.trivy.writes = json.dumps(report(bench.dist.layout("other"))).encode()
    assert bench.verdict().reasons[0].startswith("the findings are of another image")


def test_an_older_verdict_does_not_survive_a_scan_that_fails(bench: Bench) -> None:
    assert bench.verdict().outcome == "pass"
    bench.trivy.fails = ToolError("trivy failed with exit code 1", why="", remedy="")
    verdict = bench.verdict()
    assert verdict.reasons == ("the scanner could not scan: trivy failed with exit code 1: it said nothing",)
    assert not bench.dist.findings("platform").exists()


def test_findings_of_another_step_are_judged_and_kept(bench: Bench) -> None:
    given = bench.dist.findings("platform")
    given.write_text(json.dumps(report(bench.dist.layout("platform"))))
    ruling = bench.gate().judge("platform", given)
    assert ruling.verdict.outcome == "pass"
    assert bench.trivy.scanned == []
    assert given.exists()


def test_findings_of_another_step_that_are_missing_are_inconclusive(bench: Bench) -> None:
    ruling = bench.gate().judge("platform", bench.dist.findings("platform"))
    assert ruling.verdict.outcome == "inconclusive"
    assert "findings.json: No such file or directory" in ruling.verdict.reasons[0]


def test_what_stands_is_decided_on_anew_and_not_scanned_again(bench: Bench) -> None:
    before = bench.verdict()
    standing = bench.gate().standing("platform")
    assert standing is not None
    assert standing.verdict == before == bench.dist.read_verdict("platform")
    assert bench.trivy.scanned == [("platform", CACHE)]


def test_a_verdict_that_stands_stays_as_it_is_for_half_of_its_time(bench: Bench) -> None:
    fresh = facts(updated_at=NOW, downloaded_at=NOW)
    before, bench.database = bench.verdict(), Prepared(cache=CACHE, facts=fresh)
    for hours, kept in ((23, True), (25, False)):
        now = NOW + timedelta(hours=hours)
        young = replace(before, database=fresh.record())
        bench.dist.write_verdict("platform", young)
        standing = bench.gate(now).standing("platform")
        assert standing is not None
        assert standing.verdict.outcome == "pass"
        assert (bench.dist.read_verdict("platform") == young) is kept
        assert standing.verdict == bench.dist.read_verdict("platform")


def test_nothing_stands_before_the_first_scan(bench: Bench) -> None:
    assert bench.gate().standing("platform") is None
    assert bench.gate().standing("base") is None


@pytest.mark.parametrize("changed", ["database", "policy", "scanner", "findings", "image"])
def test_findings_stand_only_on_what_they_were_made_with(bench: Bench, changed: str) -> None:
    bench.verdict()
    gate = bench.gate()
    if changed == "database":
        other = msgspec.structs.replace(facts(), digest=Digest("sha256:" + "9" * 64))
        gate = Gate(bench.dist, bench.trivy, Prepared(cache=CACHE, facts=other), policy(), lambda: NOW)
    elif changed == "policy":
        gate = Gate(bench.dist, bench.trivy, bench.database, policy(severities=("LOW",)), lambda: NOW)
    elif changed == "scanner":
        bench.trivy.tool = msgspec.structs.replace(bench.trivy.tool, sha256="9" * 64)
    elif changed == "findings":
        found = json.loads(bench.dist.findings("platform").read_bytes())
        found["Results"] = []
        bench.dist.findings("platform").write_text(json.dumps(found))
    else:
        put_image(bench.dist, "platform", lambda folder: write_layout(folder, layers=[{"etc/motd": b"another"}]))
    assert gate.standing("platform") is None


def test_what_could_not_tell_does_not_stand(bench: Bench) -> None:
    bench.database = Prepared(cache=CACHE, facts=Unreadable(reason="none"))
    assert bench.verdict().outcome == "inconclusive"
    assert bench.gate().standing("platform") is None


def test_a_database_that_grew_too_old_is_noticed_without_a_scan(bench: Bench) -> None:
    bench.verdict()
    later = Gate(bench.dist, bench.trivy, bench.database, policy(), lambda: NOW + timedelta(days=365))
    standing = later.standing("platform")
    assert standing is not None
    assert standing.verdict.outcome == "inconclusive"
    assert standing.remedies
