import pytest

from lockage.plan.markers import applies
from lockage.plan.requirements import parse


@pytest.mark.parametrize(
    ("marker", "python", "platform", "expected"),
    [
        ("", "3.13", "linux/amd64", True),
        ("; python_version < '3.12'", "3.13", "linux/amd64", False),
        ("; python_version < '3.12'", "3.11", "linux/amd64", True),
        ("; python_full_version >= '3.13'", "3.13", "linux/amd64", True),
        ("; platform_machine == 'aarch64'", "3.13", "linux/arm64", True),
        ("; platform_machine == 'aarch64'", "3.13", "linux/amd64", False),
        ("; sys_platform == 'win32' or platform_system == 'Darwin'", "3.13", "linux/amd64", False),
        ("; platform_python_implementation != 'PyPy'", "3.13", "linux/amd64", True),
    ],
)
def test_markers_are_asked_about_the_target(marker: str, python: str, platform: str, *, expected: bool) -> None:
    (pin,) = parse("requirements.lock", f"six==1.0 {marker} --hash=sha256:{'0' * 64}\n")
    assert applies(pin, python, platform) == expected
