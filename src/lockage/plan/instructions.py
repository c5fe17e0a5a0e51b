"""Instructions of a Dockerfile, of the part of its language that is read here exactly as BuildKit reads it.

Whatever BuildKit could read otherwise is refused: other frontends, here-documents, escapes in flags, instructions that
run in somebody else's build. https://docs.docker.com/reference/dockerfile/
"""

import re
from collections.abc import Iterator

import msgspec

from lockage.errors import UsageError

_FLAGS = {
    "FROM": {"platform"},
    "RUN": {"mount", "network"},
    "COPY": {"from", "chown", "chmod", "link"},
    "ADD": {"checksum", "chown", "chmod", "link"},
    "HEALTHCHECK": {"interval", "timeout", "start-period", "start-interval", "retries"},
}
_PLAIN = {
    "ARG", "CMD", "ENTRYPOINT", "ENV", "EXPOSE", "LABEL", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
}  # fmt: skip
_TAKE_HEREDOCS = {"RUN", "COPY", "ADD"}
_DIRECTIVE = re.compile(r"\s*#\s*[A-Za-z][A-Za-z0-9]*\s*=|\s*#!")
_FLAG = re.compile(r"--([a-z-]+)(?:=([^\s\"'`\\$<]*))?")
_END = re.compile(r"\\[ \t]*$")
_CONTINUED = re.compile(r"(?:.*[ \t])?\\")


class DockerfileError(UsageError):
    """A Dockerfile that rests on something not named by content, or that could be read in two ways."""


class Instruction(msgspec.Struct, frozen=True, kw_only=True):
    """One instruction, its continuation lines joined."""

    path: str
    """The Dockerfile's."""
    line: int
    """Its first, from 1."""
    keyword: str
    """In capitals."""
    flags: tuple[tuple[str, str], ...]
    """Leading ``--name=value``, by name; some may be given more than once."""
    arguments: str

    def refused(self, why: str, instead: str) -> DockerfileError:
        """The error for this instruction."""
        return refused(self.path, self.line, why, instead)


def refused(path: str, line: int, why: str, instead: str) -> DockerfileError:
    """The error for one line."""
    return DockerfileError(f"{path}, line {line}: this is not accepted", why=why, remedy=instead)


def read(path: str, text: str) -> Iterator[Instruction]:
    """All instructions in order.

    Raises:
        DockerfileError: a line that BuildKit could read in another way.
    """
    lines = text.split("\n")
    _hold_characters(path, lines)
    _hold_no_directives(path, lines)
    for line, content in _joined(path, lines):
        yield _instruction(path, line, content)


def _hold_characters(path: str, lines: list[str]) -> None:
    """Line ends and spaces of other kinds part words for one reader and not for another."""
    for number, line in enumerate(lines, start=1):
        odd = sorted({character for character in line if character != "\t" and not character.isprintable()})
        if odd:
            shown = ", ".join(f"U+{ord(character):04X}" for character in odd)
            raise refused(
                path, number, f"it holds characters that cannot be seen: {shown}", "use spaces, and LF line ends"
            )


def _hold_no_directives(path: str, lines: list[str]) -> None:
    for number, line in enumerate(lines, start=1):
        if line.strip() and not line.lstrip().startswith("#"):
            return
        if _DIRECTIVE.match(line):
            raise refused(
                path,
                number,
                f"{line.strip()} may be a parser directive: another frontend or escape reads the file otherwise",
                "leave the line out; a comment before the first instruction must not begin with name=",
            )


def _joined(path: str, lines: list[str]) -> Iterator[tuple[int, str]]:
    """Instructions with the numbers of their first lines; comments and empty lines do not end one."""
    first, so_far = 0, ""
    for number, line in enumerate(lines, start=1):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        first = first if so_far else number
        if not _END.search(line):
            yield first, so_far + line
            so_far = ""
        elif _CONTINUED.fullmatch(line):
            so_far += line[:-1]
        else:
            raise refused(
                path,
                number,
                "its last backslash does not stand alone: after another character, or before a space",
                "continue a line with a space and one backslash at its very end",
            )
    if so_far:
        raise refused(path, first, "its last line is continued by nothing", "leave the last backslash out")


def _instruction(path: str, line: int, content: str) -> Instruction:
    keyword, *rest = content.split(maxsplit=1)
    found = Instruction(path=path, line=line, keyword=keyword.upper(), flags=(), arguments="".join(rest).strip())
    if found.keyword not in _PLAIN and found.keyword not in _FLAGS:
        known = ", ".join(sorted(_PLAIN | set(_FLAGS)))
        raise found.refused(f"the instruction {keyword} is not among {known}", "write it with one of these")
    if found.keyword in _TAKE_HEREDOCS and "<<" in found.arguments:
        raise found.refused(
            "<< may begin a here-document, whose lines would be read as instructions or the other way round",
            "put the text into a file beside the Dockerfile, and COPY or mount it",
        )
    return _with_flags(found) if found.keyword in _FLAGS else found


def _with_flags(found: Instruction) -> Instruction:
    flags, rest = [], found.arguments
    while rest.startswith("--"):
        word, *more = rest.split(maxsplit=1)
        flag = _FLAG.fullmatch(word)
        if not flag or flag[1] not in _FLAGS[found.keyword]:
            known = ", ".join(f"--{name}" for name in sorted(_FLAGS[found.keyword]))
            raise found.refused(
                f"{found.keyword} {word}: known are {known}, in lower case, without quotes, escapes and variables",
                "write the flag out plainly, or do without it",
            )
        flags.append((flag[1], flag[2] or ""))
        rest = "".join(more)
    return msgspec.structs.replace(found, flags=tuple(flags), arguments=rest)
