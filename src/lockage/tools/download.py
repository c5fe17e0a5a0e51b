"""Downloads, as this machine reaches others; a tool's release is held to both hashes of the lock and laid down."""

import shutil
import ssl
import tarfile
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import reduce
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urljoin, urlsplit

import urllib3

from lockage.errors import ToolError
from lockage.tools.lock import Release
from lockage.tools.locked import check_sha256

_CONNECT_SECONDS = 4.0
_READ_SECONDS = 15.0
_CHUNK = 1 << 20
_RETRY = urllib3.Retry(connect=0, read=1, redirect=5, status=1, status_forcelist={502, 503, 504}, backoff_factor=0.5)


class Unreachable(Exception):  # noqa: N818 - no error yet: there may be a second way to it
    """Something cannot be downloaded from here; the text says why in one line."""


class Page(NamedTuple):
    """What a server answered."""

    url: str
    """Where it was found in the end."""
    kind: str
    """Its content type, as the server says it."""
    body: bytes


def take(release: Release, program: Path) -> None:
    """Download a release's asset beside ``program`` and put its program there.

    Raises:
        Unreachable: the asset could not be downloaded whole.
        ToolError: asset or program are not the locked ones. They are refused and removed; that is no reason to
            take another way, for somebody may have put them there.
    """
    asset = program.with_name("asset")
    try:
        download(release.url, asset)
        check_sha256(asset, release.sha256, name=release.url, remedy=_REFUSED)
        if release.member:
            _extract(release, asset, program)
        else:
            asset.rename(program)
        label = f"{release.member} in {release.url}" if release.member else release.url
        check_sha256(program, release.program_sha256, name=label, remedy=_REFUSED)
    except ToolError:
        program.unlink(missing_ok=True)
        raise
    finally:
        asset.unlink(missing_ok=True)
    program.chmod(0o755)


_REFUSED = (
    "find out what serves this file (a proxy's sign-in page, a mirror, a replaced release);\n"
    "change tools/tools.toml only if the publisher says that the file is meant to be another"
)


def download(url: str, target: Path, headers: Mapping[str, str] | None = None) -> None:
    """Put what is at an address into a file; the headers go to no other server, wherever it redirects.

    Raises:
        Unreachable: it could not be downloaded whole.
    """
    with _asked(url, headers) as answer, target.open("wb") as file:
        shutil.copyfileobj(answer, file, _CHUNK)


def read(url: str, headers: Mapping[str, str] | None = None) -> Page:
    """What is at an address; as :func:`download`.

    Raises:
        Unreachable: it could not be read whole.
    """
    with _asked(url, headers) as answer:
        history = answer.retries.history if answer.retries else ()
        place = reduce(urljoin, (step.redirect_location for step in history if step.redirect_location), url)
        return Page(url=place, kind=answer.headers.get("Content-Type", ""), body=answer.data)


@contextmanager
def _asked(url: str, headers: Mapping[str, str] | None) -> Iterator[urllib3.BaseHTTPResponse]:
    timeout = urllib3.Timeout(connect=_CONNECT_SECONDS, read=_READ_SECONDS)
    try:
        with (
            _pool(url) as pool,
            pool.request("GET", url, headers=headers, preload_content=False, timeout=timeout, retries=_RETRY) as answer,
        ):
            if answer.status != 200:  # noqa: PLR2004 - HTTP's OK
                raise Unreachable(f"{urlsplit(url).hostname} answered {answer.status}")
            yield answer
    except urllib3.exceptions.HTTPError as error:
        raise Unreachable(_in_short(error)) from error


def _pool(url: str) -> urllib3.PoolManager:
    """Connections as this machine makes them: its certificate authorities and its proxy, by the usual variables."""
    parts = urlsplit(url)
    context = ssl.create_default_context()
    proxy = urllib.request.getproxies().get(parts.scheme)
    if proxy and not urllib.request.proxy_bypass(parts.hostname or ""):
        return urllib3.ProxyManager(proxy, ssl_context=context)
    return urllib3.PoolManager(ssl_context=context)


def _in_short(error: Exception) -> str:
    """The root of urllib3's nested errors, which wrap the telling one."""
    reason = getattr(error, "reason", None)
    return _in_short(reason) if isinstance(reason, Exception) else str(error).partition("): ")[2] or str(error)


def _extract(release: Release, asset: Path, program: Path) -> None:
    try:
        with tarfile.open(asset, "r:gz") as archive, program.open("wb") as target:
            source = archive.extractfile(release.member)
            if source is not None:
                shutil.copyfileobj(source, target, _CHUNK)
                return
            reason = "it is no regular file"
    except (KeyError, tarfile.TarError) as error:
        reason = str(error)
    raise ToolError(
        f"{release.url} holds no program {release.member!r}",
        why=reason,
        remedy="name the program's path in the archive as `member` in tools/tools.toml",
    )
