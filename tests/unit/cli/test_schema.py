import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner

from lockage.cli.schema import FORMATS, command, published_name, schema_text


@pytest.mark.parametrize("name", FORMATS)
def test_the_committed_schema_is_the_code_s(name: str, project_root: Path) -> None:
    committed = project_root / "docs" / "reference" / published_name(name)
    assert committed.read_text() == schema_text(name), f"run: lockage schema {name} > docs/reference/{committed.name}"


def test_no_schema_is_left_of_a_format_that_is_gone(project_root: Path) -> None:
    committed = {path.name for path in (project_root / "docs" / "reference").glob("*.schema.json")}
    assert committed == {published_name(name) for name in FORMATS}


@pytest.mark.parametrize("name", FORMATS)
def test_a_schema_is_valid_and_printed_as_it_is(name: str) -> None:
    result = CliRunner().invoke(command, [name])
    assert result.exit_code == 0
    assert result.stdout == schema_text(name)
    jsonschema.Draft202012Validator.check_schema(json.loads(result.stdout))


@pytest.mark.parametrize("name", [name for name in FORMATS if name.endswith(".yaml")])
def test_every_key_people_write_is_described(name: str) -> None:
    definitions: dict[str, Any] = json.loads(schema_text(name))["$defs"]
    for title, definition in definitions.items():
        assert definition["description"], title
        for key, declared in definition["properties"].items():
            assert declared.get("description"), f"{title}.{key} has no docstring"


def test_an_unknown_format_names_the_known_ones() -> None:
    result = CliRunner().invoke(command, ["lockage.yml"])
    assert result.exit_code == 2
    assert "'lockage.yaml'" in result.output
