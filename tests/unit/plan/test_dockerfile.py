from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lockage.config.load import load_project
from lockage.errors import UsageError
from lockage.plan.dockerfile import hold_pinned, parse
from lockage.plan.instructions import DockerfileError
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
        "        line 3: golang:1.26 has no digest\n"
        "        line 5: 0 has no digest\n"
        "  next: name images as image:tag@sha256:… (docker buildx imagetools inspect prints the digest), "
        "and stages by name, not by number"
    )


@pytest.mark.parametrize("digest", ["sha256:abc", "sha512:" + "a" * 128, "sha256:" + "A" * 64])
def test_something_that_only_looks_like_a_digest_is_refused(digest: str) -> None:
    with pytest.raises(UsageError, match="not pinned"):
        hold_pinned(parse("Dockerfile", f"FROM image@{digest}"))


ON = f"FROM scratch AS a\nFROM image@{DIGEST}\n"
REFUSED = {
    "a frontend": (f"# syntax=docker/dockerfile:1@{OTHER}\n{ON}", 1, "parser directive"),
    "a frontend in capitals": (f"#SYNTAX = docker/dockerfile:1\n{ON}", 1, "parser directive"),
    "a frontend on a second line": (f"# escape=\\\n# syntax=docker/dockerfile:1\n{ON}", 1, "parser directive"),
    "a frontend after a comment": (f"# a comment\n# syntax=docker/dockerfile:1\n{ON}", 2, "parser directive"),
    "a frontend as C comments it": (f"// syntax=docker/dockerfile:1\n{ON}", 1, "the instruction // is not among"),
    "a frontend in JSON": ('{"syntax": "docker/dockerfile:1"}\n', 1, "is not among"),
    "a first line for a shell": (f"#!/usr/bin/env x\n# syntax=docker/dockerfile:1\n{ON}", 1, "parser directive"),
    "another escape": ("# escape=`\nFROM scratch AS a\nRUN x \\\nFROM alpine:latest\n", 1, "parser directive"),
    "Windows line ends": ("FROM scratch AS a\r\nFROM scratch\r\n", 1, "U+000D"),
    "a byte order mark": (f"\ufeff{ON}", 1, "U+FEFF"),
    "a vertical tab": ("FROM scratch AS a\nCOPY\v--from=alpine:latest /a /b\n", 2, "U+000B"),
    "a line end of Unicode": ("FROM scratch AS a\n# x\u2028FROM alpine:latest\n", 2, "U+2028"),
    "a space that does not break": ("FROM scratch AS a\nCOPY\u00a0--from=alpine:latest /a /b\n", 2, "U+00A0"),
    "a here-document": (f"{ON}RUN <<EOF\nFROM alpine:latest\nEOF\n", 3, "here-document"),
    "a shift that looks like one": (f"{ON}RUN : $((1<<EOF))\nFROM alpine:latest\n", 3, "here-document"),
    "a here-string": (f'{ON}RUN cat <<<"hello"\nFROM alpine:latest\n', 3, "here-document"),
    "a copied here-document": (f"{ON}COPY <<-'EOF' /x\nEOF\n", 3, "here-document"),
    "two backslashes": (f"{ON}RUN echo a\\\\\nFROM alpine:latest\n", 3, "backslash does not stand alone"),
    "a backslash in a word": (f"{ON}COPY --fr\\\nom=alpine:latest /a /b\n", 3, "backslash does not stand alone"),
    "a backslash before a space": (f"{ON}RUN echo \\ \nFROM alpine:latest\n", 3, "backslash does not stand alone"),
    "a backslash at the end": (f"{ON}RUN echo \\\n", 3, "continued by nothing"),
    "an instruction for others": (f"{ON}ONBUILD COPY --from=alpine:latest /a /b\n", 3, "ONBUILD is not among"),
    "an unknown instruction": (f"{ON}INCLUDE other\n", 3, "INCLUDE is not among"),
    "a step before the base": ("RUN x\nFROM scratch\n", 1, "before the first FROM"),
    "ADD in JSON": (f'{ON}ADD ["https://example.com/x", "/x"]\n', 3, "may fetch something"),
    "ADD of a variable": (f"{ON}ARG U=https://example.com/x\nADD ${{U}} /x\n", 4, "may fetch something"),
    "ADD of a URL": (f"{ON}ADD https://example.com/x /x\n", 3, "may fetch something"),
    "ADD of a URL among files": (f"{ON}ADD a https://example.com/x /x\n", 3, "may fetch something"),
    "ADD of a repository": (f"{ON}ADD github.com/moby/buildkit.git#master /x\n", 3, "may fetch something"),
    "ADD of one without branch": (f"{ON}ADD github.com/moby/buildkit /x\n", 3, "may fetch something"),
    "ADD over SSH": (f"{ON}ADD ssh://git@github.com/a/b.git /x\n", 3, "may fetch something"),
    "ADD as scp names it": (f"{ON}ADD git@github.com:a/b.git /x\n", 3, "may fetch something"),
    "ADD over HTTP": (f"{ON}ADD --checksum={DIGEST} http://example.com/x /x\n", 3, "may fetch something"),
    "ADD with half a checksum": (f"{ON}ADD --checksum=sha256:ab https://example.com/x /x\n", 3, "is no SHA-256"),
    "ADD with a checksum from a variable": (f"{ON}ADD --checksum=$C https://example.com/x /x\n", 3, "known are"),
    "a mount in capitals": (f"{ON}RUN --mount=type=bind,From=alpine:latest,target=/m x\n", 3, "in lower case"),
    "a mount in quotes": (f'{ON}RUN --mount=type=bind,"from=alpine:latest",target=/m x\n', 3, "known are"),
    "a mount with an escape": (f"{ON}RUN --mount=type=bind,fr\\om=alpine:latest,target=/m x\n", 3, "known are"),
    "a mount from a variable": (f"{ON}RUN --mount=from=$X,target=/m x\n", 3, "known are"),
    "a kind in capitals": (f"{ON}RUN --mount=type=BIND,from=a,target=/m x\n", 3, "in lower case"),
    "a cache": (f"{ON}RUN --mount=type=cache,target=/m x\n", 3, "no fingerprint knows"),
    "a secret": (f"{ON}RUN --mount=type=secret,target=/m x\n", 3, "no fingerprint knows"),
    "a network": (f"{ON}RUN --network=host x\n", 3, "no step has a network"),
    "rights": (f"{ON}RUN --security=insecure x\n", 3, "known are --mount, --network"),
    "flags in quotes": (f'{ON}COPY --f"rom"=alpine /a /b\n', 3, "known are"),
    "a flag in capitals": (f"{ON}COPY --FROM=alpine:latest /a /b\n", 3, "known are"),
    "an end of flags": (f"{ON}COPY -- --from=alpine:latest /b\n", 3, "known are"),
    "a name twice": ("FROM scratch AS a\nFROM scratch AS A\n", 2, "the name is taken"),
    "a name that means something": ("FROM scratch AS scratch\n", 1, "the name is taken"),
    "a name that is a number": ("FROM scratch AS 0\n", 1, "is not: FROM image AS name"),
    "words after a base": ("FROM scratch a b c\n", 1, "is not: FROM image AS name"),
}  # fmt: skip


