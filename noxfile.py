# /// script
# dependencies = ["nox>=2026.10.20", "uv>=0.13"]
# ///
"""The sessions people and workflows call. Each installs what it needs and calls one verb; the logic is in the package.

``./noxw`` runs this without anything installed. Arguments after ``--`` go to the verb: ``nox -s build -- platform``.
"""

import os
import tomllib
from pathlib import Path

import nox

nox.needs_version = ">=2026.10.20"
nox.options.default_venv_backend = "uv"
nox.options.reuse_venv = "yes"
nox.options.stop_on_first_error = True  # `nox -s build scan` must not scan what an earlier build left
nox.options.sessions = ["build", "check", "sbom", "scan"]

ROOT = Path(__file__).parent
SHELL_SCRIPTS = (
    *("noxw", ".ci/run", "scripts/docker-engine", "scripts/golang", "scripts/lib.sh", "scripts/setup"),
    *("scripts/standin-base", "scripts/standin/bootstrap"),
    *("scripts/standin/lambda-entrypoint.sh", "scripts/standin/make"),
)
ALL_TOOLS = tuple(tomllib.loads((ROOT / "tools" / "tools.toml").read_text()))

PATIENCE = 60.0
"""Seconds that what is interrupted gets to remove containers or to put aliases back; nox's own patience is 0.3 s."""


def install(session: nox.Session, *, extras: tuple[str, ...] = (), groups: tuple[str, ...] = ()) -> None:
    """Sync the session's environment with the lock: the core, and what is named. Nothing with ``-R``.

    Python keeps bytecode in nox's own folder, also where the machine wants none beside sources: what is not compiled
    anew starts in two thirds of the time.
    """
    session.env.update(PYTHONDONTWRITEBYTECODE="", PYTHONPYCACHEPREFIX=str(session.cache_dir.absolute() / "bytecode"))
    selected = [f"--extra={extra}" for extra in extras] + [f"--group={group}" for group in groups]
    session.run_install(
        *("uv", "sync", "--quiet", "--locked", "--no-default-groups", *selected),
        env={"UV_PROJECT_ENVIRONMENT": session.virtualenv.location, "UV_PYTHON": session.virtualenv.location},
    )


def set_up(session: nox.Session, *parts: str) -> list[str]:
    """Make the machine ready; returns the session's arguments without ``--yes``, which is for ``scripts/setup``."""
    agreed = [argument for argument in session.posargs if argument == "--yes"]
    session.run_install(str(ROOT / "scripts" / "setup"), *agreed, *parts, external=True)
    return [argument for argument in session.posargs if argument != "--yes"]


def patiently(session: nox.Session, *command: str) -> None:
    """Run what leaves nothing half done when it is interrupted, and let it."""
    session.run(*command, interrupt_timeout=PATIENCE, terminate_timeout=PATIENCE)


@nox.session
def plan(session: nox.Session) -> None:
    """Say what a build would do, and why."""
    install(session, extras=("build",))
    patiently(session, "lockage", "plan", *session.posargs)


@nox.session
def explain(session: nox.Session) -> None:
    """Say whether a function should be an image, a zip or layered, and why: NAME, and --compare."""
    install(session, extras=("build",))
    patiently(session, "lockage", "explain", *session.posargs)


@nox.session
def build(session: nox.Session) -> None:
    """Build images, zips and layers into dist/: all, or those named."""
    install(session, extras=("build",))
    patiently(session, "lockage", "build", *set_up(session, "engine", "opa", "base"))


@nox.session
def check(session: nox.Session) -> None:
    """Run every function of what is in dist/ where it will live, on its probe."""
    install(session, extras=("build",))
    patiently(session, "lockage", "check", *set_up(session, "engine", "base"))


@nox.session
def sbom(session: nox.Session) -> None:
    """Write SBOMs of what is in dist/."""
    install(session, extras=("build",))
    patiently(session, "lockage", "sbom", *set_up(session, "syft"))


@nox.session
def scan(session: nox.Session) -> None:
    """Scan what is in dist/ and decide: pass, fail or inconclusive."""
    install(session, extras=("build",))
    patiently(session, "lockage", "scan", *set_up(session, "trivy", "syft"))


@nox.session
def push(session: nox.Session) -> None:
    """Push what passed, by digest, under the commit's tag."""
    install(session)
    patiently(session, "lockage", "push", *set_up(session, "crane"))


@nox.session
def release(session: nox.Session) -> None:
    """Write the release manifest of what was pushed."""
    install(session)
    patiently(session, "lockage", "release", *session.posargs)


