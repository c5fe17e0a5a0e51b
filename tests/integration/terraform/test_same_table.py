"""Terraform works out the same names, ARNs, settings and policies as the table that the rehearsal provisions from."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lockage.config.load import load_project
from lockage.config.schema import Project
from lockage.rehearsal import kinds, resources
from lockage.rehearsal.policies import Statement, document

pytestmark = pytest.mark.tools

HERE = Path(__file__).parent
OWN = HERE.parents[2] / "lockage.yaml"

CASES = [
    (OWN, "preprod"),
    (OWN, "prod"),
    (HERE / "rich.yaml", "dev"),
    (HERE / "rich.yaml", "pre-prod"),
    (HERE / "rich.yaml", "prod"),
    (HERE / "bare.yaml", "one"),
    (HERE / "zips.yaml", "only"),
]

Plain = dict[str, Any]


def normal(value: Any) -> Any:  # noqa: ANN401 - plain data
    """Statements by id, and lists in order: in a policy neither order means anything."""
    if isinstance(value, dict):
        return {key: normal(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        items = [normal(item) for item in value]
        return sorted(items, key=lambda item: item["Sid"] if isinstance(item, dict) else item)
    return value


def rights(role: kinds.Role) -> Plain:
    return {"trust": document(role.trust), "policy": document(role.statements)}


class Part:
    """One part of the table, by kind."""

    def __init__(self, project: Project, made: tuple[kinds.Resource, ...]) -> None:
        self._prefix = f"{project.project}-"
        self._resources = made

    def short(self, name: str) -> str:
        """As lockage.yaml names it."""
        return name.removeprefix(self._prefix)

    def each(self, kind: type[kinds.Resource], value: Callable[[Any], Any]) -> Plain:
        """Declared name → value, of every resource of a kind."""
        return {self.short(r.name): value(r) for r in self._resources if type(r) is kind}

    def tokens(self) -> Plain | None:
        """The identity provider, if this part has one."""
        found = [r for r in self._resources if isinstance(r, kinds.IdentityProvider)]
        return {"url": found[0].url, "audience": found[0].audience} if found else None


def registry(project: Project) -> Plain:
    part = Part(project, resources.registry(project))
    (store,) = part.each(kinds.Store, lambda s: {"name": s.name, "arn": s.arn, "policy": document(s.policy)}).values()
    return {
        "project": project.project,
        "account": project.registry.account,
        "region": project.registry.region,
        "tokens": part.tokens(),
        "repositories": part.each(kinds.Repository, lambda r: {"arn": r.arn, "policy": document(r.policy)}),
        "store": store,
        "roles": part.each(kinds.Role, rights),
    }


def environment(project: Project, name: str) -> Plain:
    declared = project.environments[name]
    part = Part(project, resources.environment(project, name))
    roles = part.each(kinds.Role, rights)
    queues = {n: q for n, q in part.each(kinds.Queue, lambda q: q).items() if not n.endswith("-dead")}
    return {
        "project": project.project,
        "name": name,
        "account": declared.account,
        "region": declared.region,
        "alias": declared.alias,
        "tokens": part.tokens(),
        "tables": part.each(kinds.Table, lambda t: {"name": t.name, "arn": t.arn, "key": t.key}),
        "topics": part.each(kinds.Topic, lambda t: {"name": t.name, "arn": t.arn}),
        "secrets": part.each(kinds.Secret, lambda s: {"name": s.name}),
        "queues": {
            n: {
                "name": q.name,
                "arn": q.arn,
                "dead_letter": q.dead_letter,
                "receives": q.receives,
                "visibility_s": q.visibility_s,
            }
            for n, q in queues.items()
        },
        "subscriptions": part.each(
            kinds.Subscription,
            lambda s: {
                "topic": s.topic,
                "queue": s.queue,
                "filter": s.filter,
                "policy": document(queues[part.short(s.name)].policy),
            },
        ),
        "roles": {role: roles[role] for role in ("deployer", "rollback", "e2e")},
        "releases": roles[f"releases-{name}"],
        "functions": functions(part, roles),
    }


def functions(part: Part, roles: Plain) -> Plain:
    queues = part.each(kinds.EventSource, lambda e: {"arn": e.queue, "batch": e.batch, "window_s": e.window_s})
    topics = part.each(kinds.TopicSource, lambda t: t.topic)
    shells: dict[str, kinds.FunctionShell] = part.each(kinds.FunctionShell, lambda shell: shell)
    alias = next(shell.alias for shell in shells.values())
    urls = part.each(kinds.FunctionUrl, lambda url: url)
    logs = part.each(kinds.LogGroup, lambda log: log)
    return {
        name: {
            "name": shell.name,
            "arn": shell.arn,
            "package": shell.package,
            "runtime": shell.runtime or None,
            "architecture": shell.architecture,
            "log_group": logs[f"/aws/lambda/{shell.name}"].name,
            **roles[name],
            "url": f"{name}:{alias}" in urls,
            "queue": queues.get(f"{name}:{alias}"),
            "topic": topics.get(f"{name}:{alias}"),
        }
        for name, shell in shells.items()
    }


@pytest.mark.parametrize(("file", "name"), CASES, ids=lambda value: getattr(value, "stem", value))
def test_terraform_and_the_rehearsal_make_the_same(file: Path, name: str, evaluate: Callable[..., Plain]) -> None:
    project = load_project(file, files=False)
    evaluated = evaluate(file, name)
    assert normal(evaluated["registry"]) == normal(registry(project))
    assert normal(evaluated["environment"]) == normal(environment(project, name))


def test_a_difference_would_be_seen() -> None:
    project = load_project(OWN, files=False)
    shortened = environment(project, "prod")
    shortened["roles"]["rollback"]["policy"]["Statement"][0]["Action"].pop()
    assert normal(shortened) != normal(environment(project, "prod"))


def test_the_order_of_statements_is_no_difference() -> None:
    one, two = (Statement(sid=sid, actions=("a:B", "a:C"), resources=("r",)) for sid in ("One", "Two"))
    assert normal(document((one, two))) == normal(document((two, one)))
