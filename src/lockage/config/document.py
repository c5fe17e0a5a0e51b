"""YAML text to plain data that remembers its lines.

Built on the parser's events rather than on a loader, because the same file is read by Terraform's ``yamldecode``: bare
words that YAML 1.1 and 1.2 readers understand differently (``on``, ``010``, ``1_000``) are mistakes here, as are
repeated keys, of which loaders silently take the last.
"""

import re
from typing import Any

import yaml

from lockage.config.mistakes import Mistake

Place = tuple[str | int, ...]
"""From the top of the document: keys and list indexes."""

_LOADER = getattr(yaml, "CBaseLoader", yaml.BaseLoader)
_MERGE = "<<"
_DEEPEST = 50
"""Levels of nesting; no file needs a fifth of it, and paths below would cost memory by the square of it."""

_WORDS = {"": None, "~": None, "null": None, "true": True, "false": False}
_INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
_FLOAT = re.compile(r"[-+]?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?")
_UNCLEAR_WORDS = {"y", "n", "yes", "no", "on", "off"}
_UNCLEAR = re.compile(
    r"[-+]?0[0-9_]+|[-+]?0[xob][0-9a-f_]+|[-+]?[0-9]+_[0-9_]*"  # octal, hexadecimal, grouped digits
    r"|[-+]?[0-9]+(:[0-5]?[0-9])+|[-+]?\.[0-9]+|[-+]?[0-9]+\.|[-+]?\.(inf|nan)"  # base 60, bare points, no numbers
    r"|[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([t ].*)?",  # dates
    re.IGNORECASE,
)


class Document:
    """Plain data, the line every key and item stands on, and the mistakes found so far.

    Attributes:
        data: mappings, lists, text, numbers, booleans and None; only to be used when the text has no mistakes.
        mistakes: of the text, and what later checks add.
        made_up: places whose value is a stand-in for a wrong one; nothing more is said about them.
    """

    def __init__(self) -> None:
        self.data: Any = None
        self.mistakes: list[Mistake] = []
        self.made_up: set[Place] = set()
        self._lines: dict[Place, int] = {}

    def line(self, path: Place) -> int:
        """The line of a key or item, or of the closest thing above it that has one."""
        while path and path not in self._lines:
            path = path[:-1]
        return self._lines.get(path, 1)

    def mark(self, path: Place, line: int) -> None:
        """Remember where something stands."""
        self._lines[path] = line

    def mistake(self, path: Place, problem: str, *, nearest: str = "", line: int = 0, remedy: str = "") -> None:
        """Record what is wrong at a place, unless its value is only a stand-in."""
        if any(path[: len(wrong)] == wrong for wrong in self.made_up):
            return
        line = line or self.line(path)
        self.mistakes.append(Mistake(line=line, key=dotted(path), problem=problem, nearest=nearest, remedy=remedy))


def dotted(path: Place) -> str:
    """A path as people write it: ``functions.scorer.grants[0].to``."""
    parts = (f"[{part}]" if isinstance(part, int) else f".{part}" for part in path)
    return "".join(parts).removeprefix(".")


def parse(content: bytes) -> Document:
    """Read one YAML document; everything wrong with the text is in its mistakes, nothing is raised."""
    document = Document()
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        document.mistake((), f"not UTF-8 text: byte 0x{content[error.start]:02x}", line=line)
        return document
    builder = _Builder(document)
    try:
        for event in yaml.parse(text, Loader=_LOADER):
            builder.take(event)
            if builder.depth > _DEEPEST:
                document.mistake((), f"nested more than {_DEEPEST} levels deep", line=_line(event))
                break
    except yaml.YAMLError as error:
        _syntax(document, text, error)
    if not builder.documents and not document.mistakes:
        document.mistakes.append(Mistake(line=0, key="", problem="the file is empty"))
    return document


def _syntax(document: Document, text: str, error: yaml.YAMLError) -> None:
    """The parser's complaint in our words; tabs, its least clear one, are named line by line."""
    tabbed = [number for number, line in enumerate(text.splitlines(), 1) if re.match(r" *\t", line)]
    for number in tabbed:
        document.mistake((), "a tab in the indentation; YAML allows only spaces there", line=number)
    problem = getattr(error, "problem", None) or getattr(error, "reason", None) or "cannot be read"
    context = getattr(error, "context", None)
    endless = "end of stream" in problem  # then where it began is the place to look
    mark = getattr(error, "context_mark" if endless else "problem_mark", None)
    position = getattr(error, "position", 0)
    line = mark.line + 1 if mark else text.count("\n", 0, position) + 1
    if line not in tabbed:
        document.mistake((), f"not YAML: {problem}{f' {context}' if context else ''}", line=line)


class _Frame:
    """A mapping or list that is still open."""

    def __init__(self, path: Place, anchor: str | None, data: dict[str, Any] | list[Any]) -> None:
        self.path = path
        self.anchor = anchor
        self.data = data
        self.key: str | None = None
        self.merged: dict[str, Any] = {}
        self.first_lines: dict[str, int] = {}


