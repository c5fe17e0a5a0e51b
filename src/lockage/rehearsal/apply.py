"""Carry out in the embedded AWS what a further apply of Terraform does in a real one.

Terraform promises no order between things that do not need each other, such as the trigger of one function and that of
another. Here what goes is gone before anything comes: whoever comes to harm in between, comes to harm here.
"""

from collections.abc import Callable
from functools import singledispatch

from lockage.rehearsal import kinds
from lockage.rehearsal.difference import Change
from lockage.rehearsal.operator import Operator
from lockage.rehearsal.policies import document_json
from lockage.rehearsal.provision import SeedImage, provision, trust


def apply(operators: Callable[[str, str], Operator], change: Change, image: SeedImage) -> int:
    """Take away, alter and make; returns how many things are different now.

    Args:
        operators: gives the operator of an account and Region.
        change: what is to be done.
        image: what new functions run until their first release, those of an image.
    """
    for resource in change.taken:
        _take(resource, operators(resource.account, resource.region))
    for resource in change.altered:
        _alter(resource, operators(resource.account, resource.region))
    return len(change.taken) + len(change.altered) + provision(operators, change.made, image)


@singledispatch
def _take(resource: kinds.Resource, operator: Operator) -> None:
    raise TypeError(f"no way to take a {type(resource).__name__} away in {operator.account}")


@_take.register
def _(resource: kinds.EventSource, operator: Operator) -> None:
    """Messages under way are worked to their end; the others wait in the queue."""
    lambda_ = operator.client("lambda")
    qualified = f"{resource.function}:{resource.alias}"
    mappings = lambda_.list_event_source_mappings(EventSourceArn=resource.queue)["EventSourceMappings"]
    (own,) = (one for one in mappings if one["FunctionArn"].endswith(f":{qualified}"))
    lambda_.delete_event_source_mapping(UUID=own["UUID"])


@_take.register
def _(resource: kinds.TopicSource, operator: Operator) -> None:
    sns, lambda_ = operator.client("sns"), operator.client("lambda")
    alias = lambda_.get_alias(FunctionName=resource.function, Name=resource.alias)["AliasArn"]
    subscribed = sns.list_subscriptions_by_topic(TopicArn=resource.topic)["Subscriptions"]
    (own,) = (one for one in subscribed if one["Endpoint"] == alias)
    sns.unsubscribe(SubscriptionArn=own["SubscriptionArn"])
    lambda_.remove_permission(FunctionName=resource.function, Qualifier=resource.alias, StatementId="Topic")


@_take.register
def _(resource: kinds.FunctionUrl, operator: Operator) -> None:
    lambda_ = operator.client("lambda")
    alias = {"FunctionName": resource.function, "Qualifier": resource.alias}
    for statement in ("ByUrl", "Url"):
        lambda_.remove_permission(**alias, StatementId=statement)
    lambda_.delete_function_url_config(**alias)


@_take.register
def _(resource: kinds.Parameter, operator: Operator) -> None:
    operator.client("ssm").delete_parameter(Name=resource.name)


@singledispatch
def _alter(resource: kinds.Resource, operator: Operator) -> None:
    raise TypeError(f"no way to alter a {type(resource).__name__} in {operator.account}")


@_alter.register
def _(resource: kinds.Role, operator: Operator) -> None:
    iam = operator.client("iam")
    trusted = document_json(trust(resource, operator.account))
    iam.update_assume_role_policy(RoleName=resource.name, PolicyDocument=trusted)
    iam.put_role_policy(
        RoleName=resource.name, PolicyName=resource.name, PolicyDocument=document_json(resource.statements)
    )
