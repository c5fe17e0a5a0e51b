import pytest
from packaging.tags import parse_tag

from lockage.inspect.native import Target
from lockage.inspect.native.systems import system_for

AMD64 = Target(python="3.13", platform="linux/amd64")
ARM64 = Target(python="3.13", platform="linux/arm64")
OLD = Target(python="3.11", platform="linux/amd64")


def runs(target: Target, tag: str) -> bool:
    return any(str(one) in system_for(target).tags for one in parse_tag(tag))


@pytest.mark.parametrize(
    ("target", "tag"),
    [
        (AMD64, "py3-none-any"),
        (AMD64, "py2.py3-none-any"),
        (AMD64, "cp313-cp313-manylinux_2_34_x86_64"),
        (AMD64, "cp313-cp313-manylinux_2_29_x86_64"),  # a glibc that no policy is named after
        (AMD64, "cp313-cp313-manylinux2014_x86_64"),
        (AMD64, "cp313-cp313-manylinux1_x86_64"),
        (AMD64, "cp39-abi3-manylinux_2_17_x86_64"),
        (AMD64, "cp313-abi3-manylinux_2_17_x86_64"),
        (AMD64, "py3-none-manylinux_2_17_x86_64"),
        (AMD64, "cp313-cp313-linux_x86_64"),  # built in the pinned base
        (AMD64, "cp313-cp313-manylinux_2_17_x86_64.manylinux2014_x86_64"),
        (ARM64, "cp313-cp313-manylinux2014_aarch64"),
        (ARM64, "cp313-cp313-manylinux_2_34_aarch64"),
        (OLD, "cp311-cp311-manylinux_2_26_x86_64"),
    ],
)
def test_a_wheel_that_fits(target: Target, tag: str) -> None:
    assert runs(target, tag)


@pytest.mark.parametrize(
    ("target", "tag"),
    [
        (AMD64, "cp312-cp312-manylinux_2_17_x86_64"),
        (AMD64, "cp313-cp313t-manylinux_2_17_x86_64"),  # no GIL
        (AMD64, "cp314-abi3-manylinux_2_17_x86_64"),  # a stable interface that is newer than the runtime
        (AMD64, "cp313-cp313-manylinux_2_35_x86_64"),
        (AMD64, "cp313-cp313-musllinux_1_2_x86_64"),
        (AMD64, "cp313-cp313-macosx_11_0_arm64"),
        (AMD64, "cp313-cp313-win_amd64"),
        (AMD64, "cp313-cp313-manylinux_2_17_aarch64"),
        (ARM64, "cp313-cp313-manylinux_2_17_x86_64"),
        (ARM64, "cp313-cp313-linux_x86_64"),
        (OLD, "cp311-cp311-manylinux_2_28_x86_64"),
        (OLD, "cp313-cp313-manylinux_2_17_x86_64"),
    ],
)
def test_a_wheel_that_does_not(target: Target, tag: str) -> None:
    assert not runs(target, tag)


def test_an_extension_has_the_runtime_s_mark() -> None:
    assert AMD64.extension == "cpython-313-x86_64-linux-gnu"
    assert ARM64.extension == "cpython-313-aarch64-linux-gnu"
