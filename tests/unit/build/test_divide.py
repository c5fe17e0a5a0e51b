from pathlib import Path

import pytest

from lockage.build.archive import ArchiveError
from lockage.build.divide import divide
from lockage.tools.buildx import BuildFailed

FOLDERS = {("six", "1.0"): "pack-of-six", ("jmes-path", "2"): "pack-of-jmes"}


class Installed:
    """A folder of packages, as an installer leaves it."""

    def __init__(self, root: Path) -> None:
        self.tree, self.into = root / "tree", root / "packs"
        self.tree.mkdir()

    def put(self, package: str, *recorded: str, **contents: str) -> None:
        """Write a package's record, and of its files what is given."""
        about = self.tree / f"{package}.dist-info"
        about.mkdir()
        lines = (f"{line}\n" for line in (*recorded, f"{about.name}/RECORD,,"))
        (about / "RECORD").write_text("".join(lines), encoding="utf-8")
        for name, content in contents.items():
            (self.tree / name.replace("_py", ".py")).write_text(content)

    def divide(self) -> None:
        divide(self.tree, FOLDERS, self.into)

    def refused(self) -> str:
        with pytest.raises(BuildFailed) as caught:
            self.divide()
        assert caught.value.what == "the installed packages are not what the lock names"
        assert "one of the wheels is malformed" in caught.value.remedy
        return caught.value.why


@pytest.fixture
def installed(tmp_path: Path) -> Installed:
    return Installed(tmp_path)


def test_every_package_gets_its_own_files(installed: Installed) -> None:
    installed.put("six-1.0", "six.py,sha256=x,1", "./shared.py,sha256=y,1", six_py="6", shared_py="=")
    installed.put("jmes_path-2", "jmes.py,sha256=z,1", "shared.py,sha256=y,1", jmes_py="j")
    installed.divide()
    assert {str(path.relative_to(installed.into)) for path in installed.into.rglob("*.py")} == {
        "pack-of-six/six.py",
        "pack-of-six/shared.py",
        "pack-of-jmes/jmes.py",
        "pack-of-jmes/shared.py",
    }


@pytest.mark.parametrize(("ours", "theirs"), [("sha256=x", "sha256=y"), ("sha256=x", ""), ("", "")])
def test_files_of_one_name_are_refused_unless_known_to_be_equal(installed: Installed, ours: str, theirs: str) -> None:
    installed.put("six-1.0", f"test.py,{ours},1", test_py="of six, or of the other")
    installed.put("jmes_path-2", f"test.py,{theirs},1")
    with pytest.raises(ArchiveError) as caught:
        installed.divide()
    assert caught.value.what == "two files are called test.py"
    assert caught.value.why.startswith("jmes_path-2 and six-1.0 bring it with different contents, and which of them")
    assert "another version that does not" in caught.value.remedy


@pytest.mark.parametrize("path", ["../secret", "/etc/hostname", "six/../../secret"])
def test_a_record_that_leads_out_of_the_folder_is_refused(installed: Installed, path: str) -> None:
    installed.tree.parent.joinpath("secret").write_text("secret")
    installed.put("six-1.0", f"{path},sha256=x,1", "six.py,,", six_py="6")
    assert installed.refused() == f"six-1.0 records {path}, which leads out of the folder of packages"
    assert not [path for path in installed.into.rglob("*") if path.is_file()]


def test_a_record_of_what_is_not_there_is_refused(installed: Installed) -> None:
    installed.put("six-1.0", "six.py,,")
    assert installed.refused() == "six-1.0 records six.py, which is not there"


def test_a_link_to_a_file_of_the_packages_is_that_file(installed: Installed) -> None:
    installed.put("six-1.0", "six.py,,", "seven.py,,", six_py="6")
    (installed.tree / "seven.py").symlink_to("six.py")
    installed.divide()
    seven = installed.into / "pack-of-six" / "seven.py"
    assert (seven.read_text(), seven.is_symlink()) == ("6", False)


def test_a_link_that_leads_astray_is_named(installed: Installed) -> None:
    installed.put("six-1.0", "six.py,,", six_py="6")
    for name, target in {"round": "round", "out": "/etc/hostname", "gone": "nowhere", "up": "..", "in": "."}.items():
        (installed.tree / name).symlink_to(target)
    assert installed.refused() == (
        "links that lead in a circle, out of the packages or to no file: gone, in, out, round, up"
    )
    assert not [path for path in installed.into.rglob("*") if path.is_file()]
