"""``nox -s build scan``, as a user types it: the verbs of both sessions on a project that was never built."""

import shutil
from pathlib import Path

import pytest
from fakes.gate_project import ROOT
from fakes.shop import Shop

pytestmark = [pytest.mark.docker, pytest.mark.tools]


def test_what_was_just_built_is_scanned_and_so_is_what_replaces_it(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shop = Shop(tmp_path / "shop", functions={"well": ""})
    shutil.copytree(ROOT / "sbom", shop.root / "sbom")
    for text in ("", "CHANGED = True\n"):
        shop.write("functions/shop/well.py", text)
        shop.lockage("build")
        shop.lockage("scan", "--database", "fixture")
        for name in ("shop", "one", "two"):
            verdict = shop.dist.read_verdict(name)
            assert (verdict.outcome, verdict.artifact) == ("pass", shop.dist.read_artifact(name).digest)
    described = [line for line in capsys.readouterr().err.splitlines() if " sbom " in line]
    assert len(described) == 4, "all three, then the one that changed"
