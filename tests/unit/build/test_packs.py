from pathlib import Path

import pytest

from lockage.build.archive import entry
from lockage.build.packs import PackStore


@pytest.fixture
def store(tmp_path: Path) -> PackStore:
    tmp_path.joinpath("packs").mkdir()
    return PackStore(tmp_path / "packs")


ENTRIES = (entry("a/__init__.py", b""), entry("a/run", b"#!" * 100, executable=True))


def test_a_pack_comes_back_as_it_was_put_there(store: PackStore) -> None:
    store.add("k", ENTRIES)
    found = store.find("k")
    assert found is not None
    assert [(one[:-1], bytes(one.data)) for one in found.entries] == [(one[:-1], one.data) for one in ENTRIES]
    assert found.size == 200


def test_a_pack_of_nothing_is_a_pack(store: PackStore) -> None:
    store.add("k", ())
    found = store.find("k")
    assert found is not None
    assert found.entries == ()


def test_what_was_never_there_is_not_found(store: PackStore, tmp_path: Path) -> None:
    assert store.find("k") is None
    assert PackStore(tmp_path / "nowhere").find("k") is None


@pytest.mark.parametrize("name", ["data", "index.json"])
@pytest.mark.parametrize("content", [b"", b"x" * 10])
def test_a_pack_that_changed_since_is_none_and_can_be_made_anew(store: PackStore, name: str, content: bytes) -> None:
    store.add("k", ENTRIES)
    (store.place / "k" / name).write_bytes(content)
    assert store.find("k") is None
    store.add("k", ENTRIES)
    assert store.find("k") is not None


def test_a_pack_that_lacks_a_part_is_none(store: PackStore) -> None:
    store.add("k", ENTRIES)
    (store.place / "k" / "data").unlink()
    assert store.find("k") is None


def test_a_pack_is_found_by_every_name_that_it_was_given(store: PackStore) -> None:
    store.add("old", ENTRIES[:1])
    store.add("k", ENTRIES)
    for _ in range(2):
        store.name("old", "k")
    found = PackStore(store.place).find("old")
    assert found is not None
    assert len(found.entries) == 2
    assert {path.name for path in store.place.iterdir()} == {"old", "k"}


def test_a_name_of_a_pack_that_is_gone_finds_nothing(store: PackStore) -> None:
    store.add("k", ENTRIES)
    store.name("one", "k")
    (store.place / "k" / "data").unlink()
    assert PackStore(store.place).find("one") is None
