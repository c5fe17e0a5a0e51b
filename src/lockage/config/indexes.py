"""Mistakes of meaning about where packages come from: addresses, and names that two indexes would answer for."""

from urllib.parse import urlsplit

from lockage.config.document import Document, Place
from lockage.config.schema import Project

_THIS_MACHINE = {"localhost", "127.0.0.1", "::1"}
_ALL = "*"


def check(project: Project, document: Document) -> None:
    """Record every mistake."""
    seen: dict[str, str] = {}
    for name, index in project.indexes.items():
        _url(document, ("indexes", name, "url"), index.url)
        for number, names in enumerate(index.packages):
            here = ("indexes", name, "packages", number)
            for other, owner in seen.items():
                if _meet(names, other):
                    document.mistake(
                        here, f"{names!r} is listed by {owner!r} too, as {other!r}; a package has one index"
                    )
            seen.setdefault(names, name)


def index_of(project: Project, package: str) -> str | None:
    """The name of the index that a package comes from; None for the default one."""
    for name, index in project.indexes.items():
        if any(_covers(names, package) for names in index.packages):
            return name
    return None


def _covers(names: str, package: str) -> bool:
    return package.startswith(names[:-1]) if names.endswith(_ALL) else package == names


def _meet(one: str, other: str) -> bool:
    """Whether some package is meant by both."""
    return _covers(one, other.removesuffix(_ALL)) or _covers(other, one.removesuffix(_ALL))


def _url(document: Document, place: Place, url: str) -> None:
    try:
        parts = urlsplit(url)
        host = parts.hostname
    except ValueError as error:
        document.mistake(place, f"is no address: {error}")
        return
    if parts.username is not None or parts.password is not None:
        variables = "UV_INDEX_<NAME>_USERNAME and UV_INDEX_<NAME>_PASSWORD"
        document.mistake(place, f"holds credentials; they belong in the environment, as {variables}")
    if parts.query or parts.fragment:
        document.mistake(place, "has more than an address: leave out what begins with ? or #")
    if parts.scheme == "http" and host not in _THIS_MACHINE:
        document.mistake(place, "is not https, so that credentials would be sent for everyone to read")
