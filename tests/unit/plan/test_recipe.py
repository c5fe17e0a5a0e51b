from typing import Any

import msgspec
import pytest
from fakes import recipes
from hypothesis import given
from hypothesis import strategies as st

from lockage.model.artifact import Input
from lockage.model.tool import UsedTool
from lockage.plan.dockerfile import parse
from lockage.plan.recipe import Base, Lock, Recipe, Tree, fingerprint, inputs
from lockage.tools.git import TreeFile

FULL = (
    "FROM scratch AS base\nFROM scratch AS sources\nFROM scratch AS dependencies\nFROM scratch AS checks\n"
    "FROM scratch AS lockage\nFROM scratch AS opa\nFROM base\nCOPY --from=sources / /\n"
)
UPON = recipes.plan(recipes.recipe()).step("base")


def full(**changes: Any) -> Recipe:  # noqa: ANN401 - any field
    fields: dict[str, Any] = {
        "upon": ("base",),
        "sources": (recipes.tree("functions/scorer", "handler.py"),),
        "folder": recipes.tree("images/platform", "harden.py"),
        "lock": Lock(path="requirements.lock", digest="sha256:" + "1" * 64),
        "handlers": ("scorer.handler.handle",),
        "tools": (recipes.tool("opa"),),
    }
    return recipes.recipe("platform", FULL, **{**fields, **changes})


def of(recipe: Recipe, builder: str = "BuildKit 1", upon: tuple[Input, ...] = UPON.inputs) -> str:
    return fingerprint(inputs(recipe, builder, {"base": (fingerprint(upon), upon)}))


CHANGES: dict[str, dict[str, Any]] = {
    "a source": {"sources": (recipes.tree("functions/scorer", "handler.py", blob="2" * 40),)},
    "a source's name": {"sources": (recipes.tree("functions/scorer", "handle.py"),)},
    "another source": {"sources": (recipes.tree("functions/scorer", "handler.py"), recipes.tree("functions/x", "a"))},
    "the folder": {"folder": recipes.tree("images/platform", "harden.py", blob="2" * 40)},
    "the lock": {"lock": Lock(path="requirements.lock", digest="sha256:" + "2" * 64)},
    "a handler": {"handlers": ("scorer.handler.other",)},
    "a tool's bytes": {"tools": (recipes.tool("opa", digest="sha256:" + "0" * 64),)},
    "a tool's source": {"tools": (recipes.tool("opa", second_source="built from its module"),)},
    "the Dockerfile": {"dockerfile_digest": "sha256:" + "0" * 64},
    "Lockage's scripts": {"scripts": "sha256:" + "0" * 64},
    "the Python": {"python": "3.14"},
    "the platform": {"platform": "linux/arm64"},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES)
def test_every_input_counts(change: dict[str, Any]) -> None:
    assert of(full(**change)) != of(full())


def test_the_builder_counts() -> None:
    assert of(full(), builder="BuildKit 2") != of(full())


def test_what_it_is_built_upon_counts_and_hands_its_second_source_on() -> None:
    standin = recipes.recipe(
        bases=(Base(reference=recipes.PINNED, context="docker-image://x@sha256:1", digest="sha256:1"),)
    )
    its = inputs(standin, "BuildKit 1", {})
    assert of(full(), upon=its) != of(full())
    found = inputs(full(), "BuildKit 1", {"base": (fingerprint(its), its)})
    assert next(i for i in found if i.name == "base").second_source == (
        f"docker-image://x@sha256:1 stands in for {recipes.PINNED}"
    )


def test_an_input_names_its_tool_as_all_evidence_does() -> None:
    upon = {"base": (UPON.fingerprint, UPON.inputs)}
    [opa] = [one for one in inputs(full(), "BuildKit 1", upon) if one.kind == "tool"]
    assert opa.tool == UsedTool(name="opa", version="1.0", source="release", sha256="f" * 64)
    assert of(full(tools=(recipes.tool("opa", source="module"),))) == of(full()), "its bytes and its mark say all"


def test_what_bears_on_no_byte_does_not_count() -> None:
    assert of(full(budget_mb=1)) == of(full())


def test_places_that_a_dockerfile_does_not_have_do_not_count() -> None:
    bare = {"dockerfile": parse("Dockerfile", recipes.ON_BASE)}
    for change in ("the lock", "a handler", "Lockage's scripts", "the Python"):
        assert of(full(**bare, **CHANGES[change])) == of(full(**bare)), change


@given(st.permutations(inputs(full(), "BuildKit 1", {"base": (UPON.fingerprint, UPON.inputs)})))
def test_the_order_of_inputs_does_not_count(shuffled: list[Input]) -> None:
    assert fingerprint(tuple(shuffled)) == of(full())


def test_a_tree_is_its_names_modes_and_contents_wherever_it_stands() -> None:
    here, there = recipes.tree("functions/scorer", "a.py", "b/c.py"), recipes.tree("elsewhere", "a.py", "b/c.py")
    assert here.digest == there.digest
    executable = msgspec.structs.replace(here.files[0], mode="100755")
    assert Tree(path=here.path, files=(executable, here.files[1])).digest != here.digest
    forged = TreeFile(path=f"x/a.py\n100644 {'1' * 40} b/c.py", mode="100644", blob="1" * 40)
    assert Tree(path="x", files=(forged,)).digest != here.digest
    assert Tree(path="x", files=(TreeFile(path="x/a.pyb/c.py", mode="100644", blob="1" * 40),)).digest != here.digest