@nox.session
def deploy(session: nox.Session) -> None:
    """Roll a release out to an environment, and check it end to end: --env NAME."""
    install(session, groups=("e2e",))
    patiently(session, "lockage", "deploy", *session.posargs)


@nox.session
def e2e(session: nox.Session) -> None:
    """Run the end-to-end checks against an environment: --env NAME."""
    install(session, groups=("e2e",))
    patiently(session, "lockage", "e2e", *session.posargs)


@nox.session
def promote(session: nox.Session) -> None:
    """Roll the release of one environment out to the next, and check it end to end: --env NAME."""
    install(session, groups=("e2e",))
    patiently(session, "lockage", "promote", *session.posargs)


@nox.session
def rollback(session: nox.Session) -> None:
    """Move an environment's aliases back to an earlier release, and prove it: --env NAME --reason TEXT."""
    install(session)
    patiently(session, "lockage", "rollback", *session.posargs)


@nox.session
def rehearse(session: nox.Session) -> None:
    """The whole path, source to rolled-back release, on this machine."""
    install(session, extras=("build", "rehearsal"), groups=("e2e",))
    ready = set_up(session, "engine", "trivy", "syft", "opa", "crane", "base")
    patiently(session, "lockage", "rehearse", *ready)


@nox.session
def invoke(session: nox.Session) -> None:
    """Run one function on one event, where it will live: NAME EVENT."""
    install(session, extras=("build",))
    patiently(session, "lockage", "invoke", *set_up(session, "engine", "base"))


@nox.session
def reproduce(session: nox.Session) -> None:
    """Build again without cache, elsewhere, and compare digests."""
    install(session, extras=("build",))
    patiently(session, "lockage", "reproduce", *set_up(session, "engine", "opa", "crane", "base"))


@nox.session
def bench(session: nox.Session) -> None:
    """Measure against peers, side by side; prints lines `ratio <what> <figure>`: one benchmark by NAME."""
    known = {path.stem.replace("_", "-"): path for path in sorted((ROOT / "benchmarks").glob("*.py"))}
    first = next((argument for argument in session.posargs if argument != "--yes"), "")
    if first not in known:
        session.error(f"name one benchmark after --: {', '.join(known)}")
    install(session, extras=("build", "rehearsal"), groups=("bench", "e2e"))
    name, *rest = set_up(session, "engine", "opa", "crane", "trivy", "syft", "base")
    patiently(session, "python", str(known[name]), *rest)


@nox.session
def tools(session: nox.Session) -> None:
    """Install locked tools: all, or those named; in a GitHub job also onto the path of later steps."""
    install(session)
    on_path = ["--on-path"] if "GITHUB_PATH" in os.environ else []
    given = [argument for argument in session.posargs if argument != "--yes"]
    named = [argument for argument in given if argument in ALL_TOOLS]
    unnamed = not given or given[0].startswith("-")  # else a tool that is not locked, which the verb refuses
    if "--help" not in given and (named or unnamed):
        set_up(session, *(named or ALL_TOOLS))
    patiently(session, "lockage", "tools", "install", *on_path, *given)


@nox.session
def tests(session: nox.Session) -> None:
    """All tests, or what is given to pytest, such as tests/unit."""
    install(session, extras=("build", "rehearsal"), groups=("tests", "lint"))
    chosen = [argument for argument in session.posargs if argument != "--yes"]
    if chosen and all(argument.startswith(("tests/unit", "-")) for argument in chosen):
        session.run("pytest", *chosen)  # neither engine nor tools
        return
    set_up(session, "engine", *ALL_TOOLS, "base")
    if not chosen:
        for verb in ("build", "check", "sbom", "scan"):  # once, for all tests of what comes after them
            patiently(session, "lockage", verb)
    parallel = ("--numprocesses=auto", "--no-loadscope-reorder", "--durations=20")
    everything = (*parallel, "tests/workflows", "tests/rehearsal", "tests/integration", "tests/unit")  # longest first
    patiently(session, "pytest", *(chosen or everything))


@nox.session
def lint(session: nox.Session) -> None:
    """Every static check of Python, shell, Dockerfiles, workflows and Terraform (its format and rights are tests)."""
    install(session, extras=("build", "rehearsal"), groups=("lint", "tests", "bench"))
    set_up(session, "actionlint", "tflint")
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("mypy")
    session.run("shellcheck", "--external-sources", *SHELL_SCRIPTS)
    session.run("hadolint", "scripts/standin/Dockerfile", *map(str, ROOT.glob("images/*/Dockerfile")))
    session.run("zizmor", "--offline", "--persona=auditor", "--quiet", ".github")
    session.run("lockage", "tools", "run", "actionlint")
    session.run("lockage", "tools", "run", "tflint", "--recursive", "--chdir=terraform")
