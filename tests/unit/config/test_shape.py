"""Three readers of one declaration must agree: msgspec, the walk that names every mistake, and the published schema."""

import copy
from pathlib import Path
from typing import Any

import jsonschema
import msgspec
import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lockage.config import published, shape
from lockage.config.document import Document
from lockage.config.schema import Project

VALIDATOR = jsonschema.Draft202012Validator(published.schema("lockage.yaml", Project))

scalars = (
    st.none() | st.booleans() | st.integers(-1, 11_000) | st.text(max_size=4) | st.sampled_from(["app", "3.13", "prod"])
)
keys = st.sampled_from(["", "x", "Bad", "orders", "memory_mb", "repository", "url", "key", "to", "é\n"])
values = st.recursive(
    scalars, lambda inner: st.lists(inner, max_size=2) | st.dictionaries(keys, inner, max_size=2), max_leaves=4
)


@pytest.fixture
def faultless(project_file: Path) -> dict[str, Any]:
    data: dict[str, Any] = yaml.safe_load(project_file.read_text())
    return data


def damage(data: Any, draw: st.DataObject) -> None:  # noqa: ANN401 - plain data
    """Replace, remove or add one thing somewhere."""
    while True:
        if isinstance(data, dict):
            key = draw.draw(st.sampled_from([*data, *["new"]]), label="key")
            if key == "new":
                data[draw.draw(keys, label="new key")] = draw.draw(values, label="new value")
                return
        else:
            key = draw.draw(st.integers(0, len(data) - 1), label="index")
        inner = data[key]
        if isinstance(inner, dict | list) and inner and draw.draw(st.booleans(), label="go deeper"):
            data = inner
            continue
        if draw.draw(st.booleans(), label="remove"):
            del data[key]
        else:
            data[key] = draw.draw(values, label="value")
        return


def converts(data: object) -> bool:
    try:
        msgspec.convert(data, Project)
    except msgspec.ValidationError:
        return False
    return True


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=300)
@given(draw=st.data(), times=st.integers(0, 3))
def test_three_readers_agree(faultless: dict[str, Any], draw: st.DataObject, times: int) -> None:
    document = Document()
    document.data = copy.deepcopy(faultless)
    for _ in range(times):
        damage(document.data, draw)
    good = converts(document.data)
    assert VALIDATOR.is_valid(document.data) == good
    salvaged = shape.salvage(document, Project)
    assert isinstance(salvaged, Project)
    assert (not document.mistakes) == good
    if good:
        assert salvaged == msgspec.convert(document.data, Project)
