import pytest
from fakes.environment import make_release
from msgspec.structs import replace

from lockage.model.release import Release, Weight
from lockage.release.make import package_count
from lockage.release.trend import as_lines, as_markdown, trends

DASHBOARD = Weight(name="dashboard", size=20_000_000, unpacked=38_000_000, packages=19)


def weighed(*weights: Weight) -> Release:
    return replace(make_release("a"), weights=weights)


def test_what_changed_is_told_with_its_sign() -> None:
    heavier = replace(DASHBOARD, size=20_500_000, packages=18)
    (line,) = as_lines(trends(weighed(heavier), weighed(DASHBOARD)))
    assert line == "dashboard: 20.5 MB (+0.5) to push, 38.0 MB (=) unpacked, 18 (-1) packages"


@pytest.mark.parametrize("before", [None, make_release("b"), weighed(replace(DASHBOARD, name="other"))])
def test_what_was_not_there_or_not_weighed_is_new(before: Release | None) -> None:
    (line,) = as_lines(trends(weighed(DASHBOARD), before))
    assert line == "dashboard: 20.0 MB (new) to push, 38.0 MB (new) unpacked, 19 (new) packages"


def test_markdown_is_a_table_and_nothing_without_artifacts() -> None:
    table = as_markdown(trends(weighed(DASHBOARD), None)).splitlines()
    assert table[0] == "| artifact | to push | unpacked | packages |"
    assert len(table) == 3
    assert as_markdown(()) == ""


def test_packages_are_counted_once_and_files_not_at_all() -> None:
    bom = (
        b'{"components": [{"purl": "pkg:pypi/a@1"}, {"purl": "pkg:pypi/a@1"}, {"purl": "pkg:pypi/b@1"}, {"name": "f"}]}'
    )
    assert package_count(bom) == 2
    assert package_count(b"{}") == 0
