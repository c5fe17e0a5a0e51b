"""Ask the emulator from inside: ``ask.py SECONDS``, the event on standard input.

Prints a line ``status seconds peak killed tmp`` and then the answer as it came: the HTTP status, seconds from the
question to the answer, bytes that the function's processes held at most, processes that the kernel killed for want of
memory, bytes under ``/tmp``. No module but small ones: this process counts against the function's memory.
"""

import os
import socket
import sys
import time

PORT = 8080
PATH = "/2015-03-31/functions/function/invocations"
START_SECONDS = 20.0
POLL_SECONDS = 0.005
KILLS = ("/sys/fs/cgroup/memory.events", "/sys/fs/cgroup/memory/memory.oom_control")
NOT_THE_FUNCTION = {"aws-lambda-rie"}


def connect(seconds: float) -> socket.socket:
    """A connection, once the emulator listens."""
    deadline = time.monotonic() + START_SECONDS
    while True:
        try:
            return socket.create_connection(("127.0.0.1", PORT), seconds)
        except OSError:
            if time.monotonic() > deadline:
                raise
            time.sleep(POLL_SECONDS)


def ask(event: bytes, seconds: float) -> tuple[str, float, bytes]:
    """Status, seconds, and answer. HTTP 1.0: one answer, whole, and the emulator closes."""
    with connect(seconds) as connection:
        started = time.monotonic()
        request = f"POST {PATH} HTTP/1.0\r\nHost: emulator\r\nContent-Length: {len(event)}\r\n\r\n"
        connection.sendall(request.encode() + event)
        answer = b"".join(iter(lambda: connection.recv(1 << 16), b""))
    head, _, body = answer.partition(b"\r\n\r\n")
    return head.split(b" ", 2)[1].decode(), time.monotonic() - started, body


def peak() -> int:
    """Bytes that the function's processes held at most, together."""
    found = 0
    for process in os.listdir("/proc"):  # noqa: PTH208 - pathlib would weigh more than all the rest
        if process.isdigit() and int(process) != os.getpid():
            about = status(process)
            if about.get("Name") not in NOT_THE_FUNCTION:
                found += int(about.get("VmHWM", "0 kB").split()[0]) * 1024
    return found


def status(process: str) -> dict[str, str]:
    """What the kernel says of a process; nothing of one that has ended."""
    try:
        with open(f"/proc/{process}/status") as lines:  # noqa: PTH123 - as above
            return {key: value.strip() for key, _, value in (line.partition(":") for line in lines)}
    except OSError:
        return {}


def killed() -> int:
    """Processes that the kernel killed here for want of memory, in either version of control groups."""
    for place in KILLS:
        try:
            with open(place) as lines:  # noqa: PTH123 - as above
                return int(dict(line.split() for line in lines)["oom_kill"])
        except (OSError, KeyError):
            continue
    return 0


def tmp() -> int:
    """Bytes under ``/tmp``."""
    about = os.statvfs("/tmp")  # noqa: S108 - the one place that a function may write to
    return (about.f_blocks - about.f_bfree) * about.f_frsize


def main(seconds: str) -> None:
    """The script."""
    answered, took, body = ask(sys.stdin.buffer.read(), float(seconds))
    sys.stdout.write(f"{answered} {took:.6f} {peak()} {killed()} {tmp()}\n")
    sys.stdout.flush()
    sys.stdout.buffer.write(body)


if __name__ == "__main__":
    main(sys.argv[1])
