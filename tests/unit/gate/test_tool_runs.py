"""How Trivy and Syft are run: what they are told, and what is kept from them."""

import os
from pathlib import Path

import pytest

from lockage.errors import ToolError
from lockage.gate.database import brief
from lockage.tools.locked import Tool
from lockage.tools.syft import Syft
from lockage.tools.trivy import Trivy

SECRETS = ("AWS_SECRET_ACCESS_KEY", "AWS_WEB_IDENTITY_TOKEN_FILE", "ACTIONS_ID_TOKEN_REQUEST_TOKEN", "GITHUB_TOKEN")

COMPLETE = (
    "--format=json --list-all-pkgs=true --severity=UNKNOWN,LOW,MEDIUM,HIGH,CRITICAL --ignore-unfixed=false "
    "--scanners=vuln --pkg-types=os,library --show-suppressed=true --exit-code=0 --offline-scan=true "
    "--skip-db-update=true --skip-java-db-update=true --skip-vex-repo-update=true"
)
"""What a configuration file could switch off; the command line wins."""


class Stub:
    """A program that records its arguments, environment and folder, and ends as told."""

    def __init__(self, folder: Path, name: str, *, code: int = 0, says: str = "") -> None:
        self.record = folder / "record"
        program = folder / name
        program.write_text(
            f"#!/bin/sh\n{{ echo \"$*\"; env; echo \"FOLDER=$(ls -A | tr '\\n' ' ')\"; }} >{self.record}\n"
            f"echo '{says}' >&2\nexit {code}\n"
        )
        program.chmod(0o755)
        self.tool = Tool(name=name, path=program, version="1", source="release", sha256="0" * 64)

    def arguments(self) -> str:
        return self.record.read_text().splitlines()[0]

    def variables(self) -> dict[str, str]:
        lines = self.record.read_text().splitlines()[1:]
        return dict(line.split("=", 1) for line in lines if "=" in line)


@pytest.fixture(autouse=True)
def environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*SECRETS, "TRIVY_SEVERITY", "TRIVY_IGNOREFILE", "SYFT_EXCLUDE"):
        monkeypatch.setenv(name, "secret")


def test_trivy_scans_without_credentials_settings_or_ignore_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".trivyignore").write_text("CVE-2020-14343\n")
    monkeypatch.chdir(tmp_path)
    stub = Stub(tmp_path, "trivy")
    layout, cache, output = (tmp_path / part for part in ("a@b:c", "cache", "findings.json"))
    Trivy(stub.tool, Path("sbom/trivy.yaml")).scan(layout, "platform", cache, output)
    assert stub.arguments() == (
        f"image --quiet --skip-version-check --disable-telemetry --config {tmp_path}/sbom/trivy.yaml {COMPLETE} "
        f"--cache-dir {cache} --cache-backend memory --input platform --output {output}"
    )
    seen = stub.variables()
    assert not [name for name in seen if name in SECRETS or name.startswith(("AWS_", "TRIVY_"))]
    assert seen["FOLDER"].split() == ["platform"]
    assert seen["HOME"] == seen["PWD"] != os.environ["HOME"]


def test_trivy_scans_a_tree_for_what_is_installed_there(tmp_path: Path) -> None:
    stub = Stub(tmp_path, "trivy")
    tree = tmp_path / "alone" / "abc"
    tree.mkdir(parents=True)
    cache, output = tmp_path / "cache", tmp_path / "findings.json"
    Trivy(stub.tool, Path("/p/sbom/trivy.yaml")).scan_tree(tree, cache, output)
    assert stub.arguments() == (
        f"rootfs --quiet --skip-version-check --disable-telemetry --config /p/sbom/trivy.yaml {COMPLETE} "
        f"--cache-dir {cache} --cache-backend memory abc --output {output}"
    )
    seen = stub.variables()
    assert not [name for name in seen if name in SECRETS or name.startswith(("AWS_", "TRIVY_"))]
    assert seen["FOLDER"].split() == ["abc"]
    assert seen["HOME"] == seen["PWD"] == str(tree.parent)


def test_trivy_downloads_only_the_database(tmp_path: Path) -> None:
    stub = Stub(tmp_path, "trivy")
    Trivy(stub.tool, tmp_path / "trivy.yaml").download_database(tmp_path / "cache")
    assert stub.arguments() == (
        "image --quiet --skip-version-check --disable-telemetry --download-db-only --no-progress "
        f"--cache-dir {tmp_path}/cache"
    )
    assert not [name for name in stub.variables() if name.startswith(("AWS_", "TRIVY_"))]


@pytest.mark.parametrize("code", [1, 2, 10])
def test_any_exit_code_of_trivy_but_zero_is_a_failure_to_scan(tmp_path: Path, code: int) -> None:
    stub = Stub(tmp_path, "trivy", code=code, says="FATAL run error: invalid database")
    with pytest.raises(ToolError) as caught:
        Trivy(stub.tool, tmp_path / "c").scan(tmp_path, "x", tmp_path, tmp_path / "out")
    assert brief(caught.value) == f"trivy failed with exit code {code}: run error: invalid database"


def test_syft_writes_both_forms_in_one_run_without_credentials(tmp_path: Path) -> None:
    stub = Stub(tmp_path, "syft")
    cdx, spdx = tmp_path / "cdx", tmp_path / "spdx"
    Syft(stub.tool, tmp_path / "syft.yaml").describe(tmp_path / "layout", "platform", cdx, spdx)
    assert stub.arguments() == (
        f"scan oci-dir:{tmp_path}/layout --config {tmp_path}/syft.yaml --source-name platform --quiet "
        f"--output cyclonedx-json@1.6={cdx} --output spdx-json@2.3={spdx}"
    )
    seen = stub.variables()
    assert not [name for name in seen if name in SECRETS or name.startswith(("AWS_", "SYFT_"))]
    assert seen["HOME"] == seen["PWD"] != os.environ["HOME"]


def test_syft_describes_a_tree_by_paths_below_its_root(tmp_path: Path) -> None:
    stub = Stub(tmp_path, "syft")
    cdx, spdx = tmp_path / "cdx", tmp_path / "spdx"
    Syft(stub.tool, tmp_path / "syft.yaml").describe_tree(tmp_path / "root", "shop", cdx, spdx)
    assert stub.arguments() == (
        f"scan dir:{tmp_path}/root --base-path {tmp_path}/root --config {tmp_path}/syft.yaml --source-name shop "
        f"--quiet --output cyclonedx-json@1.6={cdx} --output spdx-json@2.3={spdx}"
    )
    assert not [name for name in stub.variables() if name in SECRETS or name.startswith(("AWS_", "SYFT_"))]
