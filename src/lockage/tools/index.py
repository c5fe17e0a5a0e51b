"""Package indexes: where they are, and with which credentials this machine asks them.

uv and our own downloads ask the same index in the same way, as uv's environment variables have it.
"""

import os
import re
from base64 import b64encode
from urllib.parse import unquote, urlsplit

import msgspec

KEPT = re.compile(
    r"UV_(CACHE_DIR|NO_CACHE|OFFLINE|DEFAULT_INDEX|INDEX_URL|INDEX_\w+_(USERNAME|PASSWORD)|KEYRING_PROVIDER"
    r"|CREDENTIALS_DIR|NATIVE_TLS|SYSTEM_CERTS|INSECURE_HOST|HTTP_\w+|REQUEST_TIMEOUT|CONCURRENT_\w+)"
)
"""Variables of uv that say how this machine reaches an index; any other could choose packages behind a lock's back."""


class Index(msgspec.Struct, frozen=True, kw_only=True):
    """A package index."""

    name: str = ""
    """As ``lockage.yaml`` calls it, and uv the variables that hold its credentials."""
    url: str
    """Where its Simple API is."""


def default_index(otherwise: str) -> Index:
    """The index of whatever comes from no other, as uv takes it from the environment.

    Args:
        otherwise: where it is if the environment does not say.
    """
    said = os.environ.get("UV_DEFAULT_INDEX") or os.environ.get("UV_INDEX_URL") or otherwise
    name, named, url = said.partition("=")
    return Index(name=name, url=url) if named and "/" not in name else Index(url=said)


def authorization(index: Index, url: str) -> dict[str, str]:
    """The header with which an address is asked: an index's credentials go to no other server than its own."""
    ours, theirs = urlsplit(index.url), urlsplit(url)
    if (ours.scheme, ours.hostname, ours.port) != (theirs.scheme, theirs.hostname, theirs.port):
        return {}
    variable = f"UV_INDEX_{re.sub(r'[^A-Z0-9]', '_', index.name.upper())}"
    user = unquote(ours.username or "") or os.environ.get(f"{variable}_USERNAME", "")
    password = unquote(ours.password or "") or os.environ.get(f"{variable}_PASSWORD", "")
    if not user and not password:
        return {}
    return {"Authorization": f"Basic {b64encode(f'{user}:{password}'.encode()).decode()}"}


def without_credentials(url: str) -> str:
    """An address as it may be shown, and asked."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl()
