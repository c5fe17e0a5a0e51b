import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockage.errors import UsageError
from lockage.model import ids

HEX = "0123456789abcdef"


@given(st.text(HEX, min_size=64, max_size=64))
def test_a_digest_is_taken_as_it_is(text: str) -> None:
    assert ids.digest(f"sha256:{text}") == f"sha256:{text}"


@pytest.mark.parametrize(
    "text",
    ["latest", "sha256:", "sha256:" + "A" * 64, "sha256:" + "a" * 63, "sha256:" + "a" * 64 + "\n", "a" * 64],
)
def test_anything_else_is_refused_as_a_digest(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        ids.digest(text)
    assert repr(text) in caught.value.what
    assert "content" in caught.value.why


def test_short_commits_and_branches_are_refused() -> None:
    with pytest.raises(UsageError, match="not a full commit id: 'main'"):
        ids.commit_sha("main")
    assert ids.commit_sha("a" * 40) == "a" * 40


def test_a_release_is_named_by_its_content_only() -> None:
    with pytest.raises(UsageError, match="not a release id: 'v1'"):
        ids.release_id("v1")
    assert ids.release_id("0" * 64) == "0" * 64
