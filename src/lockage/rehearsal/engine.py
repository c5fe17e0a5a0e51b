"""What a rehearsal asks of the Docker engine: where containers reach this machine, and to forget what it made there."""

import ipaddress
import json
import time

from lockage.errors import ToolError
from lockage.tools.process import run

_ATTEMPTS = 20
_PAUSE_SECONDS = 0.25


def bridge_address() -> str:
    """This machine's address on the engine's default network, by which containers reach it.

    Raises:
        ToolError: no engine answers, or it has no such network.
    """
    answer = run(["docker", "network", "inspect", "bridge", "--format", "{{json .IPAM.Config}}"], timeout=30)
    for subnet in json.loads(answer.stdout) or []:
        if ":" not in subnet["Subnet"]:
            return subnet.get("Gateway") or str(next(ipaddress.ip_network(subnet["Subnet"]).hosts()))
    raise ToolError(
        "the Docker engine's network 'bridge' has no IPv4 subnet",
        why="functions run in containers on it and call the embedded AWS at this machine's address there",
        remedy="give it a subnet: remove 'bridge: none' from the engine's configuration",
    )


def containers(label: str) -> list[str]:
    """Ids of all containers, running or not, that carry ``key=value``."""
    return run(["docker", "ps", "--all", "--quiet", "--no-trunc", "--filter", f"label={label}"]).stdout.split()


def remove_containers(label: str) -> int:
    """Remove the containers with this label and their volumes; returns how many there were."""
    found = containers(label)
    if found:
        # A container may go away by itself between the two calls; that is what was wanted.
        run(["docker", "rm", "--force", "--volumes", *found], ok=(0, 1))
    return len(found)


def remove_images(registry: str) -> int:
    """Forget the images pulled from ``host:port``; returns how many references there were.

    The engine may refuse, or not be able to tell, while another rehearsal forgets the same content under its own name:
    then it is asked again.
    """
    seen: set[str] = set()
    left: set[str] = set()
    for attempt in range(_ATTEMPTS):
        time.sleep(_PAUSE_SECONDS * bool(attempt))
        told = _pulled_from(registry)
        if told is None:
            continue
        left = told
        seen |= left
        if not left:
            break
        run(["docker", "image", "rm", "--force", *sorted(left)], ok=(0, 1))
    return len(seen - left)


def _pulled_from(registry: str) -> set[str] | None:
    """References in the local store; None when what it holds changes while it is asked.

    Each image is asked for its names: the store's list shows one of several.
    """
    images = run(["docker", "image", "ls", "--quiet", "--no-trunc"], ok=(0, 1))
    ids = sorted(set(images.stdout.split()))
    names = "{{range .RepoDigests}}{{println .}}{{end}}"
    asked = run(["docker", "image", "inspect", "--format", names, *ids], ok=(0, 1)) if ids else images
    found = {reference for reference in asked.stdout.split() if reference.startswith(f"{registry}/")}
    return found if found or not (images.code or asked.code) else None
