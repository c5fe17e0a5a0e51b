"""No setting of the scanner may hide a finding from the gate."""

from pathlib import Path

import pytest

from lockage.config.mistakes import ConfigError
from lockage.errors import UsageError
from lockage.gate.scanner_config import hold_complete


@pytest.fixture
def config(tmp_path: Path, project_root: Path) -> Path:
    copy = tmp_path / "trivy.yaml"
    copy.write_text((project_root / "sbom" / "trivy.yaml").read_text())
    return copy


def refused(config: Path) -> str:
    with pytest.raises(ConfigError) as caught:
        hold_complete(config)
    return caught.value.why


def test_the_projects_own_leaves_nothing_out(config: Path) -> None:
    hold_complete(config)


def test_the_order_of_a_list_does_not_matter(config: Path) -> None:
    text = config.read_text()
    config.write_text(text.replace("[os, library]", "[library, os]"))
    assert config.read_text() != text
    hold_complete(config)


FILTERS = {
    "ignore-policy: allow.rego": "ignore-policy",
    "ignorefile: .trivyignore": "ignorefile",
    "ignore-status: [affected]": "ignore-status",
    "vulnerability.ignore-status: [affected]": "vulnerability.ignore-status",
    "vex: [vex.json]": "vex",
    "scan: {skip-dirs: [/var]}": "scan.skip-dirs",
    "timeout: 1s": "timeout",
}


@pytest.mark.parametrize("line", FILTERS)
def test_a_setting_that_is_not_known_to_be_harmless_is_refused_with_its_line(config: Path, line: str) -> None:
    """Written where it belongs: a repeated key would be refused for that alone."""
    text = config.read_text()
    above, _, setting = line.partition(": {") if ": {" in line else ("", "", "")
    if above:
        text = text.replace(f"{above}:\n", f"{above}:\n  {setting.removesuffix('}')}\n")
    elif line.startswith("vulnerability."):
        text = text.replace("vulnerability:\n", f"vulnerability:\n  {line.removeprefix('vulnerability.')}\n")
    else:
        text += f"{line}\n"
    config.write_text(text)
    number = next(n for n, one in enumerate(text.splitlines(), 1) if f"{FILTERS[line].rpartition('.')[2]}:" in one)
    assert f"{config}:{number}: {FILTERS[line]}: not a setting that a complete report has" in refused(config)


OTHERWISE = {
    "severity": ("[UNKNOWN, LOW, MEDIUM, HIGH, CRITICAL]", "[CRITICAL]", "[UNKNOWN, LOW, MEDIUM, HIGH, CRITICAL]"),
    "pkg.types": ("[os, library]", "[library]", "[os, library]"),
    "scan.scanners": ("[vuln]", "[secret]", "[vuln]"),
    "scan.show-suppressed": ("show-suppressed: true", "show-suppressed: false", "true"),
    "vulnerability.ignore-unfixed": ("ignore-unfixed: false", "ignore-unfixed: true", "false"),
    "list-all-pkgs": ("list-all-pkgs: true", "list-all-pkgs: false", "true"),
    "exit-code": ("exit-code: 0", "exit-code: false", "0"),
}


@pytest.mark.parametrize("key", OTHERWISE)
def test_a_setting_that_leaves_something_out_is_refused(config: Path, key: str) -> None:
    right, wrong, wanted = OTHERWISE[key]
    text = config.read_text()
    assert right in text
    config.write_text(text.replace(right, wrong))
    assert f"{key}: must be {wanted}; else findings could be left out unseen" in refused(config)


def test_a_setting_that_is_left_to_the_scanner_is_refused(config: Path) -> None:
    text = config.read_text()
    config.write_text("".join(line for line in text.splitlines(keepends=True) if "severity:" not in line))
    assert "severity: [UNKNOWN, LOW, MEDIUM, HIGH, CRITICAL] is missing" in refused(config)


def test_without_the_file_nothing_is_scanned(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"trivy\.yaml does not exist"):
        hold_complete(tmp_path / "trivy.yaml")
