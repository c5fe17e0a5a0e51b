"""An artifact's native code against a runtime: what fits, what does not, what cannot be told; pure."""

from collections.abc import Iterator

from lockage.inspect.native.case import Case
from lockage.inspect.native.extensions import extensions
from lockage.inspect.native.linking import libraries, loads_of, symbols
from lockage.inspect.native.paths import LinkLoop, follow, within
from lockage.inspect.native.remark import Remark


def judge(case: Case) -> tuple[Remark, ...]:
    """Everything there is to say, by path."""
    loads = loads_of(case)
    rules = (_files, _links, _machines, _interpreters, extensions, _wheels)
    remarks = [remark for rule in rules for remark in rule(case)]
    remarks += [*libraries(case, loads), *symbols(case, loads)]
    return tuple(sorted(remarks, key=lambda one: (one.path, one.kind, one.needs)))


def _files(case: Case) -> Iterator[Remark]:
    troubles = {path: f"it cannot be read: {why}" for path, why in case.tree.unread.items()}
    troubles |= {elf.path: elf.trouble for elf in case.tree.objects.values() if elf.trouble}
    troubles |= dict.fromkeys(case.tree.misnamed, "it is named as a shared object and is not ELF")
    for path, why in troubles.items():
        yield Remark(
            path=path,
            kind="file",
            weight="doubt",
            needs="",
            has=why,
            remedy="fetch its package again, by hash; if the file is like that there too, take another release",
        )


def _links(case: Case) -> Iterator[Remark]:
    for path in case.tree.links:
        try:
            end = follow(path, case.tree.links)
            wrong = "" if within(end, case.tree.mounts) else f"the link leads to {end}, out of the artifact"
        except LinkLoop:
            wrong = "the link leads round in a circle"
        if wrong:
            yield Remark(
                path=path,
                kind="link",
                weight="mistake",
                needs="",
                has=wrong,
                remedy="put the file itself where the link is",
            )


def _machines(case: Case) -> Iterator[Remark]:
    machine = case.target.machine
    for elf in case.tree.objects.values():
        if not elf.machine or elf.form == "other":
            continue
        if elf.machine != machine or not case.system.runs(elf.isa):
            yield Remark(
                path=elf.path,
                kind="machine",
                weight="mistake",
                needs=elf.machine if elf.machine != machine else f"the instructions of {elf.isa}",
                has=f"{case.target.platform} is {case.system.isa}",
                remedy=f"fetch or build its package for {case.target.platform}: a wheel whose name ends in {machine}",
            )


def _interpreters(case: Case) -> Iterator[Remark]:
    there = {case.system.interpreter, "", *case.tree.objects}
    for elf in case.loadable:
        if elf.interpreter not in there:
            yield Remark(
                path=elf.path,
                kind="interpreter",
                weight="mistake",
                needs=elf.interpreter,
                has=f"the loader of {case.system.name} is {case.system.interpreter}",
                remedy=f"build the program for glibc {case.system.glibc}, or link it statically",
            )


def _wheels(case: Case) -> Iterator[Remark]:
    for wheel in case.tree.wheels:
        if case.system.tags.intersection(wheel.tags):
            continue
        yield Remark(
            path=wheel.path,
            kind="wheel",
            weight="mistake" if wheel.tags else "doubt",
            needs="",
            has=f"it says {', '.join(wheel.tags)}, which {case.where} is not" if wheel.tags else "it names no tag",
            remedy=f"fetch the wheels for {case.where}: any tag up to {case.platform_tag}",
        )
