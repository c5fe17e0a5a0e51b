"""Libraries and symbol versions: what every load in an artifact needs, and who serves it; pure."""

import posixpath
from collections import defaultdict
from collections.abc import Iterable, Iterator

from lockage.inspect.native.case import Case
from lockage.inspect.native.extensions import is_extension
from lockage.inspect.native.facts import Elf
from lockage.inspect.native.loader import Load, Loader
from lockage.inspect.native.remark import Remark
from lockage.inspect.native.systems import System
from lockage.inspect.native.versions import family, newest, number

Loads = tuple[Load, ...]

_BUNDLE = "take a wheel that bundles what it needs, or put that into a layer's lib/ (LD_LIBRARY_PATH has /opt/lib)"
_LEAD_THERE = "give what needs it a RUNPATH that leads from $ORIGIN to its folder"


def loads_of(case: Case) -> Loads:
    """What happens when each entry is loaded.

    Entries are extension modules, programs, and libraries that no other object brings in: those are opened by name. A
    library that others bring in is seen as they bring it in, for it may stand on what they have loaded or inherit
    their RPATH. Of libraries that only bring in each other, the first by name stands for all.
    """
    loader = Loader(case.tree, case.system, case.target.machine)
    loads = {elf.path: loader.load(elf) for elf in case.loadable}
    brought = frozenset(path for load in loads.values() for path in load.reached)
    entries = [elf.path for elf in case.loadable if elf.path not in brought or _is_entry(elf)]
    covered = {path for entry in entries for path in (entry, *loads[entry].reached)}
    for path in sorted(loads):
        if path not in covered:
            entries.append(path)
            covered |= {path, *loads[path].reached}
    return tuple(loads[entry] for entry in entries)


def _is_entry(elf: Elf) -> bool:
    return elf.form == "program" or is_extension(elf.path)


def libraries(case: Case, loads: Loads) -> Iterator[Remark]:
    """Libraries that the loader will not find."""
    brought = {bond.name for load in loads for bond in load.bonds if isinstance(bond.by, Elf)}
    places = defaultdict(list)
    for elf in case.loadable:
        for name in {posixpath.basename(elf.path), elf.soname}:
            places[name].append(elf.path)
    for user, name in sorted({gap for load in loads for gap in load.missing}):
        yield _missing(case, user, name, places.get(name, ()), by_others=name in brought)


def _missing(case: Case, user: str, name: str, places: Iterable[str], *, by_others: bool) -> Remark:
    inside = ", ".join(sorted(places))
    if by_others:
        return Remark(
            path=user,
            kind="order",
            weight="note",
            needs=name,
            has=f"it finds {inside} only if another module that brings it in was imported first",
            remedy="import that module first, as its package does; the import check shows whether it is",
        )
    if name in case.system.unconfirmed:
        return Remark(
            path=user,
            kind="library",
            weight="doubt",
            needs=name,
            has=f"the image of {case.system.name} has it, Lambda's managed runtime may not",
            remedy=_BUNDLE,
        )
    nowhere = f"neither the artifact nor {case.system.name} has it"
    return Remark(
        path=user,
        kind="library",
        weight="mistake",
        needs=name,
        has=f"it lies at {inside}, where the loader does not look" if inside else nowhere,
        remedy=_LEAD_THERE if inside else _BUNDLE,
    )


def symbols(case: Case, loads: Loads) -> Iterator[Remark]:
    """Symbol versions that the libraries found do not define."""
    seen: set[tuple[str, str]] = set()
    for load in loads:
        serving = {bond.name: bond.by for bond in load.bonds}
        for path in (load.entry, *sorted(load.reached)):
            for library, versions in _by_library(case.tree.objects[path]).items():
                server = serving.get(library)
                if server is None or (path, library) in seen:
                    continue
                seen.add((path, library))
                yield from _lacking(case, path, library, versions, server)


def _by_library(elf: Elf) -> dict[str, list[str]]:
    required: dict[str, list[str]] = defaultdict(list)
    for library, version in elf.requires:
        required[library].append(version)
    return required


def _lacking(case: Case, path: str, library: str, versions: list[str], server: Elf | System) -> Iterator[Remark]:
    by_family: dict[str, list[str]] = defaultdict(list)
    for version in versions:
        if not _offered(server, version):
            by_family[family(version)].append(number(version))
    for name, numbers in by_family.items():
        known = isinstance(server, Elf) or name in server.versions
        yield Remark(
            path=path,
            kind="version",
            weight="mistake" if known else "doubt",
            needs=f"{name}_{newest(numbers)} of {library}",
            has=_offer(server, name),
            remedy=f"take a wheel for {case.platform_tag} or older, or build it in the image of the runtime",
        )


def _offered(server: Elf | System, version: str) -> bool:
    if isinstance(server, Elf):
        return not server.defines or version in server.defines
    return number(version) in server.versions.get(family(version), frozenset())


def _offer(server: Elf | System, name: str) -> str:
    if isinstance(server, Elf):
        return f"{server.path} does not define it"
    return (
        f"{server.name} has {server.offers(name)}" if name in server.versions else f"{server.name} is not known for it"
    )


def highest_glibc(case: Case) -> str:
    """The highest GLIBC version that any object needs, such as ``2.17``; empty when none needs any."""
    objects = case.tree.objects.values()
    required = (version for elf in objects for _, version in elf.requires if family(version) == "GLIBC")
    return newest(number(version) for version in required)
