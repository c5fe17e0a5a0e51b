import stat
import zipfile
from pathlib import Path

import pytest
from msgspec.structs import replace

from lockage.model.artifact import LayerArtifact, ZipArtifact
from lockage.model.ids import Fingerprint
from lockage.oci.layout import hash_file
from lockage.publish import unpacking
from lockage.publish.acceptance import ALL_AGAIN, NotAcceptedError
from lockage.publish.unpacking import Contents, hold_together

Member = tuple[zipfile.ZipInfo, bytes]


def member(name: str, content: bytes = b"1", *, mode: int = stat.S_IFREG | 0o644, method: int = 8) -> Member:
    info = zipfile.ZipInfo(name)
    info.external_attr, info.compress_type = mode << 16, method
    return info, content


def write(path: Path, members: list[Member]) -> int:
    """Bytes that it unpacks to."""
    with zipfile.ZipFile(path, "w") as archive:
        for info, content in members:
            archive.writestr(info, content)
    return sum(len(content) for _, content in members)


def zip_of(path: Path, *members: Member, layers: tuple[str, ...] = ()) -> ZipArtifact:
    unpacked = write(path, list(members))
    return ZipArtifact(
        name="ingestion",
        digest=hash_file(path),
        fingerprint=Fingerprint("sha256:" + "0" * 64),
        platform="linux/amd64",
        runtime="python3.13",
        size=path.stat().st_size,
        unpacked=unpacked,
        inputs=(),
        layers=layers,
    )


def layer_of(path: Path, *members: Member, name: str = "deps") -> LayerArtifact:
    made = zip_of(path, *members)
    fields = {field: getattr(made, field) for field in made.__struct_fields__ if field not in {"layers", "name"}}
    return LayerArtifact(name=name, **fields)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "archive.zip"


def test_what_a_build_makes_is_taken_and_weighed(path: Path) -> None:
    made = zip_of(
        path, member("ingestion/handler.py"), member("ingestion/feed.py", b"22"), member("boto3/x.py", b"333")
    )
    assert unpacking.read(made, path).weights == {"ingestion": 3, "boto3": 3}
    layer = layer_of(path, member("python/common/item.py", b"22"), member("python/six.py"))
    assert unpacking.read(layer, path).weights == {"common": 2, "six.py": 1}


def test_another_archive_in_its_place(path: Path) -> None:
    made = zip_of(path, member("a.py"))
    write(path, [member("a.py", b"2")])
    with pytest.raises(NotAcceptedError) as caught:
        unpacking.read(made, path)
    assert caught.value.render() == (
        "error: dist/ingestion holds another archive than was built\n"
        f"  why:  artifact.json names {made.digest}, and archive.zip is {hash_file(path)}\n"
        "  next: make it again, with its evidence: ./noxw -s build check sbom scan"
    )


@pytest.mark.filterwarnings("ignore:Duplicate name")
@pytest.mark.parametrize(
    ("members", "why"),
    [
        ([member("/etc/passwd")], "/etc/passwd would land outside of it"),
        ([member("a/../../b")], "a/../../b would land outside of it"),
        ([member("a\\b")], "a\\b would land outside of it"),
        ([member("link", b"/etc", mode=stat.S_IFLNK | 0o777)], "link is no regular file"),
        ([member("a/", b"", mode=stat.S_IFDIR | 0o755)], "a/ is no regular file"),
        ([member("a.py"), member("a.py")], "a.py is in it twice"),
        ([member("a.py", method=zipfile.ZIP_LZMA)], "a.py is packed in a way that Lambda does not unpack"),
        ([], "it is empty"),
    ],
)
def test_what_lambda_would_not_unpack_is_named(path: Path, members: list[Member], why: str) -> None:
    made = zip_of(path, *members)
    with pytest.raises(NotAcceptedError, match="Lambda would not take the archive of ingestion") as caught:
        unpacking.read(made, path)
    assert caught.value.why == why
    assert caught.value.remedy == f"make it again, with its evidence: {ALL_AGAIN}"


def test_a_layer_is_imported_from_one_folder_only(path: Path) -> None:
    made = layer_of(path, member("common/item.py"), member("python/common/item.py"))
    with pytest.raises(NotAcceptedError) as caught:
        unpacking.read(made, path)
    assert caught.value.why == "common/item.py is not under python/, where nothing is imported from"


