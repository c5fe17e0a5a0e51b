"""docs/reference/roles.md, which a security reviewer reads, is what every role may do: no less and no more."""

import re
from collections import defaultdict
from pathlib import Path

import pytest

from lockage.config.load import load_project
from lockage.config.schema import Project
from lockage.rehearsal.kinds import Role
from lockage.rehearsal.resources import resources

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "reference" / "roles.md").read_text()
PREPROD, PROD = "111111111111", "222222222222"
EVERY_FUNCTION = "each function, for its own log group"

Right = tuple[str, str]
"""Action and resource."""
Key = tuple[str, str]
"""Account and role, without the project's name."""


@pytest.fixture(scope="module")
def project() -> Project:
    return load_project(ROOT / "lockage.yaml", files=False)


@pytest.fixture(scope="module")
def given(project: Project) -> dict[Key, set[Right]]:
    return {
        (role.account, role.name.removeprefix("platform-")): {
            (action, resource)
            for statement in role.statements
            for action in statement.actions
            for resource in statement.resources
        }
        for role in resources(project)
        if isinstance(role, Role)
    }


def rows(text: str) -> list[list[str]]:
    """The cells of a table's rows."""
    lines = [line for line in text.splitlines() if line.startswith("| `")]
    return [[cell.strip() for cell in line.strip("|").split(" | ")] for line in lines]


def stated() -> dict[Key, set[Right]]:
    """What the page says of each role that it names."""
    found = {}
    for section in PAGE.split("\n## `platform-")[1:]:
        heading = re.match(r"([a-z0-9-]+)` in (\d{12})\n", section)
        assert heading is not None, section.partition("\n")[0]
        found[heading[2], heading[1]] = {
            (action, on.strip("`")) for on, may in rows(section) for action in re.findall(r"`([^`]+)`", may)
        }
    return found


def everywhere(page: dict[Key, set[Right]]) -> dict[Key, set[Right]]:
    """The same, and prod's, of which the page says that they are preprod's in another account."""
    of_prod = {
        (PROD, name): {
            (action, on.replace(PREPROD, PROD).replace("platform-releases-preprod", "platform-releases-prod"))
            for action, on in may
        }
        for (account, name), may in page.items()
        if account == PREPROD
    }
    return {**page, **of_prod}


def test_every_role_s_actions_stand_on_the_page_one_by_one(given: dict[Key, set[Right]]) -> None:
    assert everywhere(stated()) == given


def test_every_function_has_a_role_there(project: Project) -> None:
    assert {name for account, name in stated() if account == PREPROD} == {
        *project.functions, "deployer", "rollback", "e2e",
    }  # fmt: skip
    assert len(project.functions) == 6


def test_no_action_of_any_role_is_a_wildcard(given: dict[Key, set[Right]]) -> None:
    actions = {action for rights in given.values() for action, _ in rights}
    assert [action for action in actions if not re.fullmatch(r"[a-z0-9]+:[A-Za-z]+", action)] == []


def test_each_wildcard_in_a_resource_stands_on_the_page_with_its_holders_and_its_reason(
    given: dict[Key, set[Right]], project: Project
) -> None:
    wildcards = rows(PAGE.partition("\n## Wildcards\n")[2].partition("\n## ")[0])
    patterns = {
        pattern.strip("`"): re.compile(re.sub(r"<[a-z]+>", "[a-z0-9-]+", re.escape(pattern.strip("`"))))
        for pattern, _, _ in wildcards
    }
    holders: dict[str, set[str]] = defaultdict(set)
    for (_, role), rights in given.items():
        for on in {on for _, on in rights if re.search(r"[*?]", on)}:
            (pattern,) = [text for text, compiled in patterns.items() if compiled.fullmatch(on)]
            holders[pattern].add(role)
    assert {pattern.strip("`"): held_by for pattern, held_by, _ in wildcards} == {
        pattern: EVERY_FUNCTION if roles == set(project.functions) else ", ".join(f"`{role}`" for role in sorted(roles))
        for pattern, roles in holders.items()
    }
    assert all(why for _, _, why in wildcards)
