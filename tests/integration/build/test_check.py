"""Functions from zips with layers, run where they will live: the real emulator, the pinned runtime or its stand-in."""

import json
import sys
from pathlib import Path

import pytest
from fakes.checkout import Checkout
from fakes.containers import hold_ctrl_c_leaves_nothing, started_by
from fakes.shop import HANDLERS, Shop

from lockage.config.load import load_project
from lockage.errors import Inconclusive
from lockage.inspect.emulator.hold import FunctionsFailed
from lockage.model.check import Failure, NativeCheck
from lockage.tools.docker import Docker

pytestmark = pytest.mark.docker


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> tuple[Shop, str, dict[str, Failure | None]]:
    """The shop after one check: what it said, and by function what it found."""
    shop = Shop(tmp_path_factory.mktemp("shop") / "project")
    shop.lockage("build")
    with pytest.raises(FunctionsFailed) as caught:
        shop.lockage("check")
    return shop, caught.value.render(), {one.function: one.failure for one in shop.dist.read_check("shop").functions}


Tried = tuple[Shop, str, dict[str, Failure | None]]

KINDS = {
    "absent": ("import", "absent does not import: ModuleNotFoundError: No module named 'nope_nope'"),
    "library": ("library", "library does not import: the library libnothere.so.3 does not load: it is not there"),
    "foreign": ("library", "foreign does not import: native code is there for another Python or machine only"),
    "syntax": ("import", "syntax does not import: SyntaxError: expected ':'"),
    "nothandle": ("handler", "the handler of nothandle cannot be called"),
    "number": ("handler", "the handler of number cannot be called"),
    "raises": ("answer", "raises answered with an error: KeyError"),
    "hungry": ("memory", "hungry ran out of memory"),
    "greedy": ("memory", "greedy ran out of memory"),
    "slow": ("timeout", "slow gave no answer in 3 s"),
    "crash": ("exit", "the process of crash ended: signal: segmentation fault"),
    "quits": ("exit", "the process of quits ended: exit status 3"),
}


def test_every_way_not_to_answer_has_a_case() -> None:
    assert set(KINDS) == set(HANDLERS) - {"well"}


def test_a_function_gets_what_lambda_gives_it_and_no_more(tried: Tried) -> None:
    assert tried[2]["well"] is None


@pytest.mark.parametrize("name", KINDS)
def test_a_failure_is_told_with_its_cause(tried: Tried, name: str) -> None:
    found = tried[2][name]
    assert found is not None
    assert (found.kind, found.what) == KINDS[name]


def test_causes_name_the_line_the_library_or_the_file(tried: Tried) -> None:
    for words in (
        'File "/var/task/shop/absent.py", line 1, in <module>',
        'File "/var/task/shop/library.py", line 3, in <module>',
        "/var/task/shop/_core.cpython-27-x86_64-linux-gnu.so: here only .cpython-313-",
        'File "/var/task/shop/crash.py", line 3 in <module>',
        "KeyError: 'asked too much'",
        "the kernel killed its process at 128 MB",
    ):
        assert words in tried[1]
    assert tried[1].startswith("error: native code of 1 artifact does not fit, and 12 functions failed\n")


def test_nothing_is_left_in_the_engine(tried: Tried) -> None:
    with pytest.raises(FunctionsFailed):
        tried[0].lockage("check")
    assert started_by() == set()


