import re
from pathlib import Path

import msgspec
import pytest

from lockage.errors import UsageError
from lockage.model.tool import UsedTool
from lockage.tools.lock import ToolsLock, load

LOCK = load()


@pytest.mark.parametrize("name", LOCK.pins)
def test_the_lock_and_the_module_pin_the_same_version(name: str) -> None:
    pin = LOCK.pin(name)
    module = LOCK.module(name)[0].read_text()
    required = dict(re.findall(r"^(?:require )?\s*(\S+) v(\S+)", module, re.MULTILINE))
    assert f"\ntool {pin.package}\n" in module
    assert [version for path, version in required.items() if f"{pin.package}/".startswith(f"{path}/")] == [pin.version]


@pytest.mark.parametrize("name", LOCK.pins)
def test_every_module_is_pinned_byte_for_byte(name: str) -> None:
    lines = LOCK.module(name)[1].read_text().splitlines()
    assert lines
    assert all(re.fullmatch(r"\S+ v\S+ h1:[A-Za-z0-9+/]{43}=", line) for line in lines)


@pytest.mark.parametrize("name", ["trivy", "syft", "opa"])
def test_what_looks_into_images_has_a_release_of_its_version(name: str) -> None:
    pin = LOCK.pin(name)
    assert pin.release is not None
    assert pin.release.url.startswith("https://")
    assert f"/v{pin.version}/" in pin.release.url
    assert (pin.release.sha256 == pin.release.program_sha256) == (pin.release.member == "")


def test_an_unknown_tool_is_named_with_its_nearest(lock: ToolsLock) -> None:
    with pytest.raises(UsageError) as caught:
        lock.pin("scaner")
    assert caught.value.render() == (
        "error: no tool called 'scaner' is locked\n"
        f"  why:  {lock.folder}/tools.toml names pusher, scanner\n"
        "  next: did you mean 'scanner'?"
    )


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ('[scanner]\nversion = "1"\n', "missing required field `package`"),
        ('[scanner]\nversion = "1"\npackage = "p"\nsource = "x"\n', "unknown field `source`"),
        ('[s]\nversion="1"\npackage="p"\n[s.release]\nurl="https://x"\nsha256="ab"\nprogram_sha256="cd"\n', "regex"),
        ("[scanner\n", "line 1"),
    ],
)
def test_a_lock_that_is_none_is_refused(tmp_path: Path, text: str, why: str) -> None:
    (tmp_path / "tools.toml").write_text(text)
    with pytest.raises(UsageError, match="the tools lock cannot be read") as caught:
        load(tmp_path)
    assert why in caught.value.why


def test_a_missing_lock_is_named(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        load(tmp_path)
    assert str(tmp_path / "tools.toml") in caught.value.why


def test_what_a_program_s_bytes_say_of_it(lock: ToolsLock) -> None:
    release = lock.pin("scanner").release
    assert release is not None
    assert lock.used("scanner", release.program_sha256) == UsedTool(
        name="scanner", version="1.2.3", source="release", sha256=release.program_sha256
    )
    for name in ("scanner", "pusher"):
        assert lock.used(name, "0" * 64).source == "module"


def test_every_part_of_a_pin_is_in_its_identity(lock: ToolsLock) -> None:
    before = lock.identity("scanner")
    bumped = msgspec.structs.replace(lock.pin("scanner"), version="1.2.4")
    assert msgspec.structs.replace(lock, pins={"scanner": bumped}).identity("scanner") != before
    lock.module("scanner")[1].write_text("another dependency\n")
    assert lock.identity("scanner") != before
