"""An sdist from an index of one's own becomes part of a zip: built in the runtime's image, cut off, the same twice."""

import ast
import hashlib
import subprocess
import zipfile
from collections.abc import Iterator
from pathlib import Path

import pytest
import yaml
from fakes.index import PackageIndex, sdist
from fakes.shop import pinned_runtime

from lockage.build.reproduce import NotReproducible
from lockage.build.runtime import SdistFailed
from lockage.cli.main import main_inner
from lockage.model.dist import DistDir
from lockage.oci import layout
from lockage.oci.contents import contents

pytestmark = pytest.mark.docker

BUILD_LOCK = """\
pip==26.3 \\
    --hash=sha256:6c36ae7da8695be67e3cd9f7d87919667ced53f57ce2ede75d89b5912ed2bc4c \\
    --hash=sha256:f3b60b20ffaadd4415ed7957212a38ac63fa4c5fa375bd0f4a797777940fad13
setuptools==84.2.1 \\
    --hash=sha256:3ff8b3b5492a0aa66960f4419365a86b84e013070d4313e4d4a6894f5d64d6bc \\
    --hash=sha256:ca140b45d5325a9478f880e351484f62fef15f336462e449ca0c03c873d589c2
"""

DOCKERFILE = f"""\
FROM scratch AS dependencies
FROM {pinned_runtime()}
COPY --from=dependencies /packages/ /var/task/
"""

SETUP = """\
import os, pathlib, socket, sys, time
from setuptools import setup

def network():
    try:
        socket.create_connection(("1.1.1.1", 443), timeout=2)
    except OSError as error:
        return type(error).__name__
    return "reached"

about = {
    "user": os.getuid(),
    "python": sys.version_info[:2],
    "where": os.getcwd(),
    "epoch": os.environ["SOURCE_DATE_EPOCH"],
    "seed": os.environ["PYTHONHASHSEED"],
    "zone": time.tzname[0],
    "network": network(),
    "links": sorted(os.listdir("/sys/class/net")) if os.path.isdir("/sys/class/net") else ["lo"],
    "names": list({"a", "b", "c", "d"}),
}
pathlib.Path("shop_prices.py").write_text(f"ABOUT = {about!r}\\n")
scripts = ["prices=shop_prices:show"]
setup(name="shop-prices", version="1.0", py_modules=["shop_prices"], entry_points={"console_scripts": scripts})
"""

RANDOM = """\
import os, pathlib
from setuptools import setup
pathlib.Path("shop_prices.py").write_text(f"SALT = {os.urandom(8)!r}\\n")
setup(name="shop-prices", version="1.0", py_modules=["shop_prices"])
"""

COMPILED = """\
from setuptools import Extension, setup
setup(name="shop-prices", version="1.0", ext_modules=[Extension("shop_prices", ["prices.c"])])
"""


@pytest.fixture
def internal() -> Iterator[PackageIndex]:
    index = PackageIndex()
    yield index
    index.close()


class Project:
    """One zip, whose only package is on the index and has no wheel."""

    def __init__(self, root: Path, index: PackageIndex, setup: str) -> None:
        self.root = root
        hashed = index.add("shop-prices", "shop_prices-1.0.tar.gz", sdist("shop_prices", "1.0", {"setup.py": setup}))
        files = {
            "api/handler.py": "def handle(event, context): ...\n",
            "api/probe.json": "{}\n",
            "api/requirements.lock": f"shop-prices==1.0 {hashed}\n",
            "api/build.lock": BUILD_LOCK,
            "app/Dockerfile": DOCKERFILE,
            "lockage.yaml": yaml.safe_dump(declared(index)),
        }
        for name, content in files.items():
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text(content)
        subprocess.run(["git", "init", "--quiet", root], check=True)  # noqa: S603 - the test's own words

    def lockage(self, verb: str, *names: str) -> None:
        main_inner([verb, "--project", str(self.root / "lockage.yaml"), *names])

    def built(self) -> zipfile.ZipFile:
        self.lockage("build", "api")
        return zipfile.ZipFile(DistDir(self.root / "dist").archive("api"))


