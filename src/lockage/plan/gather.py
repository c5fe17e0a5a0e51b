"""Reads what a plan rests on: git's tree, Dockerfiles, locks, mirrors, tools and the builder at hand."""

from collections.abc import Iterable, Mapping
from pathlib import Path, PurePosixPath

import msgspec

from lockage.config.schema import Image, Layer, Local, Project, Zip
from lockage.errors import ToolError, UsageError
from lockage.plan.archive import ArchiveRecipe
from lockage.plan.bases import find_base
from lockage.plan.dockerfile import Dockerfile, hold_pinned, parse
from lockage.plan.locks import Locks, lock_files
from lockage.plan.recipe import Base, Recipe, ToolUse, Tree, sha256
from lockage.tools.docker import Docker
from lockage.tools.git import Git, TreeFile
from lockage.tools.locked import Locked

SCRIPTS = Path(__file__).parents[1] / "build" / "inside"
"""What Lockage runs inside a build: the context named ``lockage``."""

_REGULAR_MODES = {"100644", "100755"}


class Gatherer:
    """Gathers the recipes of what a project builds.

    Args:
        root: the folder of ``lockage.yaml``.
        project: what it says.
        local: what this machine's own configuration says.
        docker: the engine, asked for a mirror's digest.
        tools: the installed tools.
    """

    def __init__(self, root: Path, project: Project, local: Local, *, docker: Docker, tools: Locked) -> None:
        self._root = root
        self._project = project
        self._local = local
        self._docker = docker
        self._tools = tools
        self._texts: dict[str, str] = {}
        self._locks = Locks(root, project, self._text, SCRIPTS / "sdists.py")

    def recipes(self, names: Iterable[str] = ()) -> list[Recipe | ArchiveRecipe]:
        """The named artifacts, or all, with the images they are built upon and the layers they run with.

        Raises:
            UsageError: a name of nothing that is built, a base without digest, a lock that does not hold, a mirror or a
                source that is not there.
        """
        chosen = self._chosen(names)
        self._locks.hold_indexes()
        dockerfiles = self._dockerfiles(name for name in chosen if name in self._project.images)
        archives = self._archives(chosen)
        files = Git(self._root).files(*self._paths(dockerfiles, archives))
        external = {use.name for dockerfile in dockerfiles.values() for use in dockerfile.images}
        runtimes = {self._project.runtimes[archive.runtime] for archive in archives.values()}
        bases = {name: find_base(name, self._local, self._docker) for name in sorted(external | runtimes)}
        return [
            *(self._recipe(name, dockerfiles, files, bases) for name in dockerfiles),
            *(self._archive(name, archive, files, bases) for name, archive in archives.items()),
        ]

    def _chosen(self, names: Iterable[str]) -> list[str]:
        chosen, built = list(names), self._project.built
        for name in chosen:
            if name not in built:
                raise _nothing_called(name, built)
        return chosen or list(built)

    def _archives(self, chosen: Iterable[str]) -> dict[str, Zip | Layer]:
        """Layers first, those of chosen zips included."""
        zips = {name: self._project.zips[name] for name in chosen if name in self._project.zips}
        wanted = {*chosen, *(layer for one in zips.values() for layer in one.layers)}
        return {**{name: layer for name, layer in self._project.layers.items() if name in wanted}, **zips}

    def _dockerfiles(self, names: Iterable[str]) -> dict[str, Dockerfile]:
        """The Dockerfiles of these images, and of all they are built upon."""
        found: dict[str, Dockerfile] = {}
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name in found:
                continue
            path = self._project.images[name].dockerfile
            found[name] = parse(path, self._text(path))
            hold_pinned(found[name])
            waiting += self._upon(name, found[name])
        return {name: found[name] for name in self._project.images if name in found}

    def _upon(self, name: str, dockerfile: Dockerfile) -> tuple[str, ...]:
        return tuple(place for place in dockerfile.places if place in self._project.images and place != name)

    def _paths(self, dockerfiles: Mapping[str, Dockerfile], archives: Mapping[str, Zip | Layer]) -> list[str]:
        images = [self._project.images[name] for name in dockerfiles]
        sources = (source for one in (*images, *archives.values()) for source in one.sources)
        return sorted({path for path in (*map(_folder, images), *sources) if path})

    def _recipe(
        self,
        name: str,
        dockerfiles: Mapping[str, Dockerfile],
        files: tuple[TreeFile, ...],
        bases: Mapping[str, Base],
    ) -> Recipe:
        image, dockerfile = self._project.images[name], dockerfiles[name]
        functions = [function for function in self._project.functions.values() if function.image == name]
        return Recipe(
            name=name,
            dockerfile=dockerfile,
            dockerfile_digest=sha256(self._text(image.dockerfile).encode()),
            folder=_beside_dockerfile(image, files),
            sources=self._sources(image, files),
            handlers=tuple(sorted({function.handler for function in functions})),
            lock=self._locks.lock(image),
            scripts=_scripts_digest(),
            bases=tuple(bases[use] for use in dict.fromkeys(use.name for use in dockerfile.images)),
            interpreter=bases.get(_ground(dockerfile, dockerfiles)),
            tools=self._tool_uses(dockerfile),
            upon=self._upon(name, dockerfile),
            python=image.python,
            platform=image.platform,
            budget_mb=image.budget_mb,
        )

    def _archive(
        self, name: str, declared: Zip | Layer, files: tuple[TreeFile, ...], bases: Mapping[str, Base]
    ) -> ArchiveRecipe:
        handlers = {function.handler for function in self._project.functions.values() if function.zip == name}
        return ArchiveRecipe(
            name=name,
            kind="zip" if isinstance(declared, Zip) else "layer",
            sources=self._sources(declared, files),
            lock=self._locks.lock(declared),
            runtime=declared.runtime,
            base=bases[self._project.runtimes[declared.runtime]],
            platform=declared.platform,
            layers=declared.layers if isinstance(declared, Zip) else (),
            handlers=tuple(sorted(handlers)),
            budget_mb=declared.budget_mb,
        )

    def _sources(self, declared: Image | Zip | Layer, files: tuple[TreeFile, ...]) -> tuple[Tree, ...]:
        """Own folders. A lock may stand among them, for this or for a layer below: nothing that runs reads it."""
        locks = {path for one in self._project.built.values() for path in lock_files(one)}
        return tuple(_without(_tree(source, files), locks) for source in declared.sources)

    def _text(self, path: str) -> str:
        """A file, read once: what is looked at is what is hashed."""
        if path not in self._texts:
            self._texts[path] = _decoded(path, self._root / path)
        return self._texts[path]

    def _tool_uses(self, dockerfile: Dockerfile) -> tuple[ToolUse, ...]:
        return tuple(self._tool_use(place) for place in dockerfile.places if place in self._tools.lock.pins)

    def _tool_use(self, name: str) -> ToolUse:
        tool = self._tools.recorded(name)
        if tool is None:
            raise ToolError(
                f"{name} {self._tools.lock.pin(name).version} is not installed",
                why="an image takes it in, so what it is decides what the image is",
                remedy=f"install it: lockage tools install {name}",
            )
        return ToolUse(
            name=name,
            version=tool.version,
            source=tool.source,
            path=tool.path,
            digest=f"sha256:{tool.sha256}",
            second_source=tool.second_source,
        )


