"""Image, zip or layers: what is measured of one function, the rules it is held to, and what they come to."""

from typing import Literal, get_args

import msgspec

Packaging = Literal["image", "zip", "layers"]
"""``layers`` is a zip that runs with layers: for Lambda the same package type as ``zip``."""

PACKAGINGS: tuple[Packaging, ...] = get_args(Packaging)

Fact = Literal[
    "unpacked",
    "zipped",
    "image_unpacked",
    "layers",
    "system_parts",
    "glibc",
    "glibc_offered",
    "code_changes",
    "lock_changes",
    "cold_start_ms",
    "image_start_ms",
    "archive_start_ms",
    "code_sharers",
    "lock_sharers",
    "packages",
    "os_packages",
    "native_objects",
]
"""The figures of :class:`Facts`, by name."""


class Facts(msgspec.Struct, frozen=True, kw_only=True):
    """Figures of one function, all whole numbers; None is *not measured*, and never taken for zero."""

    function: str
    declared: Packaging
    runtime: str
    """Such as ``python3.13``."""
    platform: str
    """Such as ``linux/amd64``."""
    unpacked: int | None = None
    """Bytes of all files it would have as a zip, its layers included: what Lambda's limit counts."""
    zipped: int | None = None
    """Bytes of its zip, compressed, with its layers."""
    image_unpacked: int | None = None
    """Bytes of all layers of its image, uncompressed."""
    layers: int | None = None
    """Layers it runs with, or would."""
    system_parts: int | None = None
    """Programs and packages of the operating system that it needs beside its Python packages."""
    system_names: tuple[str, ...] = ()
    """Which they are."""
    glibc: int | None = None
    """The highest symbol version that its native code asks of the C library: GLIBC 2.x as x; 0 without native code."""
    glibc_offered: int
    """The same figure of what its managed runtime provides."""
    code_changes: int | None = None
    """Commits in the last 30 days that touched its sources."""
    lock_changes: int | None = None
    """Commits in the last 30 days that touched its locks."""
    cold_start_ms: int | None = None
    """What nine of ten cold starts should stay below; None where nothing is declared."""
    image_start_ms: int | None = None
    """P90 of its cold start as an image."""
    archive_start_ms: int | None = None
    """P90 of its cold start as a zip, with layers or without: either way the same files are unpacked before it."""
    code_sharers: int | None = None
    """Functions that have a source folder in common with it, itself included."""
    lock_sharers: int | None = None
    """Functions that run from a lock of the same content, itself included; 0 when it has no lock."""
    packages: int | None = None
    """All packages in what it runs from."""
    os_packages: int | None = None
    """Packages of the operating system that its image brings along."""
    native_objects: int | None = None
    """Shared objects and programs in what it runs from."""


DECLARED: frozenset[Fact] = frozenset({"cold_start_ms"})
"""Facts that a person declares or does not: absent, they are not unknown, and rules about them stay silent."""

When = Literal["over", "at least", "at most", "under"]