def test_a_size_that_is_not_the_archives_own(path: Path) -> None:
    made = replace(zip_of(path, member("a.py")), unpacked=7)
    with pytest.raises(NotAcceptedError) as caught:
        unpacking.read(made, path)
    assert caught.value.why == "it unpacks to 1 bytes, and artifact.json says 7"


def test_what_is_no_archive(path: Path) -> None:
    made = zip_of(path, member("a.py"))
    path.write_bytes(path.read_bytes()[:-9])
    with pytest.raises(NotAcceptedError) as caught:
        unpacking.read(replace(made, digest=hash_file(path)), path)
    assert caught.value.why == "File is not a zip file"


def contents(name: str, unpacked: int = 1, *, zipped: bool = False, **changes: object) -> Contents:
    fields: dict[str, object] = {
        "name": name,
        "digest": f"sha256:{name}",
        "fingerprint": "",
        "platform": "linux/amd64",
        "runtime": "python3.13",
        "size": 1,
        "unpacked": unpacked,
        "inputs": (),
        **changes,
    }
    artifact = ZipArtifact(**fields) if zipped else LayerArtifact(**fields)  # type: ignore[arg-type]  # any field by its name
    return Contents(artifact=artifact, weights={f"{name} package": unpacked - unpacked // 3, "rest": unpacked // 3})


def function(*layers: str, unpacked: int = 1) -> Contents:
    return contents("ingestion", unpacked, zipped=True, layers=layers)


def refusal(zipped: Contents, layers: list[Contents], declared: tuple[str, ...]) -> str:
    with pytest.raises(NotAcceptedError) as caught:
        hold_together(zipped, layers, declared)
    assert caught.value.what == "Lambda would not run the zip ingestion with its layers; it was not pushed"
    assert caught.value.remedy == (
        f"mend it under zips.ingestion and layers of lockage.yaml, then: {ALL_AGAIN}\n"
        "what cannot be made to fit belongs in an image"
    )
    return caught.value.why


def test_a_zip_and_its_layers_up_to_the_last_byte() -> None:
    layers = [contents("deps", 262_143_990), contents("common", 9)]
    hold_together(function("deps", "common"), layers, ("deps", "common"))


def test_one_byte_more_names_the_contributors() -> None:
    layers = [contents("deps", 262_143_990), contents("common", 10)]
    assert refusal(function("deps", "common"), layers, ("deps", "common")).splitlines() == [
        "it unpacks to 262,144,001 bytes with its layers; Lambda takes 262,144,000. The largest of it:",
        "  174.8 MB  deps: deps package",
        "   87.4 MB  deps: rest",
        "    0.0 MB  common: common package",
        "    0.0 MB  common: rest",
        "    0.0 MB  ingestion: ingestion package",
        "    0.0 MB  ingestion: rest",
    ]


@pytest.mark.parametrize("declared", [("common", "deps"), ("deps",), (), ("deps", "other")])
def test_other_layers_than_it_was_built_for(declared: tuple[str, ...]) -> None:
    why = refusal(function("deps", "common"), [contents("deps"), contents("common")], declared)
    given = ", ".join(declared) or "none"
    assert why == f"it was built for the layers deps, common, and lockage.yaml gives it {given}"


def test_six_layers() -> None:
    names = ("a", "b", "c", "d", "e", "f")
    hold_together(function(*names[:5]), [contents(name) for name in names[:5]], names[:5])
    assert refusal(function(*names), [contents(name) for name in names], names) == "it has 6 layers; Lambda takes 5"


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"runtime": "python3.12"}, "the layer deps is for python3.12, the zip is for python3.13"),
        ({"platform": "linux/arm64"}, "the layer deps is for linux/arm64, the zip is for linux/amd64"),
    ],
)
def test_a_layer_for_another_runtime_or_architecture(changes: dict[str, str], why: str) -> None:
    deps = contents("deps")
    other = replace(deps, artifact=replace(deps.artifact, **changes))
    assert refusal(function("deps"), [other], ("deps",)) == why


def test_two_layers_of_the_same_content() -> None:
    layers = [contents("deps"), contents("common", digest="sha256:deps")]
    assert refusal(function("deps", "common"), layers, ("deps", "common")) == (
        "the layers deps and common are the same; Lambda takes a layer once"
    )
