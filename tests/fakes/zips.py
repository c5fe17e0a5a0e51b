"""Releases of zips and layers over a small AWS, with their archives in the store."""

import hashlib
from collections.abc import Mapping

import msgspec

from fakes.aws_layers import archive_of
from fakes.environment import Environments
from lockage.model.ids import CommitSha, Digest
from lockage.model.release import Configuration, Release, ReleasedLayer, archive_key, released_function


class Zip(msgspec.Struct, frozen=True, kw_only=True):
    """A function to be: what is in its zip, and its layers by name."""

    code: str
    layers: tuple[str, ...] = ()
    memory_mb: int = 256


def zipped(text: str) -> bytes:
    """An archive that unpacks to this."""
    return archive_of({"content": text.encode()})


def digest_of(text: str) -> Digest:
    """Its digest."""
    return Digest(f"sha256:{hashlib.sha256(zipped(text)).hexdigest()}")


def key_of(text: str) -> str:
    """Its place in the store, which is how the fake knows what runs."""
    return archive_key(digest_of(text))


def zip_release(
    functions: Mapping[str, Zip],
    layers: Mapping[str, str] | None = None,
    *,
    commit: str = "a",
) -> Release:
    """A release of these; each layer by name and what is in it."""
    layers = layers or {}
    return Release(
        schema=1,
        project="platform",
        commit=CommitSha(commit * 40),
        dirty=False,
        functions=tuple(
            released_function(
                name,
                repository="",
                artifact=digest_of(one.code),
                configuration=Configuration(
                    command=(),
                    memory_mb=one.memory_mb,
                    timeout_s=30,
                    environment={"TABLE": "${table.decisions}"},
                    architecture="x86_64",
                    handler=f"{name}.handler.handle",
                    runtime="python3.13",
                    layers=tuple(digest_of(layers[layer]) for layer in one.layers),
                ),
                probe='{"probe":true}',
            )
            for name, one in sorted(functions.items())
        ),
        evidence=(),
        parent=None,
        second_sources=(),
        layers=tuple(
            ReleasedLayer(name=name, artifact=digest_of(text), runtime="python3.13", architecture="x86_64")
            for name, text in sorted(layers.items())
        ),
    )


def stocked(environments: Environments, *texts: str) -> Environments:
    """The same, with these archives pushed."""
    for text in texts:
        environments.s3.objects[key_of(text)] = zipped(text)
    return environments


def of_zips(*functions: str) -> Environments:
    """Environments whose functions are zips."""
    environments = Environments(functions=())
    for fake in environments.lambdas.values():
        for function in functions:
            fake.add(f"platform-{function}", package="Zip")
    return environments
