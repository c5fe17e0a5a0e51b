import re

import msgspec
import yaml
from unit.workflows.graphs import ROOT

SETTLED_DAYS = 7


class Cooldown(msgspec.Struct, frozen=True, rename="kebab"):
    default_days: int


class Update(msgspec.Struct, frozen=True, rename="kebab"):
    package_ecosystem: str
    cooldown: Cooldown
    groups: dict[str, dict[str, list[str]]]
    directory: str = ""
    directories: list[str] = []


def updates() -> list[Update]:
    written = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text())
    return msgspec.convert(written["updates"], list[Update])


def test_updates_settle_for_a_week_and_come_grouped() -> None:
    for update in updates():
        assert update.cooldown.default_days >= SETTLED_DAYS
        assert [group["patterns"] for group in update.groups.values()] == [["*"]]


def test_everything_pinned_is_kept_up_to_date() -> None:
    pinned = {
        "github-actions": [ROOT / ".github" / "workflows" / "release.yml"],
        "uv": [ROOT / "uv.lock"],
        "docker": [*ROOT.glob("images/*/Dockerfile")],
        "gomod": [*ROOT.glob("tools/*/go.mod")],
        "terraform": [path for path in ROOT.glob("terraform/**/versions.tf") if ".terraform" not in path.parts],
    }
    covered = {update.package_ecosystem: update.directories or [update.directory] for update in updates()}
    for ecosystem, files in pinned.items():
        patterns = [pattern.replace("*", "[^/]+") for pattern in covered[ecosystem]]
        assert files
        for file in files:
            folder = "/" + str(file.parent.relative_to(ROOT)).removeprefix(".github/workflows").removeprefix(".")
            assert any(re.fullmatch(pattern, folder) for pattern in patterns), f"{file} is not kept up to date"
