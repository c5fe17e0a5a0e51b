"""The embedded AWS as a process: two at once, no port or container left, and what it says when it cannot start."""

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from lockage.rehearsal.embedded import EmbeddedAws, PortTaken, free_port
from lockage.rehearsal.engine import bridge_address, containers

pytestmark = pytest.mark.aws

ACCOUNT = "222222222222"


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
    others = {
        info[4][0]
        for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)
        if not str(info[4][0]).startswith("127.")
    } - {bridge_address()}
    with embedded(tmp_path) as aws:
        assert listening("127.0.0.1", aws.port)
        assert listening(aws.host, aws.port)
        for host in others:
            assert not listening(str(host), aws.port)


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
