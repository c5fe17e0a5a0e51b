from lockage.model.packaging import Burst, Change, Comparison, Measured, Measurements
from lockage.plan.packaging.compare import compare
from lockage.report.compare import as_markdown, as_text

IMAGE = Measured(
    packaging="image",
    size=101_600_000,
    unpacked=245_000_000,
    packages=150,
    os_packages=110,
    cold_starts_ms=(900, 800, 1000),
    build_s=12.2,
)
ZIP = Measured(
    packaging="zip",
    size=12_400_000,
    change=12_400_000,
    unpacked=40_000_000,
    packages=30,
    os_packages=0,
    warm_starts_ms=(2.25, 1.5),
    memory_mb=71,
    burst=Burst(calls=20, errors=2, timeouts=1, answers_ms=(900.0, 1800.0)),
    build_s=0.4,
    upload_s=0.5,
    changes=(Change(build_s=0.25, upload_s=0.5, deploy_s=1.25),),
)


def comparison() -> Comparison:
    measured = (IMAGE, ZIP, Measured(packaging="layers"))
    return compare(Measurements(function="dashboard", measured=measured, setting="the embedded AWS"), 30)


def test_packagings_stand_side_by_side() -> None:
    lines = as_text(comparison()).splitlines()
    assert lines[0] == "dashboard, side by side"
    assert lines[1].split() == ["image", "zip", "layers"]
    assert "  stored                  101.6 MB      12.4 MB       not measured" in lines
    assert "  to upload for a change  not measured  12.4 MB       not measured" in lines
    assert "  cold start P90          1,000 ms      not measured  not measured" in lines
    assert "  cost a month            not measured  0.0089 USD    not measured" in lines


def test_everything_that_was_measured_has_a_row() -> None:
    lines = as_text(comparison()).splitlines()
    for row in (
        "  cold start P99          1,000 ms      not measured",
        "  warm start P50          not measured  1.5 ms",
        "  warm start P99          not measured  2.2 ms",
        "  warm starts measured    0             2",
        "  memory held             not measured  71 MB",
        "  calls at one moment     not measured  20 ",
        "  of them failed          not measured  2 ",
        "  timed out               not measured  1 ",
        "  their answers P99       not measured  1,800 ms",
        "  a changed line: build   not measured  0.25 s",
        "  its upload              not measured  0.50 s",
        "  its deployment          not measured  1.25 s",
        "  all of that             not measured  2.00 s",
    ):
        assert [line for line in lines if line.startswith(row)], row


def test_what_the_costs_rest_on_is_told() -> None:
    text = as_text(comparison())
    assert "Cold starts and builds: the embedded AWS." in text
    assert "30 builds a month" in text
    assert "an image in ECR: 0.100 USD per GB-month (founding ADR-005, 2025-11-23)" in text


def test_without_measurements_no_setting_is_claimed() -> None:
    text = as_text(compare(Measurements(function="f", measured=(Measured(packaging="zip"),))))
    assert "Cold starts and builds" not in text
    assert "not measured here; of the reference functions `./noxw -s bench -- figures` does it." in text


def test_markdown_says_the_same() -> None:
    text = as_markdown(comparison())
    assert text.startswith("### dashboard, side by side\n\n|  | image | zip | layers |\n")
    assert "| packages | 150 | 30 | not measured |" in text
    assert "- a Linux runner: 0.008 USD per minute (founding ADR-005, 2025-11-23)" in text
