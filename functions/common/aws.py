"""The services the functions call, with limits that end well before a function's own timeout would hide the cause."""

import os
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

Client = Any
"""A boto3 client: its class is made at run time."""

Table = Any
"""A boto3 table, likewise."""

ServiceError = (BotoCoreError, ClientError)
"""What a call raises when the service is unreachable or refuses: to be caught as one."""

_CONFIG = Config(connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 3})


def client(service: str) -> Client:
    """A client for the function's own Region and role."""
    return boto3.client(service, region_name=_region(), config=_CONFIG)


def table(name: str) -> Table:
    """A DynamoDB table that takes and gives Python values."""
    return boto3.resource("dynamodb", region_name=_region(), config=_CONFIG).Table(name)


def error_code(error: ClientError) -> str:
    """The service's own word for a refusal, such as ``AccessDenied``."""
    return str(error.response.get("Error", {}).get("Code", ""))


def _region() -> str | None:
    """The function's own: Lambda sets both variables, Lambda's local emulator this one, and boto3 reads the other."""
    return os.environ.get("AWS_REGION")
