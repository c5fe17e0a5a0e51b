"""The package-level profile: what three witnesses agree on, small enough to be attested. CycloneDX 1.6; pure.

The full documents hold what Syft recognised and why; this one a line for every package, and what can be known of its
hash. A wheel's own can be known only where the lock names one file for it: which of several was taken, an installed
package does not tell, so all of them are named as what it may be made of. What it is now, its ``RECORD`` fixes.
"""

from collections.abc import Iterable, Mapping

from packageurl import PackageURL
from packaging.utils import canonicalize_version

from lockage.inspect.documents import RECORD, Document, Maker, Subject
from lockage.inspect.lock import Lock, Locked
from lockage.inspect.truth import Agreement
from lockage.plan.requirements import normalised

LOCK = "lockage:lock"
"""The property of the document that names a lock by path and hash."""

_Key = tuple[str, str]
_ONE_OF = "made of one of these files"
_KEPT = ("name", "version", "purl", "licenses", "hashes")


def profile(full: Document, subject: Subject, maker: Maker, agreement: Agreement) -> Document:
    """The profile of an artifact.

    Args:
        full: the CycloneDX document, finished.
        subject: what it is about.
        maker: of the full one.
        agreement: of lock, SBOM and metadata.
    """
    locked = {_key(one.name, one.version): one for one in agreement.lock.packages}
    records = {_key(one.name, one.version): one.record for one in agreement.packages}
    listed = {one["purl"]: one for one in full["components"] if one.get("purl")}
    return {
        "$schema": full["$schema"],
        "bomFormat": full["bomFormat"],
        "specVersion": full["specVersion"],
        "version": 1,
        "serialNumber": subject.identifier("packages"),
        "metadata": {**full["metadata"], "properties": [*maker.properties, *_locks(agreement.lock)]},
        "components": [_component(listed[purl], locked, records) for purl in sorted(listed)],
    }


def made_by(maker: Maker, lock: Lock, document: Document) -> bool:
    """Whether a profile, as it was written before, is this maker's and of these locks."""
    return bool(document.get("metadata", {}).get("properties") == [*maker.properties, *_locks(lock)])


def _locks(lock: Lock) -> list[dict[str, str]]:
    return [{"name": LOCK, "value": f"{one.name} {one.digest}"} for one in lock.files]


def _component(full: Document, locked: Mapping[_Key, Locked], records: Mapping[_Key, str]) -> Document:
    purl = PackageURL.from_string(full["purl"])
    key = _key(purl.name, purl.version or "") if purl.type == "pypi" else ("", "")
    kept = {name: full[name] for name in _KEPT if name in full}
    record = {"properties": [{"name": RECORD, "value": f"sha256:{records[key]}"}]} if key in records else {}
    return {"type": full["type"], "bom-ref": full["purl"], **kept, **_wheel(locked.get(key)), **record}


def _key(name: str, version: str) -> _Key:
    """Equal for equal packages, however they are written."""
    return normalised(name), canonicalize_version(version)


def _wheel(locked: Locked | None) -> Document:
    if locked is None:
        return {}
    hashes = _hashes(locked.hashes)
    if len(hashes) == 1 and not locked.built:
        return {"hashes": hashes}
    kind = "source-distribution" if locked.built else "distribution"
    return {"externalReferences": [{"type": kind, "url": _purl(locked), "comment": _ONE_OF, "hashes": hashes}]}


def _hashes(found: Iterable[str]) -> list[dict[str, str]]:
    return [{"alg": "SHA-256", "content": one} for one in found]


def _purl(locked: Locked) -> str:
    return PackageURL("pypi", None, locked.name, locked.version).to_string()
