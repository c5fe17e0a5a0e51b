import json
import stat
from pathlib import Path

import pytest

from lockage.tools.crane import Crane, Login, RegistryRefused, uploaded
from lockage.tools.locked import Tool

LOGIN = Login(host="registry:1", token="QVdTOnNlY3JldA==")  # noqa: S106 - nobody's
BLOB = f"sha256:{'a' * 64}"


def crane(folder: Path, script: str) -> Crane:
    """A program in crane's place that notes how it was called."""
    program = folder / "crane"
    program.write_text(f'#!/bin/sh\nset -eu\necho "$@" > {folder}/arguments\nenv > {folder}/environment\n{script}\n')
    program.chmod(0o755)
    return Crane(Tool(name="crane", path=program, version="0", source="module", sha256="0"))


def test_the_way_in_is_a_file_of_its_own_that_is_gone_afterwards(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_SESSION_TOKEN", "secret")
    monkeypatch.setenv("REGISTRY_AUTH_FILE", "/another")
    client = crane(
        tmp_path,
        f'cp "$DOCKER_CONFIG/config.json" {tmp_path}/seen; stat -c %a "$DOCKER_CONFIG/config.json" > {tmp_path}/mode\n'
        f'echo "2026/11/21 pushed blob: {BLOB}" >&2; echo "existing blob: sha256:{"b" * 64}" >&2',
    )
    assert client.push(tmp_path / "layout", "registry:1/platform:abc", LOGIN) == {BLOB}
    assert json.loads((tmp_path / "seen").read_text()) == {"auths": {"registry:1": {"auth": "QVdTOnNlY3JldA=="}}}
    assert int((tmp_path / "mode").read_text(), 8) == stat.S_IRUSR | stat.S_IWUSR
    environment = (tmp_path / "environment").read_text()
    folder = next(line for line in environment.splitlines() if line.startswith("DOCKER_CONFIG=")).partition("=")[2]
    assert not Path(folder).exists()
    assert "AWS_SESSION_TOKEN" not in environment
    assert "REGISTRY_AUTH_FILE" not in environment
    assert (tmp_path / "arguments").read_text().split() == [
        "push",
        str(tmp_path / "layout"),
        "registry:1/platform:abc",
    ]


def test_an_image_is_pulled_as_a_layout(tmp_path: Path) -> None:
    crane(tmp_path, "").pull(f"registry:1/platform@{BLOB}", tmp_path / "there", LOGIN)
    assert (tmp_path / "arguments").read_text().split() == [
        "pull",
        "--format=oci",
        f"registry:1/platform@{BLOB}",
        str(tmp_path / "there"),
    ]


def test_a_refusal_keeps_the_registrys_words(tmp_path: Path) -> None:
    with pytest.raises(RegistryRefused) as caught:
        crane(tmp_path, 'echo "TAG_INVALID: immutable" >&2; exit 1').push(tmp_path, "registry:1/p:t", LOGIN)
    assert caught.value.said == "TAG_INVALID: immutable"
    assert caught.value.what == "crane failed with exit code 1"


def test_only_what_was_sent_counts() -> None:
    said = f"pushed blob: {BLOB}\nexisting blob: sha256:{'b' * 64}\nmounted blob: sha256:{'c' * 64}\n"
    assert uploaded(said) == {BLOB}
