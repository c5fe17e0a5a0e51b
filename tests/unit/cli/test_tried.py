"""What was found of functions and native code, held to what is pushed."""

from pathlib import Path

import pytest
from fakes.environment import digest
from msgspec.structs import replace

from lockage.cli import tried
from lockage.config.load import load_project
from lockage.config.schema import Project
from lockage.errors import UsageError
from lockage.inspect.emulator.call import call
from lockage.inspect.emulator.hold import FunctionsFailed
from lockage.inspect.emulator.standing import RULES
from lockage.model.artifact import Artifact, LayerArtifact, ZipArtifact
from lockage.model.check import ArtifactCheck, Failure, FunctionCheck, NativeCheck
from lockage.model.dist import DistDir
from lockage.model.ids import Fingerprint

PINNED = f"public.ecr.aws/lambda/python:3.13@{digest('b')}"
LOCKAGE_YAML = f"""\
version: 1
project: shop
runtimes: {{python3.13: "{PINNED}"}}
zips: {{orders: {{sources: [orders], layers: [common]}}, spare: {{sources: [spare]}}}}
layers: {{common: {{sources: [common]}}}}
functions:
  orders: {{zip: orders, handler: orders.handle, probe: probe.json}}
  replay: {{zip: orders, handler: orders.replay, probe: probe.json}}
registry: {{account: "222222222222", region: eu-central-1, store: shop-releases}}
environments: {{prod: {{account: "111111111111", region: eu-central-1}}}}
"""


UNFIT = NativeCheck(
    summary="1 native object",
    failure=Failure(kind="native", what="it will not run", why="x.so needs y", remedy="bring y"),
)


class Shop:
    """A project with a zip and its layer in ``dist/``, its functions run."""

    def __init__(self, root: Path) -> None:
        self.root = root
        (root / "lockage.yaml").write_text(LOCKAGE_YAML)
        (root / "probe.json").write_text("{}")
        self.project: Project = load_project(root / "lockage.yaml", files=False)
        self.dist = DistDir(root / "dist")
        fields = {
            "fingerprint": Fingerprint(digest("f")),
            "platform": "linux/amd64",
            "runtime": "python3.13",
            "size": 1,
            "unpacked": 1,
            "inputs": (),
        }
        self.zip = ZipArtifact(name="orders", digest=digest("1"), layers=("common",), **fields)  # type: ignore[arg-type]  # any field by its name
        self.layer = LayerArtifact(name="common", digest=digest("2"), **fields)  # type: ignore[arg-type]  # any field by its name
        self.put(self.zip)
        self.put(self.layer)
        functions = tuple(
            FunctionCheck(function=name, asked=call(name, self.project, b"{}").asked) for name in self.project.functions
        )
        self.check = ArtifactCheck(
            name="orders",
            artifact=digest("1"),
            layers=(digest("2"),),
            runtime=PINNED,
            runtime_digest=digest("b"),
            rules=RULES,
            native=NativeCheck(summary="pure Python"),
            functions=functions,
        )

    def put(self, artifact: Artifact) -> None:
        """Describe an artifact."""
        self.dist.write_artifact(self.dist.folder(artifact.name), artifact)

    def hold(self, **changes: object) -> tuple[str, ...] | None:
        """Hold the zip to a check that was changed."""
        self.dist.write_check(replace(self.check, **changes))
        return tried.hold(self.zip, self.project, self.root, self.dist)


@pytest.fixture
def shop(tmp_path: Path) -> Shop:
    return Shop(tmp_path)


def test_what_was_run_as_it_is_now_may_go_on(shop: Shop) -> None:
    assert shop.hold() == ()


def test_a_stand_in_for_the_runtime_marks_what_came_of_it(shop: Shop) -> None:
    assert shop.hold(runtime_digest=digest("c"), second_source="a stand-in") == ("a stand-in",)


@pytest.mark.parametrize("changes", [{"runtime_digest": digest("c")}, {"runtime": "another"}])
def test_another_runtime_without_its_mark_is_refused(shop: Shop, changes: dict[str, object]) -> None:
    with pytest.raises(UsageError, match="were not run in the runtime that is pinned") as caught:
        shop.hold(**changes)
    assert caught.value.why.startswith(f"pinned:  {PINNED}\nrun in: ")
    assert "./noxw -s check -- orders" in caught.value.remedy


