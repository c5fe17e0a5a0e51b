import base64
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from fakes.index import PackageIndex, sdist
from fakes.tools import Publisher, sha256

from lockage.tools.index import Index
from lockage.tools.simple import Sought, fetch
from lockage.tools.uv import DependencyError

CONTENT = sdist("doc-opt", "0.6.2", {"setup.py": "raise SystemExit('ran')"})
SOUGHT = Sought(name="doc-opt", version="0.6.2", hashes={sha256(CONTENT), "0" * 64})


@pytest.fixture
def offered() -> Iterator[PackageIndex]:
    index = PackageIndex()
    yield index
    index.close()


def internal(offered: PackageIndex) -> Index:
    return Index(name="internal", url=f"{offered.url}/")


def refused(offered: PackageIndex, into: Path) -> DependencyError:
    with pytest.raises(DependencyError) as caught:
        fetch(SOUGHT, internal(offered), into)
    assert list(into.iterdir()) == []
    return caught.value


@pytest.mark.parametrize("name", ["doc-opt-0.6.2.tar.gz", "doc_opt-0.6.2.tar.gz", "Doc.Opt-0.6.2.0.tar.gz"])
@pytest.mark.parametrize("stated", [None, ""])
def test_the_locked_sdist_is_fetched_whether_the_index_tells_its_hash_or_not(
    offered: PackageIndex, tmp_path: Path, name: str, stated: str | None
) -> None:
    offered.add("doc-opt", "doc_opt-0.6.2-py3-none-any.whl", b"a wheel")
    offered.add("doc-opt", "doc_opt-0.6.1.tar.gz", b"another version")
    offered.add("doc-opt", name, CONTENT, stated=stated)
    found = fetch(SOUGHT, internal(offered), tmp_path)
    assert found == tmp_path / "doc-opt-0.6.2.tar.gz"
    assert found.read_bytes() == CONTENT


def test_a_page_in_json_is_read_too(tmp_path: Path) -> None:
    publisher = Publisher()
    files = [{"filename": "doc_opt-0.6.2.tar.gz", "url": "../../doc.tar.gz", "hashes": {"sha256": sha256(CONTENT)}}]
    page = {"meta": {"api-version": "1.9"}, "name": "doc-opt", "files": files}
    kind = {"Content-Type": "application/vnd.pypi.simple.v1+json; charset=utf-8"}
    publisher.publish("/far/simple/doc-opt/", json.dumps(page).encode(), headers=kind)
    publisher.publish("/simple/doc-opt/", b"", status=302, headers={"Location": "/far/simple/doc-opt/"})
    publisher.publish("/far/doc.tar.gz", CONTENT)
    fetch(SOUGHT, Index(url=f"{publisher.url}/simple"), tmp_path)
    publisher.close()
    assert publisher.asked == ["/simple/doc-opt/", "/far/simple/doc-opt/", "/far/doc.tar.gz"]


def test_without_an_index_the_default_one_is_asked(
    offered: PackageIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    offered.add("doc-opt", "doc_opt-0.6.2.tar.gz", CONTENT)
    monkeypatch.setenv("UV_DEFAULT_INDEX", offered.url)
    assert fetch(SOUGHT, None, tmp_path).read_bytes() == CONTENT


def test_credentials_are_sent_to_the_index_and_to_nobody_else(
    offered: PackageIndex, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UV_INDEX_INTERNAL_USERNAME", "me")
    monkeypatch.setenv("UV_INDEX_INTERNAL_PASSWORD", "secret")
    elsewhere = Publisher()
    link = f'<a href="{elsewhere.publish("/doc_opt-0.6.2.tar.gz", CONTENT)}">doc_opt-0.6.2.tar.gz</a>'
    offered.page("doc-opt", link)
    fetch(SOUGHT, internal(offered), tmp_path)
    elsewhere.close()
    assert offered.authorizations == [f"Basic {base64.b64encode(b'me:secret').decode()}"]
    assert elsewhere.authorizations == [None]


def test_an_index_without_the_version_is_named(offered: PackageIndex, tmp_path: Path) -> None:
    offered.add("doc-opt", "doc_opt-0.6.2-py3-none-any.whl", b"a wheel")
    error = refused(offered, tmp_path)
    assert error.what == "there is no sdist of doc-opt 0.6.2"
    assert error.why == "the index internal has none of this version"
    assert "take it out of from_source" in error.remedy


def test_other_bytes_than_locked_are_not_even_fetched(offered: PackageIndex, tmp_path: Path) -> None:
    offered.add("doc-opt", "doc_opt-0.6.2.tar.gz", b"other bytes")
    error = refused(offered, tmp_path)
    assert error.what == "the sdist of doc-opt 0.6.2 is not one that the lock names"
    assert error.why.startswith(
        f"the index internal offers doc_opt-0.6.2.tar.gz with sha256 {sha256(b'other bytes')}\nlocked are 0000"
    )
    assert offered.asked == ["/simple/doc-opt/"]


@pytest.mark.parametrize("stated", ["", f"sha256={sha256(CONTENT)}"], ids=["nothing", "its own"])
def test_an_index_that_lies_about_a_hash_is_found_out(offered: PackageIndex, tmp_path: Path, stated: str) -> None:
    offered.add("doc-opt", "doc_opt-0.6.2.tar.gz", b"other bytes", stated=stated)
    error = refused(offered, tmp_path)
    assert error.why.startswith(f"doc_opt-0.6.2.tar.gz of the index internal has sha256 {sha256(b'other bytes')}")
    assert error.remedy.startswith("do not lock again before you know why")


def test_a_package_that_is_not_there_is_told_with_its_index(offered: PackageIndex, tmp_path: Path) -> None:
    error = refused(offered, tmp_path)
    assert error.what == "the sdist of doc-opt 0.6.2 cannot be fetched"
    assert error.why == "127.0.0.1 answered 404, asked for the index internal"


def test_a_page_that_is_none_is_told(tmp_path: Path) -> None:
    publisher = Publisher()
    publisher.publish("/simple/doc-opt/", b"{", headers={"Content-Type": "application/vnd.pypi.simple.v1+json"})
    with pytest.raises(DependencyError) as caught:
        fetch(SOUGHT, Index(url=f"{publisher.url}/simple"), tmp_path)
    publisher.close()
    assert (
        caught.value.what
        == f"the default index {publisher.url}/simple answers with something that is no page of a Simple API"
    )


def test_an_odd_kind_of_archive_is_refused(offered: PackageIndex, tmp_path: Path) -> None:
    offered.add("doc-opt", "doc_opt-0.6.2.tar.Z", CONTENT)
    error = refused(offered, tmp_path)
    assert error.what == "doc_opt-0.6.2.tar.Z is packed in a way that is not known"
