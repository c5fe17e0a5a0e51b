import socket
from pathlib import Path

import msgspec
import pytest
from fakes.tools import PROGRAM, Publisher, archive, sha256

from lockage.errors import ToolError
from lockage.tools.download import Unreachable, take
from lockage.tools.lock import Release


@pytest.fixture
def program(tmp_path: Path) -> Path:
    (tmp_path / "made").mkdir()
    return tmp_path / "made" / "scanner"


def left_beside(program: Path) -> list[str]:
    return [path.name for path in program.parent.iterdir()]


def test_the_program_is_taken_out_of_its_archive(release: Release, program: Path) -> None:
    take(release, program)
    assert program.read_bytes() == PROGRAM
    assert program.stat().st_mode & 0o777 == 0o755
    assert left_beside(program) == ["scanner"]


def test_an_asset_may_be_the_program(publisher: Publisher, program: Path) -> None:
    url = publisher.publish("/scanner", PROGRAM)
    take(Release(url=url, sha256=sha256(PROGRAM), program_sha256=sha256(PROGRAM)), program)
    assert program.read_bytes() == PROGRAM


def test_a_redirect_is_followed(publisher: Publisher, release: Release, program: Path) -> None:
    moved = publisher.publish("/moved", b"", status=302, headers={"Location": release.url})
    take(msgspec.structs.replace(release, url=moved), program)
    assert program.read_bytes() == PROGRAM
    assert publisher.asked == ["/moved", "/scanner.tar.gz"]


def test_another_asset_is_refused_and_not_kept(publisher: Publisher, release: Release, program: Path) -> None:
    publisher.publish("/scanner.tar.gz", b"<html>sign in first</html>")
    with pytest.raises(ToolError) as caught:
        take(release, program)
    assert caught.value.what == f"{release.url} has the wrong checksum, and was not used"
    found = sha256(b"<html>sign in first</html>")
    assert caught.value.why == f"expected sha256 {release.sha256}\nfound    sha256 {found}"
    assert caught.value.remedy.startswith("find out what serves this file")
    assert left_beside(program) == []


def test_another_program_in_the_right_asset_is_refused(release: Release, program: Path) -> None:
    with pytest.raises(ToolError) as caught:
        take(msgspec.structs.replace(release, program_sha256="0" * 64), program)
    assert caught.value.what == f"scanner in {release.url} has the wrong checksum, and was not used"
    assert caught.value.why == f"expected sha256 {'0' * 64}\nfound    sha256 {sha256(PROGRAM)}"
    assert "tools.toml" in caught.value.remedy
    assert left_beside(program) == []


def test_an_archive_without_the_program_is_refused(publisher: Publisher, program: Path) -> None:
    asset = archive(LICENSE=b"free")
    url = publisher.publish("/scanner.tar.gz", asset)
    with pytest.raises(ToolError, match="holds no program 'scanner'"):
        take(Release(url=url, sha256=sha256(asset), member="scanner", program_sha256="0" * 64), program)
    assert left_beside(program) == []


def test_a_release_that_is_gone_is_unreachable(publisher: Publisher, release: Release, program: Path) -> None:
    with pytest.raises(Unreachable, match=r"127\.0\.0\.1 answered 404"):
        take(msgspec.structs.replace(release, url=publisher.url + "/gone"), program)


def test_a_server_that_is_not_there_is_unreachable(release: Release, program: Path) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nowhere = f"http://127.0.0.1:{unused.getsockname()[1]}/scanner"
        with pytest.raises(Unreachable, match="Connection refused"):
            take(msgspec.structs.replace(release, url=nowhere), program)


def test_a_download_that_breaks_off_is_unreachable(publisher: Publisher, release: Release, program: Path) -> None:
    publisher.publish("/scanner.tar.gz", b"half of it", headers={"Content-Length": "99999"})
    with pytest.raises(Unreachable):
        take(release, program)
    assert left_beside(program) == []


def test_the_machines_proxy_is_used(
    publisher: Publisher, release: Release, program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", publisher.url)
    publisher.answers["http://far.example/scanner.tar.gz"] = publisher.answers["/scanner.tar.gz"]
    take(msgspec.structs.replace(release, url="http://far.example/scanner.tar.gz"), program)
    assert publisher.asked == ["http://far.example/scanner.tar.gz"]


def test_unless_the_machine_exempts_the_host(
    publisher: Publisher, release: Release, program: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    take(release, program)
    assert publisher.asked == ["/scanner.tar.gz"]
