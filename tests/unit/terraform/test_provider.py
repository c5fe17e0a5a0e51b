"""Every resource type, argument, block and attribute exists in the aws provider's schema."""

import json
import re
from pathlib import Path
from typing import Any

import pytest
from unit.terraform.parsed import Sources

META = {"count", "for_each", "depends_on", "lifecycle", "provider"}
REFERENCE = re.compile(r"\b(aws_\w+)\.(\w+)(?:\[[^\]]*\])?\.(\w+)")

Schema = dict[str, Any]


@pytest.fixture(scope="module")
def provider() -> Schema:
    schema: Schema = json.loads(Path(__file__).with_name("provider.json").read_text())
    return schema


def unknown(body: dict[str, Any], arguments: Schema, path: str) -> list[str]:
    """Arguments and blocks that the schema does not have."""
    found: list[str] = []
    for name, value in body.items():
        if name not in arguments:
            found.append(f"{path}.{name}")
        elif arguments[name] is not None:
            assert isinstance(value, list), f"{path}.{name} is a block"
            found += [each for block in value for each in unknown(block, arguments[name], f"{path}.{name}")]
    return found


def test_the_extract_is_of_the_required_version_and_holds_what_is_used(sources: Sources, provider: Schema) -> None:
    major_minor = ".".join(provider["provider"].split(".")[:2])
    for file, text in sources.texts.items():
        for version in re.findall(r'source\s+= "hashicorp/aws"\s+version = "([^"]+)"', text):
            assert version == f"~> {major_minor}", f"{file}; then run scripts/provider-schema"
    assert set(provider["resources"]) == {r.type for r in sources.resources()}, "run scripts/provider-schema"


def test_every_argument_and_block_exists(sources: Sources, provider: Schema) -> None:
    for resource in sources.resources():
        body = {name: value for name, value in resource.body.items() if name not in META}
        arguments = provider["resources"][resource.type]["arguments"]
        assert not unknown(body, arguments, f"{resource.file}: {resource.type}")


def test_every_ignored_attribute_exists(sources: Sources, provider: Schema) -> None:
    for resource in sources.resources():
        for lifecycle in resource.body.get("lifecycle", []):
            arguments = provider["resources"][resource.type]["arguments"]
            assert set(lifecycle["ignore_changes"]) <= arguments.keys()


def test_every_attribute_that_is_read_exists(sources: Sources, provider: Schema) -> None:
    read = {match for text in sources.texts.values() for match in REFERENCE.findall(text)}
    assert read
    for type_, name, attribute in read:
        assert attribute in provider["resources"][type_]["reads"], f"{type_}.{name}.{attribute}"
    named = {(r.type, r.name) for r in sources.resources()}
    assert {(type_, name) for type_, name, _ in read} <= named


def test_a_wrong_name_would_be_seen(provider: Schema) -> None:
    arguments = provider["resources"]["aws_dynamodb_table"]["arguments"]
    body = {"nmae": "x", "attribute": [{"name": "id", "typ": "S"}]}
    assert unknown(body, arguments, "t") == ["t.nmae", "t.attribute.typ"]
