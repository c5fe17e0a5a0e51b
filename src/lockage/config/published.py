"""JSON schemas of the files that others rely on, generated from the values that read and write them."""

import ast
import inspect
from typing import Any

import msgspec

DIALECT = "https://json-schema.org/draft/2020-12/schema"


def schema(name: str, type_: Any) -> dict[str, Any]:  # noqa: ANN401 - any type msgspec can describe
    """The schema of a file; the docstrings under the fields are its descriptions.

    Args:
        name: the file's name, such as ``lockage.yaml``.
        type_: what the file holds.
    """
    (root,), definitions = msgspec.json.schema_components([type_])
    for struct in _structs(type_):
        _describe(definitions[struct.__name__], struct)
    return {"$schema": DIALECT, "title": name, **root, "$defs": definitions}


def _structs(type_: Any) -> list[type]:  # noqa: ANN401 - any type msgspec can describe
    """Every struct a type is made of."""
    found: dict[type, None] = {}

    def visit(part: object) -> None:
        if isinstance(part, msgspec.inspect.StructType):
            if part.cls in found:
                return
            found[part.cls] = None
            for field in part.fields:
                visit(field.type)
        elif isinstance(part, msgspec.inspect.Type):
            for name in part.__struct_fields__:
                inner = getattr(part, name)
                for each in inner if isinstance(inner, tuple) else (inner,):
                    visit(each)

    visit(msgspec.inspect.type_info(type_))
    return list(found)


def _describe(definition: dict[str, Any], struct: type) -> None:
    """Give every property the docstring that stands under its field."""
    definition["description"] = _one_line(inspect.getdoc(struct) or "")
    for name, text in _field_docstrings(struct).items():
        if name in definition.get("properties", {}):
            allowed = definition["properties"][name].get("description")
            definition["properties"][name]["description"] = f"{text} Allowed: {allowed}." if allowed else text


def _field_docstrings(struct: type) -> dict[str, str]:
    """Field → docstring, which Python itself forgets; read from the class's source."""
    body = ast.parse(inspect.getsource(struct)).body[0]
    assert isinstance(body, ast.ClassDef)  # noqa: S101 - it is the source of a class
    found: dict[str, str] = {}
    for field, below in zip(body.body, body.body[1:], strict=False):
        if not (isinstance(field, ast.AnnAssign) and isinstance(field.target, ast.Name)):
            continue
        if isinstance(below, ast.Expr) and isinstance(below.value, ast.Constant):
            found[field.target.id] = _one_line(str(below.value.value))
    return found


def _one_line(text: str) -> str:
    """Without line ends and doubled backquotes, which mean nothing in JSON."""
    return " ".join(text.split()).replace("``", "`")
