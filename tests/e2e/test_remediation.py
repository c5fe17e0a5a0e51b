"""What must be remediated, and only that, reaches the remediator, and only through the topic's filter."""

from e2e.environment import Environment, eventually
from e2e.journeys import Journeys


def test_what_must_be_remediated_is(environment: Environment, journeys: Journeys) -> None:
    journeys.scored.result()
    remediated = journeys.remediated
    row = eventually(lambda: environment.row("remediations", str(remediated["id"])), "the remediation")
    decision = environment.row("decisions", str(remediated["id"]))
    assert decision is not None
    assert row["remedy"] == "close-port"
    assert (row["resource"], row["content"]) == (remediated["resource"], decision["content"])
    assert environment.row("remediations", journeys.reviewed) is None


def test_scorer_itself_may_not_send_to_the_queue(environment: Environment) -> None:
    queue = environment.parameter("queue/remediation").rpartition("/")[2]
    answer = environment.invoke("scorer", {"lockage": {"probe": True, "refused_queue": queue}})
    assert answer["refused"] is True, f"scorer was not refused on {queue}: {answer['code']}"
