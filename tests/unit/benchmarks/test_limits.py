import pytest
from shared.limits import Figures, at_least, at_most

LIMITS = {"faster": at_least(8), "larger": at_most(1.03)}


def figures(**found: float) -> Figures:
    made = Figures(LIMITS)
    for what, figure in found.items():
        made.ratio(what, figure)
    return made


def test_figures_at_their_limits_are_well(capsys: pytest.CaptureFixture[str]) -> None:
    figures(faster=8, larger=1.03).hold()
    assert capsys.readouterr().out == "ratio faster 8.00\nratio larger 1.03\n"


@pytest.mark.parametrize(
    ("faster", "larger", "told"),
    [
        (7.996, 1.0, ["missed faster: 7.996, and should be at least 8"]),
        (9.0, 1.031, ["missed larger: 1.031, and should be at most 1.03"]),
        (float("nan"), 1.0, ["missed faster: nan, and should be at least 8"]),
        (
            1.0,
            2.0,
            ["missed faster: 1.000, and should be at least 8", "missed larger: 2.000, and should be at most 1.03"],
        ),
    ],
)
def test_all_that_miss_are_named_in_the_end(faster: float, larger: float, told: list[str]) -> None:
    with pytest.raises(SystemExit) as caught:
        figures(faster=faster, larger=larger).hold()
    assert str(caught.value.code).splitlines() == told


def test_a_figure_that_was_not_measured_is_missed() -> None:
    with pytest.raises(SystemExit) as caught:
        figures(faster=9).hold()
    assert caught.value.code == "missed larger: not measured, and should be at most 1.03"


def test_a_figure_without_a_limit_is_refused() -> None:
    with pytest.raises(ValueError, match="taller is held to nothing"):
        figures(taller=1)
