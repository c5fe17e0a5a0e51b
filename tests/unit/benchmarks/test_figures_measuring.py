"""What is measured is what is declared, and what was read becomes figures without loss."""

import msgspec
import pytest
from fakes.checkout import ROOT
from shared.emulated import starts
from shared.hosted import Called, summed
from shared.variants import VARIANTS, Variant, declared

from lockage.config.load import load_project
from lockage.config.schema import Project
from lockage.inspect.emulator.reading import Answer, Reading
from lockage.model.packaging import Burst
from lockage.plan.packaging.parts import parts

OWN = load_project(ROOT / "lockage.yaml", files=False)
THEIRS = msgspec.convert(declared((ROOT / "lockage.yaml").read_text()), Project)


@pytest.mark.parametrize("variant", VARIANTS, ids=lambda variant: variant.name)
def test_a_variant_is_its_function_in_another_packaging(variant: Variant) -> None:
    own, theirs = OWN.functions[variant.function], THEIRS.functions[variant.name]
    for field in ("handler", "memory_mb", "timeout_s", "environment", "probe"):
        assert getattr(theirs, field) == getattr(own, field)
    made_of, original = parts(THEIRS, variant.name), parts(OWN, variant.function)
    assert made_of.declared == variant.packaging
    assert (made_of.sources, made_of.locks, made_of.runtime) == (original.sources, original.locks, original.runtime)


def test_every_declared_packaging_is_among_them() -> None:
    for function in {variant.function for variant in VARIANTS}:
        assert Variant(function=function, packaging=parts(OWN, function).declared) in VARIANTS


def reading(seconds: float, peak: int) -> Reading:
    return Reading(answer=Answer(status=200, seconds=seconds, peak=peak, killed=0, tmp=0, body="{}"))


def test_the_first_answer_of_a_container_is_cold_and_all_others_are_warm() -> None:
    found = starts([(reading(0.5, 70_000_000), reading(0.00123, 71_600_000)), (reading(0.25, 60_000_000),)])
    assert (found.cold_ms, found.warm_ms, found.memory_mb) == ((500.0, 250.0), (1.23,), 72)


def test_calls_that_were_not_answered_are_counted_and_have_no_time() -> None:
    called = [
        Called(ms=10.0),
        Called(ms=3000.0, error='{"errorMessage": "2026 Task timed out after 3.00 seconds"}'),
        Called(ms=5.0, error='{"errorType": "KeyError"}'),
    ]
    assert summed(called) == Burst(calls=3, errors=2, timeouts=1, answers_ms=(10.0,))
