"""Builds from several directories without any cache, against each other, what stands, and what was released."""

import json
import os
import re
import shutil
import tarfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from fakes.checkout import Checkout
from fakes.shop import HANDLERS, Shop, pinned_runtime
from msgspec.structs import replace

from lockage.build.reproduce import NotReproducible
from lockage.model.canonical import canonical
from lockage.model.release import Release, released_function
from lockage.oci import layout
from lockage.tools import buildx
from lockage.tools.git import Git
from lockage.tools.process import Completed, run

pytestmark = pytest.mark.docker

LONG_AGO = 1_000_000_000
"""September 2001."""


def test_artifacts_have_the_same_digests_every_time(checkout: Checkout, capsys: pytest.CaptureFixture[str]) -> None:
    """What stands was built of no commit and of files of today; this is, and of files of 2001."""
    built = checkout
    built.commit()
    for path in built.sources():
        os.utime(path, (LONG_AGO, LONG_AGO))
    capsys.readouterr()
    names = ("base", "dependencies", "shared", "dashboard", "ingestion", "platform")
    built.lockage("reproduce", *names)
    told = capsys.readouterr()
    assert told.out.splitlines() == [f"{name} {built.dist.read_artifact(name).digest} equal" for name in names]
    done = [line.split() for line in told.err.splitlines() if line.startswith("done")]
    assert sorted(line[3] for line in done if line[3] in {"image", "layer", "zip"}) == [
        *["image"] * 4,
        *["layer"] * 4,
        *["zip"] * 4,
    ]


