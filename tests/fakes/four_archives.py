"""Four archives for the gate, as there are four images: clean, failing, failing but excepted, and one that lies."""

from fakes.archives import Files, Package, put_archive
from lockage.model.artifact import Artifact
from lockage.model.dist import DistDir

NEW_JINJA = Package(name="jinja2", version="3.1.6")
OLD_JINJA = Package(name="jinja2", version="2.10", modules={"jinja2/_loaders.py": b"loaders = 1\n"})
MARKUPSAFE = Package(name="MarkupSafe", version="3.0.3")
STOWAWAY = Package(name="stowaway", version="1.0")


def put_clean(dist: DistDir, name: str) -> Artifact:
    """Nothing is known against its packages."""
    return put_archive(dist, name, [NEW_JINJA, MARKUPSAFE])


def put_failing(dist: DistDir, name: str) -> Artifact:
    """An old jinja2: one HIGH (CVE-2019-10906) and two MEDIUM."""
    return put_archive(dist, name, [OLD_JINJA, MARKUPSAFE])


def put_lying(dist: DistDir, name: str) -> Artifact:
    """The same, made to look like the clean one, with a file changed and a package that nobody locked."""
    return put_archive(dist, name, [OLD_JINJA, MARKUPSAFE], spoil=_lie)


def _lie(files: Files) -> None:
    metadata = f"{OLD_JINJA.info}/METADATA"
    files[metadata] = files[metadata].replace(b"Version: 2.10", b"Version: 3.1.6")
    files["jinja2/_loaders.py"] = b"loaders = 2\n"
    files.update(STOWAWAY.installed())
