"""What decides how complete a report is stands on Trivy's command line, where no file and no variable overrules it."""

from pathlib import Path

import pytest

from lockage.tools.locked import Tool
from lockage.tools.trivy import Trivy

ARGUMENTS = """#!/bin/sh
for argument; do echo "$argument"; done > "$(dirname "$0")/arguments"
"""


@pytest.fixture
def trivy(tmp_path: Path) -> Trivy:
    program = tmp_path / "trivy"
    program.write_text(ARGUMENTS)
    program.chmod(0o755)
    tool = Tool(name="trivy", path=program, version="0.74.0", source="release", sha256="e" * 64)
    return Trivy(tool, tmp_path / "trivy.yaml")


def test_a_scan_says_itself_that_it_leaves_nothing_out(trivy: Trivy, tmp_path: Path) -> None:
    trivy.scan(tmp_path / "layout", "platform", tmp_path / "cache", tmp_path / "findings.json")
    said = (tmp_path / "arguments").read_text().splitlines()
    for flag in (
        "--format=json",
        "--list-all-pkgs=true",
        "--severity=UNKNOWN,LOW,MEDIUM,HIGH,CRITICAL",
        "--scanners=vuln",
        "--pkg-types=os,library",
        "--show-suppressed=true",
        "--ignore-unfixed=false",
        "--offline-scan=true",
        "--skip-db-update=true",
        "--skip-java-db-update=true",
        "--skip-vex-repo-update=true",
        "--exit-code=0",
    ):
        assert flag in said
    assert said[said.index("--input") + 1] == "platform"
