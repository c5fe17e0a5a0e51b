"""Stages the folders that a build reads: sources, what only checks need, packages, tools, Lockage's own scripts."""

import hashlib
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path, PurePosixPath
from typing import NamedTuple

import msgspec

from lockage.build.archive import content, merged
from lockage.build.normal import normalise
from lockage.build.packages import RECORD
from lockage.build.packs import Pack
from lockage.build.supply import Wanted, wanted
from lockage.oci import layout
from lockage.oci.pack import File, pack_files
from lockage.plan import requirements
from lockage.plan.gather import SCRIPTS
from lockage.plan.recipe import STAGING, Lock, Recipe, ToolUse, Tree, sha256
from lockage.tools.buildx import BuildFailed
from lockage.tools.exclusive import alone
from lockage.tools.git import TreeFile, blob, unreadable
from lockage.tools.locked import check_sha256

_CHECK_PATTERNS = ("*_test.rego", "test_*.py", "*_test.py", "conftest.py", "probe.json")
_EXECUTABLE = "100755"
_MAY_RUN = 0o111
_CHECK_FOLDERS = {"tests", "testdata"}


class ChangedSincePlan(BuildFailed):
    """A file whose bytes are not those that the plan hashed: the image would not be what its fingerprint says."""


class Packed(msgspec.Struct, frozen=True, kw_only=True):
    """What is large and seldom changes, as a context that a digest names."""

    place: Path
    """Of its layout."""
    context: str
    """The same for BuildKit: ``oci-layout://…@sha256:…``."""
    reused: bool


def only_checks_need(path: str) -> bool:
    """Whether a source file stays out of the image: tests, their data, and probe events, by their names alone."""
    pure = PurePosixPath(path)
    return any(pure.match(pattern) for pattern in _CHECK_PATTERNS) or bool(_CHECK_FOLDERS & set(pure.parts[:-1]))


def stage_sources(root: Path, recipe: Recipe, sources: Path, checks: Path) -> None:
    """Copy every source folder under its last name, split into what runs and what only checks need.

    Args:
        root: the project's folder.
        recipe: the image's.
        sources: takes what goes into the image.
        checks: takes the rest, and ``handlers``, one a line.
    """
    sources.mkdir()
    checks.mkdir()
    for file in source_files(root, recipe.sources):
        _put(sources / file.path, file.content, executable=file.executable)
    for file in source_files(root, recipe.sources, for_checks=True):
        _put(checks / file.path, file.content, executable=file.executable)
    (checks / "handlers").write_text("".join(f"{handler}\n" for handler in recipe.handlers))
    normalise(sources)
    normalise(checks)


class SourceFile(NamedTuple):
    """A file of a source folder, whose content is what the plan hashed."""

    path: str
    """Below the import root: the folder's last name comes first."""
    content: bytes
    executable: bool


def source_files(root: Path, trees: Iterable[Tree], *, for_checks: bool = False) -> Iterator[SourceFile]:
    """What runs of source folders, as every artifact has it: an image from a folder, a zip or layer as it comes.

    Args:
        root: the project's folder.
        trees: the folders.
        for_checks: what only checks need instead.

    Raises:
        ChangedSincePlan: a file's bytes are not those that the plan hashed.
    """
    for tree in trees:
        for file in tree.files:
            if only_checks_need(file.path) == for_checks:
                path = f"{PurePosixPath(tree.path).name}/{tree.inside(file)}"
                yield SourceFile(path, _content(root, file), file.mode == _EXECUTABLE)


def stage_dockerfile(root: Path, recipe: Recipe, into: Path) -> Path:
    """Copy the Dockerfile alone: BuildKit would also heed a ``Dockerfile.dockerignore`` beside it."""
    into.mkdir()
    (into / "Dockerfile").write_bytes(planned(root, recipe.dockerfile.path, recipe.dockerfile_digest))
    normalise(into)
    return into / "Dockerfile"


def stage_folder(root: Path, tree: Tree | None, into: Path) -> None:
    """Copy one folder's files; an empty folder for none."""
    into.mkdir()
    if tree:
        for file in tree.files:
            _put(into / tree.inside(file), _content(root, file), executable=file.mode == _EXECUTABLE)
    normalise(into)


def stage_scripts(into: Path) -> None:
    """Copy what Lockage itself runs inside a build."""
    into.mkdir()
    for script in SCRIPTS.glob("*.py"):
        if script.name != "__init__.py":
            shutil.copyfile(script, into / script.name)
    normalise(into)


