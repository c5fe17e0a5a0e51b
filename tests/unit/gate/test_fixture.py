"""The fixture: built once for each content, marked, and never half there."""

from pathlib import Path

import pytest
import yaml

from lockage.errors import ToolError
from lockage.gate.database import read
from lockage.gate.evidence import DatabaseFacts
from lockage.gate.fixture import Fixture

ADVISORIES = """schema: 1
collected: 2026-11-21
advisories:
  - id: CVE-2020-14343
    affects:
      - {in: pip, package: pyyaml}
      - {in: debian 13, package: pyyaml}
  - id: CVE-2025-15467
    affects:
      - {in: amazon linux 2023, package: openssl-libs}
"""
BUILDER = """#!/bin/sh
echo ran >>"$(dirname "$0")/../../../runs"
cat "$1" >"$2/trivy.db"
time=2026-11-21T00:00:00Z
echo "{\\"Version\\":2,\\"UpdatedAt\\":\\"$time\\",\\"DownloadedAt\\":\\"$time\\"}" >"$2/metadata.json"
"""


class Workshop:
    """A stub ``go`` whose product copies the YAML and calls it a database."""

    def __init__(self, root: Path, monkeypatch: pytest.MonkeyPatch, *, fails: bool = False) -> None:
        self.cache = root / "cache"
        self.advisories = root / "advisories.yaml"
        self.advisories.write_text(ADVISORIES)
        self.module = root / "module"
        self._runs = root / "runs"
        for folder in (self.module, root / "bin"):
            folder.mkdir(exist_ok=True)
        for name in ("go.mod", "go.sum", "main.go"):
            (self.module / name).write_text(name)
        product = root / "product"
        product.write_text(BUILDER)
        product.chmod(0o755)
        go = root / "bin" / "go"
        body = (
            "echo 'no required module' >&2; exit 1"
            if fails
            else f'while [ "$1" != -o ]; do shift; done; cp {product} "$2"'
        )
        version = '[ "$1" != env ] || { echo go1.26.8; exit; }'
        go.write_text(f'#!/bin/sh\n{version}\necho "$PWD $GOFLAGS $*" >>{root}/builds\n{body}\n')
        go.chmod(0o755)
        self._builds = root / "builds"
        monkeypatch.setenv("PATH", f"{root}/bin:/usr/bin:/bin")

    def build(self) -> Path:
        return Fixture(self.advisories, self.module, self.cache).build()

    def builds(self) -> list[str]:
        return self._builds.read_text().splitlines()

    def runs(self) -> int:
        return len(self._runs.read_text().splitlines())


def test_a_fixture_is_marked_with_what_it_knows(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    facts = read(Workshop(tmp_path, monkeypatch).build())
    assert isinstance(facts, DatabaseFacts)
    assert facts.second_source == "fixture database of 2 advisories, collected 2026-11-21"
    assert facts.systems == ("amazon linux 2023", "debian 13")


def test_it_is_built_once_and_again_for_other_advisories(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workshop = Workshop(tmp_path, monkeypatch)
    first = workshop.build()
    assert workshop.build() == first
    assert (len(workshop.builds()), workshop.runs()) == (1, 1)
    workshop.advisories.write_text(ADVISORIES.replace("2026-11-21", "2026-11-22"))
    assert workshop.build() != first
    assert (len(workshop.builds()), workshop.runs()) == (1, 2)


def test_another_builder_makes_another_database(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workshop = Workshop(tmp_path, monkeypatch)
    first = workshop.build()
    (workshop.module / "main.go").write_text("changed")
    assert workshop.build() != first
    assert len(workshop.builds()) == 2


def test_the_builder_is_made_of_what_its_go_sum_names(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GOFLAGS", "-mod=mod")
    workshop = Workshop(tmp_path, monkeypatch)
    workshop.build()
    [call] = workshop.builds()
    assert call.startswith(f"{workshop.module}  build -mod=readonly -trimpath ")


def test_without_the_file_the_message_names_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workshop = Workshop(tmp_path, monkeypatch)
    workshop.advisories.unlink()
    with pytest.raises(ToolError) as caught:
        workshop.build()
    assert caught.value.what == "there is no fixture database"
    assert caught.value.why.endswith("advisories.yaml: No such file or directory")


def test_a_builder_that_cannot_be_made_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workshop = Workshop(tmp_path, monkeypatch, fails=True)
    with pytest.raises(ToolError, match="go failed with exit code 1"):
        workshop.build()
    assert {path.name for path in workshop.cache.rglob("*")} == {"trivy-fixtures", ".lock"}


def test_without_go_the_message_is_that_of_tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    workshop = Workshop(tmp_path, monkeypatch)
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError, match="Go is not installed") as caught:
        workshop.build()
    assert caught.value.remedy.startswith("install Go 1.21 or newer: ")


def test_the_projects_own_advisories_name_their_sources(project_root: Path) -> None:
    content = yaml.safe_load((project_root / "sbom" / "fixture-advisories.yaml").read_text())
    advisories = content["advisories"]
    assert len({advisory["id"] for advisory in advisories}) == len(advisories) >= 24
    for advisory in advisories:
        assert all(source.startswith("https://") for source in advisory["sources"]), advisory["id"]
        assert advisory["severity"].keys() <= {"ghsa", "nvd", "amazon"}, advisory["id"]
        for affected in advisory["affects"]:
            ranges = affected["in"] in {"pip", "go"}
            assert ("vulnerable" in affected) == ranges
            assert ("fixed" in affected) == (not ranges)