class Rule(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the table: *when* this fact is (over, …) this threshold, it has this effect on these packagings."""

    id: str
    fact: Fact
    when: When
    threshold: int | Fact
    """In the fact's unit; or the fact that is the threshold."""
    effect: Literal["rules out", "speaks for", "speaks against"]
    packagings: tuple[Packaging, ...]
    weight: int = 0
    """Of a rule that speaks; one that rules out needs none."""
    why: str
    source: str
    """Who says so."""


class Spoken(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that had its effect, with the figures that decided."""

    rule: Rule
    figure: int
    threshold: int


class Unknown(msgspec.Struct, frozen=True, kw_only=True):
    """A fact that rules ask for and nobody measured."""

    fact: Fact
    decides: bool
    """Whether some figure of it would change the answer."""


Outcome = Literal["decided", "tie", "inconclusive", "impossible"]


class Flip(msgspec.Struct, frozen=True, kw_only=True):
    """The nearest figure of one fact, to one side, at which the answer is another."""

    fact: Fact
    now: int | None
    when: When
    threshold: int
    """As the rule has it that is passed: the answer changes once the fact is (over, …) this."""
    value: int
    """The first figure past it."""
    outcome: Outcome
    possible: tuple[Packaging, ...]
    """As of a decision."""


class Decision(msgspec.Struct, frozen=True, kw_only=True):
    """What the rules come to for one function, and why."""

    facts: Facts
    outcome: Outcome
    possible: tuple[Packaging, ...]
    """One when *decided*, those with the same score when *tie*, none when *impossible*; when *inconclusive* all that
    win for some figures of what is not measured."""
    scores: dict[Packaging, int]
    """Of what is known, without what is ruled out."""
    spoken: tuple[Spoken, ...]
    """In the order of the table."""
    unknown: tuple[Unknown, ...]
    flips: tuple[Flip, ...]
    """Smallest relative change first; none while it is inconclusive."""

    @property
    def answer(self) -> Packaging | None:
        """The packaging, if there is exactly one."""
        return self.possible[0] if self.outcome == "decided" else None

    @property
    def contradicted(self) -> bool:
        """Whether the rules speak against what is declared, whatever is not measured."""
        return self.facts.declared not in self.possible


class Price(msgspec.Struct, frozen=True, kw_only=True):
    """What something costs, and who says so."""

    name: str
    usd: float
    unit: str
    """Such as ``GB-month``."""
    source: str
    as_of: str
    """ISO date on which the source says so."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """One line of a function's own code, from its source to an alias that serves it."""

    build_s: float
    """Seconds, with all caches."""
    upload_s: float
    """Seconds."""
    deploy_s: float
    """Seconds of update, settling, publishing, the new version's check, the shift, and reading back."""

    @property
    def seconds(self) -> float:
        """All of it."""
        return self.build_s + self.upload_s + self.deploy_s


class Burst(msgspec.Struct, frozen=True, kw_only=True):
    """Calls that were sent at one moment."""

    calls: int
    errors: int
    """Calls that were not answered well, timeouts among them."""
    timeouts: int
    """Calls that took the function longer than it may take."""
    answers_ms: tuple[float, ...]
    """From the call to its answer, of those that were answered well."""


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """One packaging of a function, as far as it was built and measured."""

    packaging: Packaging
    size: int | None = None
    """Bytes that are stored: compressed, layers included."""
    change: int | None = None
    """Bytes to upload when only its own code changes."""
    unpacked: int | None = None
    """Bytes of all files."""
    packages: int | None = None
    """All packages."""
    os_packages: int | None = None
    """Those of the operating system."""
    cold_starts_ms: tuple[float, ...] = ()
    """One sample a cold start."""
    warm_starts_ms: tuple[float, ...] = ()
    """One sample a call of a function that has answered before."""
    memory_mb: int | None = None
    """Megabytes (10^6 bytes) that its processes held at most."""
    burst: Burst | None = None
    build_s: float | None = None
    """Seconds of a build without cache."""
    upload_s: float | None = None
    """Seconds of an upload to where nothing of it is."""
    changes: tuple[Change, ...] = ()
    """One a change that was tried."""


class Measurements(msgspec.Struct, frozen=True, kw_only=True):
    """One function in several packagings."""

    function: str
    measured: tuple[Measured, ...]
    setting: str = ""
    """Where cold starts and builds were measured, in a few words; empty when none was."""


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """``dist/packaging.json``: the latest measurements of every function that was measured."""

    schema: Literal[1] = 1
    functions: dict[str, Measurements] = {}


class Spread(msgspec.Struct, frozen=True, kw_only=True):
    """Percentiles by the nearest rank: each a sample that was really measured, in the unit of the samples."""

    samples: int
    p50: float
    p90: float
    p99: float


class Column(msgspec.Struct, frozen=True, kw_only=True):
    """One packaging with what follows from its figures; None is *not measured*."""

    measured: Measured
    cold: Spread | None
    """Milliseconds."""
    warm: Spread | None
    """Milliseconds."""
    burst: Spread | None
    """Milliseconds."""
    change: Change | None
    """Of those that were tried, the one in the middle by all of its time."""
    storage_usd: float | None
    """A month."""
    ci_usd: float | None
    """A month, of a runner that builds without cache, uploads all of it, and deploys."""

    @property
    def cost_usd(self) -> float | None:
        """A month, all of it."""
        return None if self.storage_usd is None or self.ci_usd is None else self.storage_usd + self.ci_usd


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """One function in several packagings, side by side, and what the costs rest on."""

    function: str
    columns: tuple[Column, ...]
    deployments: int
    """A month."""
    prices: tuple[Price, ...]
    setting: str
