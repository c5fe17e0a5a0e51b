import os
import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockage.inspect.native.paths import LinkLoop, follow, within

NAMES = st.sampled_from(["a", "b", "c"])
PATHS = st.lists(st.one_of(NAMES, st.just(".."), st.just(".")), min_size=1, max_size=4).map("/".join)


@given(links=st.dictionaries(st.tuples(NAMES, NAMES), PATHS, max_size=6), asked=PATHS)
def test_links_are_followed_as_the_kernel_does(links: dict[tuple[str, str], str], asked: str) -> None:
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder).resolve()
        for outer in ("a", "b", "c"):
            (root / outer).mkdir()
        for (outer, inner), written in links.items():
            (root / outer / inner).symlink_to(written)
        known = {f"{root}/{outer}/{inner}": written for (outer, inner), written in links.items()}
        try:
            end = follow(f"{root}/{asked}", known)
        except LinkLoop:
            assert not (root / asked).exists()
        else:
            assert end == os.path.realpath(root / asked)


def test_a_chain_as_long_as_the_kernel_follows_is_no_loop() -> None:
    chain = {f"/{number}": f"/{number + 1}" for number in range(40)}
    assert follow("/0", chain) == "/40"
    with pytest.raises(LinkLoop):
        follow("/0", {**chain, "/40": "/41"})


@pytest.mark.parametrize(
    ("path", "expected"),
    [("/opt", True), ("/opt/lib", True), ("/optics", False), ("/var/task/../x", True), ("/", False)],
)
def test_within_means_below_and_not_beside(path: str, expected: bool) -> None:  # noqa: FBT001 - a table
    assert within(path, ("/var/task", "/opt")) is expected
