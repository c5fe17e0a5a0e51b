"""From a zip or layer in ``dist/`` to its verdict, with a scanner and a cataloguer that never ran."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from fakes.archives import Package, put_archive
from fakes.dist import put_image
from fakes.evidence import SCANNER, exception, facts, policy
from fakes.images import write_clean
from fakes.scanner import FakeSyft, FakeTrivy, tree_report

from lockage.errors import ToolError, UsageError
from lockage.gate.again import evidence, hold
from lockage.gate.database import Prepared
from lockage.gate.evidence import ArchiveSubject
from lockage.gate.exceptions import ExceptionEntry
from lockage.gate.findings import Unreadable
from lockage.gate.scan import Gate
from lockage.gate.subject import is_described, of_archive, of_image
from lockage.gate.trees import lay_out
from lockage.inspect.describe import Describer
from lockage.model.dist import DistDir
from lockage.model.verdict import Verdict
from lockage.oci import layout as oci
from lockage.tools.unpack import UnpackError

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
CACHE = Path("/cache")
YAML = Package(name="PyYAML", version="5.3.1")
CRITICAL: dict[str, object] = {
    "VulnerabilityID": "CVE-2020-14343",
    "PkgName": "PyYAML",
    "InstalledVersion": "5.3.1",
    "Severity": "CRITICAL",
    "PkgIdentifier": {"PURL": "pkg:pypi/pyyaml@5.3.1"},
}


class Bench:
    """One archive with its SBOM, a scanner and a database."""

    def __init__(self, root: Path, *, kind: str = "zip") -> None:
        self.dist = DistDir(root / "dist")
        self.artifact = put_archive(self.dist, "shop", [YAML], kind="zip" if kind == "zip" else "layer")
        self.syft, self.trivy = FakeSyft(), FakeTrivy()
        self.describe()

    def describe(self) -> None:
        Describer(self.dist, self.dist.root.parent, self.syft).describe("shop")

    def gate(self, *exceptions: ExceptionEntry) -> Gate:
        return Gate(self.dist, self.trivy, Prepared(cache=CACHE, facts=facts()), policy(*exceptions), lambda: NOW)

    def verdict(self, *exceptions: ExceptionEntry) -> Verdict:
        ruling = self.gate(*exceptions).examine("shop")
        assert self.dist.read_verdict("shop") == ruling.verdict
        return ruling.verdict

    def finds(self, *vulnerabilities: dict[str, object]) -> None:
        """From now on the scanner reports these of the archive."""
        [(_, tree)] = lay_out(self.dist, ["shop"])
        self.trivy.writes = json.dumps(tree_report(tree, *vulnerabilities)).encode()


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path)


@pytest.mark.parametrize("kind", ["zip", "layer"])
def test_a_clean_archive_passes_and_is_scanned_under_its_digest(tmp_path: Path, kind: str) -> None:
    bench = Bench(tmp_path, kind=kind)
    verdict = bench.verdict()
    assert (verdict.outcome, verdict.artifact, verdict.packages) == ("pass", bench.artifact.digest, 1)
    assert bench.trivy.scanned == [(bench.artifact.digest.removeprefix("sha256:"), CACHE)]


def test_a_finding_stops_it_and_an_exception_lets_it_pass(bench: Bench) -> None:
    bench.finds(CRITICAL)
    assert [one.id for one in bench.verdict().blocking] == ["CVE-2020-14343"]
    assert bench.verdict(exception(artifacts=("shop",))).outcome == "pass"
    assert bench.verdict(exception(artifacts=("other",))).outcome == "fail"


def test_without_an_sbom_nothing_says_what_should_have_been_seen(bench: Bench) -> None:
    bench.dist.cyclonedx("shop").unlink()
    assert bench.verdict().reasons == ("what is in shop is not known: it has no SBOM",)


def test_an_sbom_of_another_archive_says_nothing(bench: Bench) -> None:
    document = bench.dist.cyclonedx("shop")
    document.write_text(document.read_text().replace(bench.artifact.digest, "sha256:" + "9" * 64))
    [reason] = bench.verdict().reasons
    assert reason.startswith(f"what is in shop is not known: its SBOM is about sha256:{'9' * 64}, the archive is")


def test_an_sbom_that_is_cut_off_says_nothing(bench: Bench) -> None:
    document = bench.dist.cyclonedx("shop")
    document.write_text(document.read_text()[:-20])
    assert bench.verdict().reasons[0].startswith("what is in shop is not known: its SBOM cannot be read: ")


def test_a_scanner_that_overlooks_a_package_finds_nothing_in_it(bench: Bench) -> None:
    [(_, tree)] = lay_out(bench.dist, ["shop"])
    bench.trivy.writes = json.dumps({**tree_report(tree), "Results": []}).encode()
    verdict = bench.verdict()
    assert verdict.outcome == "inconclusive"
    assert verdict.reasons[0] == "the scanner saw 0 Python packages, the SBOM names 1: pkg:pypi/pyyaml@5.3.1"


def test_findings_of_another_tree_are_refused(bench: Bench, tmp_path: Path) -> None:
    bench.trivy.writes = json.dumps({**tree_report(tmp_path), "ArtifactName": "shop"}).encode()
    assert bench.verdict().reasons[0].startswith("the findings are of something else: filesystem shop was scanned")


def test_findings_of_an_image_are_refused(bench: Bench) -> None:
    put_image(bench.dist, "image", write_clean)
    gate = bench.gate()
    gate.examine("image")
    ruling = gate.judge("shop", bench.dist.findings("image"))
    assert ruling.verdict.reasons[0].startswith("the findings are of something else: container_image image was")
    gate.examine("shop")
    other = gate.judge("image", bench.dist.findings("shop"))
    assert other.verdict.reasons[0].startswith("the findings are of another image: configuration unknown was scanned")


def test_an_archive_with_other_bytes_is_not_scanned(bench: Bench) -> None:
    bench.dist.archive("shop").write_bytes(b"another")
    verdict = bench.verdict()
    assert verdict.outcome == "inconclusive"
    assert verdict.reasons[0].endswith(f", but built was {bench.artifact.digest}")
    assert bench.trivy.scanned == []
    bench.dist.archive("shop").unlink()
    assert "archive.zip holds nothing, but built was" in bench.verdict().reasons[0]


def test_a_scanner_that_fails_leaves_no_findings(bench: Bench) -> None:
    bench.verdict()
    bench.trivy.fails = ToolError("trivy failed with exit code 1", why="", remedy="")
    assert bench.verdict().reasons == ("the scanner could not scan: trivy failed with exit code 1: it said nothing",)
    assert not bench.dist.findings("shop").exists()


def test_what_stands_is_not_scanned_again_until_something_changes(bench: Bench) -> None:
    before = bench.verdict()
    standing = bench.gate().standing("shop")
    assert standing is not None
    assert standing.verdict == before
    assert len(bench.trivy.scanned) == 1
    put_archive(bench.dist, "shop", [YAML, Package(name="six", version="1.17.0")])
    bench.describe()
    assert bench.gate().standing("shop") is None


def test_a_verdict_holds_where_there_is_no_scanner(bench: Bench) -> None:
    verdict = bench.verdict()
    subject = of_archive(bench.artifact, bench.dist.cyclonedx("shop"))
    findings = bench.dist.findings("shop").read_bytes()
    hold(verdict, evidence(subject, findings, verdict, SCANNER), policy(), NOW)


def test_an_archive_is_described_by_its_own_sbom_and_an_image_by_none(bench: Bench, tmp_path: Path) -> None:
    document = bench.dist.cyclonedx("shop")
    assert is_described(bench.artifact, document)
    assert not is_described(bench.artifact, tmp_path / "nothing")
    assert not is_described(put_archive(bench.dist, "bare"), document), "it is another's"
    assert is_described(put_image(bench.dist, "image", write_clean), tmp_path / "nothing")


def test_what_a_verdict_is_about(bench: Bench, tmp_path: Path) -> None:
    assert of_archive(bench.artifact, bench.dist.cyclonedx("shop")) == ArchiveSubject(
        name="shop", digest=bench.artifact.digest, locked=True, python=("pkg:pypi/pyyaml@5.3.1",)
    )
    bare = of_archive(put_archive(bench.dist, "bare"), tmp_path / "nothing")
    assert (bare.locked, bare.python) == (False, Unreadable(reason="it has no SBOM"))
    put_image(bench.dist, "image", write_clean)
    layout = oci.read(bench.dist.layout("image"))
    assert of_image("image", layout).image_id == layout.manifest.config.digest


def test_trees_are_laid_out_for_archives_alone_and_only_the_latest_stays(bench: Bench) -> None:
    put_image(bench.dist, "image", write_clean)
    [(name, first)] = lay_out(bench.dist, ["image", "shop"])
    assert (name, first.name) == ("shop", bench.artifact.digest.removeprefix("sha256:"))
    assert (first / "var" / "task" / YAML.info / "METADATA").is_file()
    put_archive(bench.dist, "shop")
    [(_, second)] = lay_out(bench.dist, ["shop"])
    assert list(bench.dist.trees("shop").iterdir()) == [second] != [first]


def test_no_tree_is_laid_out_of_what_is_not_what_was_built(bench: Bench) -> None:
    bench.dist.archive("shop").write_bytes(b"another")
    with pytest.raises(UnpackError):
        list(lay_out(bench.dist, ["shop"]))
    with pytest.raises(UsageError, match=r"base has no readable artifact\.json"):
        list(lay_out(bench.dist, ["base"]))
