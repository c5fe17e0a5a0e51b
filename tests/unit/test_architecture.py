"""The house's own rules: who may import whom, where effects live, how long things may get."""

import ast
import re
import sys
import tomllib
from collections.abc import Iterator
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PACKAGE = ROOT / "src" / "lockage"
OURS = ("src", "tests", "benchmarks", "scripts", "functions", "images", "layers")
"""Folders with Python of this project."""

# Higher layers may import lower ones and their own; never the other way.
LAYERS: tuple[frozenset[str], ...] = (
    frozenset({"errors", "console"}),
    frozenset({"model"}),
    frozenset({"config", "oci", "github"}),
    frozenset({"aws", "tools"}),
    frozenset({"plan", "build", "inspect", "gate", "publish", "release", "rollout", "report"}),
    frozenset({"cli", "rehearsal"}),
)

# Stages know each other's values (model), not each other's effects; each exception has its reason.
STAGE_IMPORTS: dict[tuple[str, str], str] = {
    ("build", "plan"): "a build executes a plan; plan is pure",
    ("inspect", "plan"): "what was built is held to its lock, which plan reads; plan is pure",
    ("rollout", "release"): "a rollout reads releases from their store",
}

LONGEST_FUNCTION = 60
LONGEST_MODULE = 400


def modules() -> Iterator[Path]:
    return (path for path in sorted(PACKAGE.rglob("*.py")) if "__pycache__" not in path.parts)


def unit_of(path: Path) -> str:
    relative = path.relative_to(PACKAGE)
    return relative.parts[0].removesuffix(".py")


def layer_of(unit: str) -> int:
    for number, layer in enumerate(LAYERS):
        if unit in layer:
            return number
    raise AssertionError(f"lockage.{unit} stands in no layer of the architecture")


def imported_units(tree: ast.AST) -> set[str]:
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            if node.module == "lockage":
                names.update(alias.name for alias in node.names)
            elif node.module.startswith("lockage."):
                names.add(node.module.split(".")[1])
        elif isinstance(node, ast.Import):
            names.update(alias.name.split(".")[1] for alias in node.names if alias.name.startswith("lockage."))
    return names


@pytest.mark.parametrize("path", list(modules()), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_imports_point_down(path: Path) -> None:
    unit = unit_of(path)
    if unit == "__init__":
        return
    for imported in imported_units(ast.parse(path.read_text())) - {unit}:
        assert layer_of(imported) <= layer_of(unit), f"lockage.{unit} must not import lockage.{imported}"
        if layer_of(imported) == layer_of(unit) == layer_of("build"):
            assert (unit, imported) in STAGE_IMPORTS, f"stage {unit} must not reach into stage {imported}"


def test_the_stage_exceptions_are_used() -> None:
    seen = {(unit_of(path), imported) for path in modules() for imported in imported_units(ast.parse(path.read_text()))}
    assert set(STAGE_IMPORTS) <= seen, "delete the exceptions that nothing uses any more"


def test_programs_are_run_in_one_place() -> None:
    users = [path for path in modules() if re.search(r"^\s*(import|from) subprocess\b", path.read_text(), re.MULTILINE)]
    # What runs inside a build is no part of this program: another machine's Python runs it.
    assert [str(path.relative_to(PACKAGE)) for path in users] == [
        "build/inside/sdists.py",
        "build/inside/wheels.py",
        "tools/process.py",
    ]


def test_services_are_called_in_one_place() -> None:
    users = {
        unit_of(path)
        for path in modules()
        if re.search(r"^\s*(import|from) boto(3|core)\b", path.read_text(), re.MULTILINE)
    }
    assert users <= {"aws", "rehearsal"}, (
        "boto3 belongs behind lockage.aws (the rehearsal's assertions ask on their own)"
    )


def test_reports_need_no_extra() -> None:
    """docs/adr/0027: one is declared when they do."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    core = {re.split(r"[^\w-]", dependency)[0] for dependency in project["dependencies"]}
    imported = {
        name.split(".")[0]
        for path in (PACKAGE / "report").glob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        for name in (
            [node.module or ""]
            if isinstance(node, ast.ImportFrom)
            else [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else []
        )
    }
    assert "rich" in imported
    assert imported - sys.stdlib_module_names - {"lockage"} <= core
    assert set(project["optional-dependencies"]) == {"build", "rehearsal"}


@pytest.mark.parametrize("path", list(modules()), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nothing_is_too_long(path: Path) -> None:
    text = path.read_text()
    assert text.count("\n") <= LONGEST_MODULE, "split it"
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            length = (node.end_lineno or node.lineno) - node.lineno + 1
            assert length <= LONGEST_FUNCTION, f"{node.name} is {length} lines long"


def test_no_folder_of_tests_is_passed_over(pytestconfig: pytest.Config) -> None:
    passed_over = pytestconfig.getini("norecursedirs")
    folders = {path.parent.relative_to(ROOT) for path in (ROOT / "tests").rglob("test_*.py")}
    assert not [folder for folder in folders for part in folder.parts if any(fnmatch(part, one) for one in passed_over)]


_EXCEPTION = re.compile(r"# (?:noqa: [A-Z]+[0-9]+(?:, ?[A-Z]+[0-9]+)*|type: ignore\[[a-z, -]+\])(?P<reason>.*)$")


@pytest.mark.parametrize("path", [ROOT / "noxfile.py", *(path for one in OURS for path in (ROOT / one).rglob("*.py"))])
def test_every_exception_has_its_reason(path: Path) -> None:
    found = ((number, _EXCEPTION.search(line)) for number, line in enumerate(path.read_text().splitlines(), 1))
    bare = [number for number, exception in found if exception and not re.match(r"\s+(?:-|#) \S", exception["reason"])]
    assert not bare, f"{path}: lines without a reason: {bare}"
