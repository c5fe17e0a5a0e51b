"""Every way in which data differs from a declared type, at once.

``msgspec.convert`` stops at the first mistake, which is right for the fast path; this walk over the same types runs
only when it found one. It also makes the best value it can of what is there, so that mistakes of meaning can be looked
for in the same run.
"""

import re
from typing import Any

from msgspec import NODEFAULT, inspect

from lockage.config.document import Document, Place
from lockage.config.mistakes import nearest

_LONGEST_SHOWN = 60


def salvage(document: Document, type_: Any) -> Any:  # noqa: ANN401 - any type msgspec can describe, and a value of it
    """Record every mistake of the document's data against the type.

    Returns:
        a value of the type; where the data is wrong a stand-in, which ``document.made_up`` remembers.
    """
    return _Walk(document).value((), document.data, inspect.type_info(type_))


def shown(value: object) -> str:
    """A value as a message shows it: as it was written, shortened."""
    if isinstance(value, dict | list):
        return "a mapping" if isinstance(value, dict) else "a list"
    if value is None or isinstance(value, bool):
        return {None: "nothing", True: "true", False: "false"}[value]
    text = repr(value)
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"


class _Walk:
    def __init__(self, document: Document) -> None:
        self._document = document

    def value(self, path: Place, value: object, declared: inspect.Type) -> Any:  # noqa: ANN401 - of the declared type
        """The data as the declared type; what does not fit is recorded and made up."""
        kind, description = _unwrap(declared, value)
        if isinstance(kind, inspect.StructType):
            return self._struct(path, value, kind)
        if isinstance(kind, inspect.DictType):
            return self._dict(path, value, kind)
        if isinstance(kind, inspect.VarTupleType):
            return self._list(path, value, kind)
        if not _fits(value, kind):
            choices = map(str, kind.values) if isinstance(kind, inspect.LiteralType) else ()
            near = nearest(value, choices) if isinstance(value, str) else ""
            needed = description or _needed(kind)
            self._wrong(
                path, f"found {shown(value)}, needs {needed}{_quotes(value, kind)}", near if near != value else ""
            )
            return value if isinstance(kind, inspect.StrType) and isinstance(value, str) else _example(kind)
        return value

    def _wrong(self, path: Place, problem: str, near: str = "") -> None:
        self._document.mistake(path, problem, nearest=near)
        self._document.made_up.add(path)

    def _struct(self, path: Place, value: object, kind: inspect.StructType) -> Any:  # noqa: ANN401 - of the struct
        if not isinstance(value, dict):
            self._wrong(path, f"found {shown(value)}, needs a mapping{_empty(value)}")
            return _example(kind)
        fields = {field.encode_name: field for field in kind.fields}
        meant = {name: name for name in fields if name in value}
        for key in [key for key in value if key not in fields]:
            near = nearest(key, fields.keys() - meant.keys())
            self._document.mistake(path, f"unknown key {key!r}", nearest=near, line=self._document.line((*path, key)))
            if near:
                meant[near] = key
        made: dict[str, Any] = {}
        for name, field in fields.items():
            if name in meant:
                made[field.name] = self.value((*path, meant[name]), value[meant[name]], field.type)
            elif field.required:
                self._document.mistake(path, f"the key {name!r} is missing")
                self._document.made_up.add((*path, name))
                made[field.name] = _example(field.type)
        return kind.cls(**made)

    def _dict(self, path: Place, value: object, kind: inspect.DictType) -> dict[str, Any]:
        if not isinstance(value, dict):
            self._wrong(path, f"found {shown(value)}, needs a mapping of names{_empty(value)}")
            return {}
        if len(value) < (kind.min_length or 0):
            self._wrong(path, "is empty, needs at least one entry")
        key_type, description = _unwrap(kind.key_type, "")
        for key in [key for key in value if not _fits(key, key_type)]:
            self._document.mistake((*path, key), f"{key!r} is no name here: {description or _needed(key_type)}")
        return {key: self.value((*path, key), item, kind.value_type) for key, item in value.items()}

    def _list(self, path: Place, value: object, kind: inspect.VarTupleType) -> tuple[Any, ...]:
        if not isinstance(value, list):
            self._wrong(path, f"found {shown(value)}, needs a list")
            return ()
        if len(value) < (kind.min_length or 0):
            self._wrong(path, "is empty, needs at least one item")
        if kind.max_length is not None and len(value) > kind.max_length:
            self._wrong(path, f"has {len(value)} items, takes at most {kind.max_length}")
        return tuple(self.value((*path, index), item, kind.item_type) for index, item in enumerate(value))


def _unwrap(declared: inspect.Type, value: object) -> tuple[inspect.Type, str]:
    """The type without its description and, for an optional one, the part that is meant."""
    description = ""
    while isinstance(declared, inspect.Metadata | inspect.UnionType):
        if isinstance(declared, inspect.Metadata):
            description = (declared.extra_json_schema or {}).get("description", description)
            declared = declared.type
        else:
            absent = [kind for kind in declared.types if isinstance(kind, inspect.NoneType)]
            present = [kind for kind in declared.types if not isinstance(kind, inspect.NoneType)]
            declared = absent[0] if value is None and absent else present[0]
    return declared, description


def _fits(value: object, kind: inspect.Type) -> bool:
    """Whether a single value is of a type, its pattern and bounds included."""
    if isinstance(kind, inspect.StrType):
        return isinstance(value, str) and (kind.pattern is None or re.search(kind.pattern, value) is not None)
    if isinstance(kind, inspect.IntType):
        low, high = kind.ge, kind.le
        return type(value) is int and (low is None or value >= low) and (high is None or value <= high)
    if isinstance(kind, inspect.LiteralType):
        return any(type(value) is type(valid) and value == valid for valid in kind.values)
    return isinstance(value, bool) if isinstance(kind, inspect.BoolType) else value is None


def _example(declared: inspect.Type) -> Any:  # noqa: ANN401 - of the declared type
    """A stand-in of a type, for what is missing or wrong."""
    kind, _ = _unwrap(declared, "")
    if isinstance(kind, inspect.StructType):
        required = {f.name: _example(f.type) for f in kind.fields if f.default is NODEFAULT and f.required}
        return kind.cls(**required)
    if isinstance(kind, inspect.LiteralType):
        return kind.values[0]
    if isinstance(kind, inspect.IntType):
        return kind.ge or 0
    return {inspect.StrType: "", inspect.BoolType: False, inspect.DictType: {}, inspect.VarTupleType: ()}[type(kind)]


def _needed(kind: inspect.Type) -> str:
    """What a type asks for, in words."""
    if isinstance(kind, inspect.LiteralType):
        choice = ", ".join(map(str, kind.values))
        return f"one of {choice}" if len(kind.values) > 1 else choice
    if isinstance(kind, inspect.IntType):
        return f"a whole number from {kind.ge} to {kind.le}"
    if isinstance(kind, inspect.StrType):
        return f"text that matches {kind.pattern}" if kind.pattern else "text"
    return "true or false"


def _empty(value: object) -> str:
    return "; write {} for an empty one" if value is None else ""


def _quotes(value: object, kind: inspect.Type) -> str:
    """A hint when only the quotes are missing."""
    bare = isinstance(value, int | float) and isinstance(kind, inspect.StrType)
    return "; write it in quotes" if bare else ""
