"""Whether a locked package is for a target at all: environment markers, asked about the target and never this machine.

https://packaging.python.org/en/latest/specifications/dependency-specifiers/#environment-markers
"""

from lockage.plan.requirements import Pin

_MACHINES = {"linux/amd64": "x86_64", "linux/arm64": "aarch64"}


def applies(pin: Pin, python: str, platform: str) -> bool:
    """Whether a target gets a package; false where its marker leaves it out.

    Args:
        pin: the package.
        python: minor version, such as ``3.13``.
        platform: ``linux/amd64`` or ``linux/arm64``.
    """
    if not pin.marker:
        return True
    from packaging.markers import Marker  # noqa: PLC0415 - 30 ms, for markers only

    return Marker(pin.marker).evaluate(environment(python, platform))


def environment(python: str, platform: str) -> dict[str, str]:
    """What markers are asked about, as uv answers for a minor version and a platform."""
    return {
        "implementation_name": "cpython",
        "implementation_version": f"{python}.0",
        "os_name": "posix",
        "platform_machine": _MACHINES[platform],
        "platform_python_implementation": "CPython",
        "platform_release": "",
        "platform_system": "Linux",
        "platform_version": "",
        "python_full_version": f"{python}.0",
        "python_version": python,
        "sys_platform": "linux",
    }
