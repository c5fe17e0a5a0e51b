"""Items are taken in once, or refused as a whole."""

from e2e.environment import Environment, item


def test_a_published_version_answers(environment: Environment) -> None:
    answer = environment.invoke("ingestion", {"lockage": {"probe": True}})
    assert (answer["name"], answer["ok"]) == ("ingestion", True)
    assert answer["version"].isdigit()


def test_an_item_is_taken_once(environment: Environment) -> None:
    new = item("The harvest was the best in a generation.")
    for recorded in ("new", "unchanged"):
        answer = environment.invoke("ingestion", {"items": [new]})
        assert answer == {"items": [{"id": new["id"], "recorded": recorded}]}
    row = environment.row("items", new["id"])
    assert row is not None
    assert (row["text"], row["source"], row["published"]) == (new["text"], new["source"], True)


def test_a_malformed_item_is_refused_and_nothing_is_recorded(environment: Environment) -> None:
    good = item("Fine.")
    refusal = environment.refusal("ingestion", {"items": [good, {**item("Fine."), "source": "The Wire"}]})
    assert refusal["errorType"] == "InvalidInputError"
    assert "items[1].source: " in refusal["errorMessage"]
    assert environment.row("items", good["id"]) is None