class _Builder:
    """Turns events into data; one frame for each open mapping or list."""

    def __init__(self, document: Document) -> None:
        self.documents = 0
        self._document = document
        self._frames: list[_Frame] = []
        self._anchors: dict[str, Any] = {}

    def take(self, event: yaml.Event) -> None:
        """Take the next event."""
        if isinstance(event, yaml.ScalarEvent):
            self._scalar(event)
        elif isinstance(event, yaml.AliasEvent):
            self._alias(event)
        elif isinstance(event, (yaml.MappingStartEvent, yaml.SequenceStartEvent)):
            self._open(event)
        elif isinstance(event, (yaml.MappingEndEvent, yaml.SequenceEndEvent)):
            self._close()
        elif isinstance(event, yaml.DocumentStartEvent):
            self.documents += 1
            if self.documents > 1:
                self._mistake(event, "a second YAML document; the file holds one")

    @property
    def depth(self) -> int:
        """How many mappings and lists are open."""
        return len(self._frames)

    def _mistake(self, event: yaml.Event, problem: str) -> None:
        self._document.mistake(self._path(), problem, line=_line(event))

    def _path(self) -> Place:
        """Where the next value goes."""
        if not self._frames:
            return ()
        frame = self._frames[-1]
        if isinstance(frame.data, list):
            return (*frame.path, len(frame.data))
        return frame.path if frame.key is None else (*frame.path, frame.key)

    def _wants_key(self) -> bool:
        return bool(self._frames) and isinstance(self._frames[-1].data, dict) and self._frames[-1].key is None

    def _scalar(self, event: yaml.ScalarEvent) -> None:
        plain = event.implicit[0]
        if event.tag is not None:
            self._mistake(event, f"a YAML tag, {event.tag!r}; plain values are enough here")
        elif plain and _unclear(event.value):
            self._mistake(
                event, f"a bare {event.value} means different things to different readers; write it in quotes"
            )
        if self._wants_key():
            self._key(event.value, event)
        else:
            self._value(_plain(event.value) if plain else event.value, event)

    def _key(self, key: str, event: yaml.Event) -> None:
        frame = self._frames[-1]
        line = _line(event)
        if key in frame.first_lines:
            self._mistake(event, f"the key {key!r} is here twice; first in line {frame.first_lines[key]}")
        frame.first_lines.setdefault(key, line)
        frame.key = key
        self._document.mark((*frame.path, key), line)

    def _alias(self, event: yaml.AliasEvent) -> None:
        anchor = str(event.anchor)
        if anchor not in self._anchors:
            self._mistake(event, f"*{anchor} has no &{anchor} that is complete before it")
        if self._wants_key():
            self._mistake(event, "a key must be written out, not an alias")
            self._key(f"*{anchor}", event)
        else:
            self._value(self._anchors.get(anchor), event)

    def _open(self, event: yaml.CollectionStartEvent) -> None:
        if event.tag is not None:
            self._mistake(event, f"a YAML tag, {event.tag!r}; plain values are enough here")
        if self._wants_key():
            self._mistake(event, "a key must be text")
            self._key("?", event)
        data: dict[str, Any] | list[Any] = {} if isinstance(event, yaml.MappingStartEvent) else []
        path = self._path()
        if path and isinstance(path[-1], int):
            self._document.mark(path, _line(event))
        self._frames.append(_Frame(path, event.anchor, data))

    def _close(self) -> None:
        frame = self._frames.pop()
        if isinstance(frame.data, dict):
            frame.data = {**frame.merged, **frame.data}
        if frame.anchor is not None:
            self._anchors[frame.anchor] = frame.data
        self._put(frame.data)

    def _value(self, value: object, event: yaml.ScalarEvent | yaml.AliasEvent) -> None:
        path = self._path()
        if path and isinstance(path[-1], int):
            self._document.mark(path, _line(event))
        if isinstance(event, yaml.ScalarEvent) and event.anchor is not None:
            self._anchors[event.anchor] = value
        if self._frames and self._frames[-1].key == _MERGE and not isinstance(value, (dict, list)):
            self._mistake(event, "<< merges mappings only")
        self._put(value)

    def _put(self, value: Any) -> None:  # noqa: ANN401 - plain data of any shape
        if not self._frames:
            if self.documents == 1:
                self._document.data = value
            return
        frame = self._frames[-1]
        if isinstance(frame.data, list):
            frame.data.append(value)
        elif frame.key == _MERGE:
            for mapping in reversed(value if isinstance(value, list) else [value]):
                frame.merged.update(mapping if isinstance(mapping, dict) else {})
            frame.key = None
        elif frame.key is not None:
            frame.data[frame.key] = value
            frame.key = None


def _line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _unclear(text: str) -> bool:
    """Whether YAML readers differ over what a bare word means."""
    lower = text.lower()
    return lower in _UNCLEAR_WORDS or (lower in _WORDS and lower != text) or bool(_UNCLEAR.fullmatch(text))


def _plain(text: str) -> str | float | bool | None:
    """A bare word's value, as the YAML 1.2 core schema has it."""
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text
