"""Identities in two accounts of an embedded AWS that runs."""

import json
from typing import Any

import boto3

from lockage.aws.access import Access
from lockage.rehearsal.embedded import EmbeddedAws
from lockage.rehearsal.operator import Operator

REGISTRY, ENVIRONMENT = "222222222222", "111111111111"
REGION = "eu-central-1"


class Accounts:
    """Two accounts of one embedded AWS."""

    def __init__(self, aws: EmbeddedAws) -> None:
        self.aws = aws

    def operator(self, account: str) -> Operator:
        """Who owns an account."""
        return Operator(self.aws, account, REGION)

    def owner(self, account: str) -> Access:
        """An account's root, as the code under test sees it."""
        return Access(boto3.Session(account, "any", region_name=REGION), REGION)

    def role(self, account: str, name: str, trusts: str, statements: list[dict[str, Any]]) -> str:
        """Make a role; its ARN."""
        iam = self.operator(account).client("iam")
        trust = {"Effect": "Allow", "Principal": {"AWS": trusts}, "Action": "sts:AssumeRole"}
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=_document([trust]))
        iam.put_role_policy(RoleName=name, PolicyName="rights", PolicyDocument=_document(statements))
        return f"arn:aws:iam::{account}:role/{name}"


def allow(actions: list[str], *resources: str) -> dict[str, Any]:
    """One statement."""
    return {"Effect": "Allow", "Action": actions, "Resource": list(resources)}


def _document(statements: list[dict[str, Any]]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": statements})
