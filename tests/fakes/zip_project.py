"""A project of zips that share a lock, in a git tree of its own, for builds by the real engine."""

import subprocess
from collections.abc import Mapping
from pathlib import Path

import msgspec

from fakes.shop import pinned_runtime
from lockage.cli.main import main_inner
from lockage.model.dist import DistDir


class ZipProject:
    """The project.

    Args:
        root: gets it.
        lock: the lock's text.
        platforms: of each zip, by its name.
    """

    def __init__(self, root: Path, lock: str, platforms: Mapping[str, str]) -> None:
        self.root, self.dist = root, DistDir(root / "dist")
        files = {
            "api/handler.py": "def handle(event, context): ...\n",
            "api/probe.json": "{}\n",
            "api/requirements.lock": lock,
            "lockage.yaml": msgspec.json.encode(_declared(platforms)).decode(),
        }
        for name, content in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(content)
        subprocess.run(["git", "init", "--quiet", root], check=True)  # noqa: S603 - the test's own words

    def lockage(self, verb: str, *names: str) -> None:
        """Run a verb on it."""
        main_inner([verb, "--project", str(self.root / "lockage.yaml"), *names])


def _declared(platforms: Mapping[str, str]) -> dict[str, object]:
    shared = {"sources": ["api"], "requirements": "api/requirements.lock"}
    return {
        "version": 1,
        "project": "shop",
        "runtimes": {"python3.13": pinned_runtime()},
        "zips": {name: {"platform": platform, **shared} for name, platform in platforms.items()},
        "functions": {
            name: {"zip": name, "handler": "api.handler.handle", "probe": "api/probe.json"} for name in platforms
        },
        "registry": {"account": "222222222222", "region": "eu-central-1", "store": "shop-releases"},
        "environments": {"prod": {"account": "222222222222", "region": "eu-central-1"}},
    }