def test_an_invoked_function_of_a_zip_answers(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code = "import second\n\n\ndef handle(event, context):\n    return [event, second.LAYER, context.function_name]\n"
    shop = Shop(tmp_path / "project", functions={"echo": code})
    (tmp_path / "event.json").write_text('{"a": "ä"}')
    shop.lockage("invoke", "echo", str(tmp_path / "event.json"))
    told = capsys.readouterr()
    assert json.loads(told.out) == [{"a": "ä"}, "two", "shop-echo"]
    assert "START RequestId" in told.err


def test_functions_of_an_image_are_checked_alike(built: Checkout, capsys: pytest.CaptureFixture[str]) -> None:
    for state in ("done", "reused"):
        capsys.readouterr()
        built.lockage("check", "platform")
        told = capsys.readouterr()
        assert [line.split()[:2] for line in told.out.splitlines()] == [
            ["pass", name] for name in ("scorer", "remediator", "onboarding")
        ]
        assert [line.split()[0] for line in told.err.splitlines() if "check platform" in line] == [state]
    found = built.dist.read_check("platform")
    assert (found.artifact, found.layers, found.runtime) == (built.dist.read_artifact("platform").digest, (), "")
    assert found.native == NativeCheck(summary="1 native object, need no GLIBC"), "OPA, outside of the task root"


def test_an_image_that_no_function_runs_has_its_native_code_looked_at(
    built: Checkout, capsys: pytest.CaptureFixture[str]
) -> None:
    for state in ("done", "reused"):
        capsys.readouterr()
        built.lockage("check", "base")
        told = capsys.readouterr()
        assert told.out == "pass         native code of base\n"
        assert [line.split()[0] for line in told.err.splitlines() if "check base" in line] == [state]
    base = built.image("base")
    assert (base.base.partition(":")[0], 0 < base.base_layers < len(base.layers)) == (
        "public.ecr.aws/lambda/python", True,
    )  # fmt: skip


def test_every_function_of_this_repository_answers(built: Checkout, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    built.lockage("check")
    declared = load_project(built.root / "lockage.yaml").functions
    told = [line.split()[:2] for line in capsys.readouterr().out.splitlines() if "native code of" not in line]
    assert sorted(name for state, name in told if state == "pass") == sorted(declared)
    assert {"analysis", "dashboard", "ingestion"} < set(declared)


def test_ctrl_c_takes_everything_away(tmp_path: Path) -> None:
    sleeper = "import time\n\n\ndef handle(event, context):\n    time.sleep(60)\n"
    shop = Shop(tmp_path / "project", functions=dict.fromkeys(("first", "second", "third"), sleeper))
    shop.lockage("build")
    program, project = Path(sys.executable).with_name("lockage"), shop.root / "lockage.yaml"
    held = 2  # what holds the folders, and a function
    hold_ctrl_c_leaves_nothing([program, "check", "--project", project], tmp_path / "log", containers=held)
    assert not shop.dist.check("shop").exists()


WELL = {"well": HANDLERS["well"]}


def run_again(shop: Shop, capsys: pytest.CaptureFixture[str]) -> str:
    """The state in which a check's only step ended."""
    capsys.readouterr()
    shop.lockage("check")
    [line] = [line for line in capsys.readouterr().err.splitlines() if "check shop" in line]
    return line.split()[0]


def test_what_passed_stands_until_something_is_another(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shop = Shop(tmp_path / "project", functions=WELL)
    shop.lockage("build")
    assert run_again(shop, capsys) == "done"
    [found] = shop.dist.read_check("shop").functions
    assert 0 < found.cold_ms < 30_000
    assert 10 <= found.memory_mb < 128
    assert run_again(shop, capsys) == "reused"
    shop.write("probe.json", '{"asked": false}\n')
    assert run_again(shop, capsys) == "done"
    shop.write("layers/two/second/more.py", "")
    shop.lockage("build")
    assert run_again(shop, capsys) == "done"
    assert run_again(shop, capsys) == "reused"


EMULATED = Path("/proc/sys/fs/binfmt_misc/qemu-aarch64").exists() or Docker().machine().platform != "linux/amd64"


@pytest.mark.skipif(EMULATED, reason="this machine executes arm64")
def test_what_cannot_be_executed_here_is_inconclusive(tmp_path: Path) -> None:
    shop = Shop(tmp_path / "project", functions=WELL, platform="linux/arm64")
    shop.lockage("build")
    with pytest.raises(Inconclusive) as caught:
        shop.lockage("check")
    assert caught.value.what == "1 function could not be tried"
    assert "well could not be tried on this machine (linux/amd64)" in caught.value.why
    assert shop.dist.read_check("shop").outcome == "inconclusive"
    assert started_by() == set()
