"""What we ask of Syft, where no Syft is needed to see it."""

from pathlib import Path

import pytest
from fakes.scanner import tool

from lockage.errors import ToolError
from lockage.tools.syft import Syft


@pytest.mark.parametrize("root", ["/dev/shm/lockage-sbom-1/root", "/tmp/../proc/1", "/run/user/0/x", "/sys"])
def test_a_tree_where_syft_does_not_look_is_refused(root: str) -> None:
    syft = Syft(tool("syft", "1.51.0"), Path("syft.yaml"))
    with pytest.raises(ToolError, match="syft cannot describe what is unpacked in ") as caught:
        syft.describe_tree(Path(root), "shop", Path("cdx.json"), Path("spdx.json"))
    assert "passes over everything below /dev, /proc, /run, /sys" in caught.value.why
    assert "TMPDIR" in caught.value.remedy
