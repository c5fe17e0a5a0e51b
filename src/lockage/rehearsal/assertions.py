"""What must be true of the embedded AWS at each point of the story. Nothing here reads what our own code printed."""

import json
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import msgspec
from botocore.exceptions import ClientError

from lockage.errors import LockageError
from lockage.rehearsal import seed
from lockage.rehearsal.handover import Fact, Invoke, missing, resolve
from lockage.rehearsal.story import Judged, Refused
from lockage.rehearsal.witness import Reply, Witness

_PATIENCE_SECONDS = 120.0
_POLL_SECONDS = 0.1
_DENIED = frozenset({"AccessDenied", "AccessDeniedException"})


class StoryBroken(LockageError):  # noqa: N818 - an outcome
    """The embedded AWS says otherwise than the story."""

    exit_code: ClassVar[int] = 16

    def __init__(self, what: str, *, why: str) -> None:
        super().__init__(
            what,
            why=why,
            remedy="this is what the rehearsal is for: mend the cause, or run it with --keep and look at it there",
        )


def serves(witness: Witness, environment: str, commit: str, archived: Callable[[str], str]) -> str:
    """Every alias serves one version: what was built of a commit, and the memory declared there.

    That is the image that ECR holds for the commit, or the zip and the layers that lie in the commit's ``dist/``.

    Args:
        witness: asks.
        environment: where.
        commit: of the release.
        archived: the name of a zip or layer → the digest of its archive.

    Returns:
        Which version each function serves.

    Raises:
        StoryBroken: one does not.
    """
    served = witness.served(environment)
    wrong = []
    for function, found in served.items():
        expected = {
            **_built(witness, function, commit, archived),
            "memory_mb": witness.project.functions[function].memory_mb,
            "weighted": False,
        }
        wrong += [f"{function}: {said}" for said in missing(expected, msgspec.to_builtins(found))]
    if wrong:
        raise StoryBroken(f"{environment} does not serve commit {commit[:12]}", why="\n".join(wrong))
    return ", ".join(f"{function} {found.version}" for function, found in served.items())


def _built(witness: Witness, function: str, commit: str, archived: Callable[[str], str]) -> dict[str, Any]:
    project, declared = witness.project, witness.project.functions[function]
    if declared.zip is not None:
        layers = tuple(archived(layer) for layer in project.zips[declared.zip].layers)
        return {"digest": archived(declared.zip), "layers": layers}
    tagged = witness.tagged(project.images[declared.image or ""].repository or "", commit)
    return {"digest": tagged.digest if tagged else None, "layers": ()}


def answers(witness: Witness, environment: str, probes: Callable[[str], Path]) -> str:
    """Every function answers its probe, by the version that its alias names.

    Raises:
        StoryBroken: one does not.
    """
    served = witness.served(environment)
    for function, found in served.items():
        probe = probes(witness.project.functions[function].probe)
        reply = witness.invoke(environment, function, json.loads(probe.read_bytes()))
        if reply.failed or reply.version != found.version:
            raise StoryBroken(
                f"{function} in {environment} does not answer as version {found.version}",
                why=f"version {reply.version or 'unknown'} ran and answered: {reply.payload}",
            )
    return f"{len(served)} functions, each by the version its alias names"


def unchanged(before: dict[str, Any], after: dict[str, Any], environment: str) -> str:
    """Nothing that a rollout could touch is different.

    Raises:
        StoryBroken: something is.
    """
    different = [
        f"{function}: {before.get(function)} became {after.get(function)}"
        for function in sorted({*before, *after})
        if before.get(function) != after.get(function)
    ]
    if different:
        raise StoryBroken(f"{environment} was touched", why="\n".join(different))
    return "aliases, revisions and versions are what they were"


def judged(witness: Witness, act: Judged, release: str) -> str:
    """The release store says of a release what became of it in an environment, and why.

    Args:
        witness: asks.
        act: what it must say.
        release: the id.

    Raises:
        StoryBroken: it says otherwise.
    """
    passages = [one for one in witness.record(act.place)["passages"] if one["release"] == release]
    so = [one for one in passages if one["state"] == act.state and act.because in one.get("reason", "")]
    if so:
        return str(so[-1].get("reason", ""))
    raise StoryBroken(
        f"release {release[:12]} should be {act.state} in {act.place}, because of the {act.because}",
        why=f"its passages there: {passages or 'none'}",
    )


