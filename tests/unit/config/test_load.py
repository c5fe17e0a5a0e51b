import tomllib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lockage.config.load import load, load_local, load_project
from lockage.config.mistakes import ConfigError
from lockage.config.schema import Local, Project
from lockage.errors import UsageError

Edit = Callable[[str, str], None]


@pytest.fixture
def edit(project_file: Path) -> Edit:
    """Replaces one piece of the faultless project."""

    def replace(old: str, new: str) -> None:
        text = project_file.read_text()
        assert old in text
        project_file.write_text(text.replace(old, new, 1))

    return replace


def mistakes(path: Path) -> list[str]:
    with pytest.raises(ConfigError) as caught:
        load_project(path)
    return [mistake.render("lockage.yaml") for mistake in caught.value.mistakes]


def test_a_faultless_project(project_file: Path) -> None:
    project = load_project(project_file)
    assert isinstance(project, Project)
    assert project.functions["orders"].memory_mb == 256
    assert project.function_name("orders") == "shop-orders"


def test_this_repository_s_own_file(project_root: Path) -> None:
    assert load_project(project_root / "lockage.yaml").project == "platform"


NAME = "up to 31 lower case letters, digits and dashes, beginning with a letter"
CASES = tomllib.loads(Path(__file__).with_name("mistakes.toml").read_text())["mistake"]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["write"].strip())
def test_each_mistake_is_named(project_file: Path, edit: Edit, case: dict[str, Any]) -> None:
    edit(case["instead_of"], case["write"])
    assert mistakes(project_file) == [f"lockage.yaml:{line}" for line in case["says"]]


def test_a_function_may_not_take_a_pipeline_role_s_name(project_file: Path, edit: Edit) -> None:
    edit("  orders:\n    image", "  deployer:\n    image")
    (mistake,) = mistakes(project_file)
    assert mistake.startswith("lockage.yaml:12: functions.deployer: 'deployer' is the name of a role of the pipeline")


def test_variables_that_lambda_would_not_take(project_file: Path, edit: Edit) -> None:
    references = "      TABLE: ${table.orders}\n"
    edit(references, f"{references}      RULES: {'é' * 2042}x\n")  # 5 + 5 + 4085 bytes: one is left
    load_project(project_file)
    edit("éx\n", "ééx\n")
    (said,) = mistakes(project_file)
    assert said == (
        "lockage.yaml:15: functions.orders.environment: "
        "has 4097 bytes without what its references stand for; Lambda takes 4096 in all"
    )


def test_all_mistakes_at_once_of_shape_meaning_and_files(project_file: Path, edit: Edit) -> None:
    edit("    handler: orders.main.handle\n", "    handel: orders.main.handle\n")
    edit("${table.orders}", "${table.order}")
    edit("base/Dockerfile", "base/Dokerfile")
    edit("version: 1", "version: 2")
    edit("after: preprod", "after: preprd")
    lines = [mistake.split(":")[1] for mistake in mistakes(project_file)]
    assert lines == ["1", "5", "14", "16", "35"]


def test_nothing_is_said_twice_about_a_wrong_value(project_file: Path, edit: Edit) -> None:
    edit("image: app", "image: 7")
    assert mistakes(project_file) == [
        f"lockage.yaml:13: functions.orders.image: found 7, needs {NAME}; write it in quotes"
    ]


def test_the_error_has_three_parts(project_file: Path, edit: Edit) -> None:
    edit("version: 1", "verson: 1")
    with pytest.raises(ConfigError) as caught:
        load_project(project_file)
    assert caught.value.exit_code == UsageError.exit_code
    assert caught.value.render() == (
        f"error: {project_file} has 1 mistake\n"
        f"  why:  {project_file}:1: unknown key 'verson' (did you mean 'version'?)\n"
        "  next: correct every line named above; nothing was done"
    )


MAKE = "uv pip compile --universal --generate-hashes --no-emit-index-url --output-file"


def test_a_lock_that_is_not_there_yet_is_said_how_to_make(project_file: Path, edit: Edit) -> None:
    (project_file.parent / "app/requirements.lock").rename(project_file.parent / "app/requirements.in")
    edit("    requirements: src/packages.lock\n", "    requirements: packages.lock\n")
    with pytest.raises(ConfigError) as caught:
        load_project(project_file)
    assert caught.value.render() == (
        f"error: {project_file} has 2 mistakes\n"
        f"  why:  {project_file}:8: images.app.requirements: there is no lock 'app/requirements.lock'\n"
        f"        {project_file}:46: layers.packages.requirements: there is no lock 'packages.lock'\n"
        "  next: correct every line named above; nothing was done\n"
        "        make the lock of what is asked for in app/requirements.in: "
        f"cd app && {MAKE} requirements.lock requirements.in\n"
        f"        make the lock of what is asked for in packages.in: {MAKE} packages.lock packages.in"
    )


