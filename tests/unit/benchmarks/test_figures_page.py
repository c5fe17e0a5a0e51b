"""The page follows from its data and from nothing else, and what is committed is what comes of the committed data."""

from pathlib import Path

import msgspec
import pytest
from fakes.figures import FIGURES, SETTING
from msgspec.structs import replace
from shared import data, page
from shared.claims import CLAIMS, Claim
from shared.variants import VARIANTS

from lockage.errors import UsageError

FOLDER = Path(__file__).parents[3] / "docs" / "explanation"
RENDERED = page.render(FIGURES)


def test_the_committed_page_is_made_of_the_committed_data() -> None:
    figures = data.read(FOLDER / "figures.json")
    assert (FOLDER / "figures.md").read_text() == page.render(figures), "run: ./noxw -s bench -- figures --render"


def test_the_committed_data_is_of_a_run_in_which_all_was_measured_and_nothing_timed_out() -> None:
    figures = data.read(FOLDER / "figures.json")
    measured = {(one.function, column.packaging): column for one in figures.functions for column in one.measured}
    assert set(measured) == {(variant.function, variant.packaging) for variant in VARIANTS}
    for column in measured.values():
        assert None not in msgspec.structs.astuple(column)
        assert (len(column.cold_starts_ms) >= 16, len(column.warm_starts_ms) >= 80) == (True, True)
        assert column.burst is not None
        assert (column.burst.calls, column.burst.errors, column.burst.timeouts) == (20, 0, 0)


def test_equal_data_is_an_equal_page(tmp_path: Path) -> None:
    data.keep(tmp_path / "figures.json", FIGURES)
    again = data.read(tmp_path / "figures.json")
    assert again == FIGURES
    assert page.render(again) == RENDERED


def test_other_data_is_another_page() -> None:
    assert page.render(replace(FIGURES, date="2026-11-30")) != RENDERED


def test_the_page_says_how_it_was_made_on_what_and_what_is_not_in_it() -> None:
    for words in (
        "$ ./noxw -s bench -- figures --page",
        "| date | 2026-11-29 |",
        "| machine | 2 cores, 24.0 GiB, linux/amd64 |",
        "| Docker engine | 26.1.5 |",
        f"| base image | `{SETTING.runtime}` |",
        "**a stand-in** of another system",
        "Neither the download of the code nor Lambda's own start is in any of these figures.",
        "an archive in S3: 0.023 USD per GB-month",
    ):
        assert words in RENDERED


def test_the_pinned_image_itself_is_told_as_such() -> None:
    text = page.render(replace(FIGURES, setting=replace(SETTING, stands_in=False)))
    assert "nothing: it is the pinned image itself" in text
    assert "a stand-in**" not in text


def test_what_whoever_measured_has_to_add_stands_with_the_machine() -> None:
    assert "| of this run | It rained. |" in page.render(replace(FIGURES, remarks=("It rained.",)))


def test_every_function_has_its_table() -> None:
    assert "\n## dashboard\n\n|  | image | zip | layers |\n" in RENDERED
    assert "\n## ingestion\n\n|  | layers |\n" in RENDERED
    assert "| cold starts measured | 4 | 4 | 4 |" in RENDERED


@pytest.mark.parametrize("claim", CLAIMS, ids=lambda claim: claim.what)
def test_a_claim_stands_beside_what_was_measured(claim: Claim) -> None:
    assert f"| {claim.what} | {claim.theirs} | {claim.source} | {claim.ours(FIGURES)} | {claim.remark} |" in RENDERED


def test_what_was_not_measured_says_so() -> None:
    ours = {claim.what: claim.ours(FIGURES) for claim in CLAIMS}
    assert ours["cold start of the dashboard as a zip, P50 / P90 / P99"] == "400 / 500 / 500 ms (4 samples)"
    assert ours["cold start of the analysis as an image, P50 / P90 / P99"] == "not measured"
    assert ours["calls under load"] == "4 timeouts and 4 errors in 80 calls"
    assert ours["build, upload and deployment"] == "zip 1.88 s; image 1.88 s"
    assert ours["a function's zip beside its layers"] == "30.0 kB (ingestion on layers)"


def test_how_much_later_an_image_starts_is_worked_out() -> None:
    assert "- as image: +50 % and +50 % (the documents: +262 % and +248 %)\n- as layers: -10 % and -10 %\n" in RENDERED


def test_data_that_cannot_be_read_says_how_to_get_some(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"figures\.json cannot be read") as caught:
        data.read(tmp_path / "figures.json")
    assert caught.value.remedy == "measure again: ./noxw -s bench -- figures --page"