def stage_tool(tool: ToolUse, program: Path, recipe: Recipe, cache: Path) -> Packed:
    """A tool's program alone, as ``bin/<name>``; packed once per user, its bytes held to the plan's at every use.

    In a folder of its own because a ``COPY`` of a context's topmost folder hands on the time at which it arrived.

    Raises:
        ToolError: the program's bytes are not those that the plan names.
    """
    name = f"bin/{tool.name}"

    def write(work: Path, packed: Path) -> None:
        copy = work / tool.name
        shutil.copy(program, copy)
        expected, remedy = tool.digest.partition(":")[2], f"plan again, or: lockage tools install {tool.name}"
        check_sha256(copy, expected, name=str(program), remedy=remedy)
        pack_files([File(name, bool(copy.stat().st_mode & _MAY_RUN), copy.read_bytes())], packed, recipe.platform)

    def holds(image: layout.Layout) -> bool:
        with tarfile.open(image.blob(image.manifest.layers[0].digest)) as tar:
            found = {member.name: tar.extractfile(member) for member in tar}
            stream = found.get(name)
            return set(found) == {"bin", name} and stream is not None and sha256(stream.read()) == tool.digest

    return _packed(f"program\n{tool.name}\n{tool.digest}", recipe.platform, cache, _Content(write, holds))


def packages(root: Path, lock: Lock) -> tuple[Wanted, ...]:
    """What a lock names, as planned."""
    return wanted(lock, lambda one: requirements.parse(one.path, planned(root, one.path, one.digest).decode()))


def stage_packages(keys: Sequence[str], packs: Callable[[], Iterable[Pack]], platform: str, cache: Path) -> Packed:
    """A lock's packages with their bytecode, below ``packages/``; packed once per user, and hashed at every use.

    They are the very files that an archive of the same lock holds.

    Args:
        keys: of the packs.
        packs: the packs, wanted only when what was packed does not stand.
        platform: such as ``linux/amd64``.
        cache: the per-user cache.

    Raises:
        ArchiveError: two packages bring different files of one name.
    """

    def write(_: Path, packed: Path) -> None:
        files = merged(one for pack in packs() for one in pack.entries)
        pack_files((File(f"packages/{one.path}", one.executable, content(one)) for one in files), packed, platform)

    def holds(image: layout.Layout) -> bool:
        layout.verify(image)
        return True

    return _packed("\n".join(["packages", *keys]), platform, cache, _Content(write, holds))


def records(packed: Packed) -> dict[str, str]:
    """What packages that were packed say their files are: path of each record below ``packages/`` → its SHA-256."""
    image = layout.read(packed.place)
    found = {}
    with tarfile.open(image.blob(image.manifest.layers[0].digest)) as tar:
        for member in tar:
            path = member.name.removeprefix("packages/")
            if RECORD.fullmatch(path) and (stream := tar.extractfile(member)):
                found[path] = hashlib.sha256(stream.read()).hexdigest()
    return found


class _Content(NamedTuple):
    """How files are packed, and whether a layout holds them still."""

    write: Callable[[Path, Path], None]
    """Given a folder to work in, and the layout to write."""
    holds: Callable[[layout.Layout], bool]


def _packed(about: str, platform: str, cache: Path, files: _Content) -> Packed:
    """Pack files, unless that was done before; nothing half-made is left in the cache."""
    key = hashlib.sha256(f"{STAGING}\n{platform}\n{about}".encode()).hexdigest()
    place = cache / "packed" / key / "layout"
    with alone(place.parent):
        reused = _stands(place, files)
        if not reused:
            shutil.rmtree(place, ignore_errors=True)
            with tempfile.TemporaryDirectory(prefix=".part-", dir=place.parent) as work:
                files.write(Path(work), Path(work) / "layout")
                (Path(work) / "layout").rename(place)
    return Packed(place=place, context=f"oci-layout://{place}@{layout.read(place).digest}", reused=reused)


def _stands(place: Path, files: _Content) -> bool:
    try:
        return files.holds(layout.read(place))
    except (layout.LayoutError, tarfile.TarError, IndexError):
        return False


def planned(root: Path, path: str, digest: str) -> bytes:
    """A file's bytes, which are what the plan hashed."""
    content = _read(root, path)
    if sha256(content) != digest:
        raise _changed(path, f"planned {digest}, found {sha256(content)}")
    return content


def _read(root: Path, path: str) -> bytes:
    try:
        return (root / path).read_bytes()
    except (FileNotFoundError, IsADirectoryError, NotADirectoryError) as error:
        raise _changed(path, "it is not there") from error
    except OSError as error:  # no right to read it, or a link that leads in a circle
        raise unreadable(path, error) from error


def _changed(path: str, why: str) -> ChangedSincePlan:
    return ChangedSincePlan(
        f"{path} is not what was planned",
        why=why,
        remedy="it may have been edited meanwhile: run this again. If it stays so, git takes it for another file than "
        "it is: undo git update-index --assume-unchanged or --skip-worktree, a sparse checkout, or an eol, ident or "
        "filter attribute (Git LFS); git ls-files -v and git check-attr -a show which",
    )


def _put(target: Path, content: bytes, *, executable: bool) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_bytes(content)
    target.chmod(0o755 if executable else 0o644)


def _content(root: Path, file: TreeFile) -> bytes:
    """A file's bytes, which are what the plan hashed."""
    content = _read(root, file.path)
    if blob(content) != file.blob:
        raise _changed(file.path, f"planned the blob {file.blob}, found {blob(content)}")
    return content
