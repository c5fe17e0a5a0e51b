"""Which Go will do, and what it builds with."""

from pathlib import Path

import pytest
from fakes.tools import MakeGo

from lockage.errors import ToolError
from lockage.tools import go


@pytest.mark.parametrize("version", ["go1.21.0", "go1.26.8", "go1.27rc1", "devel go1.27-abcdef"])
def test_any_that_fetches_toolchains_will_do(make_go: MakeGo, version: str) -> None:
    make_go(version=f"'{version}'")
    go.need()


@pytest.mark.parametrize(
    ("version", "named"),
    [
        ("go1.19.8", "go1.19.8"),
        ("go1.20", "go1.20"),
        ("''", "one older than 1.16, which tells no version,"),
        ("tip", "tip"),
    ],
)
def test_one_that_cannot_read_the_modules_is_named(make_go: MakeGo, version: str, named: str) -> None:
    make_go(version=version)
    with pytest.raises(ToolError) as caught:
        go.need()
    assert caught.value.render() == (
        "error: Go is too old\n"
        f"  why:  {named} cannot read these modules\n"
        "  next: install Go 1.21 or newer: https://go.dev/doc/install; on Debian and Ubuntu, scripts/golang does"
    )


def test_where_there_is_none_it_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    with pytest.raises(ToolError) as caught:
        go.need()
    assert (caught.value.what, caught.value.why) == ("Go is not installed", "no program go on the path")
    assert "scripts/golang" in caught.value.remedy


def test_nothing_of_this_machine_goes_into_a_build(
    make_go: MakeGo, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = make_go()
    for name, value in (("GOFLAGS", "-mod=mod"), ("CGO_ENABLED", "1"), ("GOTOOLCHAIN", "local")):
        monkeypatch.setenv(name, value)
    module = tmp_path / "module"
    module.mkdir()
    program = tmp_path / "program"
    go.build(".", program, module)
    assert program.read_text() == f"built by {program}\n"
    [built] = made.builds()
    assert built.startswith(f"build -mod=readonly -trimpath -buildvcs=false -o {program} . ")
    assert built.endswith(" [CGO_ENABLED=0 GOFLAGS= GOTOOLCHAIN=auto SPECIAL=]")
