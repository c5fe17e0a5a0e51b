"""Files that ``lockage.yaml`` names and that are not there."""

from pathlib import Path, PurePosixPath

from lockage.config.document import Document, Place
from lockage.config.locking import asked_path, command, in_its_folder
from lockage.config.mistakes import nearest
from lockage.config.schema import Image, Layer, Project, Zip


def check(project: Project, document: Document, root: Path) -> None:
    """Record every missing file; ``root`` is the folder that paths are relative to."""
    for name, image in project.images.items():
        _file(document, ("images", name, "dockerfile"), image.dockerfile, root)
        _content(document, ("images", name), image, root)
    for name, declared in project.zips.items():
        _content(document, ("zips", name), declared, root)
    for name, layer in project.layers.items():
        _content(document, ("layers", name), layer, root)
    for name, function in project.functions.items():
        _file(document, ("functions", name, "probe"), function.probe, root)


def _content(document: Document, place: Place, declared: Image | Zip | Layer, root: Path) -> None:
    if declared.requirements is not None:
        _lock(document, (*place, "requirements"), declared.requirements, root)
    if declared.from_source is not None:
        _lock(document, (*place, "from_source", "requirements"), declared.from_source.requirements, root)
    seen: dict[str, str] = {}
    for index, source in enumerate(declared.sources):
        here = (*place, "sources", index)
        last = PurePosixPath(source).name
        if last in seen:
            document.mistake(here, f"is staged as {last!r}, and so is {seen[last]!r}")
        seen.setdefault(last, source)
        _folder(document, here, source, root)


def _file(document: Document, place: Place, path: str, root: Path) -> None:
    if _inside(document, place, path) and not (root / path).is_file():
        document.mistake(place, f"there is no file {path!r}", nearest=_beside(root, path))


def _lock(document: Document, place: Place, path: str, root: Path) -> None:
    if not PurePosixPath(path).name:  # the project's own folder, which is not what a lock could be made of
        _file(document, place, path, root)
    elif _inside(document, place, path) and not (root / path).is_file():
        document.mistake(
            place,
            f"there is no lock {path!r}",
            nearest=_beside(root, path, not_meant=PurePosixPath(asked_path(path)).name),
            remedy=f"make the lock of what is asked for in {asked_path(path)}: {in_its_folder(path, command(path))}",
        )


def _folder(document: Document, place: Place, path: str, root: Path) -> None:
    if _inside(document, place, path) and not (root / path).is_dir():
        document.mistake(place, f"there is no folder {path!r}", nearest=_beside(root, path))


def _inside(document: Document, place: Place, path: str) -> bool:
    if ".." in PurePosixPath(path).parts:
        document.mistake(place, f"{path!r} leaves the project's folder")
        return False
    return True


def _beside(root: Path, path: str, *, not_meant: str = "") -> str:
    """What is there under a similar name, in the same folder."""
    parent = PurePosixPath(path).parent
    try:
        names = [entry.name for entry in (root / parent).iterdir() if entry.name != not_meant]
    except OSError:
        return ""
    found = nearest(PurePosixPath(path).name, names)
    return str(parent / found) if found else ""
