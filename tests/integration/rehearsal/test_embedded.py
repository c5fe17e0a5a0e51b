"""The embedded AWS as a process: two at once, no port or container left, and what it says when it cannot start."""

import os
import socket
import struct
import sys
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from lockage.rehearsal.embedded import EmbeddedAws, PortTaken, free_port
from lockage.rehearsal.engine import bridge_address, containers

pytestmark = pytest.mark.aws

ACCOUNT = "222222222222"
LISTENING = "0A"
"""The kernel's state of a socket, in /proc/net/tcp."""


@contextmanager
def embedded(folder: Path, port: int = 0) -> Iterator[EmbeddedAws]:
    aws = EmbeddedAws(account=ACCOUNT, region="eu-central-1", parent=folder, port=port)
    try:
        yield aws.start()
    finally:
        aws.stop()


def client(aws: EmbeddedAws, service: str, key: str = ACCOUNT) -> Any:  # noqa: ANN401 - boto3 makes its classes at run time
    return boto3.client(
        service,
        endpoint_url=aws.endpoint,
        region_name="eu-central-1",
        aws_access_key_id=key,
        aws_secret_access_key="any",  # noqa: S106 - the emulator takes any secret of an account's root
    )


def listening(host: str, port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((host, port)) == 0


def listened_on(pid: int) -> set[tuple[str, int]]:
    """Every address and port of TCP that a process listens on, as the kernel has it."""
    own = set(sockets(pid))
    return {
        (address(place, family), int(port, 16))
        for family, table in ((socket.AF_INET, "tcp"), (socket.AF_INET6, "tcp6"))
        for columns in map(str.split, Path(f"/proc/{pid}/net/{table}").read_text().splitlines()[1:])
        for place, port in [columns[1].split(":")]
        if columns[3] == LISTENING and f"socket:[{columns[9]}]" in own
    }


def sockets(pid: int) -> Iterator[str]:
    """What its descriptors are: ``socket:[inode]`` and others."""
    for descriptor in Path(f"/proc/{pid}/fd").iterdir():
        with suppress(FileNotFoundError):  # closed meanwhile
            yield str(descriptor.readlink())


def address(place: str, family: socket.AddressFamily) -> str:
    """The kernel prints an address as 32-bit words, each as this machine reads it."""
    words = (int(place[at : at + 8], 16) for at in range(0, len(place), 8))
    return socket.inet_ntop(family, b"".join(word.to_bytes(4, sys.byteorder) for word in words))


def test_it_is_seen_what_a_process_listens_on() -> None:
    with socket.create_server(("127.0.0.2", 0)) as server:
        assert ("127.0.0.2", server.getsockname()[1]) in listened_on(os.getpid())
    words = struct.unpack("=4I", socket.inet_pton(socket.AF_INET6, "2001:db8::1"))
    assert address("".join(f"{word:08X}" for word in words), socket.AF_INET6) == "2001:db8::1"


def test_two_run_at_once_and_neither_leaves_anything(tmp_path: Path) -> None:
    with ExitStack() as stack:
        one = stack.enter_context(embedded(tmp_path))
        two = stack.enter_context(embedded(tmp_path))
        assert one.label != two.label
        client(one, "sns").create_topic(Name="only-in-one")
        assert client(two, "sns").list_topics()["Topics"] == []
        pids = one.pid, two.pid
    for aws, pid in zip((one, two), pids, strict=True):
        assert not listening("127.0.0.1", aws.port)
        assert containers(aws.label) == []
        assert not os.path.exists(f"/proc/{pid}")  # noqa: PTH110 - a process, not a file


def test_it_listens_on_loopback_and_the_bridge_only(tmp_path: Path) -> None:
    with embedded(tmp_path) as aws:
        assert listened_on(aws.pid) == {("127.0.0.1", aws.port), (bridge_address(), aws.port)}


def test_accounts_are_separate_and_unknown_keys_are_refused(tmp_path: Path) -> None:
    with embedded(tmp_path) as aws:
        identity = client(aws, "sts", "111111111111").get_caller_identity()
        assert identity["Arn"] == "arn:aws:iam::111111111111:root"
        with pytest.raises(ClientError, match="security token"):
            client(aws, "sns", "AKIAUNKNOWN").list_topics()


def test_a_taken_port_is_named(tmp_path: Path) -> None:
    port = free_port(bridge_address())
    with socket.socket() as other:
        other.bind(("127.0.0.1", port))
        other.listen()
        aws = EmbeddedAws(account=ACCOUNT, region="eu-central-1", parent=tmp_path, port=port)
        with pytest.raises(PortTaken) as caught:
            aws.start()
    assert caught.value.render() == (
        f"error: port {port} is taken\n"
        f"  why:  another program listens on 127.0.0.1:{port} or {aws.host}:{port}\n"
        f"  next: run it again, which takes another port; `ss -ltnp 'sport = :{port}'` names the program"
    )
    assert not os.path.exists(f"/proc/{aws.pid}")  # noqa: PTH110 - a process, not a file
    assert containers(aws.label) == []
