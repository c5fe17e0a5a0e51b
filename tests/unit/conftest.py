"""Unit tests have no effects: no network, no AWS, no Docker, no user configuration."""

import socket
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, settings

# Properties are judged by what holds, not by how long a busy machine took over an example.
settings.register_profile("untimed", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("untimed")


@pytest.fixture(autouse=True)
def no_effects(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    home = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("HOME", str(home))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home / "config"))
    monkeypatch.setenv("XDG_CACHE_HOME", str(home / "cache"))
    for name in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_ENDPOINT_URL"):
        monkeypatch.delenv(name, raising=False)
    for name in ("LOCKAGE_CACHE", "LOCKAGE_DEBUG", "GITHUB_STEP_SUMMARY", "GITHUB_ACTIONS", "DOCKER_HOST"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("DOCKER_HOST", f"unix://{home}/no-engine-in-unit-tests.sock")
    monkeypatch.setattr(socket.socket, "connect", _loopback_only(socket.socket.connect))


def _loopback_only(connect: Any) -> Any:  # noqa: ANN401 - the C method has no Python type
    def guarded(self: socket.socket, address: Any) -> Any:  # noqa: ANN401 - as the method it stands for
        host = address[0] if isinstance(address, tuple) else "unix"
        assert host in {"127.0.0.1", "::1", "localhost", "unix"}, f"a unit test tried to reach {address}"
        return connect(self, address)

    return guarded


@pytest.fixture
def project_root() -> Path:
    return Path(__file__).parents[2]
