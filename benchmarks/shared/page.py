"""The figures' page, made of data alone: equal data, equal page."""

from collections.abc import Iterator

from lockage.model.packaging import Packaging
from lockage.report.compare import costs, table
from lockage.report.tables import markdown_table
from shared.claims import CLAIMS, column
from shared.data import COMMAND, Figures, Setting

_GIB = 2**30

_HEAD = f"""\
# Figures: image, zip and layers, measured

<!-- Made from figures.json by `{COMMAND}`: do not edit it here. -->

Every figure measured here is of one run of

```console
$ {COMMAND}
```

which keeps its data in [`figures.json`](figures.json) and makes this page of it; with `--render` in place of `--page`
it makes the page again and measures nothing. A run also puts its figures into `dist/packaging.json`, where
`./noxw -s explain -- dashboard --compare` finds them.
"""

_NOT_IN_IT = """\
## What is in it, and what is not

**Neither the download of the code nor Lambda's own start is in any of these figures.** A *cold start* is the time from
the first question to the first answer in the real Runtime Interface Emulator: runtime, import, handler. On Lambda, code
is fetched and an environment is started before that, and there an image, a zip and layers may differ most. So these
figures say what a packaging does to import and answer, and nothing of all that a user of a cold function waits for.

- Each function answers its probe, which has no effects: the dashboard and the ingestion make their clients, the
  analysis judges a sentence. A *warm start* is the same question to the same container.
- Percentiles are by the nearest rank, so each is a sample that was really measured; of fewer than 100 samples, P99 is
  the slowest. Packagings take turns, one container at a time, with the memory that `lockage.yaml` gives the function
  and all of the machine's processors; Lambda gives a share.
- Archives lie unpacked in memory, images in the engine's store, and all were read before: nothing waits for a disk.
- An image has bytecode of the function's own sources, an archive has not; of packages all of them have it.
- *Memory held* is the most that the function's processes held resident, in any of its containers. Lambda's own figure
  also counts its sandbox.
- *Calls at one moment* go to the alias in the embedded AWS, where one environment waits and the others are started
  meanwhile, on this machine's processors. That shows whether anything is lost, and not how fast Lambda scales: most of
  the time is the emulator's, which starts a container for each and copies a zip into it, but mounts layers.
- *Build without cache* makes packs, layers and images anew; wheels are at hand and the base image stands. *A changed
  line* is the first one of the handler, built with all caches; of the rounds, the one in the middle. A build begins in
  a program that runs already.
- Uploads go to the embedded ECR and S3 on this machine. A *deployment* is update, settling, publishing, check, shift
  and reading back in the embedded AWS, which takes 0.1 s for an update where Lambda takes seconds, starts a container
  as above, and pulls an image from itself. Terraform and end-to-end checks are not in it.
"""

_SHOWN = """\
## What that shows, and what it does not

The documents set one function as a zip against another one as an image, and call the latter's figures estimated. Here
the same function is measured in each packaging, so that the packaging is all that differs; but only that part of a
start which happens inside the function. Whether an image starts later on Lambda than a zip, this run shows neither way:
the [rules](packaging.md#the-rules) that rest on the documents' figures (`short-start`, `no-time-for-an-image`) go on
resting on them. Builds, sizes and what is uploaded for a change are the real ones, on this machine.
"""


def render(figures: Figures) -> str:
    """The page."""
    functions = [f"## {name}\n\n{table(one)}" for name, one in figures.comparisons.items()]
    cost = next((costs(one) for one in figures.comparisons.values()), [])
    parts = [
        _HEAD,
        f"## Where\n\n{markdown_table(('', ''), _where(figures))}",
        _NOT_IN_IT,
        *functions,
        "\n".join(["## What the costs rest on", "", cost[0], "", *(f"- {line}" for line in cost[1:]), ""]),
        f"## Beside the founding documents\n\n{_beside(figures)}",
        _SHOWN,
        "\n".join([*_ratios(figures), ""]),
    ]
    return "\n".join(parts)


def _where(figures: Figures) -> Iterator[tuple[str, str]]:
    setting = figures.setting
    yield "date", figures.date
    yield "machine", f"{setting.cpus} cores, {setting.memory / _GIB:.1f} GiB, {setting.platform}"
    yield "Docker engine", setting.engine
    yield "base image", f"`{setting.runtime}`"
    yield "what ran in its place", _base(setting)
    yield from (("of this run", remark) for remark in figures.remarks)


def _base(setting: Setting) -> str:
    if not setting.stands_in:
        return "nothing: it is the pinned image itself"
    return (
        f"**a stand-in** of another system (`{setting.runtime_digest}`): sizes of images, packages of the system and "
        "start times are the stand-in's"
    )


def _beside(figures: Figures) -> str:
    head = ("", "the founding documents", "source", "measured here", "")
    rows = ((one.what, one.theirs, one.source, one.ours(figures), one.remark) for one in CLAIMS)
    return markdown_table(head, rows)


def _ratios(figures: Figures) -> Iterator[str]:
    """What this run says of the dashboard's packagings, in words that follow from its figures."""
    base = column(figures, "dashboard", "zip")
    if base is None or base.cold is None:
        return
    yield "Of this run, the dashboard's cold start against that as a zip, by P50 and P90:"
    yield ""
    others: tuple[Packaging, ...] = ("image", "layers")
    for way in others:
        other = column(figures, "dashboard", way)
        if other and other.cold:
            p50, p90 = other.cold.p50 / base.cold.p50 - 1, other.cold.p90 / base.cold.p90 - 1
            theirs = " (the documents: +262 % and +248 %)" * (way == "image")
            yield f"- as {way}: {p50:+.0%} and {p90:+.0%}".replace("%", " %") + theirs
