"""A run of the figures' benchmark that never was."""

from shared.data import Figures, Setting

from lockage.model.packaging import Burst, Change, Measured, Measurements, Packaging


def measured(packaging: Packaging, slower: float = 1.0) -> Measured:
    """All figures of one packaging."""
    return Measured(
        packaging=packaging,
        size=12_400_000,
        change=30_000,
        unpacked=40_000_000,
        packages=30,
        os_packages=0,
        cold_starts_ms=tuple(round(slower * start, 2) for start in (400, 300, 500, 450)),
        warm_starts_ms=(2.5, 1.25),
        memory_mb=80,
        burst=Burst(calls=20, errors=1, timeouts=1, answers_ms=(900.0,) * 19),
        build_s=3.0,
        upload_s=0.5,
        changes=(Change(build_s=0.25, upload_s=0.125, deploy_s=1.5),),
    )


SETTING = Setting(
    cpus=2,
    memory=24 << 30,
    platform="linux/amd64",
    engine="26.1.5",
    runtime="public.ecr.aws/lambda/python:3.13@sha256:" + "5" * 64,
    runtime_digest="sha256:" + "7" * 64,
    stands_in=True,
)

FIGURES = Figures(
    date="2026-11-29",
    setting=SETTING,
    functions=(
        Measurements(
            function="dashboard",
            measured=(measured("image", 1.5), measured("zip"), measured("layers", 0.9)),
            setting=SETTING.words,
        ),
        Measurements(function="ingestion", measured=(measured("layers"),), setting=SETTING.words),
    ),
)
