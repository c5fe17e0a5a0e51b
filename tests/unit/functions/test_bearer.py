import pytest
from botocore.exceptions import ClientError
from fakes.platform import FakeSecrets, refusal

from common.bearer import Bearer
from common.settings import ConfigurationError

TOKEN = "a-token-nobody-guesses"  # noqa: S105 - the tests' own
GOOD = f"Bearer {TOKEN}"


def test_the_secret_is_fetched_once_and_again_when_its_time_is_up() -> None:
    now = [0.0]
    secrets = FakeSecrets(TOKEN)
    bearer = Bearer(secrets, "secret", lambda: now[0])
    assert all(bearer.admits(GOOD) for _ in range(3))
    assert secrets.calls == 1
    secrets.value = "rotated"
    assert not bearer.admits("Bearer rotated")
    assert secrets.calls == 1, "a wrong token costs no fetch"
    now[0] = 301.0
    assert bearer.admits("Bearer rotated")
    assert not bearer.admits(GOOD)
    assert secrets.calls == 2


@pytest.mark.parametrize("authorization", ["", "Bearer", "Bearer  ", f"Basic {TOKEN}", TOKEN])
def test_who_bears_no_token_causes_no_fetch(authorization: str) -> None:
    secrets = FakeSecrets(TOKEN)
    assert not Bearer(secrets, "secret", lambda: 0.0).admits(authorization)
    assert secrets.calls == 0


@pytest.mark.parametrize("failure", [None, refusal("InternalServiceError", "GetSecretValue")], ids=["empty", "failed"])
def test_a_fetch_that_brought_nothing_is_not_tried_again_at_once(failure: Exception | None) -> None:
    now = [0.0]
    secrets = FakeSecrets("" if failure is None else TOKEN)
    secrets.failures.append(failure)
    bearer = Bearer(secrets, "secret", lambda: now[0])
    for _ in range(50):
        with pytest.raises(ConfigurationError if failure is None or secrets.calls else type(failure)):
            bearer.admits(GOOD)
    assert secrets.calls == 1
    secrets.value, now[0] = TOKEN, 10.0
    assert bearer.admits(GOOD)
    assert secrets.calls == 2


def test_a_token_that_is_due_and_cannot_be_fetched_lets_nobody_pass() -> None:
    now = [0.0]
    secrets = FakeSecrets(TOKEN)
    bearer = Bearer(secrets, "secret", lambda: now[0])
    assert bearer.admits(GOOD)
    now[0] = 300.0
    secrets.failures.append(refusal("InternalServiceError", "GetSecretValue"))
    with pytest.raises(ClientError):
        bearer.admits(GOOD)
    with pytest.raises(ConfigurationError, match="the secret secret has no value, or could not be fetched"):
        bearer.admits(GOOD)
