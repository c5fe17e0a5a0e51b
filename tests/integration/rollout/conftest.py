"""The embedded AWS, one for each module."""

from collections.abc import Iterator

import pytest
from fakes.accounts import REGION, REGISTRY, Accounts

from lockage.rehearsal.embedded import EmbeddedAws


@pytest.fixture(scope="module")
def accounts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Accounts]:
    aws = EmbeddedAws(account=REGISTRY, region=REGION, parent=tmp_path_factory.mktemp("aws"))
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("AWS_ENDPOINT_URL", aws.endpoint)
        try:
            aws.start()
            yield Accounts(aws)
        finally:
            aws.stop()
