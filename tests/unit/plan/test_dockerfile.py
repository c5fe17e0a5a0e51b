from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockage.errors import UsageError
from lockage.plan.dockerfile import hold_pinned, parse
from lockage.tools import lock

DIGEST = "sha256:" + "a" * 64
OTHER = "sha256:" + "b" * 64

MULTI_STAGE = f"""\
# comment
FROM scratch AS base
FROM scratch AS Tool
ADD --checksum={DIGEST} --chmod=0755 \\
    # a comment between continued lines
    https://example.com/tool /bin/tool

FROM base AS test
COPY --from=tool /bin/ /usr/local/bin/
RUN --mount=type=bind,from=checks,target=/checks \\
    --mount=from=example.com/linter@{DIGEST},target=/lint \\
    run checks && FROM=me
RUN <<EOF
FROM not-an-instruction
EOF

from base
COPY --from=test /tested/ /task/
USER 10001
"""


def test_reads_stages_and_what_they_use() -> None:
    found = parse("Dockerfile", MULTI_STAGE)
    assert [(stage.name, stage.base.name, stage.runs) for stage in found.stages] == [
        ("base", "scratch", False),
        ("tool", "scratch", False),
        ("test", "base", True),
        ("", "base", False),
    ]
    assert [use.name for stage in found.stages for use in stage.uses] == [
        "tool", "checks", f"example.com/linter@{DIGEST}", "test",
    ]  # fmt: skip


def test_places_are_the_named_stages_from_scratch() -> None:
    assert parse("Dockerfile", MULTI_STAGE).places == ("base", "tool")


def test_only_a_program_in_the_final_chain_leaves_times_behind() -> None:
    assert not parse("Dockerfile", MULTI_STAGE).final_runs
    assert parse("Dockerfile", MULTI_STAGE + "RUN something\n").final_runs
    assert parse("Dockerfile", f"FROM a@{DIGEST} AS one\nRUN x\nFROM one\nCOPY a b\n").final_runs


@pytest.mark.parametrize(
    ("text", "base"),
    [
        (MULTI_STAGE, "base"),
        (f"FROM image:1@{DIGEST}", f"image:1@{DIGEST}"),
        (f"FROM image:1@{DIGEST} AS one\nFROM one AS two\nFROM two", f"image:1@{DIGEST}"),
        ("FROM scratch\nCOPY a b", "scratch"),
    ],
)
def test_the_final_base_is_found_through_stages(text: str, base: str) -> None:
    assert parse("Dockerfile", text).final_base == base


def test_a_base_without_digest_is_refused_with_its_line_and_all_at_once() -> None:
    text = (
        "FROM public.ecr.aws/lambda/python:3.13 AS one\n"
        "ADD https://example.com/tool /tool\n"
        "FROM scratch\n"
        "COPY --from=golang:1.26 /go /go\n"
        "COPY --from=one /a /b\n"
        "COPY --from=0 /a /b\n"
    )
    with pytest.raises(UsageError) as caught:
        hold_pinned(parse("images/x/Dockerfile", text))
    assert caught.value.render() == (
        "error: images/x/Dockerfile rests on something that is not pinned\n"
        "  why:  line 1: public.ecr.aws/lambda/python:3.13 has no digest\n"
        "        line 4: golang:1.26 has no digest\n"
        "        line 2: https://example.com/tool has no --checksum\n"
        "  next: name images as image:tag@sha256:… (docker buildx imagetools inspect prints the digest), "
        "give downloads --checksum=sha256:…"
    )


@pytest.mark.parametrize("digest", ["sha256:abc", "sha512:" + "a" * 128, "sha256:" + "A" * 64])
def test_something_that_only_looks_like_a_digest_is_refused(digest: str) -> None:
    with pytest.raises(UsageError, match="not pinned"):
        hold_pinned(parse("Dockerfile", f"FROM image@{digest}"))


def test_a_frontend_is_a_base_too() -> None:
    with pytest.raises(UsageError) as caught:
        hold_pinned(parse("Dockerfile", f"# syntax=docker/dockerfile:1\nFROM image@{DIGEST}"))
    assert "line 1: docker/dockerfile:1 has no digest" in caught.value.why
    hold_pinned(parse("Dockerfile", f"# syntax=docker/dockerfile:1@{OTHER}\nFROM image@{DIGEST}"))


@pytest.mark.parametrize("line", ["FROM ${BASE}", "FROM $BASE AS x", "FROM --platform=linux/amd64 ${BASE}@sha256:x"])
def test_a_base_that_is_only_known_at_build_time_is_refused(line: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse("Dockerfile", f"ARG BASE=x\n{line}\n")
    assert caught.value.what == "Dockerfile, line 2: the base is not literal"
    assert "mirrors.bases" in caught.value.remedy


def test_a_file_without_from_is_refused() -> None:
    with pytest.raises(UsageError, match="builds nothing"):
        parse("Dockerfile", "# nothing\nRUN x\n")


@given(st.lists(st.sampled_from(["", "  ", "# FROM a comment", "   # indented"]), max_size=6))
def test_blank_lines_and_comments_change_nothing_but_lines(noise: list[str]) -> None:
    plain = parse("Dockerfile", MULTI_STAGE)
    noisy = parse("Dockerfile", MULTI_STAGE.replace("\nFROM", "\n" + "\n".join([*noise, ""]) + "FROM"))
    assert [(s.name, s.base.name, s.runs) for s in noisy.stages] == [
        (s.name, s.base.name, s.runs) for s in plain.stages
    ]
    assert noisy.places == plain.places
    assert [use.name for use in noisy.images] == [use.name for use in plain.images]


@pytest.mark.parametrize("name", ["base", "platform"])
def test_this_repository_pins_everything(project_root: Path, name: str) -> None:
    path = f"images/{name}/Dockerfile"
    hold_pinned(parse(path, (project_root / path).read_text()))


def test_the_tool_a_dockerfile_would_fetch_is_the_locked_one(project_root: Path) -> None:
    release = lock.load(project_root / "tools").pin("opa").release
    assert release is not None
    text = (project_root / "images/platform/Dockerfile").read_text()
    assert f"--checksum=sha256:{release.sha256}" in text
    assert release.url in text
