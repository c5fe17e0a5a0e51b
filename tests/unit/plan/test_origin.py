"""A commit's tag on an image says that the image was made of that commit: what would make it lie is found."""

from pathlib import Path
from typing import Any

import pytest
from fakes import recipes
from msgspec.structs import replace

from lockage.model.artifact import Artifact, ImageArtifact, Input, ZipArtifact
from lockage.model.ids import Digest, Fingerprint
from lockage.plan.archive import ArchiveRecipe
from lockage.plan.decide import Step
from lockage.plan.origin import Pinned, differences
from lockage.plan.recipe import Base, Lock, Recipe, fingerprint
from lockage.tools.lock import load

TEXT = (
    "FROM scratch AS base\nFROM scratch AS sources\nFROM scratch AS dependencies\nFROM scratch AS checks\n"
    "FROM scratch AS lockage\nFROM scratch AS opa\nFROM base\nCOPY --from=sources / /\n"
)
OTHER = "sha256:" + "9" * 64


def platform(**changes: Any) -> Recipe:  # noqa: ANN401 - any field
    fields: dict[str, Any] = {
        "upon": ("base",),
        "sources": (recipes.tree("functions/scorer", "handler.py"),),
        "folder": recipes.tree("images/platform", "strip.py"),
        "lock": Lock(path="requirements.lock", digest="sha256:" + "1" * 64),
        "handlers": ("scorer.handler.handle",),
        "tools": (recipes.tool("opa"),),
    }
    return recipes.recipe("platform", TEXT, **{**fields, **changes})


def artifact(step: Step) -> ImageArtifact:
    return ImageArtifact(
        name=step.name,
        digest=Digest(OTHER),
        fingerprint=step.fingerprint,
        platform="linux/amd64",
        size=1,
        unpacked=1,
        layers=(),
        inputs=step.inputs,
    )


def built(*made: Recipe) -> dict[str, Artifact]:
    return {step.name: artifact(step) for step in recipes.plan(*made).steps}


def test_what_this_tree_gives_does_not_differ() -> None:
    made = recipes.recipe(), platform()
    assert differences(made, built(*made)) == ()


CHANGES: dict[str, tuple[dict[str, Any], str]] = {
    "a source": ({"sources": (recipes.tree("functions/scorer", "h.py"),)}, "source functions/scorer changed"),
    "another source": (
        {"sources": (recipes.tree("functions/scorer", "handler.py"), recipes.tree("functions/x", "a"))},
        "source functions/x is new",
    ),
    "its Dockerfile": ({"dockerfile_digest": OTHER}, "dockerfile images/platform/Dockerfile changed"),
    "what lies beside it": ({"folder": recipes.tree("images/platform", "s.py")}, "source images/platform changed"),
    "its requirements": ({"lock": Lock(path="requirements.lock", digest=OTHER)}, "requirements requirements.lock"),
    "Lockage's scripts": ({"scripts": OTHER}, "stage lockage changed"),
    "its handlers": ({"handlers": ()}, "option handlers changed"),
    "its Python": ({"python": "3.14"}, "option python changed"),
    "its platform": ({"platform": "linux/arm64"}, "option platform changed"),
    "a tool's version": ({"tools": (recipes.tool("opa", version="2.0"),)}, "tool opa 2.0 is new"),
    "a tool's bytes": ({"tools": (recipes.tool("opa", digest=OTHER),)}, "tool opa 1.0 changed"),
}


@pytest.mark.parametrize("what", CHANGES)
def test_every_input_that_is_another_is_found(what: str) -> None:
    changes, said = CHANGES[what]
    found = differences([recipes.recipe(), platform(**changes)], built(recipes.recipe(), platform()))
    assert any(line.startswith(f"platform: {said}") for line in found), found


def test_an_image_upon_another_base_of_the_project_is_found() -> None:
    newer = recipes.recipe(dockerfile_digest=OTHER)
    before, after = built(recipes.recipe(), platform()), built(newer, platform())
    assert differences([newer, platform()], before) == ("base: dockerfile images/base/Dockerfile changed",)
    # Only the base was built again, or only the image's own record was kept.
    mixed = {"base": after["base"], "platform": before["platform"]}
    assert differences([newer, platform()], mixed) == ("platform: base base changed",)


def test_a_fingerprint_that_is_not_of_its_inputs_is_found() -> None:
    made = recipes.recipe(), platform()
    told = built(*made)
    told["platform"] = replace(told["platform"], fingerprint=Fingerprint(OTHER))
    (line,) = differences(made, told)
    assert line == f"platform: its fingerprint {OTHER} is not that of the inputs it names"


def test_the_builder_is_not_known_here_and_taken_as_recorded() -> None:
    made = recipes.recipe()
    told = built(made)
    inputs = tuple(replace(one, digest="BuildKit 9") if one.kind == "builder" else one for one in told["base"].inputs)
    told["base"] = replace(told["base"], inputs=inputs, fingerprint=fingerprint(inputs))
    assert differences([made], told) == ()