def tag_is_immutable(witness: Witness, repository: str, commit: str) -> str:
    """ECR refuses other content under the tag of a commit, even from the account's owner.

    Raises:
        StoryBroken: it took it.
    """
    before = witness.tagged(repository, commit)
    if before is None:
        raise StoryBroken(f"{repository} has no image of commit {commit[:12]}", why="ECR lists no tag that names it")
    other = json.loads(witness.manifest(repository, before.digest))
    other["annotations"] = {"org.opencontainers.image.description": "other content"}
    try:
        witness.registrar().client("ecr").put_image(
            repositoryName=repository, imageManifest=json.dumps(other), imageTag=before.tag
        )
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "ImageTagAlreadyExistsException" and witness.tagged(repository, commit) == before:
            return f"ECR answered {code}"
        raise
    raise StoryBroken(f"the tag {before.tag} of {repository} is not immutable", why="ECR took other content under it")


def archive_is_written_once(witness: Witness, digest: str) -> str:
    """S3 holds an archive under its digest, and refuses the publisher other content there.

    Raises:
        StoryBroken: there is none, or it took it.
    """
    store, key = witness.project.registry.store, f"archives/{digest.partition(':')[2]}.zip"
    s3 = witness.registrar().session_of(f"{witness.project.project}-publisher").client("s3")
    before = s3.head_object(Bucket=store, Key=key)["ETag"]
    try:
        s3.put_object(Bucket=store, Key=key, Body=b"other content")
    except ClientError as error:
        code = str(error.response["Error"]["Code"])
        if code in _DENIED and s3.head_object(Bucket=store, Key=key)["ETag"] == before:
            return f"S3 answered {code}"
        raise
    raise StoryBroken(f"{key} is not immutable", why="S3 took other content there from the publisher")


def refused(witness: Witness, act: Refused) -> str:
    """A job's role is refused what is not its own; what it tries would change nothing if it were allowed.

    Raises:
        StoryBroken: it was allowed.
    """
    function, found = next(iter(witness.served(act.place).items()))
    name = {"FunctionName": witness.project.function_name(function)}
    role = f"{witness.project.project}-{act.role}"
    lambda_ = witness.operator(act.place).session_of(role).client("lambda")
    attempts: dict[str, Callable[[], object]] = {
        "lambda:UpdateFunctionCode": lambda: lambda_.update_function_code(**name, ZipFile=seed.archive(), DryRun=True),
        "lambda:PublishLayerVersion": lambda: lambda_.publish_layer_version(
            LayerName=f"{witness.project.project}-{next(iter(witness.project.layers))}", Content={"ZipFile": b""}
        ),
        "lambda:PublishVersion": lambda: lambda_.publish_version(**name),
        "lambda:UpdateAlias": lambda: lambda_.update_alias(
            **name, Name=witness.place(act.place).alias, FunctionVersion=found.version
        ),
    }
    try:
        attempts[act.action]()
    except ClientError as error:
        if error.response["Error"]["Code"] in _DENIED and act.action in str(error):
            return f"tried on {function}: {error.response['Error']['Code']}"
        raise
    raise StoryBroken(f"{role} in {act.place} may {act.action}", why="IAM let it pass: its policy grants too much")


def holds(witness: Witness, environment: str, fact: Fact) -> str:
    """A declared fact is true, now or as soon as messages under way have arrived.

    Raises:
        StoryBroken: it does not become true.
    """
    deadline = time.monotonic() + (0 if isinstance(fact, Invoke) else _PATIENCE_SECONDS)
    while lacks := _lacking(witness, environment, fact):
        if time.monotonic() > deadline:
            raise StoryBroken(f"{_subject(fact)} in {environment} is not as declared", why="\n".join(lacks))
        time.sleep(_POLL_SECONDS)
    return _subject(fact)


def _lacking(witness: Witness, environment: str, fact: Fact) -> list[str]:
    def version(function: str) -> str:
        return witness.served(environment)[function].version

    if isinstance(fact, Invoke):
        reply: Reply = witness.invoke(environment, fact.function, fact.event)
        return missing(resolve(fact.answers, version), reply.payload)
    return missing(resolve(fact.has, version), witness.row(environment, fact.table, fact.key))


def _subject(fact: Fact) -> str:
    return f"the answer of {fact.function}" if isinstance(fact, Invoke) else f"row {fact.key} of {fact.table}"