@pytest.mark.parametrize("case", REFUSED)
def test_what_buildkit_could_read_otherwise_is_refused(case: str) -> None:
    text, line, why = REFUSED[case]
    with pytest.raises(DockerfileError) as caught:
        parse("images/x/Dockerfile", text)
    assert caught.value.what == f"images/x/Dockerfile, line {line}: this is not accepted"
    assert why in caught.value.why
    assert caught.value.remedy


UNPINNED = {
    "plainly": "FROM alpine:latest\n",
    "after a tab": "FROM scratch AS a\nFROM\talpine:latest\n",
    "after a tab, copied from": "FROM scratch\nCOPY\t--from=alpine:latest\t/a /b\n",
    "mounted from": "FROM scratch\nRUN --mount=type=bind,from=alpine:latest,target=/m x\n",
    "over two lines": "FROM scratch\nCOPY \\\n # a comment\n\n --from=alpine:latest /a /b\n",
    "in small letters": "from alpine:latest as x\n",
    "by a number": "FROM scratch\nFROM 0\n",
    "under a digest's cover": f"FROM alpine:latest,x@{DIGEST}\n",
}


@pytest.mark.parametrize("case", UNPINNED)
def test_an_image_without_digest_is_found_however_it_is_written(case: str) -> None:
    with pytest.raises(DockerfileError, match="rests on something that is not pinned"):
        hold_pinned(parse("Dockerfile", UNPINNED[case]))


