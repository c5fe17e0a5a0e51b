"""Terraform works out the same names, ARNs, settings and policies as the table that the rehearsal provisions from."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from lockage.config.load import load_project
from lockage.config.schema import Project
from lockage.rehearsal import resources as table
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


def rights(role: table.Role) -> Plain:
    return {"trust": document(role.trust), "policy": document(role.statements)}


class Part:
    """One part of the table, by kind."""

    def __init__(self, project: Project, resources: tuple[table.Resource, ...]) -> None:
        self._prefix = f"{project.project}-"
        self._resources = resources

    def short(self, name: str) -> str:
        """As lockage.yaml names it."""
        return name.removeprefix(self._prefix)

    def each(self, kind: type[table.Resource], value: Callable[[Any], Any]) -> Plain:
        """Declared name → value, of every resource of a kind."""
        return {self.short(r.name): value(r) for r in self._resources if type(r) is kind}

    def tokens(self) -> Plain | None:
        """The identity provider, if this part has one."""
        found = [r for r in self._resources if isinstance(r, table.IdentityProvider)]
        return {"url": found[0].url, "audience": found[0].audience} if found else None


def registry(project: Project) -> Plain:
    part = Part(project, table.registry(project))
    (store,) = part.each(table.Store, lambda s: {"name": s.name, "arn": s.arn, "policy": document(s.policy)}).values()
    return {
        "project": project.project,
        "account": project.registry.account,
        "region": project.registry.region,
        "tokens": part.tokens(),
        "repositories": part.each(table.Repository, lambda r: {"arn": r.arn, "policy": document(r.policy)}),
        "store": store,
        "roles": part.each(table.Role, rights),
    }


def environment(project: Project, name: str) -> Plain:
    declared = project.environments[name]
    part = Part(project, table.environment(project, name))
    roles = part.each(table.Role, rights)
    queues = {n: q for n, q in part.each(table.Queue, lambda q: q).items() if not n.endswith("-dead")}
    return {
        "project": project.project,
        "name": name,
        "account": declared.account,
        "region": declared.region,
        "alias": declared.alias,
        "tokens": part.tokens(),
        "tables": part.each(table.Table, lambda t: {"name": t.name, "arn": t.arn, "key": t.key}),
        "topics": part.each(table.Topic, lambda t: {"name": t.name, "arn": t.arn}),
        "secrets": part.each(table.Secret, lambda s: {"name": s.name}),
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
            table.Subscription,
            lambda s: {
                "topic": s.topic,
                "queue": s.queue,
                "filter": s.filter,
                "policy": document(queues[part.short(s.name)].policy),
            },
        ),
        "roles": {role: roles[role] for role in ("deployer", "rollback", "e2e")},
        "releases": roles[f"releases-{name}"],
        "functions": functions(project, part, roles),
    }


def functions(project: Project, part: Part, roles: Plain) -> Plain:
    sources = part.each(table.EventSource, lambda e: {"queue": e.queue, "batch": e.batch, "window_s": e.window_s})
    shells: dict[str, table.FunctionShell] = part.each(table.FunctionShell, lambda shell: shell)
    alias = next(shell.alias for shell in shells.values())
    urls = part.each(table.FunctionUrl, lambda url: url)
    logs = part.each(table.LogGroup, lambda log: log)
    return {
        name: {
            "name": shell.name,
            "arn": shell.arn,
            "handler": project.functions[name].handler,
            "architecture": shell.architecture,
            "log_group": logs[f"/aws/lambda/{shell.name}"].name,
            **roles[name],
            "url": f"{name}:{alias}" in urls,
            "trigger": sources.get(f"{name}:{alias}"),
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
