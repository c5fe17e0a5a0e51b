"""One ELF object's headers, as pyelftools reads them, turned into facts.

``auditwheel.lddtree`` would read the same headers, but hands on only search paths that exist on this machine; and
``auditwheel.elfutils`` leaves out what is required of the dynamic loader itself, which has symbol versions too.
"""

from collections.abc import Iterator
from typing import IO, Any

from elftools.elf.dynamic import DynamicSegment
from elftools.elf.elffile import ELFFile
from elftools.elf.gnuversions import GNUVerDefSection, GNUVerNeedSection
from elftools.elf.segments import InterpSegment, NoteSegment

from lockage.inspect.native.facts import Elf, Form

MAGIC = b"\x7fELF"

_MACHINES = {("EM_X86_64", 64, True): "x86_64", ("EM_AARCH64", 64, True): "aarch64"}
_ISA_NEEDED = "GNU_PROPERTY_X86_ISA_1_NEEDED"
_ISA_LEVELS = ((8, "x86_64_v4"), (4, "x86_64_v3"), (2, "x86_64_v2"))
_MOST_VERSIONS = 100_000


def read_elf(path: str, stream: IO[bytes]) -> Elf:
    """The facts of one object; what cannot be parsed is said in ``trouble``, never left out.

    Args:
        path: where the function will see it.
        stream: its bytes; only headers are read.
    """
    try:
        return _facts(path, ELFFile(stream))
    except Exception as error:  # noqa: BLE001 - a damaged object fails in the parser in more ways than it documents
        why = ": ".join(filter(None, (type(error).__name__, str(error))))
        return Elf(path=path, trouble=f"it cannot be parsed as ELF ({why})")


def _facts(path: str, elf: ELFFile) -> Elf:
    machine = _machine(elf)
    tags = _dynamic(elf)
    runpath = _folders(tags, "DT_RUNPATH")
    interpreter = next((one.get_interp_name() for one in elf.iter_segments() if isinstance(one, InterpSegment)), "")
    return Elf(
        path=path,
        machine=machine,
        isa=_isa(elf, machine),
        form=_form(elf, interpreter),
        interpreter=interpreter,
        soname=next(iter(tags.get("DT_SONAME", ())), ""),
        needed=tuple(tags.get("DT_NEEDED", ())),
        rpath=() if runpath else _folders(tags, "DT_RPATH"),
        runpath=runpath,
        requires=tuple(_required(elf)),
        defines=frozenset(_defined(elf)),
        trouble=_unseen(elf, tags),
    )


def _machine(elf: ELFFile) -> str:
    machine, bits = str(elf["e_machine"]), int(elf.elfclass)
    return _MACHINES.get((machine, bits, bool(elf.little_endian)), f"{machine} ({bits}-bit)")


def _form(elf: ELFFile, interpreter: str) -> Form:
    kind = elf["e_type"]
    if kind == "ET_EXEC" or (kind == "ET_DYN" and interpreter):
        return "program"
    return "library" if kind == "ET_DYN" else "other"


def _dynamic(elf: ELFFile) -> dict[str, list[str]]:
    """Dynamic tags by name; those that name something, with the names."""
    found: dict[str, list[str]] = {}
    for segment in elf.iter_segments():
        if isinstance(segment, DynamicSegment):
            for tag in segment.iter_tags():
                kind = str(tag.entry.d_tag)
                found.setdefault(kind, []).append(str(getattr(tag, kind.removeprefix("DT_").lower(), "")))
    return found


def _folders(tags: dict[str, list[str]], kind: str) -> tuple[str, ...]:
    return tuple(folder for value in tags.get(kind, ()) for folder in value.split(":"))


def _required(elf: ELFFile) -> Iterator[tuple[str, str]]:
    section = elf.get_section_by_name(".gnu.version_r")
    if isinstance(section, GNUVerNeedSection):
        _hold_count(section)
        for library, versions in section.iter_versions():
            for version in versions:
                yield str(library.name), str(version.name)


def _defined(elf: ELFFile) -> Iterator[str]:
    section = elf.get_section_by_name(".gnu.version_d")
    if isinstance(section, GNUVerDefSection):
        _hold_count(section)
        for _, names in section.iter_versions():
            yield str(next(names).name)  # then come the versions that this one follows


def _hold_count(section: GNUVerNeedSection | GNUVerDefSection) -> None:
    if section.num_versions() > _MOST_VERSIONS:
        raise ValueError(f"{section.num_versions()} symbol versions")


def _isa(elf: ELFFile, machine: str) -> str:
    if machine != "x86_64":
        return machine
    needed = 0
    for segment in elf.iter_segments():
        if isinstance(segment, NoteSegment):
            for note in segment.iter_notes():
                if note["n_type"] == "NT_GNU_PROPERTY_TYPE_0":
                    needed |= _isa_bits(note["n_desc"])
    return next((name for bit, name in _ISA_LEVELS if needed & bit), machine)


def _isa_bits(properties: list[Any]) -> int:
    bits = 0
    for one in properties:
        if one.pr_type == _ISA_NEEDED:
            bits |= int(one.pr_data)
    return bits


def _unseen(elf: ELFFile, tags: dict[str, list[str]]) -> str:
    """Symbol versions that the loader would see and that we cannot: they are found by section headers."""
    for tag, section in (("DT_VERNEED", ".gnu.version_r"), ("DT_VERDEF", ".gnu.version_d")):
        if tag in tags and elf.get_section_by_name(section) is None:
            return "its section headers are stripped, so which symbol versions it needs cannot be read"
    return ""
