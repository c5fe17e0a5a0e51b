"""A requirements lock: every package at one version, by hash, and in step with what was asked for."""

import re

import msgspec

from lockage.config.locking import command, in_its_folder
from lockage.errors import UsageError

_PIN = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?:\[[^\]]*\])?==(?P<version>[^\s;\\]+)")
_HASH = re.compile(r"--hash=sha256:[0-9a-f]{64}(?=\s|$)")
_MADE_BY = re.compile(r"^#\s+(uv pip compile .*)$", re.MULTILINE)
_SHA256 = "--hash=sha256:"
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class LockError(UsageError):
    """A requirements lock that does not hold what it should."""


class Pin(msgspec.Struct, frozen=True, kw_only=True):
    """One locked package."""

    name: str
    """Normalised as the packaging specifications say: lower case, single dashes."""
    version: str
    text: str
    """The requirement in one line, hashes and marker included."""
    line: int
    """From 1."""
    direct: bool
    """Whether the lock says that a requirements file, not another package, asked for it."""

    @property
    def hashes(self) -> tuple[str, ...]:
        """SHA-256 of every file that it may come from, 64 hex digits each, sorted."""
        words = (word for word in self.text.split() if word.startswith(_SHA256))
        return tuple(sorted({word.removeprefix(_SHA256) for word in words}))

    @property
    def marker(self) -> str:
        """What has to hold of a target for it to be taken; empty when it always is."""
        return self.text.partition(" --hash=")[0].partition(";")[2].strip()


def parse(path: str, text: str) -> tuple[Pin, ...]:
    """Read a lock as ``uv pip compile --generate-hashes`` writes it.

    Raises:
        LockError: a line is no ``name==version`` with at least one SHA-256; all of them are listed.
    """
    pins, mistakes = [], []
    for line, requirement, comments in _requirements(text):
        pin = _PIN.match(requirement)
        if not pin:
            mistakes.append(f"line {line}: {requirement.split()[0]} is not locked to one version of an index's package")
        elif not _HASH.search(requirement):
            mistakes.append(f"line {line}: {pin['name']}=={pin['version']} has no hash")
        else:
            direct = re.search(r"(?:via|#)\s+-r ", comments) is not None
            name = normalised(pin["name"])
            pins.append(Pin(name=name, version=pin["version"], text=requirement, line=line, direct=direct))
    if mistakes:
        raise LockError(
            f"{path} does not pin every package by hash", why="\n".join(mistakes), remedy=relock(path, text)
        )
    return tuple(pins)


def hold_in_step(path: str, text: str, pins: tuple[Pin, ...], asked: str) -> None:
    """Refuse a lock that does not answer the requirements beside it; needs no network.

    Args:
        path: the lock's.
        text: its own, which says how it was made.
        pins: what it holds.
        asked: text of the requirements file it was made from.

    Raises:
        LockError: something asked for is missing or at a version not asked for, or something is no longer asked for.
    """
    locked = {pin.name: pin for pin in pins}
    mistakes, names = [], set()
    for line, wanted, _ in _requirements(asked):
        name = _NAME.match(wanted)
        if not name:
            mistakes.append(f"line {line} of the requirements is no requirement: {wanted}")
            continue
        names.add(normalised(name[0]))
        pin = locked.get(normalised(name[0]))
        if pin is None:
            mistakes.append(f"{wanted} is asked for and not locked")
        elif not _answers(pin, wanted):
            mistakes.append(f"{wanted} is asked for, {pin.version} is locked")
    gone = (pin.name for pin in pins if pin.direct and pin.name not in names)
    mistakes += [f"{name} is locked and no longer asked for" for name in gone]
    if mistakes:
        raise LockError(f"{path} is out of date", why="\n".join(mistakes), remedy=relock(path, text))


def _answers(pin: Pin, text: str) -> bool:
    exact = _PIN.fullmatch(text)
    if exact and "*" not in text:
        return exact["version"] == pin.version
    from packaging.requirements import InvalidRequirement, Requirement  # noqa: PLC0415 - 30 ms, for ranges only

    try:
        return Requirement(text).specifier.contains(pin.version, prereleases=True)
    except InvalidRequirement:
        return False


def normalised(name: str) -> str:
    """https://packaging.python.org/en/latest/specifications/name-normalization/."""
    return re.sub(r"[-_.]+", "-", name).lower()


def _requirements(text: str) -> list[tuple[int, str, str]]:
    """First line, requirement with its continuation lines, and the comments that follow it."""
    found: list[tuple[int, str, str]] = []
    open_line = False
    for number, line in enumerate(text.splitlines(), start=1):
        code, _, comment = (" " + line).partition(" #")
        code = code.strip()
        continued, code = code.endswith("\\"), code.removesuffix("\\").strip()
        if code and open_line:
            first, so_far, comments = found[-1]
            found[-1] = (first, f"{so_far} {code}", comments)
        elif code:
            found.append((number, code, ""))
        if comment and found:
            first, so_far, comments = found[-1]
            found[-1] = (first, so_far, f"{comments}#{comment}\n")
        open_line = continued
    return found


def relock(path: str, text: str) -> str:
    """How to make a lock again: by the command that made it, which ``uv`` writes at its top."""
    made_by = _MADE_BY.search(text)
    return f"lock again: {in_its_folder(path, made_by[1] if made_by else command(path))}"
