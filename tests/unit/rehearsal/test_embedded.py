import socket

import pytest

from lockage.errors import ToolError
from lockage.rehearsal.embedded import PortTaken, free_port


def test_a_free_port_can_be_listened_on() -> None:
    port = free_port("127.0.0.2")
    for host in ("127.0.0.1", "127.0.0.2"):
        with socket.socket() as listener:
            listener.bind((host, port))


def test_a_bridge_that_stands_elsewhere_is_explained() -> None:
    with pytest.raises(ToolError, match=r"192\.0\.2\.77 is not an address of this machine") as caught:
        free_port("192.0.2.77")
    assert "Docker Desktop" in caught.value.why
    assert "Linux" in caught.value.remedy


def test_a_port_must_be_free_on_both_addresses(monkeypatch: pytest.MonkeyPatch) -> None:
    real = socket.socket.bind

    def taken_on_the_bridge(self: socket.socket, address: tuple[str, int]) -> None:
        real(self, address)
        if address[0] == "127.0.0.2":
            raise OSError(98, "Address already in use")

    monkeypatch.setattr(socket.socket, "bind", taken_on_the_bridge)
    with pytest.raises(PortTaken) as caught:
        free_port("127.0.0.2")
    assert caught.value.render() == (
        "error: no port is free on 127.0.0.1 and 127.0.0.2 at once\n"
        "  why:  20 were tried\n"
        "  next: end some programs that listen, and run it again"
    )