def declared(index: PackageIndex) -> dict[str, object]:
    source = {"packages": ["shop-prices"], "requirements": "api/build.lock"}
    packages = {"requirements": "api/requirements.lock", "from_source": source}
    return {
        "version": 1,
        "project": "shop",
        "runtimes": {"python3.13": pinned_runtime()},
        "indexes": {"internal": {"url": index.url, "packages": ["shop-prices"]}},
        "zips": {"api": {"sources": ["api"], **packages}},
        "images": {"app": {"dockerfile": "app/Dockerfile", **packages}},
        "functions": {"api": {"zip": "api", "handler": "api.handler.handle", "probe": "api/probe.json"}},
        "registry": {"account": "222222222222", "region": "eu-central-1", "store": "shop-releases"},
        "environments": {"prod": {"account": "222222222222", "region": "eu-central-1"}},
    }


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LOCKAGE_CACHE", str(tmp_path / "cache"))


def test_an_sdist_is_built_in_the_runtime_s_image_and_cut_off(
    tmp_path: Path, internal: PackageIndex, capsys: pytest.CaptureFixture[str]
) -> None:
    project = Project(tmp_path / "shop", internal, SETUP)
    with project.built() as archive:
        about = ast.literal_eval(archive.read("shop_prices.py").decode().removeprefix("ABOUT = "))
        assert set(archive.namelist()) > {
            "api/handler.py",
            "shop_prices.py",
            "__pycache__/shop_prices.cpython-313.pyc",
            "shop_prices-1.0.dist-info/RECORD",
        }
        assert not [name for name in archive.namelist() if name.endswith((".lock", "direct_url.json", "INSTALLER"))]
        assert b"direct_url" not in archive.read("shop_prices-1.0.dist-info/RECORD")
    names = about.pop("names")
    assert about.pop("network") in {"OSError", "TimeoutError"}
    assert about == {
        "user": 65534,
        "python": (3, 13),
        "where": "/tmp/sdists/shop-prices-1.0/shop_prices-1.0",
        "epoch": "315532800",
        "seed": "0",
        "zone": "UTC",
        "links": ["lo"],
    }
    assert sorted(names) == ["a", "b", "c", "d"]
    project.lockage("reproduce", "api")
    assert capsys.readouterr().out.splitlines()[-1].startswith("api sha256:")


def test_an_image_has_the_very_same_files(tmp_path: Path, internal: PackageIndex) -> None:
    project = Project(tmp_path / "shop", internal, RANDOM)
    with project.built() as archive:
        files = {name: hashlib.sha256(archive.read(name)).hexdigest() for name in archive.namelist()}
    project.lockage("build", "app")
    image = layout.read(DistDir(project.root / "dist").layout("app"))
    found = contents(image, "var/task", lambda *_: False, tmp_path / "root")
    assert {path.removeprefix("var/task/"): digest for path, digest in found.items()} == {
        name: digest for name, digest in files.items() if not name.startswith("api/")
    }


def test_an_sdist_that_becomes_something_else_every_time_is_found_by_reproduce_alone(
    tmp_path: Path, internal: PackageIndex
) -> None:
    project = Project(tmp_path / "shop", internal, RANDOM)
    with pytest.raises(NotReproducible) as caught:
        project.lockage("reproduce", "api")
    assert caught.value.what == "api is not reproducible: two builds of the same inputs differ"
    assert "shop_prices" in caught.value.why


def test_what_needs_a_compiler_is_told_that_there_is_none(tmp_path: Path, internal: PackageIndex) -> None:
    project = Project(tmp_path / "shop", internal, COMPILED)
    with pytest.raises(SdistFailed) as caught:
        project.built()
    assert caught.value.what == "shop-prices-1.0.tar.gz gives no wheel"
    assert "gcc" in caught.value.why
    assert caught.value.why.endswith("shop-prices-1.0.tar.gz does not build")
    assert "Lambda's images have no compiler" in caught.value.remedy
    assert not (project.root / "dist" / "api").exists()
    assert list((project.root / "dist").glob(".part-*")) == []
    assert [path.name for path in (tmp_path / "cache" / "packs").iterdir()] == [".lock"]
