import subprocess
from pathlib import Path

import msgspec
import pytest
from fakes import recipes
from fakes.builder import FakeDocker
from fakes.oci import write_layout

from lockage.config.load import load_project
from lockage.config.schema import Local, Mirrors
from lockage.errors import LockageError
from lockage.plan.archive import ArchiveRecipe, inputs
from lockage.plan.decide import Builders, BuildPlan, decide
from lockage.plan.gather import Gatherer
from lockage.plan.recipe import Recipe, sha256
from lockage.tools.lock import ToolsLock, load
from lockage.tools.locked import Locked, Record

BASE = "example.com/lambda/python:3.13@sha256:" + "a" * 64
HASH = "--hash=sha256:" + "b" * 64
FILES = {
    "lockage.yaml": """\
version: 1
project: demo
images:
  base: {dockerfile: images/base/Dockerfile}
  app:
    dockerfile: images/app/Dockerfile
    requirements: images/app/requirements.lock
    sources: [functions/scorer]
    repository: app
functions:
  scorer: {image: app, handler: scorer.handler.handle, probe: functions/scorer/probe.json}
registry: {account: "222222222222", region: eu-central-1, store: demo-releases}
environments:
  prod: {account: "222222222222", region: eu-central-1}
""",
    "images/base/Dockerfile": f"FROM {BASE}\nRUN --mount=source=harden.py,target=/h.py python3 /h.py\n",
    "images/base/harden.py": "pass\n",
    "images/app/Dockerfile": (
        "FROM scratch AS base\nFROM scratch AS opa\nFROM scratch AS dependencies\nFROM scratch AS sources\n"
        "FROM base\nCOPY --from=sources / /var/task/\n"
    ),
    "images/app/requirements.in": "boto3==1.0\n",
    "images/app/requirements.lock": f"boto3==1.0 {HASH}\n    # via -r requirements.in\n",
    "functions/scorer/handler.py": "def handle(): ...\n",
    "functions/scorer/probe.json": "{}\n",
    ".gitignore": "ignored*\n",
}


class Project:
    """A project in a git tree, with one mirror and one installed tool."""

    def __init__(self, root: Path, tools: ToolsLock) -> None:
        self.root = root
        self.docker = FakeDocker("standin:1")
        self.local = Local(mirrors=Mirrors(bases={BASE: "docker-image://standin:1"}))
        self.tools = Locked(tools, cache=root.parent / "cache")
        for name, content in FILES.items():
            self.write(name, content)
        subprocess.run(["git", "init", "--quiet", root], check=True)  # noqa: S603 - the test's own words
        self.install("module")

    def write(self, name: str, content: str) -> None:
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(content)

    def install(self, source: str) -> None:
        record = {"schema": 1, "name": "opa", "version": "1.19.1", "source": source, "sha256": "f" * 64}
        home = self.tools.home("opa")
        home.mkdir(parents=True, exist_ok=True)
        (home / "tool.json").write_bytes(msgspec.json.encode(msgspec.convert(record, Record)))

    def all_recipes(self, *names: str) -> list[Recipe | ArchiveRecipe]:
        project = load_project(self.root / "lockage.yaml")
        return Gatherer(self.root, project, self.local, docker=self.docker, tools=self.tools).recipes(names)

    def recipes(self, *names: str) -> list[Recipe]:
        return [recipe for recipe in self.all_recipes(*names) if isinstance(recipe, Recipe)]

    def archives(self, *names: str) -> list[ArchiveRecipe]:
        return [recipe for recipe in self.all_recipes(*names) if isinstance(recipe, ArchiveRecipe)]

    def plan(self) -> BuildPlan:
        return decide(self.recipes(), Builders(image="BuildKit 1"), {})


@pytest.fixture
def project(tmp_path: Path, project_root: Path) -> Project:
    return Project(tmp_path / "project", load(project_root / "tools"))