def test_the_head_of_analysis_is_trained_to_the_same_bytes_again(
    built: Checkout, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Of the one image that is too large to be built a second time from nothing here, what is computed in it is."""
    before, said = built.image("analysis"), ""

    def anew(words: Sequence[str | Path], **options: Any) -> Completed:  # noqa: ANN401 - of whatever is run
        nonlocal said
        completed = run([*words[:-1], "--no-cache-filter=trained", words[-1]], **options)
        said += completed.stderr
        return completed

    shutil.move(built.dist.folder("analysis"), tmp_path)
    try:
        monkeypatch.setattr(buildx, "run", anew)
        built.lockage("build", "analysis")
        [training] = {*re.findall(r"^#(\d+) \[trained \d+/\d+\] RUN ", said, re.MULTILINE)}
        assert re.search(rf"^#{training} DONE ", said, re.MULTILINE), "it was not taken from BuildKit's cache"
        assert head(built.layout("analysis")) == head(layout.read(tmp_path / "analysis" / "layout"))
        assert built.image("analysis") == before
    finally:
        shutil.rmtree(built.dist.folder("analysis"), ignore_errors=True)
        shutil.move(tmp_path / "analysis", built.dist.root)


def head(image: layout.Layout) -> bytes:
    """The trained head, which lies in the topmost layer."""
    with tarfile.open(image.blob(image.manifest.layers[-1].digest)) as tar:
        stream = tar.extractfile("var/task/analysis/head.json")
        assert stream is not None
        return stream.read()


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    """A zip on two layers, built of a commit that a release is to be of."""
    shop = Shop(tmp_path / "project", functions={"well": HANDLERS["well"]})
    shop.commit()
    shop.lockage("build")
    return shop


def reproduce(shop: Shop, release: Release | None = None) -> None:
    """Build again what stands in ``dist/`` as a release."""
    file = shop.root.parent / "release.json"
    file.write_bytes(canonical(release or shop.release(Git(shop.root).head())))
    shop.lockage("reproduce", "--release", str(file))


def test_a_release_is_built_again_from_its_commit(shop: Shop, capsys: pytest.CaptureFixture[str]) -> None:
    shop.write("functions/shop/well.py", "# the tree has gone on\n")
    capsys.readouterr()
    reproduce(shop)
    told = capsys.readouterr()
    assert told.out.splitlines() == [
        f"{name} {shop.dist.read_artifact(name).digest} equal" for name in ("one", "two", "shop")
    ]
    assert {line.split()[0] for line in told.err.splitlines()} == {"done"}, "its inputs are those that it records"


IMAGE = "small"
COPIES = {"a topmost folder": "/ /var/task/", "a folder within": "/shop/ /var/task/"}
"""The first as a newcomer writes it: it hands on the time at which the folder arrived at BuildKit."""


def small(root: Path, copy: str) -> Shop:
    """The same function as an image upon the runtime's own, built."""
    shop = Shop(root, functions={"well": HANDLERS["well"]})
    declared = json.loads((shop.root / "lockage.yaml").read_text())
    image = {"dockerfile": "image/Dockerfile", "sources": ["functions/shop"], "repository": "shop"}
    function = {**declared["functions"]["well"], "image": IMAGE}
    del function["zip"]
    shop.write("lockage.yaml", json.dumps({**declared, "images": {IMAGE: image}, "functions": {"well": function}}))
    copied = f"COPY --from=sources {COPIES[copy]}"
    shop.write("image/Dockerfile", f"FROM scratch AS sources\nFROM {pinned_runtime()}\n{copied}\n")
    shop.commit()
    shop.lockage("build")
    return shop


def of_image(shop: Shop) -> Release:
    """A release of that function alone."""
    release, built = shop.release(Git(shop.root).head()), shop.dist.read_artifact(IMAGE)
    told = replace(release.functions[0].configuration, command=("shop.well.handle",), handler="", runtime="", layers=())
    well = released_function("well", repository="shop", artifact=built.digest, configuration=told, probe="{}")
    return replace(release, functions=(well,), layers=())


def test_a_released_image_is_built_again_from_its_commit(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shop = small(tmp_path / "project", "a topmost folder")
    assert "layer 4 holds the time it was built at" in capsys.readouterr().err
    release = of_image(shop)
    shop.write("functions/shop/well.py", "# the tree has gone on\n")
    reproduce(shop, release)
    assert capsys.readouterr().out == f"{IMAGE} {shop.dist.read_artifact(IMAGE).digest} equal\n"


def test_a_released_image_of_something_else_is_found_out(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Released is what stands in ``dist/``, and its commit says otherwise."""
    shop = small(tmp_path / "project", "a folder within")
    assert "holds the time" not in capsys.readouterr().err
    shop.write("functions/shop/well.py", "# another tree\n")
    shop.lockage("build", IMAGE)
    with pytest.raises(NotReproducible) as caught:
        reproduce(shop, of_image(shop))
    assert caught.value.what == f"{IMAGE} of this commit is not what was released"
    first = caught.value.why.splitlines()[-1]
    assert re.match(r"\w+: layer \d+ \(COPY .*\): var/task/well.py: content sha256:", first)


@pytest.mark.parametrize(
    ("name", "path", "told"),
    [
        ("shop", "shop/well.py", "content: shop/well.py: content sha256:"),
        ("two", "python/requests/api.py", "dependency: python/requests/api.py: only theirs has it"),
    ],
)
def test_a_release_of_something_else_is_found_out(
    shop: Shop, name: str, path: str, told: str, capsys: pytest.CaptureFixture[str]
) -> None:
    shop.alter(name, path, b"# slipped in\n")
    capsys.readouterr()
    with pytest.raises(NotReproducible) as caught:
        reproduce(shop)
    said = capsys.readouterr().err.splitlines()
    first, *others = [number for number, line in enumerate(said) if "is not what the release was built of" in line]
    assert not others
    assert said[first].startswith(f"{name}: this is not what the release was built of: source ")
    assert not [line for line in said[:first] if " zip " in line or " layer " in line], "it is told before it is built"
    assert caught.value.what == f"{name} of this commit is not what was released"
    assert caught.value.why.splitlines()[-1].startswith(told)
