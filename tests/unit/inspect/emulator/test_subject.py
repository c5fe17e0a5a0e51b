import tarfile
import zipfile
from pathlib import Path

import pytest

from lockage.errors import UsageError
from lockage.inspect.emulator.subject import Archive, Subject, merge
from lockage.model.ids import Digest
from lockage.oci.layout import hash_file


def archive(path: Path, files: dict[str, tuple[int, str]]) -> Archive:
    with zipfile.ZipFile(path, "w") as made:
        for name, (mode, content) in files.items():
            about = zipfile.ZipInfo(name)
            about.external_attr = (0o100000 | mode) << 16
            made.writestr(about, content)
    return Archive(path=path, digest=hash_file(path))


def unpacked(tar: Path) -> dict[str, tuple[int, str]]:
    with tarfile.open(tar) as opened:
        found = {}
        for one in opened:
            assert (one.uid, one.gid, one.isreg()) == (0, 0, True)
            stream = opened.extractfile(one)
            assert stream is not None
            assert one.name not in found, "each name is there once"
            found[one.name] = (one.mode, stream.read().decode())
        return found


def test_a_zip_is_the_task_and_layers_lie_below_opt_the_later_ones_over_the_earlier(tmp_path: Path) -> None:
    task = archive(tmp_path / "task.zip", {"app/handler.py": (0o644, "handle"), "run.sh": (0o755, "x")})
    first = archive(tmp_path / "one.zip", {"python/a.py": (0o644, "first"), "python/b.py": (0o644, "b")})
    second = archive(tmp_path / "two.zip", {"python/a.py": (0o600, "second")})
    merge(task, (first, second), tmp_path / "content.tar")
    assert unpacked(tmp_path / "content.tar") == {
        "var/task/app/handler.py": (0o644, "handle"),
        "var/task/run.sh": (0o755, "x"),
        "opt/python/a.py": (0o600, "second"),
        "opt/python/b.py": (0o644, "b"),
    }


def test_folders_of_an_archive_are_none_of_its_files(tmp_path: Path) -> None:
    with zipfile.ZipFile(tmp_path / "a.zip", "w") as made:
        made.mkdir("app")
        made.writestr("app/x.py", "x")
    merge(Archive(path=tmp_path / "a.zip", digest=hash_file(tmp_path / "a.zip")), (), tmp_path / "content.tar")
    assert list(unpacked(tmp_path / "content.tar")) == ["var/task/app/x.py"]


def test_an_archive_that_is_not_what_was_built_is_refused(tmp_path: Path) -> None:
    built = archive(tmp_path / "a.zip", {"x.py": (0o644, "x")})
    archive(tmp_path / "a.zip", {"x.py": (0o644, "another")})
    with pytest.raises(UsageError) as caught:
        merge(built, (), tmp_path / "content.tar")
    assert caught.value.what == f"{tmp_path}/a.zip is not what was built"
    assert caught.value.why.startswith(f"built was {built.digest}, this is sha256:")
    assert "noxw -s build" in caught.value.remedy


def test_opt_is_the_image_s_own_without_layers() -> None:
    one = Archive(path=Path("a.zip"), digest=Digest("sha256:1"))
    assert Subject(image="i", platform="linux/amd64", task=one).folders == ("/var/task",)
    assert Subject(image="i", platform="linux/amd64", task=one, layers=(one,)).folders == ("/var/task", "/opt")
