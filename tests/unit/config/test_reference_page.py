"""The reference page explains every key, states every default, and its examples hold."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml
from msgspec import NODEFAULT, inspect

from lockage.config import meaning
from lockage.config.document import parse
from lockage.config.schema import Local, Project

Page = str

EXPLAINED_ELSEWHERE = {"checks.grants[]", "images.NAME.from_source", "layers.NAME.from_source"}


@pytest.fixture
def pages(project_root: Path) -> tuple[Page, Page]:
    text = (project_root / "docs" / "reference" / "lockage-yaml.md").read_text()
    project, local = text.split("\n# lockage.local.yaml\n")
    return project, local


def structs(declared: inspect.Type, path: str = "") -> Iterator[tuple[str, inspect.StructType]]:
    """Every mapping of a file, by the path people would write: ``functions.NAME.grants[]``."""
    if isinstance(declared, inspect.StructType):
        yield path, declared
        for field in declared.fields:
            yield from structs(field.type, f"{path}.{field.name}".removeprefix("."))
    elif isinstance(declared, inspect.DictType):
        yield from structs(declared.value_type, f"{path}.NAME")
    elif isinstance(declared, inspect.VarTupleType):
        yield from structs(declared.item_type, f"{path}[]")
    elif isinstance(declared, inspect.UnionType):
        for each in declared.types:
            yield from structs(each, path)
    elif isinstance(declared, inspect.Metadata):
        yield from structs(declared.type, path)


def tables(page: Page) -> dict[str, dict[str, str]]:
    """Heading → key → what the default column says."""
    found: dict[str, dict[str, str]] = {}
    heading = ""
    for line in page.splitlines():
        if title := re.fullmatch(r"#+ `(.+)`", line):
            heading = title.group(1)
        elif row := re.match(r"\| `(\w+)` \| (.*?) \| \S", line):
            found.setdefault(heading, {})[row.group(1)] = row.group(2).strip('`"')
    return found


def stated_default(field: inspect.Field) -> str:
    if field.required:
        return "required"
    default: Any = field.default if field.default is not NODEFAULT else field.default_factory()
    if isinstance(default, bool):
        return str(default).lower()
    if isinstance(default, msgspec.Struct):
        return "its defaults"
    if isinstance(default, tuple) and default:
        return f"[{', '.join(default)}]"
    return str(default) if default else "none"


@pytest.mark.parametrize(("which", "type_"), [(0, Project), (1, Local)])
def test_every_key_and_default_is_on_the_page(pages: tuple[Page, Page], which: int, type_: type) -> None:
    written = tables(pages[which])
    expected = {
        path: {field.name: stated_default(field) for field in struct.fields}
        for path, struct in structs(inspect.type_info(type_))
        if struct.fields and path not in EXPLAINED_ELSEWHERE
    }
    assert written == expected


def examples(page: Page) -> bytes:
    return "\n".join(re.findall(r"^```yaml\n(.*?)^```", page, re.DOTALL | re.MULTILINE)).encode()


def test_the_examples_together_are_a_project_without_mistakes(pages: tuple[Page, Page]) -> None:
    document = parse(examples(pages[0]))
    project = msgspec.convert(document.data, Project)
    meaning.check(project, document)
    assert not document.mistakes
    assert set(yaml.safe_load(examples(pages[0]))) == set(Project.__struct_fields__), (
        "each top-level key has an example"
    )


def test_the_local_example_holds(pages: tuple[Page, Page]) -> None:
    document = parse(examples(pages[1]))
    assert not document.mistakes
    assert msgspec.convert(document.data, Local).mirrors.registry == "localhost:4566"
