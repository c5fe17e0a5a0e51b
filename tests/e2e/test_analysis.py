"""What ingestion publishes on the topic ends, analysed, in a table."""

from typing import Any

import pytest
from e2e.environment import Environment, eventually, item

GOOD = "The nurse was wonderful and I am grateful to everybody."
BAD = "The nurse was terrible and I am furious with everybody."


def analysed(environment: Environment, item_id: str) -> dict[str, Any]:
    return eventually(lambda: environment.row("analyses", item_id), "the analysis")


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


def test_an_ingested_item_is_analysed(environment: Environment) -> None:
    if not environment.served:
        pytest.skip("the topic leads to the alias, not to the version under check")
    good, bad = item(GOOD), item(BAD)
    environment.invoke("ingestion", {"items": [good, bad]})
    for new, sentiment in ((good, "positive"), (bad, "negative")):
        row = analysed(environment, new["id"])
        stored = environment.row("items", new["id"])
        assert stored is not None
        assert (row["sentiment"], row["content"]) == (sentiment, stored["content"])
