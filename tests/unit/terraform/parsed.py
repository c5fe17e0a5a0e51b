"""Terraform as parsed: every block of every file, by kind and name."""

import json
import re
from pathlib import Path
from typing import Any, NamedTuple

import hcl2

TERRAFORM = Path(__file__).parents[3] / "terraform"
Body = dict[str, Any]


class Resource(NamedTuple):
    """One ``resource`` block."""

    file: str
    """Relative to terraform/."""
    type: str
    name: str
    body: Body


class Sources:
    """All of terraform/."""

    def __init__(self, root: Path = TERRAFORM) -> None:
        self.root = root
        self.texts = {str(path.relative_to(root)): path.read_text() for path in sorted(root.rglob("*.tf"))}
        self.parsed: dict[str, Body] = {file: _clean(hcl2.loads(text)) for file, text in self.texts.items()}

    def resources(self, folder: str = "") -> list[Resource]:
        """Every resource, or those of a folder."""
        return [
            Resource(file, type_, name, body)
            for file, parsed in self.parsed.items()
            if file.startswith(folder)
            for block in parsed.get("resource", [])
            for type_, named in block.items()
            for name, body in named.items()
        ]

    def resource(self, folder: str, type_: str, name: str = "this") -> Body:
        """One resource's arguments and blocks."""
        (found,) = [r.body for r in self.resources(folder) if (r.type, r.name) == (type_, name)]
        return found

    def modules(self, file: str) -> dict[str, Body]:
        """The module calls of a file."""
        return {name: body for block in self.parsed[file].get("module", []) for name, body in block.items()}


def _clean(value: Any) -> Any:  # noqa: ANN401 - whatever HCL holds
    """Without the parser's own marks: quotes of literals, and ``${}`` around what is one expression."""
    if isinstance(value, dict):
        return {key.strip('"'): _clean(item) for key, item in value.items() if not key.startswith("__")}
    if isinstance(value, list):
        return [_clean(item) for item in value]
    if isinstance(value, str):
        if value.startswith('"'):
            text: str = json.loads(value)
            return text
        expression = re.fullmatch(r"\$\{([^{}]*|jsonencode\(.*\))\}", value, re.DOTALL)
        return expression[1] if expression else value
    return value
