import re
import tomllib
from pathlib import Path

import pytest
from auditwheel.architecture import Architecture
from auditwheel.libc import Libc
from auditwheel.policy import Policy, WheelPolicies

from lockage.inspect.native import Target
from lockage.inspect.native.systems import RuntimeUnknown, System, system_for
from lockage.inspect.native.versions import newest

ROOT = Path(__file__).parents[4]
LISTS = sorted((ROOT / "src" / "lockage" / "inspect" / "systems").glob("*.toml"))
PAGE = ROOT / "docs" / "explanation" / "native-code.md"
PLATFORMS = ("linux/amd64", "linux/arm64")


def system(python: str, platform: str = "linux/amd64") -> System:
    return system_for(Target(python=python, platform=platform))  # type: ignore[arg-type]  # one of the literals


def policy(name: str, machine: str) -> Policy:
    return WheelPolicies(libc=Libc.GLIBC, arch=Architecture(machine)).get_policy_by_name(f"{name}_{machine}")


@pytest.mark.parametrize(
    ("python", "name", "glibc"),
    [
        ("3.8", "Amazon Linux 2", "2.26"),
        ("3.11", "Amazon Linux 2", "2.26"),
        ("3.12", "Amazon Linux 2023", "2.34"),
        ("3.13", "Amazon Linux 2023", "2.34"),
        ("3.14", "Amazon Linux 2023", "2.34"),
    ],
)
@pytest.mark.parametrize("platform", PLATFORMS)
def test_each_runtime_has_its_system(python: str, name: str, glibc: str, platform: str) -> None:
    found = system(python, platform)
    assert (found.name, found.glibc) == (name, glibc)
    assert found.offers("GLIBC") == f"GLIBC_{glibc}"
    assert found.has("/var/lang/lib", f"libpython{python}.so.1.0")
    assert found.has("/lib64", "libc.so.6")


def test_a_runtime_nobody_wrote_down_is_refused_in_words() -> None:
    with pytest.raises(RuntimeUnknown) as refused:
        system("3.7")
    assert refused.value.render() == (
        "error: what Lambda offers native code under python3.7 is not written down\n"
        "  why:  there are lists for Python 3.8, 3.9, 3.10, 3.11, 3.12, 3.13, 3.14\n"
        "  next: use one of those runtimes, or a Lockage that knows python3.7"
    )


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_symbols_of_amazon_linux_2023_are_the_policy_s_and_openssl_s(machine: str) -> None:
    platform = {"x86_64": "linux/amd64", "aarch64": "linux/arm64"}[machine]
    ours = dict(system("3.13", platform).versions)
    assert newest(ours.pop("OPENSSL")) == "3.0.8"
    assert ours == policy("manylinux_2_34", machine).symbol_versions


@pytest.mark.parametrize("platform", PLATFORMS)
def test_amazon_linux_2_has_the_cpp_library_of_gcc_7(platform: str) -> None:
    found = system("3.11", platform)
    assert found.offers("GLIBCXX") == "GLIBCXX_3.4.24"
    assert found.offers("CXXABI") == "CXXABI_1.3.11"


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_each_list_says_where_it_comes_from_and_when(path: Path) -> None:
    header = path.read_text().partition("\nname = ")[0]
    assert re.search(r"As of \d{4}-\d\d-\d\d\.", header)
    for fact in ("runtimes, glibc", "libraries", "search", "isa"):
        assert re.search(rf"^# {fact} +\S", header, re.MULTILINE), f"{path.name} does not say where its {fact} is from"
    assert header.count("docs.aws.amazon.com") + header.count("github.com") >= 4


@pytest.mark.parametrize("path", LISTS, ids=lambda path: path.stem)
def test_no_library_is_both_provided_and_unconfirmed(path: Path) -> None:
    written = tomllib.loads(path.read_text())
    provided = [name for names in written["libraries"].values() for name in names]
    unconfirmed = [name for names in written["unconfirmed"].values() for name in names]
    assert len(set(provided)) == len(provided)
    assert not set(provided) & set(unconfirmed)
    assert all(re.search(r"\.so(\.\d+)*$", name) for name in provided + unconfirmed)


def test_the_page_names_what_manylinux_takes_for_granted_and_lambda_lacks() -> None:
    ours = system("3.13")
    lacking = {name for name in policy("manylinux_2_34", "x86_64").whitelist if not ours.has("/lib64", name)}
    row = next(line for line in PAGE.read_text().splitlines() if line.startswith("| not at all |"))
    perhaps = next(line for line in PAGE.read_text().splitlines() if line.startswith("| perhaps |"))
    named = re.findall(r"`(lib[^`]+)`", row), re.findall(r"`(lib[^`]+)`", perhaps)
    assert set(named[0]) == lacking - ours.unconfirmed
    assert set(named[1]) == lacking & ours.unconfirmed


def test_instruction_sets_are_ranked() -> None:
    amd64, arm64 = system("3.13"), system("3.13", "linux/arm64")
    assert [amd64.runs(isa) for isa in ("x86_64", "x86_64_v3", "x86_64_v4", "aarch64", "EM_386 (32-bit)")] == [
        True, True, False, False, False,
    ]  # fmt: skip
    assert [arm64.runs(isa) for isa in ("aarch64", "x86_64")] == [True, False]
