import importlib.util
import stat
from pathlib import Path
from types import ModuleType

import pytest
from hypothesis import given
from hypothesis import strategies as st

PATH = Path(__file__).parents[3] / "images/base/harden.py"


def load() -> ModuleType:
    spec = importlib.util.spec_from_file_location("harden", PATH)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


harden = load()


@pytest.mark.parametrize(
    ("mode", "kept"),
    [
        (stat.S_IFREG | 0o4755, 0o755),  # /usr/bin/su
        (stat.S_IFREG | 0o2755, 0o755),  # /usr/bin/chage
        (stat.S_IFREG | 0o666, 0o664),
        (stat.S_IFREG | 0o644, 0o644),
        (stat.S_IFDIR | 0o1777, 0o1777),  # /tmp
        (stat.S_IFDIR | 0o777, 0o775),
        (stat.S_IFDIR | 0o2775, 0o2775),  # a folder that hands its group on lets nobody act as another
    ],
)
def test_bits_that_lend_power_go_and_the_rest_stays(mode: int, kept: int) -> None:
    assert harden.hardened(mode) == kept


@given(st.integers(0, 0o7777), st.sampled_from([stat.S_IFREG, stat.S_IFDIR]))
def test_hardening_only_takes_and_only_once(mode: int, kind: int) -> None:
    kept = harden.hardened(kind | mode)
    assert kept & ~mode == 0
    assert harden.hardened(kind | kept) == kept
    assert not kept & stat.S_ISUID


@pytest.mark.parametrize(
    ("name", "goes"), [("pip", True), ("pip3", True), ("pip3.13", True), ("pipesz", False), ("pip-audit", False)]
)
def test_only_pip_s_own_programs_go(name: str, *, goes: bool) -> None:
    assert (harden.PIP.fullmatch(name) is not None) is goes
