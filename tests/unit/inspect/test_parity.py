import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockage.inspect.parity import Difference, File, Kind, components, kinds, merged, parity

PATHS = st.text("abc/", min_size=1, max_size=6)
FILES = st.dictionaries(
    PATHS, st.builds(File, st.text("0f", min_size=2, max_size=2), st.sampled_from(["package", "source"]))
)


@given(FILES)
def test_whatever_is_the_same_has_no_difference(files: dict[str, File]) -> None:
    assert parity(files, dict(reversed(files.items()))) == ()


@given(FILES, FILES)
def test_every_difference_is_found_and_which_is_first_does_not_matter(
    one: dict[str, File], other: dict[str, File]
) -> None:
    found = parity(one, other)
    hashes = [{path: file.sha256 for path, file in files.items()} for files in (one, other)]
    assert {difference.path for difference in found} == {path for path, _ in hashes[0].items() ^ hashes[1].items()}
    mirrored = [Difference(path=each.path, one=each.other, other=each.one) for each in found]
    assert list(parity(other, one)) == mirrored
    assert [difference.path for difference in found] == sorted(difference.path for difference in found)


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("dashboard/handler.py", "source"),
        ("dashboard/items.json", "source"),
        ("dashboard/__pycache__/handler.cpython-313.pyc", "bytecode"),
        ("boto3/__init__.py", "package"),
        ("boto3/__pycache__/__init__.cpython-313.pyc", "package"),
        ("dashboards/x.pyc", "package"),
        ("six.py", "package"),
    ],
)
def test_a_file_is_told_by_the_folder_it_stands_in(path: str, kind: Kind) -> None:
    assert kinds({path: "a"}, ["dashboard", "common"]) == {path: File("a", kind)}


def test_bytecode_of_own_sources_may_be_in_one_only_and_that_of_packages_may_not() -> None:
    archive = kinds({"app/a.py": "1", "pkg/b.py": "2", "pkg/__pycache__/b.pyc": "3"}, ["app"])
    image = {**archive, **kinds({"app/__pycache__/a.pyc": "4"}, ["app"])}
    assert parity(image, archive) == ()
    del archive["pkg/__pycache__/b.pyc"]
    assert parity(image, archive) == (Difference(path="pkg/__pycache__/b.pyc", one="3", other=""),)


@pytest.mark.parametrize(
    ("one", "other", "line"),
    [
        ("a" * 64, "", "x.py: only the image has it"),
        ("", "a" * 64, "x.py: only the zip has it"),
        ("a" * 64, "b" * 64, "x.py: aaaaaaaaaaaa in the image, bbbbbbbbbbbb in the zip"),
    ],
)
def test_a_difference_names_who_has_what(one: str, other: str, line: str) -> None:
    assert Difference(path="x.py", one=one, other=other).render("the image", "the zip") == line


def test_components_say_what_they_are_by_their_metadata() -> None:
    files = [
        "typing_extensions-4.16.0.dist-info/METADATA",
        "typing_extensions-4.16.0.dist-info/RECORD",
        "Ruamel.Yaml-1.0rc1.dist-info/METADATA",
        "zope-interface/METADATA",
        "vendored/six-1.0.dist-info/METADATA",
    ]
    assert components(files) == {"typing-extensions": "4.16.0", "ruamel-yaml": "1.0rc1"}


def test_of_two_files_of_one_name_the_first_place_s_is_imported() -> None:
    task, layer = {"a.py": File("1", "source")}, {"a.py": File("2", "package"), "b.py": File("3", "package")}
    assert merged([task, layer]) == {"a.py": File("1", "source"), "b.py": File("3", "package")}