ACCEPTED = [
    f"# hadolint ignore=DL3006\n{ON}",
    f"ARG X=1\n{ON}",
    f"{ON}RUN --network=none --mount=type=tmpfs,target=/t,size=1m --mount=from=a,source=/x,target=/y,ro x && y=$X\n",
    f'{ON}ADD rootfs.tar /\nCOPY ["a b", "/c"]\n',
    f"{ON}ADD --checksum={DIGEST} --chmod=0755 https://example.com/a-1.0_x?y=1 /bin/a\n",
    f'{ON}HEALTHCHECK --interval=1s CMD x\nLABEL a="ü << x"\nENTRYPOINT ["x"]\n',
    f"{ON}RUN \\\n    x \\\n    # between\n    y",
]


@pytest.mark.parametrize("text", ACCEPTED)
def test_the_usual_is_accepted(text: str) -> None:
    hold_pinned(parse("Dockerfile", text))


@pytest.mark.parametrize("line", ["FROM ${BASE}", "FROM $BASE AS x", "FROM --platform=linux/amd64 ${BASE}@sha256:x"])
def test_a_base_that_is_only_known_at_build_time_is_refused(line: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse("Dockerfile", f"ARG BASE=x\n{line}\n")
    assert caught.value.what == "Dockerfile, line 2: the base is not literal"
    assert "mirrors.bases" in caught.value.remedy


def test_a_file_without_from_is_refused() -> None:
    with pytest.raises(UsageError, match="builds nothing"):
        parse("Dockerfile", "# nothing\nARG X=1\n")


@given(st.lists(st.sampled_from(["", "  ", "# FROM a comment", "   # indented"]), max_size=6))
def test_blank_lines_and_comments_change_nothing_but_lines(noise: list[str]) -> None:
    plain = parse("Dockerfile", MULTI_STAGE)
    noisy = parse("Dockerfile", MULTI_STAGE.replace("\nFROM", "\n" + "\n".join([*noise, ""]) + "FROM"))
    assert [(s.name, s.base.name, s.runs) for s in noisy.stages] == [
        (s.name, s.base.name, s.runs) for s in plain.stages
    ]
    assert noisy.places == plain.places
    assert [use.name for use in noisy.images] == [use.name for use in plain.images]


PROJECT = load_project(Path(__file__).parents[3] / "lockage.yaml", files=False)


@pytest.mark.parametrize("name", PROJECT.images)
def test_this_repository_pins_everything(project_root: Path, name: str) -> None:
    path = PROJECT.images[name].dockerfile
    hold_pinned(parse(path, (project_root / path).read_text()))


def test_images_and_archives_of_this_repository_rest_on_the_same_runtime(project_root: Path) -> None:
    path = PROJECT.images["base"].dockerfile
    assert parse(path, (project_root / path).read_text()).final_base in PROJECT.runtimes.values()


def test_the_tool_a_dockerfile_would_fetch_is_the_locked_one(project_root: Path) -> None:
    release = lock.load(project_root / "tools").pin("opa").release
    assert release is not None
    text = (project_root / "images/platform/Dockerfile").read_text()
    assert f"--checksum=sha256:{release.sha256}" in text
    assert release.url in text