def test_gathers_everything_an_image_is_made_of(project: Project) -> None:
    base, app = project.recipes()
    assert (base.name, base.upon, app.name, app.upon) == ("base", (), "app", ("base",))
    assert base.folder is not None
    assert [file.path for file in base.folder.files] == ["images/base/harden.py"]
    assert app.folder is not None
    assert app.folder.files == (), "the Dockerfile, the lock and its requirements are inputs of their own"
    [source] = app.sources
    assert [file.path for file in source.files] == ["functions/scorer/handler.py", "functions/scorer/probe.json"]
    assert app.handlers == ("scorer.handler.handle",)
    assert [tool.name for tool in app.tools] == ["opa"]


def test_a_lock_among_an_image_s_sources_is_none_of_them(project: Project) -> None:
    yaml = (project.root / "lockage.yaml").read_text()
    project.write("lockage.yaml", yaml.replace("images/app/requirements.lock", "functions/scorer/requirements.lock"))
    project.write("functions/scorer/requirements.lock", FILES["images/app/requirements.lock"])
    project.write("functions/scorer/requirements.in", FILES["images/app/requirements.in"])
    [source] = project.recipes()[1].sources
    assert [Path(file.path).name for file in source.files] == ["handler.py", "probe.json"]


def test_packages_are_compiled_by_the_image_from_outside_that_all_rests_on(project: Project) -> None:
    project.write("images/app/Dockerfile", FILES["images/app/Dockerfile"] + "FROM scratch\nCOPY x /\n")
    base, app = project.recipes()
    assert base.interpreter == base.bases[0]
    assert app.interpreter is None
    project.write("images/app/Dockerfile", FILES["images/app/Dockerfile"])
    assert project.recipes()[1].interpreter == base.bases[0]


def test_second_sources_mark_the_image_and_all_that_is_built_upon_it(project: Project) -> None:
    standin = f"docker-image://standin:1 stands in for {BASE}"
    base, app = (tuple(i.second_source for i in step.inputs if i.second_source) for step in project.plan().steps)
    assert base == (standin,)
    assert app == (standin, "opa 1.19.1 built from its module")


def test_originals_mark_nothing(project: Project) -> None:
    project.local = Local()
    project.install("release")
    assert [i.second_source for step in project.plan().steps for i in step.inputs if i.second_source] == []


