"""A zip and its layers through the real pipeline code: pushed, released, rolled out, changed, rolled back, invoked.

Here, too, what unit tests show at every point is shown once at an AWS that answers: a machine that dies between two
aliases, and functions that come and go.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import botocore.client
import pytest
from fakes.pipeline import FILES, FUNCTIONS, Files, Pipeline

from lockage.errors import RolloutFailed
from lockage.model.release import Release
from lockage.rollout import record as records
from lockage.rollout.admission import NotAdmittedError
from lockage.rollout.checks import ChecksFailed
from lockage.rollout.rollback import rollback

pytestmark = [pytest.mark.aws, pytest.mark.docker]

FAILURE = ChecksFailed("a check failed", why="it did", remedy="mend it")


class Died(BaseException):
    """The machine did."""


@contextmanager
def machine(*, dies_before: int = 0) -> Iterator[list[str]]:
    """The functions whose aliases this machine moved. It may die before a move: then nothing of it reaches AWS."""
    moved: list[str] = []
    really, dead = botocore.client.BaseClient._make_api_call, False  # noqa: SLF001 - the one door of all clients

    def call(client: Any, operation: str, arguments: dict[str, Any]) -> Any:  # noqa: ANN401 - botocore's
        nonlocal dead
        moves = operation == "UpdateAlias"
        dead = dead or (moves and len(moved) + 1 == dies_before)
        if dead:
            raise Died
        answer = really(client, operation, arguments)
        if moves:
            moved.append(arguments["FunctionName"].removeprefix("shop-"))
        return answer

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(botocore.client.BaseClient, "_make_api_call", call)
        yield moved


def numbered(number: int) -> Files:
    """Archives of which every function says this number."""
    return {
        **FILES,
        "common": {"python/common.py": f"NAME = 'common {number}'\n"},
        "health": {"health.py": f"def handle(event, context):\n    return 'well {number}'\n"},
    }


def answers(number: int) -> dict[str, str]:
    return {
        "orders": f"orders 1 with deps 1 and common {number}",
        "replay": f"replay 1 with deps 1 and common {number}",
        "health": f"well {number}",
    }


def said(pipeline: Pipeline) -> dict[str, str]:
    return {function: pipeline.says(function) for function in FUNCTIONS}


def test_a_zip_and_its_layers_from_push_to_rollback(pipeline: Pipeline) -> None:
    first, sent = pipeline.publish(FILES, "a")
    assert all(not one.reused and one.sent == one.size for one in sent.values())
    outcome = pipeline.deploy(first)
    assert {proof.function: proof.version for proof in outcome.proofs} == dict.fromkeys(
        ("health", "orders", "replay"), "2"
    )
    assert pipeline.says("orders") == "orders 1 with deps 1 and common 1"
    assert pipeline.says("health") == "well"

    changed = {**FILES, "common": {"python/common.py": "NAME = 'common 2'\n"}}
    second, sent = pipeline.publish(changed, "b")
    assert [name for name, one in sent.items() if not one.reused] == ["common"], "what is there is not sent again"
    outcome = pipeline.deploy(second)
    assert outcome.kept == ("health",), "every function on the layer moves, and no other"
    assert pipeline.says("orders") == "orders 1 with deps 1 and common 2"
    assert pipeline.says("replay") == "replay 1 with deps 1 and common 2"
    assert (pipeline.layer_versions("deps"), pipeline.layer_versions("common")) == (1, 2)

    with pytest.raises(NotAdmittedError, match="it is older than what runs there"):
        pipeline.deploy(first)
    done = rollback(pipeline.site("rollback"), to=None, reason="orders fail")
    assert done.release == first.id
    assert pipeline.says("orders") == "orders 1 with deps 1 and common 1"
    assert pipeline.layer_versions("common") == 2, "nothing deletes a layer version"

    again = pipeline.deploy(second)
    versions = {proof.function: proof.version for proof in again.proofs}
    assert versions == {"health": "2", "orders": "3", "replay": "3"}, "they are there, unchanged since"
    assert pipeline.layer_versions("common") == 2, "what the account has is used again"


def test_layers_and_everything_in_one_zip_in_place(pipeline: Pipeline) -> None:
    layered, _ = pipeline.publish(FILES, "c")
    pipeline.deploy(layered)
    everything = {
        **FILES["orders"],
        "deps.py": "NAME = 'its own deps'\n",
        "common.py": "NAME = 'its own common'\n",
    }
    bundled, _ = pipeline.publish({"orders": everything, "health": FILES["health"]}, "d")
    pipeline.deploy(bundled)
    assert pipeline.says("orders") == "orders 1 with its own deps and its own common"
    held = pipeline.site().client.state("shop-orders")
    assert held is not None
    assert held.configuration.layers == ()
    rollback(pipeline.site("rollback"), to=None, reason="back to layers")
    assert pipeline.says("orders") == "orders 1 with deps 1 and common 1"


def test_a_deployment_that_died_between_two_aliases_is_ended_by_the_same_again(pipeline: Pipeline) -> None:
    first, _ = pipeline.publish(numbered(1), "1")
    pipeline.deploy(first)
    second, _ = pipeline.publish(numbered(2), "2")

    die_mixed(pipeline, second, moves=1)
    with pytest.raises(RolloutFailed, match=f"did not take release {second.id[:12]}: a check failed"):
        pipeline.deploy(second, FAILURE)
    assert said(pipeline) == answers(1), "all-old"
    record, _ = pipeline.site().store.record("only")
    assert (record.release, record.open) == (first.id, None)

    die_mixed(pipeline, second, moves=2)
    pipeline.deploy(second)
    assert said(pipeline) == answers(2), "all-new"
    record, _ = pipeline.site().store.record("only")
    assert (record.release, record.open) == (second.id, None)


def die_mixed(pipeline: Pipeline, release: Release, *, moves: int) -> None:
    """Roll release 2 over release 1 on a machine that dies after so many aliases."""
    with machine(dies_before=moves + 1) as moved, pytest.raises(Died):
        pipeline.deploy(release)
    assert len(moved) == moves
    assert said(pipeline) == {name: answers(1 + (name in moved))[name] for name in FUNCTIONS}, "it is mixed"


def test_an_added_function_serves_last_and_a_removed_one_stays_until_no_rollback_needs_it(
    pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(records, "TARGETS", 2)
    lambda_ = pipeline.owner("lambda")
    before, _ = pipeline.publish(numbered(3), "3")
    pipeline.deploy(before)
    version = lambda_.get_alias(FunctionName="shop-replay", Name="live")["FunctionVersion"]
    without = ("audit", "health", "orders")
    after, _ = pipeline.publish(numbered(4), "4", without)
    with machine() as moved:
        outcome = pipeline.deploy(after)
    assert moved == ["health", "orders", "audit"], "nothing old can call what is half there"
    assert pipeline.says("audit") == "well 4"
    assert outcome.retired == ("replay",)

    done = rollback(pipeline.site("rollback"), to=None, reason="orders fail")
    assert (done.release, done.left) == (before.id, ("audit",))
    assert said(pipeline) == answers(3)
    assert pipeline.deploy(after).retired == ("replay",)
    assert pipeline.deploy(pipeline.publish(numbered(4), "5", without)[0]).retired == (), "two are good without it"
    assert lambda_.get_alias(FunctionName="shop-replay", Name="live")["FunctionVersion"] == version
    kept = lambda_.list_versions_by_function(FunctionName="shop-replay")["Versions"]
    assert version in {each["Version"] for each in kept}, "only Terraform removes it"
