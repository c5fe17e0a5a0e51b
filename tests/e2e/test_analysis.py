"""What ingestion publishes on the topic ends, analysed, in a table."""

import pytest
from e2e.environment import Environment, eventually
from e2e.journeys import GOOD, Journeys

BAD = "The nurse was terrible and I am furious with everybody."


def test_a_published_version_runs_its_model(environment: Environment) -> None:
    answer = environment.invoke("analysis", {"lockage": {"probe": True}})
    assert (answer["name"], answer["ok"], answer["sentiment"]) == ("analysis", True, "positive")
    assert answer["version"].isdigit()


@pytest.mark.parametrize(("text", "sentiment"), [("This is great!", "positive"), (GOOD, "positive"), (BAD, "negative")])
def test_a_text_is_judged(environment: Environment, text: str, sentiment: str) -> None:
    answer = environment.invoke("analysis", {"text": text})
    assert set(answer) == {"sentiment", "score"}
    assert answer["sentiment"] == sentiment
    assert 0.5 <= answer["score"] <= 1


def test_an_ingested_item_is_analysed(environment: Environment, journeys: Journeys) -> None:
    journeys.ingested.result()
    row = eventually(lambda: environment.row("analyses", journeys.item["id"]), "the analysis")
    stored = environment.row("items", journeys.item["id"])
    assert stored is not None
    assert (row["sentiment"], row["content"]) == ("positive", stored["content"])