def test_the_directory_and_the_commit_do_not_count(project: Project, tmp_path: Path, project_root: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    other = Project(tmp_path / "elsewhere/deep", load(project_root / "tools"))
    before = [step.fingerprint for step in project.plan().steps]
    assert [step.fingerprint for step in other.plan().steps] == before
    commands = (["add", "--all"], ["-c", "user.name=t", "-c", "user.email=t@example.com", "commit", "-qm", "m"])
    for command in commands:
        subprocess.run(["git", *command], cwd=project.root, check=True)  # noqa: S603 - the test's own words
    project.write("ignored.txt", "x")
    project.write("README.md", "unrelated")
    assert [step.fingerprint for step in project.plan().steps] == before


def test_a_changed_mirror_is_another_base(project: Project) -> None:
    before = project.plan().step("base").fingerprint
    project.local = Local(mirrors=Mirrors(bases={BASE: f"docker-image://standin:1@sha256:{'d' * 64}"}))
    assert project.plan().step("base").fingerprint != before


def test_a_mirror_of_the_local_store_counts_by_content_and_is_found_by_its_tag(project: Project) -> None:
    [base] = project.recipes("base")[0].bases
    assert (base.digest, base.context) == ("sha256:" + "c" * 64, "docker-image://standin:1")


def test_a_mirror_may_be_a_layout(project: Project, tmp_path: Path) -> None:
    digest = write_layout(tmp_path / "standin", layers=[{"a": b"1"}])
    project.local = Local(mirrors=Mirrors(bases={BASE: f"oci-layout://{tmp_path}/standin"}))
    [base] = project.recipes("base")[0].bases
    assert (base.digest, base.context) == (digest, f"oci-layout://{tmp_path}/standin@{digest}")


def test_a_named_image_brings_what_it_is_built_upon(project: Project) -> None:
    assert [recipe.name for recipe in project.recipes("app")] == ["base", "app"]
    assert [recipe.name for recipe in project.recipes("base")] == ["base"]


def refused(project: Project, *names: str) -> LockageError:
    with pytest.raises(LockageError) as caught:
        project.recipes(*names)
    return caught.value


def test_a_base_without_digest_is_refused(project: Project) -> None:
    project.write("images/base/Dockerfile", "FROM example.com/lambda/python:3.13\n")
    error = refused(project)
    assert error.what == "images/base/Dockerfile rests on something that is not pinned"
    assert error.why == "line 1: example.com/lambda/python:3.13 has no digest"


def test_a_requirement_without_hash_is_refused(project: Project) -> None:
    project.write("images/app/requirements.lock", "boto3==1.0\n")
    error = refused(project)
    assert error.what == "images/app/requirements.lock does not pin every package by hash"
    assert error.why == "line 1: boto3==1.0 has no hash"


def test_a_lock_out_of_date_is_refused(project: Project) -> None:
    project.write("images/app/requirements.in", "boto3==1.1\n")
    error = refused(project)
    assert error.what == "images/app/requirements.lock is out of date"
    assert error.why == "boto3==1.1 is asked for, 1.0 is locked"
    assert error.remedy == (
        "lock again: cd images/app && uv pip compile --universal --generate-hashes --no-emit-index-url "
        "--output-file requirements.lock requirements.in"
    )


def test_a_lock_without_requirements_beside_it_stands_alone_and_is_held_to_hashes_all_the_same(
    project: Project,
) -> None:
    (project.root / "images/app/requirements.in").unlink()
    assert project.recipes("app")[1].lock is not None
    project.write("images/app/requirements.lock", "boto3==1.0\n")
    assert refused(project).why == "line 1: boto3==1.0 has no hash"


@pytest.mark.parametrize("path", ["images/app/Dockerfile", "images/app/requirements.lock"])
def test_a_file_that_cannot_be_read_is_named(project: Project, path: str) -> None:
    (project.root / path).write_bytes(b"\xff")
    error = refused(project)
    assert error.what == f"{path} cannot be read"
    assert "utf-8" in error.why


def test_a_dockerfile_is_read_once(project: Project, monkeypatch: pytest.MonkeyPatch) -> None:
    read = Path.read_bytes

    def read_then_edit(path: Path) -> bytes:
        content = read(path)
        if path.name == "Dockerfile":
            path.write_text("FROM edited-meanwhile\n")
        return content

    monkeypatch.setattr(Path, "read_bytes", read_then_edit)
    base, _ = project.recipes()
    assert base.dockerfile_digest == sha256(FILES["images/base/Dockerfile"].encode())


def test_an_unknown_image_is_refused(project: Project) -> None:
    error = refused(project, "ap")
    assert (error.what, error.why) == ("nothing that is built is called 'ap'", "lockage.yaml names base, app")


def test_a_mirror_that_is_not_there_is_refused(project: Project) -> None:
    project.docker = FakeDocker()
    error = refused(project)
    assert error.what == "the mirror docker-image://standin:1 is not there"
    assert "scripts/standin-base" in error.remedy
    project.local = Local(mirrors=Mirrors(bases={BASE: "https://example.com/base"}))
    assert refused(project).why == "a mirror is docker-image://… or oci-layout://…"


def test_a_tool_that_is_not_installed_is_refused(project: Project) -> None:
    (project.tools.home("opa") / "tool.json").unlink()
    error = refused(project)
    assert error.what == "opa 1.19.1 is not installed"
    assert error.remedy == "install it: lockage tools install opa"


def test_sources_that_git_does_not_know_are_refused(project: Project) -> None:
    project.write(".gitignore", "functions/\n")
    error = refused(project)
    assert error.what == "the source folder functions/scorer is empty"
    assert "git add" in error.remedy


@pytest.mark.parametrize(("name", "target"), [("secrets", "/etc/passwd"), ("loop", "loop"), ("up", "..")])
def test_a_link_in_a_source_is_refused_wherever_it_leads(project: Project, name: str, target: str) -> None:
    (project.root / "functions/scorer" / name).symlink_to(target)
    error = refused(project)
    assert error.what == "functions/scorer holds something that is not a file"
    assert f"functions/scorer/{name} (mode 120000)" in error.why
    assert error.remedy == "put the files themselves there; a folder shared by functions is a source of its own"


ZIPS = f"""\
runtimes: {{python3.13: "{BASE}"}}
zips:
  api: {{requirements: functions/api.lock, sources: [functions/api], layers: [shared]}}
  alone: {{sources: [functions/api]}}
layers:
  shared: {{sources: [functions/shared], platform: linux/amd64}}
  other: {{sources: [functions/shared]}}
"""


@pytest.fixture
def zipped(project: Project) -> Project:
    """With two zips, one of which runs with a layer, and another layer."""
    project.write("lockage.yaml", FILES["lockage.yaml"] + ZIPS)
    for name in ("api/handler.py", "shared/log.py"):
        project.write(f"functions/{name}", "X = 1\n")
    project.write("functions/api.lock", f"boto3==1.0 {HASH}\n")
    return project


def test_layers_come_before_the_zips_that_run_with_them(zipped: Project) -> None:
    assert [(one.name, one.kind, one.layers) for one in zipped.archives()] == [
        ("shared", "layer", ()),
        ("other", "layer", ()),
        ("api", "zip", ("shared",)),
        ("alone", "zip", ()),
    ]


def test_a_named_zip_brings_its_layers_and_nothing_else(zipped: Project) -> None:
    assert [one.name for one in zipped.all_recipes("api")] == ["shared", "api"]
    assert [one.name for one in zipped.all_recipes("other")] == ["other"]


def test_a_runtime_has_a_stand_in_as_a_base_has(zipped: Project) -> None:
    (_, api) = zipped.archives("api")
    assert (api.base.reference, api.base.second_source) == (BASE, f"docker-image://standin:1 stands in for {BASE}")
    assert any(one.second_source for one in inputs(api, "1"))


def test_a_lock_among_the_sources_is_no_source(zipped: Project) -> None:
    yaml = (zipped.root / "lockage.yaml").read_text().replace("functions/api.lock", "functions/api/requirements.lock")
    zipped.write("lockage.yaml", yaml)
    zipped.write("functions/api/requirements.lock", f"boto3==1.0 {HASH}\n")
    zipped.write("functions/api/requirements.in", "boto3==1.0\n")
    (_, api) = zipped.archives("api")
    assert [file.path for tree in api.sources for file in tree.files] == ["functions/api/handler.py"]
    assert api.lock is not None


def test_what_has_no_packages_rests_on_no_image(zipped: Project) -> None:
    (alone,) = zipped.archives("alone")
    assert not any(one.kind in {"base", "requirements"} or one.second_source for one in inputs(alone, "1"))


def test_what_is_in_a_layer_is_no_input_of_the_zip(zipped: Project) -> None:
    before = {one.name: inputs(one, "1") for one in zipped.archives()}
    zipped.write("functions/shared/log.py", "X = 2\n")
    after = {one.name: inputs(one, "1") for one in zipped.archives()}
    assert {name for name in after if after[name] != before[name]} == {"shared", "other"}


@pytest.mark.parametrize("change", ["kind", "platform", "runtime", "layers"])
def test_every_part_of_an_archive_s_declaration_is_an_input(change: str) -> None:
    one = recipes.archive()
    other = {"kind": "layer", "platform": "linux/arm64", "runtime": "python3.14", "layers": ("shared",)}[change]
    assert inputs(msgspec.structs.replace(one, **{change: other}), "1") != inputs(one, "1") != inputs(one, "2")