def with_base(**changes: Any) -> dict[str, Artifact]:  # noqa: ANN401 - any field
    stand_in = Base(reference=recipes.PINNED, digest=OTHER, **changes)
    return built(recipes.recipe(bases=(stand_in,)), platform())


def test_what_stood_in_for_a_base_is_taken_for_it_is_marked_all_the_way_up() -> None:
    told = with_base(context="docker-image://standin")
    assert differences([recipes.recipe(), platform()], told) == ()
    assert "stands in for" in "".join(told["platform"].second_sources)


def test_another_base_without_a_mark_is_found() -> None:
    assert differences([recipes.recipe()], with_base()) == (f"base: base {recipes.PINNED} changed",)


def test_an_image_of_the_project_cannot_be_stood_in_for() -> None:
    made = recipes.recipe(), platform()
    told = built(*made)
    forged = Input(kind="base", name="base", digest=OTHER, second_source="says so")
    inputs = tuple(forged if one.name == "base" else one for one in told["platform"].inputs)
    told["platform"] = replace(told["platform"], inputs=inputs, fingerprint=fingerprint(inputs))
    assert differences(made, told) == ("platform: base base changed",)


def test_tools_are_known_by_the_lock_alone(project_root: Path) -> None:
    pinned = Pinned(load(project_root / "tools"))
    release = pinned.lock.pin("opa").release
    assert release is not None
    assert pinned.recorded("opa").sha256 == release.program_sha256
    assert (pinned.recorded("crane").sha256, pinned.recorded("crane").second_source) == ("", "")


def test_a_tool_that_is_always_built_is_known_by_its_version() -> None:
    made = recipes.recipe(), platform(tools=(recipes.tool("opa", source="module"),))
    here = platform(tools=(recipes.tool("opa", source="module", digest="sha256:"),))
    assert differences([made[0], here], built(*made)) == ()
    older = platform(tools=(recipes.tool("opa", source="module", digest="sha256:", version="0.9"),))
    assert "platform: tool opa 0.9 is new" in differences([made[0], older], built(*made))


def test_a_tool_built_from_its_module_is_taken_for_it_is_marked() -> None:
    mark = "opa 1.0 built from its module"
    marked = platform(tools=(recipes.tool("opa", digest=OTHER, source="module", second_source=mark),))
    assert differences([recipes.recipe(), platform()], built(recipes.recipe(), marked)) == ()


def test_where_a_tool_says_it_comes_from_is_held_to_its_bytes() -> None:
    made = built(recipes.recipe(), platform())
    artifact = made["platform"]
    lying = tuple(
        replace(given, tool=replace(given.tool, source="module")) if given.tool else given for given in artifact.inputs
    )
    assert fingerprint(lying) == artifact.fingerprint, "no fingerprint depends on it"
    told = {**made, "platform": replace(artifact, inputs=lying)}
    assert differences([recipes.recipe(), platform()], told) == ("platform: tool opa 1.0 changed",)


LOCKED = Lock(path="functions/dashboard/requirements.lock", digest="sha256:" + "1" * 64)


def built_archive(recipe: ArchiveRecipe) -> dict[str, Artifact]:
    (step,) = recipes.plan(recipe).steps
    made = ZipArtifact(
        name=recipe.name,
        digest=Digest(OTHER),
        fingerprint=step.fingerprint,
        platform=recipe.platform,
        runtime=recipe.runtime,
        size=1,
        unpacked=1,
        inputs=step.inputs,
    )
    return {recipe.name: made}


def test_an_archive_of_this_tree_does_not_differ_whatever_wrote_it() -> None:
    recipe = recipes.archive(lock=LOCKED)
    told = built_archive(recipe)
    inputs = tuple(
        replace(one, digest="0, zip 1") if one.kind == "builder" else one for one in told["dashboard"].inputs
    )
    told["dashboard"] = replace(told["dashboard"], inputs=inputs, fingerprint=fingerprint(inputs))
    assert differences([recipe], told) == ()


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"sources": (recipes.tree("functions/dashboard", "other.py"),)}, "source functions/dashboard changed"),
        ({"lock": replace(LOCKED, digest=OTHER)}, f"requirements {LOCKED.path} changed"),
        ({"lock": None}, f"requirements {LOCKED.path} is gone"),
        ({"layers": ("common",)}, "option layers is new"),
        ({"platform": "linux/arm64"}, "option platform changed"),
        ({"base": Base(reference=recipes.PINNED, digest=OTHER)}, f"base {recipes.PINNED} changed"),
    ],
)
def test_every_input_of_an_archive_that_is_another_is_found(changes: dict[str, Any], said: str) -> None:
    told = built_archive(recipes.archive(lock=LOCKED))
    found = differences([recipes.archive(**{"lock": LOCKED, **changes})], told)
    assert f"dashboard: {said}" in found
