"""Mistakes of meaning about what is built: what a function runs, and what zips and layers ask of each other."""

from collections.abc import Iterator, Mapping
from pathlib import PurePosixPath

from lockage.config.document import Document, Place
from lockage.config.mistakes import nearest
from lockage.config.schema import Function, Image, Layer, Project, Zip


def check(project: Project, document: Document) -> None:
    """Record every mistake."""
    _names(document, project)
    for kind, name, built in _built(project):
        _from_source(document, (kind, name, "from_source"), built)
    for name, declared in project.zips.items():
        _runtime(document, ("zips", name, "runtime"), declared, project)
        _layers(document, ("zips", name, "layers"), declared, project)
    for name, declared_layer in project.layers.items():
        _runtime(document, ("layers", name, "runtime"), declared_layer, project)
        if declared_layer.requirements is None and not declared_layer.sources:
            document.mistake(("layers", name), "holds nothing: it needs requirements or sources")
    for name, function in project.functions.items():
        _function(document, ("functions", name), function, project)


def _built(project: Project) -> Iterator[tuple[str, str, Image | Zip | Layer]]:
    kinds: dict[str, Mapping[str, Image | Zip | Layer]] = {
        "images": project.images,
        "zips": project.zips,
        "layers": project.layers,
    }
    for kind, declared in kinds.items():
        yield from ((kind, name, one) for name, one in declared.items())


def _from_source(document: Document, here: Place, declared: Image | Zip | Layer) -> None:
    source = declared.from_source
    if source is None:
        return
    if declared.requirements is None:
        document.mistake(here, "builds packages of a lock, and there is none: it needs requirements beside it")
    for index, package in enumerate(source.packages):
        if package in source.packages[:index]:
            document.mistake((*here, "packages", index), f"{package!r} is here twice")


def _names(document: Document, project: Project) -> None:
    """Each artifact has a folder of its own under ``dist/``."""
    seen: dict[str, str] = {}
    for kind, name, _ in _built(project):
        if name in seen:
            document.mistake((kind, name), f"is a name under {seen[name]} too; whatever is built has its own")
        seen.setdefault(name, kind)


def _runtime(document: Document, place: Place, declared: Zip | Layer, project: Project) -> None:
    if declared.runtime not in project.runtimes:
        near = nearest(declared.runtime, project.runtimes)
        document.mistake(place, f"there is no runtime {declared.runtime!r} under runtimes", nearest=near)


def _layers(document: Document, place: Place, declared: Zip, project: Project) -> None:
    staged = {PurePosixPath(source).name: "the zip itself" for source in declared.sources}
    for index, name in enumerate(declared.layers):
        here, layer = (*place, index), project.layers.get(name)
        if name in declared.layers[:index]:
            document.mistake(here, f"{name!r} is here twice")
        elif layer is None:
            document.mistake(here, f"there is no layer {name!r}", nearest=nearest(name, project.layers))
        else:
            _fits(document, here, name, declared, layer)
            _alone(document, here, staged, name, layer)


def _fits(document: Document, here: Place, name: str, declared: Zip, layer: Layer) -> None:
    for what in ("runtime", "platform"):
        wanted, found = getattr(declared, what), getattr(layer, what)
        if wanted != found:
            document.mistake(here, f"the layer {name!r} is for {found}, the zip is for {wanted}")


def _alone(document: Document, here: Place, staged: dict[str, str], name: str, layer: Layer) -> None:
    """The same folder twice is two copies that can come to differ, of which only the first on the path runs."""
    for source in layer.sources:
        last = PurePosixPath(source).name
        if last in staged:
            document.mistake(here, f"brings {last!r}, which {staged[last]} brings too")
        staged.setdefault(last, f"the layer {name!r}")


def _function(document: Document, place: Place, function: Function, project: Project) -> None:
    if (function.image is None) == (function.zip is None):
        problem = "has neither image nor zip" if function.image is None else "has both image and zip"
        document.mistake(place, f"{problem}; a function runs from one of them")
        return
    kind, name = ("zip", function.zip) if function.image is None else ("image", function.image)
    declared: Mapping[str, Image | Zip] = project.images if kind == "image" else project.zips
    found = declared.get(name or "")
    if found is None:
        problem = f"there is no {kind} {name!r}"
        document.mistake((*place, kind), problem, nearest=nearest(name or "", declared))
        return
    if isinstance(found, Image) and found.repository is None:
        document.mistake((*place, kind), f"the image {name!r} has no repository, so Lambda cannot pull it")
    if (f"{kind}s", name, "sources") not in document.made_up:
        _handler(document, place, function, f"{kind} {name!r}", _staged(found, project))


def _staged(declared: Image | Zip, project: Project) -> list[str]:
    """Last names of all folders on the import path."""
    layers = [project.layers[name] for name in getattr(declared, "layers", ()) if name in project.layers]
    return [PurePosixPath(source).name for one in (declared, *layers) for source in one.sources]


def _handler(document: Document, place: Place, function: Function, what: str, staged: list[str]) -> None:
    package, _, rest = function.handler.partition(".")
    if package not in staged:
        near = nearest(package, staged)
        document.mistake(
            (*place, "handler"),
            f"the package {package!r} is not among the sources of {what}",
            nearest=f"{near}.{rest}" if near else "",
        )
