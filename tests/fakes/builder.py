"""An engine, a BuildKit and a uv with memory and without effects outside the folders they are given."""

import tarfile
from pathlib import Path

from fakes import recipes
from fakes.oci import write_layout
from lockage.build.bases import Bases
from lockage.build.image import Workshop
from lockage.build.packages import Packages
from lockage.build.packs import PackStore
from lockage.console import Console
from lockage.model.dist import DistDir
from lockage.model.ids import Digest
from lockage.oci import layout
from lockage.tools.buildx import Build, Builder, Buildx, Export
from lockage.tools.docker import Docker, Engine, Image, Machine, Made
from lockage.tools.index import Index
from lockage.tools.locked import Locked
from lockage.tools.uv import Uv

CREATED = "2026-06-11T00:00:00.5Z"
LOCK = f"boto3==1.0 --hash=sha256:{'b' * 64}\n"
"""Names what :class:`FakeUv` installs."""
RECORD = (
    "boto3/__init__.py,sha256=x,1\nboto3-1.0.dist-info/METADATA,sha256=z,1\nboto3-1.0.dist-info/RECORD,,\n"
    "../../bin/tool,sha256=y,1\n"
)


class FakeDocker(Docker):
    """A local store that knows the images it was given, and notes what was loaded and pulled."""

    def __init__(self, *images: str) -> None:
        self.images = {name: Image(digest=Digest("sha256:" + "c" * 64), created=CREATED, layers=0) for name in images}
        self.loaded: list[bytes] = []
        self.pulled: list[tuple[str, str]] = []

    def engine(self) -> Engine:
        return Engine(version="26.1.5", context="default", containerd=True)

    def machine(self) -> Machine:
        return Machine(platform="linux/amd64", cpus=2, memory=1 << 30)

    def image(self, reference: str) -> Image | None:
        return self.images.get(reference)

    def load(self, archive: Path) -> None:
        self.loaded.append(archive.read_bytes())

    def pull(self, reference: str, platform: str) -> None:
        self.pulled.append((reference, platform))


class FakeBuildx(Buildx):
    """Makes a layer of every folder it is given as a context, upon those of a base that it made before.

    Notes what it was asked, and what stood there before.
    """

    def __init__(self, builder: Builder = recipes.BUILDER, *, fails: BaseException | None = None) -> None:
        super().__init__(lambda: builder)
        self.builds: list[Build] = []
        self.compiled_by: list[str] = []
        self.received: list[dict[str, bytes]] = []
        self.seeded: list[set[str]] = []
        self.fails = fails
        self.drifts = False
        self.made_of: dict[str, list[dict[str, bytes]]] = {}
        self.prepared = 0

    def prepare(self) -> None:
        self.prepared += 1

    def made(self, reference: str, platform: str) -> Made:
        assert (reference, platform) == (recipes.PINNED, "linux/amd64")
        return Made(created=CREATED, layers=0)

    def build(self, build: Build) -> None:
        self.builds.append(build)
        self.seeded.append({path.name for path in build.output.glob("blobs/sha256/*")})
        if self.fails:
            build.output.joinpath("half-written").parent.mkdir(parents=True, exist_ok=True)
            build.output.joinpath("half-written").write_text("…")
            raise self.fails
        contexts = {"main": str(build.context), **build.contexts}
        layers = [_content(value) for name, value in sorted(contexts.items()) if name != "base"]
        if self.drifts:
            layers.append({"built-at": str(len(self.builds)).encode()})
        self.received.append({name: content for layer in layers for name, content in layer.items()})
        build.output.joinpath("ingest").mkdir(parents=True)
        below = self.made_of.get(contexts.get("base", "").partition("@")[2], [])
        whole = [*below, *(layer for layer in layers if layer)]
        self.made_of[write_layout(build.output, layers=whole, config={"created": CREATED})] = whole

    def export(self, export: Export) -> None:
        """Compiles: bytecode beside every module of the folder that is to be compiled."""
        self.compiled_by.append(export.dockerfile.read_text())
        trees = Path(export.contexts["trees"])
        for module in trees.rglob("*.py"):
            target = export.output / module.relative_to(trees).with_suffix(".pyc")
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_text(f"code of {module.read_text()}")


class FakeUv(Uv):
    """Unpacks one wheel that every lock names."""

    def __init__(self) -> None:
        self.installed: list[tuple[str, str]] = []

    def install(self, lock: Path, into: Path, *, python: str, platform: str, index: Index | None = None) -> None:
        assert lock.is_file()
        assert index is None
        self.installed.append((python, platform))
        for name, content in {
            "boto3/__init__.py": "VERSION = 1\n",
            "boto3-1.0.dist-info/METADATA": "Name: boto3\n",
            "boto3-1.0.dist-info/RECORD": RECORD,
            "bin/tool": "#!/home/someone/python\n",
            ".lock": "",
        }.items():
            path = into / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(content)


def workshop(root: Path, buildx: FakeBuildx, *, docker: FakeDocker | None = None, uv: Uv | None = None) -> Workshop:
    """All of them together, over a folder."""
    docker, uv = docker or FakeDocker(), uv or FakeUv()
    return Workshop(
        root=root,
        dist=DistDir(root / "dist"),
        cache=root / ".cache",
        buildx=buildx,
        bases=Bases(docker, buildx, "platform"),
        uv=uv,
        packages=Packages(PackStore(root / ".cache" / "packs"), uv),
        tools=Locked(cache=root / ".cache"),
        console=Console(),
    )


def _content(context: str) -> dict[str, bytes]:
    """Files of a folder, or of a layout's one layer; none of an image from elsewhere."""
    if context.startswith("oci-layout://"):
        image = layout.read(Path(context.removeprefix("oci-layout://").partition("@")[0]))
        with tarfile.open(image.blob(image.manifest.layers[0].digest)) as tar:
            return {file.name: stream.read() for file in tar if (stream := tar.extractfile(file))}
    folder = Path(context)
    return {str(path.relative_to(folder)): path.read_bytes() for path in sorted(folder.rglob("*")) if path.is_file()}
