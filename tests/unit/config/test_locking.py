import pytest

from lockage.config.locking import asked_path, command, in_its_folder

OPTIONS = "uv pip compile --universal --generate-hashes --no-emit-index-url"


@pytest.mark.parametrize("lock", ["a.lock", "f/a.lock", "f/a"])
def test_a_lock_is_made_of_what_stands_beside_it(lock: str) -> None:
    folder, _, name = lock.rpartition("/")
    assert asked_path(lock) == f"{folder}/a.in".removeprefix("/")
    assert command(lock) == f"{OPTIONS} --output-file {name} a.in"


@pytest.mark.parametrize(
    ("lock", "made_by", "typed"),
    [
        ("f/a.lock", "x --output-file a.lock a.in", "cd f && x --output-file a.lock a.in"),
        ("f/a.lock", "x a.in --output-file a.lock", "cd f && x a.in --output-file a.lock"),
        ("f/a.lock", "x --output-file f/a.lock f/a.in", "x --output-file f/a.lock f/a.in"),
        ("a.lock", "x --output-file a.lock a.in", "x --output-file a.lock a.in"),
    ],
)
def test_a_command_is_typed_where_its_names_hold(lock: str, made_by: str, typed: str) -> None:
    assert in_its_folder(lock, made_by) == typed
