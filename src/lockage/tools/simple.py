"""Source distributions, found through an index's Simple API and fetched by hash; nothing of them is looked into.

https://packaging.python.org/en/latest/specifications/simple-repository-api/
"""

import warnings
from collections.abc import Collection, Sequence
from pathlib import Path

import msgspec

from lockage.tools.download import Page, Unreachable, download, read
from lockage.tools.index import Index, authorization, default_index, without_credentials
from lockage.tools.locked import sha256_of
from lockage.tools.uv import DependencyError

_ACCEPTED = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
_JSON = "application/vnd.pypi.simple.v1+json"
_SUFFIXES = (".tar.gz", ".tgz", ".tar.bz2", ".tar.xz", ".zip")


class Sought(msgspec.Struct, frozen=True, kw_only=True):
    """A locked package whose source distribution is to be fetched."""

    name: str
    version: str
    hashes: Collection[str]
    """64 hex digits each, of every file that the lock names."""

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class _File(msgspec.Struct, frozen=True):
    name: str
    url: str
    sha256: str
    """Empty when the index does not say."""


def fetch(sought: Sought, index: Index | None, into: Path) -> Path:
    """Put a package's source distribution into a folder, as ``<name>-<version>`` and its suffix.

    Args:
        sought: the package.
        index: where it comes from; the default index if not said.
        into: the folder.

    Raises:
        DependencyError: the index has none, or none of the locked bytes, or cannot be reached.
    """
    from pypi_simple import PYPI_SIMPLE_ENDPOINT  # noqa: PLC0415 - half a second, for sdists only

    index = index or default_index(PYPI_SIMPLE_ENDPOINT)
    try:
        file = _chosen(sought, _offered(sought, index), index)
        target = into / f"{sought.name}-{sought.version}{_suffix(file.name)}"
        download(file.url, target, authorization(index, file.url))
    except Unreachable as error:
        raise DependencyError(
            f"the sdist of {sought} cannot be fetched",
            why=f"{error}, asked for {_shown(index)}",
            remedy="see the line above; where the network is at fault, run this again",
        ) from error
    found = sha256_of(target)
    if found not in sought.hashes:
        target.unlink()
        raise _other_bytes(sought, f"{file.name} of {_shown(index)} has sha256 {found}")
    return target


def _offered(sought: Sought, index: Index) -> list[_File]:
    """The source distributions of the version, in the order of their names."""
    address = without_credentials(f"{index.url.rstrip('/')}/{sought.name}/")
    page = read(address, {"Accept": _ACCEPTED, **authorization(index, address)})
    return sorted(_sdists(sought, page, index), key=lambda file: file.name)


def _sdists(sought: Sought, page: Page, index: Index) -> list[_File]:
    from packaging.utils import canonicalize_version  # noqa: PLC0415 - as in fetch
    from pypi_simple import ProjectPage, UnsupportedRepoVersionError  # noqa: PLC0415 - as in fetch

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # of newer minor versions of the API, which add and take nothing away
            if page.kind.partition(";")[0].strip() == _JSON:
                found = ProjectPage.from_json_data(msgspec.json.decode(page.body), page.url)
            else:
                found = ProjectPage.from_html(sought.name, page.body, page.url)
    except (ValueError, msgspec.DecodeError, UnsupportedRepoVersionError) as error:
        raise DependencyError(
            f"{_shown(index)} answers with something that is no page of a Simple API",
            why=f"{page.url}: {error}",
            remedy="correct the index's url: it is the address to which a package's name is added",
        ) from error
    version = canonicalize_version(sought.version)
    return [
        _File(name=one.filename, url=one.url, sha256=one.digests.get("sha256", ""))
        for one in found.packages
        if one.package_type == "sdist" and canonicalize_version(one.version or "") == version
    ]


def _chosen(sought: Sought, offered: Sequence[_File], index: Index) -> _File:
    if not offered:
        raise DependencyError(
            f"there is no sdist of {sought}",
            why=f"{_shown(index)} has none of this version",
            remedy="take it out of from_source in lockage.yaml, if it has a wheel; or lock a version that has an sdist",
        )
    known = [file for file in offered if file.sha256 in sought.hashes] or [file for file in offered if not file.sha256]
    if not known:
        told = ", ".join(f"{file.name} with sha256 {file.sha256}" for file in offered)
        raise _other_bytes(sought, f"{_shown(index)} offers {told}")
    return known[0]


def _other_bytes(sought: Sought, why: str) -> DependencyError:
    locked = "\n".join(sorted(sought.hashes))
    return DependencyError(
        f"the sdist of {sought} is not one that the lock names",
        why=f"{why}\nlocked are {locked}",
        remedy="do not lock again before you know why: a published file never changes its bytes by itself",
    )


def _suffix(name: str) -> str:
    found = next((suffix for suffix in _SUFFIXES if name.endswith(suffix)), "")
    if not found:
        raise DependencyError(
            f"{name} is packed in a way that is not known",
            why=f"known are {', '.join(_SUFFIXES)}",
            remedy="lock a version that is packed as .tar.gz",
        )
    return found


def _shown(index: Index) -> str:
    return f"the index {index.name}" if index.name else f"the default index {without_credentials(index.url)}"
