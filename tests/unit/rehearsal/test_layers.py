from pathlib import Path
from typing import Any

import pytest
from docker.types import Mount
from ministack.services import lambda_svc

from lockage.rehearsal.layers import beside, merged, mounting


def unpacked(folder: Path, **files: str) -> Path:
    for path, text in files.items():
        file = folder / path.replace("__", "/")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    return folder


def test_later_layers_lie_on_top(tmp_path: Path) -> None:
    one = unpacked(tmp_path / "layer-1", python__a="one", python__b="one")
    two = unpacked(tmp_path / "layer-2", python__b="two", bin__tool="two")
    (two / "bin" / "tool").chmod(0o755)
    opt = merged([one, two], tmp_path)
    found = {str(path.relative_to(opt)): path.read_text() for path in opt.rglob("*") if path.is_file()}
    assert found == {"python/a": "one", "python/b": "two", "bin/tool": "two"}
    assert (opt / "bin" / "tool").stat().st_mode & 0o777 == 0o755
    assert opt.stat().st_mode & 0o777 == 0o755, "whoever the function runs as can read it"
    assert (one / "python" / "b").read_text() == "one", "what was unpacked stays as it is"


def test_the_same_layers_are_merged_once_and_another_order_is_another_folder(tmp_path: Path) -> None:
    one, two = (unpacked(tmp_path / f"layer-{n}", python__a=str(n)) for n in (1, 2))
    first = merged([one, two], tmp_path)
    assert merged([one, two], tmp_path) == first
    assert merged([two, one], tmp_path) != first
    assert len(list(tmp_path.iterdir())) == 4, "nothing half-made is left"


@pytest.fixture
def emulator(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr("tempfile.gettempdir", lambda: str(tmp_path))
    monkeypatch.setattr(lambda_svc, "_resolve_layer_zip", lambda layer: layer["Arn"].encode() or None)
    monkeypatch.setattr(
        lambda_svc,
        "_docker_extracted_dir",
        lambda blob, kind: str(unpacked(tmp_path / f"{kind}-{blob.decode()}", a="a")),
    )


def spawned(config: dict[str, Any]) -> tuple[dict[str, Any], list[Mount]]:
    """What the emulator is asked to start, and what it then mounts."""
    mounts: list[Mount] = []

    def spawn(given: dict[str, Any], code: bytes | None, declared: bool) -> dict[str, Any]:  # noqa: FBT001 - the emulator's
        assert (code, declared) == (b"code", True)
        mounting(lambda *_: None)({}, {}, mounts, "python3.13", None)
        return given

    return beside(spawn)(config, b"code", True), mounts  # noqa: FBT003 - the emulator's


@pytest.mark.usefixtures("emulator")
def test_layers_are_mounted_read_only_where_lambda_has_them(tmp_path: Path) -> None:
    config = {"FunctionName": "f", "Layers": [{"Arn": "one"}, {"Arn": "two"}]}
    given, (mount,) = spawned(config)
    assert given == {"FunctionName": "f", "Layers": []}, "the emulator copies none"
    assert (mount["Target"], mount["ReadOnly"], mount["Type"]) == ("/opt", True, "bind")
    assert mount["Source"] == str(merged([tmp_path / "layer-one", tmp_path / "layer-two"], tmp_path))
    assert config["Layers"], "the function still has them"


@pytest.mark.usefixtures("emulator")
@pytest.mark.parametrize("config", [{}, {"Layers": []}, {"Layers": [{"Arn": ""}]}])
def test_without_layers_nothing_is_mounted(config: dict[str, Any]) -> None:
    assert spawned({"Layers": [{"Arn": "before"}]})[1], "and nothing of the container before"
    assert spawned(config)[1] == []
