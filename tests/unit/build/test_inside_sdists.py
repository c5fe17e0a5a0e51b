import bz2
import gzip
import io
import lzma
import os
import tarfile
import zipfile
from pathlib import Path

import pytest
from fakes.index import sdist

from lockage.build.inside import sdists

PIP = """\
import pathlib, sys
*options, place = sys.argv[1:]
source = pathlib.Path(place)
print("pip", *options, source.name, f"umask={source.stat().st_mode & 0o22:o}")
if (source / "fails").exists():
    sys.exit("no compiler")
wheels = pathlib.Path(options[options.index("--wheel-dir") + 1])
(wheels / f"{source.name}-py3-none-any.whl").write_text(str(source))
"""


@pytest.fixture
def place(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a pip on the path that writes down where it built."""
    (tmp_path / "path" / "pip").mkdir(parents=True)
    (tmp_path / "path" / "pip" / "__main__.py").write_text(PIP)
    (tmp_path / "sdists").mkdir()
    monkeypatch.setenv("PYTHONPATH", str(tmp_path / "path"))
    monkeypatch.setattr(sdists, "PLACE", tmp_path / "place")
    return tmp_path


def run(place: Path) -> int:
    before = os.umask(0o077)
    try:
        return sdists.main(str(place / "sdists"), str(place / "wheels"))
    finally:
        os.umask(before)


def packed_as_zip(*names: str) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in names:
            archive.writestr(name, "")
    return packed.getvalue()


def test_every_sdist_becomes_a_wheel_in_a_place_of_a_fixed_name(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (place / "sdists" / "six-1.0.tar.gz").write_bytes(sdist("six", "1.0", {"setup.py": ""}))
    (place / "sdists" / "old-2.zip").write_bytes(packed_as_zip("old-2/setup.py", "old-2/with..dots"))
    assert run(place) == 0
    assert {path.name: path.read_text() for path in (place / "wheels").iterdir()} == {
        "six-1.0-py3-none-any.whl": f"{place}/place/six-1.0/six-1.0",
        "old-2-py3-none-any.whl": f"{place}/place/old-2/old-2",
    }
    said = capfd.readouterr().out.splitlines()
    assert [line.split()[-2:] for line in said] == [["old-2", "umask=0"], ["six-1.0", "umask=0"]]
    assert "--isolated --no-index --no-deps --no-build-isolation --check-build-dependencies" in said[0]
    assert [path.name for path in place.rglob("with..dots")] == ["with..dots"]


def test_the_first_that_does_not_build_is_named_last(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (place / "sdists" / "bad-1.tar.gz").write_bytes(sdist("bad", "1", {"fails": ""}))
    (place / "sdists" / "six-1.0.tar.gz").write_bytes(sdist("six", "1.0", {}))
    assert run(place) == 1
    assert capfd.readouterr().err == "no compiler\nbad-1.tar.gz does not build\n"
    assert list((place / "wheels").iterdir()) == []


def packed(*names: str, kind: bytes = tarfile.REGTYPE, target: str = "") -> bytes:
    content = io.BytesIO()
    with tarfile.open(fileobj=content, mode="w:gz") as archive:
        for name in names:
            member = tarfile.TarInfo(name)
            member.type, member.linkname = kind, target
            archive.addfile(member)
    return content.getvalue()


@pytest.mark.parametrize(
    ("content", "why"),
    [
        (b"<html>", "cannot be unpacked"),
        (packed("../../escaped"), "would be extracted to"),
        (packed("x-1/link", kind=tarfile.SYMTYPE, target="/etc/passwd"), "is a link to an absolute path"),
        (packed("x-1/link", kind=tarfile.SYMTYPE, target="../../out"), "would link to"),
        (packed("setup.py"), "is no sdist: it holds 0 folders where one is to be"),
        (packed("x-1/setup.py", "y-1/setup.py"), "is no sdist: it holds 2 folders where one is to be"),
    ],
    ids=["no archive", "a way out", "an absolute link", "a link out", "no folder", "two folders"],
)
def test_what_is_no_sdist_or_leads_out_of_it_is_named(
    place: Path, capfd: pytest.CaptureFixture[str], content: bytes, why: str
) -> None:
    (place / "sdists" / "x-1.tar.gz").write_bytes(content)
    assert run(place) == 1
    said = capfd.readouterr().err
    assert said.startswith("x-1.tar.gz ")
    assert why in said
    assert not list(place.rglob("escaped"))
    assert list((place / "wheels").iterdir()) == []


@pytest.mark.parametrize("way_out", ["../../escaped", "/escaped", "x-1/../../escaped"])
def test_a_zip_that_leads_out_of_its_folder_is_named_and_not_unpacked(
    place: Path, capfd: pytest.CaptureFixture[str], way_out: str
) -> None:
    (place / "sdists" / "x-1.zip").write_bytes(packed_as_zip("x-1/setup.py", way_out))
    assert run(place) == 1
    assert capfd.readouterr().err == f"x-1.zip cannot be unpacked: {way_out!r} leads out of it\n"
    assert list(place.rglob("escaped")) == list(place.rglob("setup.py")) == list((place / "wheels").iterdir()) == []


def test_what_is_no_zip_is_named(place: Path, capfd: pytest.CaptureFixture[str]) -> None:
    (place / "sdists" / "x-1.zip").write_bytes(b"<html>")
    assert run(place) == 1
    assert capfd.readouterr().err == "x-1.zip cannot be unpacked: File is not a zip file\n"


SETUP = sdist("x", "1", {"setup.py": "".join(map(str, range(40_000)))})
HALF = SETUP[: len(SETUP) // 2]
XZ = lzma.compress(gzip.decompress(SETUP))
ENCRYPTED = bytearray(packed_as_zip("x-1/setup.py"))
ENCRYPTED[6] |= 1  # the flag, in the entry and in the directory
ENCRYPTED[ENCRYPTED.index(b"PK\x01\x02") + 8] |= 1


@pytest.mark.parametrize(
    ("suffix", "content"),
    [
        (".tar.gz", HALF),
        (".tar.gz", HALF + HALF),
        (".tar.xz", XZ[:-2000] + bytes(8) + XZ[-1992:]),
        (".tar.bz2", bz2.compress(gzip.decompress(SETUP))[:-20]),
        (".zip", bytes(ENCRYPTED)),
    ],
    ids=["cut short", "damaged", "damaged xz", "cut short bz2", "encrypted"],
)
def test_what_was_damaged_is_named(place: Path, capfd: pytest.CaptureFixture[str], suffix: str, content: bytes) -> None:
    (place / "sdists" / f"x-1{suffix}").write_bytes(content)
    assert run(place) == 1
    assert capfd.readouterr().err.startswith(f"x-1{suffix} cannot be unpacked: ")
