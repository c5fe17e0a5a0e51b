import hashlib
import zipfile
from pathlib import Path
from typing import Any

from fakes.oci import write_layout

from lockage.inspect.listing import listing
from lockage.inspect.parity import File
from lockage.model.artifact import Artifact, ImageArtifact, Input, LayerArtifact, ZipArtifact
from lockage.model.dist import DistDir
from lockage.model.ids import Digest, Fingerprint


def sha256(content: str) -> str:
    return hashlib.sha256(content.encode()).hexdigest()


def fields(name: str, sources: tuple[str, ...]) -> dict[str, Any]:
    inputs = tuple(Input(kind="source", name=source, digest="sha256:1") for source in sources)
    known = {"name": name, "digest": Digest("sha256:1"), "fingerprint": Fingerprint("sha256:2"), "size": 1}
    return {**known, "platform": "linux/amd64", "unpacked": 1, "inputs": inputs}


def archive(dist: DistDir, made: type[ZipArtifact] | type[LayerArtifact], name: str, **files: str) -> Artifact:
    dist.folder(name).mkdir(parents=True)
    with zipfile.ZipFile(dist.archive(name), "w") as opened:
        for path, content in files.items():
            opened.writestr(path.replace("__", "/").replace("_py", ".py"), content)
    return made(runtime="python3.13", **fields(name, (f"functions/{name}",)))


def test_an_image_s_files_are_those_of_its_task(tmp_path: Path) -> None:
    dist = DistDir(tmp_path)
    below, above = {"var/task/six.py": b"old", "usr/bin/x": b"x"}, {"var/task/six.py": b"6", "var/task/app/a.py": b"a"}
    write_layout(dist.layout("app"), layers=[below, above], config={})
    artifact = ImageArtifact(layers=(), **fields("app", ("images/app", "functions/app")))
    assert listing(artifact, (), dist) == {
        "six.py": File(sha256("6"), "package"),
        "app/a.py": File(sha256("a"), "source"),
    }


def test_a_zip_s_files_are_its_own_and_those_below_python_of_its_layers(tmp_path: Path) -> None:
    dist = DistDir(tmp_path)
    task = archive(dist, ZipArtifact, "app", app__a_py="a", six_py="mine")
    layer = archive(dist, LayerArtifact, "common", python__common__c_py="c", python__six_py="theirs", bin__tool="x")
    assert listing(task, (layer,), dist) == {
        "app/a.py": File(sha256("a"), "source"),
        "common/c.py": File(sha256("c"), "source"),
        "six.py": File(sha256("mine"), "package"),
    }
