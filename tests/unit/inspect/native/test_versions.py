from hypothesis import given
from hypothesis import strategies as st

from lockage.inspect.native.versions import family, newest, number

NUMBERS = st.lists(st.integers(0, 120), min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts)))


def parts(version: str) -> tuple[int, ...]:
    """As numbers, without zeros that say nothing."""
    numbers = [int(part) for part in version.split(".")]
    while numbers and not numbers[-1]:
        numbers.pop()
    return tuple(numbers)


@given(st.lists(NUMBERS, min_size=1))
def test_versions_are_ordered_as_numbers_not_as_text(versions: list[str]) -> None:
    assert parts(newest(versions)) == max(map(parts, versions))


@given(st.lists(NUMBERS, min_size=1), st.sampled_from(["PRIVATE", "ABI_DT_RELR", "FLOAT128"]))
def test_a_word_ranks_below_every_number(versions: list[str], word: str) -> None:
    assert newest([word, *versions]) != word
    assert newest([word]) == word


def test_nothing_has_no_newest() -> None:
    assert newest([]) == ""


def test_a_version_has_a_family_and_a_number() -> None:
    assert (family("GLIBCXX_3.4.29"), number("GLIBCXX_3.4.29")) == ("GLIBCXX", "3.4.29")
    assert (family("GLIBC_ABI_DT_RELR"), number("GLIBC_ABI_DT_RELR")) == ("GLIBC", "ABI_DT_RELR")
