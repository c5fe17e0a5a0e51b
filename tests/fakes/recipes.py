"""Recipes and plans without a project."""

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from lockage.plan.archive import ArchiveRecipe
from lockage.plan.decide import Builders, BuildPlan, decide
from lockage.plan.dockerfile import parse
from lockage.plan.recipe import Base, Recipe, ToolUse, Tree, sha256
from lockage.tools.buildx import Builder
from lockage.tools.git import TreeFile, blob

BUILDER = Builder(name="default", identity="BuildKit of Docker 26.1.5", container=False)
BUILDERS = Builders(image=BUILDER.identity, archive="1, deflate 0.9.0")
PINNED = "example.com/base:1@sha256:" + "a" * 64
ON_BASE = "FROM scratch AS base\nFROM scratch AS sources\nFROM base\nCOPY --from=sources /scorer/ /task/\n"


def tree(path: str, *names: str, blob: str = "1" * 40) -> Tree:
    """A folder whose files all have one content."""
    return Tree(path=path, files=tuple(TreeFile(path=f"{path}/{name}", mode="100644", blob=blob) for name in names))


def recipe(name: str = "base", text: str = f"FROM {PINNED}\nRUN x\n", **changes: Any) -> Recipe:  # noqa: ANN401 - any field
    """An image upon one pinned base, unless changed."""
    fields: dict[str, Any] = {
        "name": name,
        "dockerfile": parse(f"images/{name}/Dockerfile", text),
        "dockerfile_digest": sha256(text.encode()),
        "folder": None,
        "sources": (),
        "handlers": (),
        "lock": None,
        "scripts": "sha256:" + "e" * 64,
        "bases": (Base(reference=PINNED, digest=PINNED.partition("@")[2]),) if PINNED in text else (),
        "interpreter": Base(reference=PINNED, digest=PINNED.partition("@")[2]),
        "tools": (),
        "upon": (),
        "python": "3.13",
        "platform": "linux/amd64",
        "budget_mb": 500,
    }
    return Recipe(**{**fields, **changes})


def platform(**changes: Any) -> Recipe:  # noqa: ANN401 - any field
    """An image upon the project's own ``base``, with one source folder."""
    fields: dict[str, Any] = {"upon": ("base",), "sources": (tree("functions/scorer", "handler.py"),)}
    return recipe("platform", ON_BASE, **{**fields, **changes})


def archive(name: str = "dashboard", kind: str = "zip", **changes: Any) -> ArchiveRecipe:  # noqa: ANN401 - any field
    """A zip of one source folder, unless changed."""
    fields: dict[str, Any] = {
        "sources": (tree(f"functions/{name}", "handler.py", "probe.json"),),
        "lock": None,
        "runtime": "python3.13",
        "base": Base(reference=PINNED, digest=PINNED.partition("@")[2]),
        "platform": "linux/amd64",
        "layers": (),
        "handlers": (f"{name}.handler.handle",),
        "budget_mb": 250,
    }
    return ArchiveRecipe(**{"name": name, "kind": kind, **fields, **changes})


def tool(name: str, **changes: Any) -> ToolUse:  # noqa: ANN401 - any field
    """A locked tool, from its release."""
    fields: dict[str, Any] = {
        "version": "1.0",
        "source": "release",
        "path": f"/cache/{name}",
        "digest": "sha256:" + "f" * 64,
    }
    return ToolUse(**{"name": name, "second_source": "", **fields, **changes})


def plan(*recipes: Recipe | ArchiveRecipe, builders: Builders = BUILDERS) -> BuildPlan:
    """A plan to build all of them."""
    return decide(recipes, builders, {})


def plan_of(root: Path, *recipes: Recipe | ArchiveRecipe) -> BuildPlan:
    """A plan to build all of them, of the files that stand in a project's folder."""
    return plan(*(_of(root, recipe) for recipe in recipes))


def _of(root: Path, recipe: Recipe | ArchiveRecipe) -> Recipe | ArchiveRecipe:
    lock = recipe.lock and replace(recipe.lock, digest=sha256((root / recipe.lock.path).read_bytes()))
    sources = tuple(_tree_of(root, tree) for tree in recipe.sources)
    if isinstance(recipe, ArchiveRecipe):
        return replace(recipe, sources=sources, lock=lock)
    return replace(
        recipe,
        dockerfile_digest=sha256((root / recipe.dockerfile.path).read_bytes()),
        folder=recipe.folder and _tree_of(root, recipe.folder),
        sources=sources,
        lock=lock,
    )


def _tree_of(root: Path, tree: Tree) -> Tree:
    files = (replace(file, blob=blob((root / file.path).read_bytes())) for file in tree.files)
    return replace(tree, files=tuple(files))


def names(plan_: BuildPlan) -> Sequence[str]:
    """Of its images, in order."""
    return [step.name for step in plan_.steps]
