"""One OPA an environment: started when needed, again when it died, reachable by nobody else, told no secret."""

import contextlib
import os
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from scorer.policy import PolicyEngine, PolicyError

pytestmark = pytest.mark.tools

FINDING = {"id": "f-1", "kind": "public-storage", "severity": "HIGH", "exposed": True}
DECISION = {"decision": "remediate", "score": 80, "reasons": ["exposed", "severity HIGH"]}
POLICIES = Path(__file__).parents[3] / "functions" / "policy"


@pytest.fixture
def own(opa: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[PolicyEngine]:
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "none of its business")
    shutil.copytree(POLICIES, tmp_path / "policy")
    engine = PolicyEngine(opa, tmp_path / "policy")
    yield engine
    engine.stop()


def pid_of(engine: PolicyEngine) -> int:
    assert engine._process is not None  # noqa: SLF001 - what it looks like from outside is the question
    return engine._process.pid  # noqa: SLF001 - what it holds is what the test is about


def folder_of(engine: PolicyEngine) -> Path:
    assert engine._folder is not None  # noqa: SLF001 - what it holds is what the test is about
    return engine._folder  # noqa: SLF001 - what it holds is what the test is about


def test_it_starts_with_the_first_question_and_once(own: PolicyEngine) -> None:
    assert own._process is None  # noqa: SLF001 - what it holds is what the test is about
    assert own.evaluate(FINDING) == DECISION
    first = pid_of(own)
    assert own.evaluate({**FINDING, "severity": "LOW", "exposed": False})["decision"] == "allow"
    assert pid_of(own) == first


def test_it_is_started_again_when_it_died(own: PolicyEngine) -> None:
    own.evaluate(FINDING)
    before, folder = pid_of(own), folder_of(own)
    os.kill(before, 9)
    assert own.evaluate(FINDING) == DECISION
    assert pid_of(own) != before
    assert not folder.exists()


def test_it_is_started_again_when_its_socket_is_gone(own: PolicyEngine) -> None:
    own.evaluate(FINDING)
    (folder_of(own) / "api.sock").unlink()
    assert own.evaluate(FINDING) == DECISION


def test_it_listens_on_its_socket_alone(own: PolicyEngine) -> None:
    own.evaluate(FINDING)
    process = Path("/proc", str(pid_of(own)))
    sockets = {link.split("[")[1].rstrip("]") for link in _links(process / "fd") if link.startswith("socket:[")}
    network = [line.split()[9] for table in ("tcp", "tcp6") for line in _lines(process / "net" / table)]
    assert sockets
    assert sockets.isdisjoint(network)
    assert stat.S_IMODE(folder_of(own).stat().st_mode) == 0o700
    assert stat.S_IMODE((folder_of(own) / "api.sock").stat().st_mode) == 0o600


def test_it_gets_none_of_the_functions_environment(own: PolicyEngine) -> None:
    own.evaluate(FINDING)
    assert Path("/proc", str(pid_of(own)), "environ").read_bytes() == b""


def test_nothing_is_left_when_it_is_stopped(own: PolicyEngine) -> None:
    own.evaluate(FINDING)
    process, folder = Path("/proc", str(pid_of(own))), folder_of(own)
    own.stop()
    assert not process.exists()
    assert not folder.exists()


def test_a_policy_that_does_not_compile_is_no_decision(
    opa: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "decision.rego").write_text("package findings\n\nresult := nothing_like_this\n")
    with pytest.raises(PolicyError, match=r"opa ended with exit code 1; its own words stand in the log"):
        PolicyEngine(opa, tmp_path).evaluate(FINDING)
    assert "nothing_like_this" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("policy", "why"),
    [
        ("package findings\n\nresult := {} if input.never\n", "gives no result"),
        ("package findings\n\nresult := 7\n", "gives no result"),
        ("package findings\n\nresult := {}\n\nresult := {1: 2} if input.id\n", "opa answered 500"),
    ],
)
def test_a_policy_without_a_result_is_no_decision(opa: Path, tmp_path: Path, policy: str, why: str) -> None:
    (tmp_path / "decision.rego").write_text(policy)
    engine = PolicyEngine(opa, tmp_path)
    try:
        with pytest.raises(PolicyError, match=why):
            engine.evaluate(FINDING)
    finally:
        engine.stop()


def test_a_missing_engine_is_no_decision(tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=r"opa cannot be run: .*nowhere"):
        PolicyEngine(tmp_path / "nowhere", POLICIES).evaluate(FINDING)


def test_the_digest_is_of_what_decides(own: PolicyEngine, opa: Path, tmp_path: Path) -> None:
    policies = tmp_path / "policy"
    (policies / "decision_test.rego").unlink()
    assert PolicyEngine(opa, policies).digest == own.digest
    (policies / "decision.rego").write_bytes((policies / "decision.rego").read_bytes() + b"\n")
    assert PolicyEngine(opa, policies).digest != own.digest


def _links(folder: Path) -> list[str]:
    """What the descriptors lead to; one may be closed while they are listed, as a connection's is after its answer."""
    links = []
    for entry in folder.iterdir():
        with contextlib.suppress(FileNotFoundError):
            links.append(str(entry.readlink()))
    return links


def _lines(table: Path) -> list[str]:
    return table.read_text().splitlines()[1:]