def test_another_layer_than_the_functions_were_run_with_is_refused(shop: Shop) -> None:
    shop.put(replace(shop.layer, digest=digest("3")))
    with pytest.raises(UsageError, match="the functions of orders were not run as they are now") as caught:
        shop.hold()
    assert caught.value.why == f"its layers: checked was {digest('2')}, here is {digest('3')}"


def test_a_probe_that_changed_is_told(shop: Shop) -> None:
    (shop.root / "probe.json").write_text('{"another": 1}')
    with pytest.raises(UsageError) as caught:
        shop.hold()
    assert [line.partition(":")[0] for line in caught.value.why.splitlines()] == [
        "how orders is asked",
        "how replay is asked",
    ]


def test_every_function_must_have_been_run(shop: Shop) -> None:
    with pytest.raises(UsageError) as caught:
        shop.hold(functions=shop.check.functions[:1])
    assert caught.value.why.startswith("how replay is asked: checked was nothing")


def test_a_function_that_does_not_answer_goes_no_further(shop: Shop) -> None:
    failure = Failure(kind="import", what="orders does not import", why="no module named x", remedy="add x")
    with pytest.raises(FunctionsFailed, match="1 function failed"):
        shop.hold(functions=(replace(shop.check.functions[0], failure=failure), *shop.check.functions[1:]))


def test_what_was_never_run_says_how(shop: Shop) -> None:
    with pytest.raises(UsageError, match=r"orders has no readable check\.json"):
        tried.hold(shop.zip, shop.project, shop.root, shop.dist)


def test_a_layer_is_held_with_the_zips_on_it(shop: Shop) -> None:
    with pytest.raises(UsageError, match=r"orders has no readable check\.json"):
        tried.hold(shop.layer, shop.project, shop.root, shop.dist)
    shop.hold()
    assert tried.hold(shop.layer, shop.project, shop.root, shop.dist) is None
    with pytest.raises(FunctionsFailed, match="native code of 1 artifact does not fit"):
        shop.hold(native=UNFIT)
    with pytest.raises(FunctionsFailed, match="native code of 1 artifact does not fit"):
        tried.hold(shop.layer, shop.project, shop.root, shop.dist)


def test_a_layer_none_of_whose_zips_was_built_is_not_known_to_fit(shop: Shop) -> None:
    shop.hold()
    (shop.dist.artifact("orders")).unlink()
    with pytest.raises(UsageError, match=r"orders has no readable artifact\.json"):
        tried.hold(shop.layer, shop.project, shop.root, shop.dist)


def spare(shop: Shop, kind: str) -> tuple[Artifact, ArtifactCheck]:
    """A zip that no function runs, or a layer that no zip has; and a check of it."""
    made: Artifact = replace(shop.zip if kind == "zip" else shop.layer, name="spare")
    if isinstance(made, ZipArtifact):
        made = replace(made, layers=())
    check = ArtifactCheck(
        name="spare", artifact=made.digest, rules=RULES, native=NativeCheck(summary="pure Python"), functions=()
    )
    return made, check


@pytest.mark.parametrize("kind", ["zip", "layer"])
def test_native_code_of_what_no_function_runs_must_fit(shop: Shop, kind: str) -> None:
    made, check = spare(shop, kind)
    with pytest.raises(UsageError, match=r"spare has no readable check\.json"):
        tried.hold(made, shop.project, shop.root, shop.dist)
    shop.dist.write_check(check)
    assert tried.hold(made, shop.project, shop.root, shop.dist) == ()
    shop.dist.write_check(replace(check, artifact=digest("9")))
    with pytest.raises(UsageError, match="spare was not checked as it is now"):
        tried.hold(made, shop.project, shop.root, shop.dist)
    shop.dist.write_check(replace(check, native=UNFIT))
    with pytest.raises(FunctionsFailed, match="native code of 1 artifact does not fit"):
        tried.hold(made, shop.project, shop.root, shop.dist)
