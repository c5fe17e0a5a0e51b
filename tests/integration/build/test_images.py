"""What the images are: small, shared below, without what only the build needed, and not root's."""

import json
import tarfile
from pathlib import Path

import pytest
from fakes.checkout import Checkout
from fakes.shop import pinned_runtime

from lockage.build.bases import Bases
from lockage.config.load import load_local
from lockage.plan.bases import find_base
from lockage.tools.buildx import Buildx, choose
from lockage.tools.docker import Docker
from lockage.tools.process import run

pytestmark = pytest.mark.docker

UNCHECKED_HASH = 1
MAGIC_3_13 = (3571).to_bytes(2, "little") + b"\r\n"

LOOK_AROUND = """
import os, pathlib, stat, sys, importlib.util
found = []
for folder, folders, files in os.walk("/"):
    folders[:] = [name for name in folders if os.path.join(folder, name) not in ("/proc", "/sys", "/dev")]
    for name in files:
        mode = os.lstat(os.path.join(folder, name)).st_mode
        if stat.S_ISREG(mode) and mode & (stat.S_ISUID | stat.S_ISGID | stat.S_IWOTH):
            found.append(os.path.join(folder, name))
print(found, os.getuid(), importlib.util.find_spec("pip"), pathlib.Path("/var/lib/dpkg/status").exists()
      or pathlib.Path("/var/lib/rpm").exists())
"""


def in_image(image: str, *command: str) -> str:
    return run(
        ["docker", "run", "--rm", "--network", "none", "--read-only", "--entrypoint", "", image, *command]
    ).stdout.strip()


def files(built: Checkout, number: int) -> dict[str, tuple[tarfile.TarInfo, bytes]]:
    image = built.layout("platform")
    with tarfile.open(image.blob(image.manifest.layers[number].digest)) as tar:
        return {
            member.name: (member, stream.read() if (stream := tar.extractfile(member)) else b"")
            for member in tar
            if member.isreg()
        }


def test_the_platform_lies_upon_the_base_s_own_layers(built: Checkout) -> None:
    base, platform = built.image("base"), built.image("platform")
    assert platform.layers[: len(base.layers)] == base.layers
    assert len(platform.layers) == len(base.layers) + 3


def test_the_base_keeps_the_layers_of_what_it_is_built_from(built: Checkout) -> None:
    docker, base = Docker(), built.image("base")
    original = find_base(pinned_runtime(), load_local(built.root / "lockage.yaml"), docker)
    there = Bases(docker, Buildx(lambda: choose(docker.engine())), "platform").runnable(original, base.platform)
    layers = json.loads(run(["docker", "image", "inspect", "--format", "{{json .RootFS.Layers}}", there]).stdout)
    *kept, hardened = (layer.diff_id for layer in base.layers)
    assert kept == layers, "rewriting times would have changed a layer whose files are newer than the image says it is"
    assert hardened not in layers


def test_each_layer_above_holds_one_kind_of_thing_and_what_changes_most_comes_last(built: Checkout) -> None:
    assert list(files(built, -3)) == ["usr/local/bin/opa"]
    assert {Path(name).parts[2] for name in files(built, -2)} >= {"boto3", "botocore", "urllib3"}
    assert {Path(name).parts[2] for name in files(built, -1)} == {
        "common",
        "onboarding",
        "policy",
        "remediator",
        "scorer",
    }


def test_nothing_that_only_the_build_needed_is_in_it(built: Checkout) -> None:
    names = [name for number in (-3, -2, -1) for name in files(built, number)]
    assert [name for name in names if name.endswith(("_test.rego", "probe.json", "bytecode.py", "imports.py"))] == []
    assert [name for name in names if not name.startswith(("var/task/", "usr/local/bin/opa"))] == []


def test_every_module_has_bytecode_of_the_runtime_s_python_that_is_never_checked(built: Checkout) -> None:
    for number in (-2, -1):
        found = files(built, number)
        bytecode = {name: content for name, (_, content) in found.items() if name.endswith(".pyc")}
        assert len(bytecode) == len([name for name in found if name.endswith(".py")]) > 0
        for name, content in bytecode.items():
            assert content[:4] == MAGIC_3_13, name
            assert int.from_bytes(content[4:8], "little") == UNCHECKED_HASH, name


def test_functions_own_none_of_their_code_and_all_of_it_has_the_one_time(built: Checkout) -> None:
    for number in (-2, -1):
        for name, (member, _) in files(built, number).items():
            assert (member.uid, member.gid, member.mtime) == (0, 0, 315_532_800), name
            assert not member.mode & 0o022, name


def test_the_base_is_hardened_and_scanners_can_still_read_it(built: Checkout) -> None:
    digest = built.dist.read_artifact("platform").digest
    built.lockage("invoke", "scorer", str(built.root / "functions/scorer/probe.json"))  # loads the image
    said = in_image(f"lockage/platform-platform@{digest}", "python3", "-c", LOOK_AROUND)
    assert said == "[] 10001 None True"


def test_it_stays_within_its_budget(built: Checkout) -> None:
    assert built.dist.read_artifact("platform").unpacked < 500_000_000


def test_what_came_from_a_second_source_is_written_on_it(built: Checkout) -> None:
    base, platform = built.dist.read_artifact("base"), built.dist.read_artifact("platform")
    assert set(base.second_sources) <= set("; ".join(platform.second_sources).split("; "))
