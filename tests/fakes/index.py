"""A package index on loopback, and packages to put into it."""

import base64
import hashlib
import io
import tarfile
import zipfile
from collections.abc import Mapping

from fakes.tools import Publisher, sha256


class PackageIndex:
    """Serves the Simple API's pages in HTML, as any folder of files can be served."""

    def __init__(self) -> None:
        self._publisher = Publisher()
        self._files: dict[str, dict[str, str]] = {}
        self.url = f"{self._publisher.url}/simple"

    @property
    def asked(self) -> list[str]:
        """Paths that were asked for, in order."""
        return self._publisher.asked

    @property
    def authorizations(self) -> list[str | None]:
        """What was sent as credentials, likewise."""
        return self._publisher.authorizations

    def add(self, name: str, file: str, content: bytes, *, stated: str | None = None) -> str:
        """Offer a file; what a lock says of it: ``--hash=sha256:…``.

        Args:
            name: the package's.
            file: its name, which tells version and kind.
            content: its bytes.
            stated: what the page says of its hash, if not the truth; "" for nothing.
        """
        fragment = f"sha256={sha256(content)}" if stated is None else stated
        self._publisher.publish(f"/files/{file}", content)
        files = self._files.setdefault(name, {})
        files[file] = f'<a href="../../files/{file}{"#" if fragment else ""}{fragment}">{file}</a>'
        self.page(name, "".join(files.values()))
        return f"--hash=sha256:{sha256(content)}"

    def page(self, name: str, links: str) -> None:
        """Say of a package what is wanted."""
        page = f"<!DOCTYPE html><html><body>{links}</body></html>"
        self._publisher.publish(f"/simple/{name}/", page.encode(), headers={"Content-Type": "text/html"})

    def close(self) -> None:
        """Stop serving."""
        self._publisher.close()


def wheel(name: str, version: str, files: Mapping[str, str], *, tag: str = "py3-none-any") -> bytes:
    """A wheel as the specification has it."""
    about = f"{name.replace('-', '_')}-{version}.dist-info"
    content = {
        **files,
        f"{about}/METADATA": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n",
        f"{about}/WHEEL": f"Wheel-Version: 1.0\nGenerator: fake\nRoot-Is-Purelib: true\nTag: {tag}\n",
    }
    record = "".join(f"{path},{_hashed(text)},{len(text.encode())}\n" for path, text in content.items())
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for path, text in {**content, f"{about}/RECORD": f"{record}{about}/RECORD,,\n"}.items():
            archive.writestr(zipfile.ZipInfo(path), text)
    return packed.getvalue()


def sdist(name: str, version: str, files: Mapping[str, str]) -> bytes:
    """A source distribution: its files in a folder of its name."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w:gz") as archive:
        for path, text in {**files, "PKG-INFO": f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"}.items():
            member = tarfile.TarInfo(f"{name}-{version}/{path}")
            member.size = len(text.encode())
            archive.addfile(member, io.BytesIO(text.encode()))
    return packed.getvalue()


def _hashed(text: str) -> str:
    return "sha256=" + base64.urlsafe_b64encode(hashlib.sha256(text.encode()).digest()).rstrip(b"=").decode()
