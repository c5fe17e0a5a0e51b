"""In which order an apply is carried out. What it does in an embedded AWS, ``tests/rehearsal/test_moves.py`` holds."""

from typing import Any, NoReturn, cast

import pytest

from lockage.rehearsal.apply import apply
from lockage.rehearsal.difference import Change
from lockage.rehearsal.kinds import LogGroup, Parameter, Resource, Role
from lockage.rehearsal.operator import Operator

WHERE = {"account": "111111111111", "region": "eu-central-1"}
ROLE = Role(**WHERE, name="shop-orders", arn="arn", trust=(), statements=())
LOG = LogGroup(**WHERE, name="/aws/lambda/shop-orders", retention_days=90)
PARAMETER = Parameter(**WHERE, name="/shop/url/orders", of="url", target="shop-orders", value="")


class Calls:
    """Stands for an account's owner: notes what is called."""

    def __init__(self) -> None:
        self.account, self.made = WHERE["account"], list[str]()

    def client(self, service: str) -> Any:  # noqa: ANN401 - as boto3 makes them
        calls = self.made

        class Client:
            def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - any of boto3's methods
                return lambda **arguments: calls.append(f"{service} {name} {next(iter(arguments.values()))}")

        return Client()


def carried_out(change: Change) -> tuple[int, list[str]]:
    owner = Calls()
    count = apply(lambda *_: cast("Operator", owner), change, no_image)
    return count, owner.made


def no_image(repository: str) -> NoReturn:
    raise AssertionError(repository)


def test_what_goes_is_gone_before_anything_comes() -> None:
    count, calls = carried_out(Change(taken=(PARAMETER,), altered=(ROLE,), made=(LOG,)))
    assert count == 3
    assert calls == [
        "ssm delete_parameter /shop/url/orders",
        "iam update_assume_role_policy shop-orders",
        "iam put_role_policy shop-orders",
        "logs create_log_group /aws/lambda/shop-orders",
        "logs put_retention_policy /aws/lambda/shop-orders",
    ]


def test_nothing_to_do_calls_nobody() -> None:
    assert carried_out(Change()) == (0, [])


@pytest.mark.parametrize("resource", [ROLE, LOG])
def test_what_nobody_knows_how_to_take_away_is_not_passed_over(resource: Resource) -> None:
    with pytest.raises(TypeError, match=f"no way to take a {type(resource).__name__} away in 111111111111"):
        carried_out(Change(taken=(resource,)))


@pytest.mark.parametrize("resource", [LOG, PARAMETER])
def test_what_nobody_knows_how_to_alter_is_not_passed_over(resource: Resource) -> None:
    with pytest.raises(TypeError, match=f"no way to alter a {type(resource).__name__} in 111111111111"):
        carried_out(Change(altered=(resource,)))