def test_a_lock_that_two_need_is_made_once(project_file: Path, edit: Edit) -> None:
    edit("    sources: [src/shared]\n", "    sources: [src/shared]\n    requirements: src/packages.lock\n")
    (project_file.parent / "src/packages.lock").unlink()
    with pytest.raises(ConfigError) as caught:
        load_project(project_file)
    assert len(caught.value.mistakes) == 2
    assert caught.value.remedy.splitlines()[1:] == [
        f"make the lock of what is asked for in src/packages.in: cd src && {MAKE} packages.lock packages.in"
    ]


def test_six_layers(project_file: Path, edit: Edit) -> None:
    edit("[shared, packages]", "[shared, packages, a, b, c, d]")
    with pytest.raises(ConfigError) as caught:
        load_project(project_file)
    assert caught.value.render() == (
        f"error: {project_file} has 1 mistake\n"
        f"  why:  {project_file}:41: zips.catalog.layers: has 6 items, takes at most 5\n"
        "  next: correct every line named above; nothing was done"
    )


def test_files_are_not_asked_for_where_aliases_are_all_that_moves(project_file: Path) -> None:
    (project_file.parent / "src/orders/probe.json").unlink()
    assert load_project(project_file, files=False).project == "shop"


def test_no_file_and_no_readable_file(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="does not exist") as caught:
        load_project(tmp_path / "lockage.yaml")
    assert "--project" in caught.value.remedy
    with pytest.raises(UsageError, match="cannot be read"):
        load_project(tmp_path)


def test_anchors_may_be_used(project_file: Path, edit: Edit) -> None:
    edit(
        'preprod: {account: "111111111111", region: eu-central-1}',
        'preprod: &p {account: "111111111111", region: eu-central-1}',
    )
    edit(
        '{account: "222222222222", region: eu-central-1, after: preprod}',
        '{<<: *p, account: "222222222222", after: preprod}',
    )
    assert load_project(project_file).environments["prod"].region == "eu-central-1"


LOCAL = "mirrors:\n  registry: localhost:{port}\n"


def test_local_configuration_defaults(project_file: Path) -> None:
    assert load_local(project_file) == Local()


def test_local_configuration_beside_the_project_comes_first(
    project_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = project_file.parent / "home"
    monkeypatch.setenv("XDG_CONFIG_HOME", str(home))
    (home / "lockage").mkdir(parents=True)
    (home / "lockage" / "local.yaml").write_text(LOCAL.format(port=1))
    assert load_local(project_file).mirrors.registry == "localhost:1"
    project_file.with_name("lockage.local.yaml").write_text(LOCAL.format(port=2))
    assert load_local(project_file).mirrors.registry == "localhost:2"


def test_local_configuration_in_the_home_folder(project_file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CONFIG_HOME")
    monkeypatch.setenv("HOME", str(project_file.parent))
    (project_file.parent / ".config" / "lockage").mkdir(parents=True)
    (project_file.parent / ".config" / "lockage" / "local.yaml").write_text(LOCAL.format(port=3))
    assert load_local(project_file).mirrors.registry == "localhost:3"


def test_mistakes_of_local_configuration(project_file: Path) -> None:
    beside = project_file.with_name("lockage.local.yaml")
    beside.write_text("mirors: {}\n")
    with pytest.raises(ConfigError) as caught:
        load_local(project_file)
    assert f"{beside}:1: unknown key 'mirors' (did you mean 'mirrors'?)" in caught.value.why


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(position=st.floats(0, 1), length=st.integers(0, 30), new=st.text(alphabet="a1:-[]{}\"'&* \n\t#,$", max_size=6))
def test_no_damage_gives_a_traceback(project_file: Path, position: float, length: int, new: str) -> None:
    text = project_file.read_text()
    start = int(position * len(text))
    damaged = project_file.with_name("damaged.yaml")
    damaged.write_text(text[:start] + new + text[start + length :])
    with suppress(ConfigError):  # anything else is a traceback, to whoever reads it
        load_project(damaged)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(content=st.binary(max_size=100))
def test_no_bytes_give_a_traceback(tmp_path: Path, content: bytes) -> None:
    path = tmp_path / "lockage.yaml"
    path.write_bytes(content)
    with pytest.raises(ConfigError):
        load(path, Project)
