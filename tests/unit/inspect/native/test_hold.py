import msgspec
import pytest

from lockage.errors import Inconclusive
from lockage.inspect.native import (
    NativeCodeDoubtful,
    NativeCodeRefused,
    NativeInspection,
    Remark,
    Target,
    hold_native,
)

GLIBC = "take a wheel for manylinux_2_34_x86_64 or older"


def remark(path: str, weight: str = "mistake", needs: str = "GLIBC_2.38 of libc.so.6", remedy: str = GLIBC) -> Remark:
    has = "Amazon Linux 2023 has GLIBC_2.34"
    return Remark(path=path, kind="version", weight=weight, needs=needs, has=has, remedy=remedy)  # type: ignore[arg-type]  # one of the literals


def inspection(*remarks: Remark) -> NativeInspection:
    return NativeInspection(
        target=Target(python="3.13", platform="linux/amd64"),
        system="Amazon Linux 2023",
        files=9,
        objects=4,
        glibc="2.38",
        glibc_offered="2.34",
        remarks=remarks,
    )


def test_nothing_wrong_passes_and_so_does_a_note() -> None:
    hold_native("dashboard", inspection())
    hold_native("dashboard", inspection(remark("/var/task/a.so", "note")))


def test_every_mistake_is_listed_with_its_remedy_once() -> None:
    unread = Remark(
        path="/var/task/broken.so",
        kind="file",
        weight="doubt",
        needs="",
        has="it cannot be read: Permission denied",
        remedy="fetch its package again",
    )
    several = [remark(f"/var/task/{name}.so") for name in "abcde"]
    with pytest.raises(NativeCodeRefused) as refused:
        hold_native("dashboard", inspection(*several, remark("/opt/f.so", needs="GLIBC_2.39 of libm.so.6"), unread))
    assert refused.value.exit_code == 1
    assert refused.value.render() == (
        "error: native code in dashboard will not run in python3.13 on linux/amd64 (Amazon Linux 2023)\n"
        "  why:  /var/task/a.so, /var/task/b.so, /var/task/c.so and 2 more: needs GLIBC_2.38 of libc.so.6; "
        "Amazon Linux 2023 has GLIBC_2.34\n"
        "        /opt/f.so: needs GLIBC_2.39 of libm.so.6; Amazon Linux 2023 has GLIBC_2.34\n"
        "        could not tell: /var/task/broken.so: it cannot be read: Permission denied\n"
        "  next: take a wheel for manylinux_2_34_x86_64 or older\n"
        "        fetch its package again"
    )


def test_a_doubt_alone_stops_the_line_as_inconclusive() -> None:
    with pytest.raises(NativeCodeDoubtful) as doubtful:
        hold_native("dashboard", inspection(remark("/var/task/a.so", "doubt")))
    assert isinstance(doubtful.value, Inconclusive)
    assert doubtful.value.exit_code == 11
    assert doubtful.value.what == (
        "whether native code in dashboard runs in python3.13 on linux/amd64 (Amazon Linux 2023) cannot be told"
    )
    assert doubtful.value.why == (
        "could not tell: /var/task/a.so: needs GLIBC_2.38 of libc.so.6; Amazon Linux 2023 has GLIBC_2.34"
    )


def test_an_inspection_can_be_written_down_and_read_again() -> None:
    found = inspection(remark("/var/task/a.so"), remark("/var/task/b.so", "note"))
    assert msgspec.json.decode(msgspec.json.encode(found, order="deterministic"), type=NativeInspection) == found


def test_a_summary_counts() -> None:
    assert inspection().summary() == "4 native objects, need GLIBC 2.38; Amazon Linux 2023 has 2.34"