def _ground(dockerfile: Dockerfile, others: Mapping[str, Dockerfile]) -> str:
    """What an image rests on in the end, through the project's images that it is built upon."""
    seen = [dockerfile]
    while (upon := others.get(seen[-1].final_base)) and upon not in seen:  # a circle is refused later, by its names
        seen.append(upon)
    return seen[-1].final_base


def _decoded(path: str, file: Path) -> str:
    try:
        return file.read_bytes().decode()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(
            f"{path} cannot be read",
            why=str(error),
            remedy="lockage.yaml names it: restore it (git restore), or mend lockage.yaml; it must be UTF-8",
        ) from error


def _folder(image: Image) -> str:
    """The Dockerfile's folder; empty when that is the whole project."""
    folder = str(PurePosixPath(image.dockerfile).parent)
    return "" if folder == "." else folder


def _beside_dockerfile(image: Image, files: tuple[TreeFile, ...]) -> Tree | None:
    """The main context: what stands in the Dockerfile's folder and is no input of its own."""
    if not _folder(image):
        return None
    return _without(_under(_folder(image), files), {image.dockerfile, *lock_files(image)})


def _tree(path: str, files: tuple[TreeFile, ...]) -> Tree:
    tree = _under(path, files)
    if not tree.files:
        raise UsageError(
            f"the source folder {path} is empty",
            why="git knows no file in it; ignored files do not count",
            remedy="add its files (git add), or take it out of the image's sources",
        )
    return tree


def _without(tree: Tree, known: set[str]) -> Tree:
    return msgspec.structs.replace(tree, files=tuple(file for file in tree.files if file.path not in known))


def _under(path: str, files: tuple[TreeFile, ...]) -> Tree:
    found = tuple(file for file in files if file.path.startswith(f"{path.rstrip('/')}/"))
    odd = [f"{file.path} (mode {file.mode})" for file in found if file.mode not in _REGULAR_MODES]
    if odd:
        raise UsageError(
            f"{path} holds something that is not a file",
            why=f"links and submodules can point out of the tree that the fingerprint covers: {', '.join(odd)}",
            remedy="put the files themselves there; a folder shared by functions is a source of its own",
        )
    return Tree(path=path.rstrip("/"), files=found)


def _scripts_digest() -> str:
    content = [(path.name, path.read_bytes()) for path in sorted(SCRIPTS.glob("*.py")) if path.name != "__init__.py"]
    return sha256(b"".join(b"%s\0%d\0%s" % (name.encode(), len(text), text) for name, text in content))


def _nothing_called(name: str, built: Iterable[str]) -> UsageError:
    return UsageError(
        f"nothing that is built is called {name!r}",
        why=f"lockage.yaml names {', '.join(built)}",
        remedy="give one of these names, or none for all",
    )
