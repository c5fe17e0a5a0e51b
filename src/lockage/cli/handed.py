"""What a publisher is handed by the jobs before it: which artifacts were built, and where the evidence lies."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import click

from lockage.errors import UsageError
from lockage.model.dist import DistDir
from lockage.model.ids import Digest
from lockage.oci.layout import hash_file

_EXPECT = "LOCKAGE_EXPECT"

_evidence = click.option(
    "--evidence",
    type=click.Path(path_type=Path, file_okay=False),
    envvar="LOCKAGE_EVIDENCE",
    show_envvar=True,
    help="Take findings and verdicts from FOLDER/<image>/, and nothing else from there; from dist/ by default.",
)
_expect = click.option(
    "--expect",
    metavar="NAME=DIGEST,…",
    callback=lambda _context, _parameter, value: expected(os.environ.get(_EXPECT) if value is None else value),
    help="Take these artifacts only, by the SHA-256 of artifact.json, as `lockage build` told them.  "
    f"[env var: {_EXPECT}]",
)


def options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Both options of a verb that is handed images."""
    return _evidence(_expect(command))


def told(dist: DistDir, names: Iterable[str]) -> str:
    """What a build tells a publisher of its artifacts. The hash of its description binds image and inputs alike."""
    return ",".join(f"{name}={hash_file(dist.artifact(name))}" for name in names)


def expected(text: str | None) -> dict[str, Digest] | None:
    """What :func:`told` said, by name; None when nobody said anything. Said and empty is a mistake, not nothing.

    Raises:
        UsageError: it does not read so.
    """
    if text is None:
        return None
    pairs = [pair.partition("=") for pair in text.split(",")]
    if not all(name and digest.startswith("sha256:") for name, _, digest in pairs):
        raise UsageError(
            "what is expected of the build cannot be read",
            why=f"NAME=sha256:…,NAME=sha256:… is the form; given was {text!r}",
            remedy="hand over the output `artifacts` of the job that ran `lockage build`",
        )
    return {name: Digest(digest) for name, _, digest in pairs}


def hold_expected(dist: DistDir, names: Iterable[str], wanted: dict[str, Digest] | None) -> None:
    """Hold that artifacts are those that were built by who told so.

    Raises:
        UsageError: one is another, or nobody told of it.
    """
    if wanted is None:
        return
    found = {name: hash_file(dist.artifact(name)) for name in names}
    others = [
        f"{name}: artifact.json is {digest}, and the build told {wanted.get(name, 'of none')}"
        for name, digest in found.items()
        if wanted.get(name) != digest
    ]
    if others:
        raise UsageError(
            "what was handed over is not what was built; nothing was pushed",
            why="\n".join(others),
            remedy="run build, scan and publish again; if it stays so, look at who else writes the build's artifact",
        )
