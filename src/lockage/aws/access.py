"""One identity in one Region: says who it is, becomes another role, and makes the clients of each service.

Credentials come from boto3's default chain, the endpoint from ``AWS_ENDPOINT_URL``; nothing here chooses either.
"""

import re
from functools import cached_property

import boto3
import msgspec
from botocore.config import Config

from lockage.aws.bucket import Bucket
from lockage.aws.calls import BotoClient, Caller, settings
from lockage.aws.ecr import EcrClient
from lockage.aws.lambda_ import LambdaClient
from lockage.aws.pacing import Pace
from lockage.aws.sessions import open_session
from lockage.aws.ssm import ParameterClient
from lockage.errors import UsageError

_CONFIG = Config(
    retries={"mode": "standard", "total_max_attempts": 8},  # throttling and lost connections, at growing distances
    connect_timeout=5,
    read_timeout=120,  # a probe's answer, cold start included
    user_agent_extra="lockage",
)
_ASSUMED = re.compile(r"^arn:aws:sts::(\d{12}):assumed-role/([^/]+)/")


class Identity(msgspec.Struct, frozen=True, kw_only=True):
    """Whom AWS takes us for."""

    account: str
    arn: str

    @property
    def role(self) -> str:
        """The assumed role's name; empty for anybody else."""
        assumed = _ASSUMED.match(self.arn)
        return assumed[2] if assumed else ""


class Access:
    """Credentials and a Region.

    Args:
        session: boto3's; its credentials are used as they are.
        region: every client's.
    """

    def __init__(self, session: boto3.Session, region: str) -> None:
        self._session, self.region = session, region

    @classmethod
    def default(cls, region: str) -> "Access":
        """What the environment, the user's files or the machine offer.

        Raises:
            AwsError: they name what is not there, such as an unknown profile.
        """
        with settings():
            return cls(open_session(), region)

    @cached_property
    def identity(self) -> Identity:
        """Whom AWS takes us for; asked once.

        Raises:
            AwsError: there are no credentials, or they are refused.
        """
        sts = self._client("sts")
        found = Caller(lambda: "nobody yet").call("sts:GetCallerIdentity", "*", sts.get_caller_identity) or {}
        return Identity(account=str(found["Account"]), arn=str(found["Arn"]))

    def require(self, account: str, why: str) -> None:
        """Hold that these credentials belong to an account.

        Raises:
            UsageError: they belong to another.
        """
        if self.identity.account != account:
            raise UsageError(
                f"these credentials are not for {why}",
                why=f"they are {self.identity.arn}, of account {self.identity.account}; {why} is account {account}",
                remedy="take the role of that account, then run the same command again",
            )

    def assume(self, role_arn: str, *, region: str | None = None) -> "Access":
        """Become another role for an hour.

        Raises:
            DeniedError: the role does not trust this identity, or this identity may not take it.
        """
        response = self.caller.call(
            "sts:AssumeRole",
            role_arn,
            self._client("sts").assume_role,
            RoleArn=role_arn,
            RoleSessionName="lockage",
        )
        taken = (response or {})["Credentials"]
        session = open_session(taken["AccessKeyId"], taken["SecretAccessKey"], taken["SessionToken"])
        return Access(session, region or self.region)

    @property
    def variables(self) -> dict[str, str]:
        """These credentials as environment variables, for a program that is to act with them."""
        with settings():
            credentials = self._session.get_credentials()
            frozen = None if credentials is None else credentials.get_frozen_credentials()
        if frozen is None:
            return {}
        named = {
            "AWS_ACCESS_KEY_ID": frozen.access_key,
            "AWS_SECRET_ACCESS_KEY": frozen.secret_key,
            "AWS_SESSION_TOKEN": frozen.token or "",
        }
        return {**{name: value for name, value in named.items() if value}, "AWS_DEFAULT_REGION": self.region}

    @cached_property
    def caller(self) -> Caller:
        """Calls services as this identity."""
        return Caller(lambda: self.identity.arn)

    def functions(self, pace: Pace | None = None) -> LambdaClient:
        """Lambda, at a pace of its own."""
        place = self._arn("lambda", "")
        return LambdaClient(self._client("lambda"), place=place, caller=self.caller, pace=pace or Pace())

    def images(self) -> EcrClient:
        """ECR."""
        return EcrClient(self._client("ecr"), place=self._arn("ecr", "repository/"), caller=self.caller)

    def parameters(self) -> ParameterClient:
        """SSM."""
        return ParameterClient(self._client("ssm"), place=self._arn("ssm", "parameter"), caller=self.caller)

    def bucket(self, name: str) -> Bucket:
        """One bucket in S3."""
        return Bucket(self._client("s3"), name, caller=self.caller)

    def _arn(self, service: str, rest: str) -> str:
        return f"arn:aws:{service}:{self.region}:{self.identity.account}:{rest}"

    def _client(self, service: str) -> BotoClient:
        with settings():
            return self._session.client(service, region_name=self.region, config=_CONFIG)
