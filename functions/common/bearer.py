"""The token that callers of a function URL must bear."""

import hmac
import math
from collections.abc import Callable

from common.aws import Client
from common.settings import ConfigurationError

CHALLENGE = {"www-authenticate": "Bearer"}
"""The header that a refusal must have."""

_KEPT_SECONDS = 300.0
_AGAIN_SECONDS = 10.0


class Bearer:
    """Compares what a caller bears with a secret, which is fetched once and kept for five minutes.

    A new value of the secret holds after that time at the latest. Nobody can make us call Secrets Manager as often as
    they like: a wrong token causes no fetch, nor does a request that bears none, and a fetch that brought nothing is
    not tried again for ten seconds.

    Args:
        secrets: a boto3 Secrets Manager client.
        secret: the secret's ARN or name.
        monotonic: a clock in seconds.
    """

    def __init__(self, secrets: Client, secret: str, monotonic: Callable[[], float]) -> None:
        self._secrets = secrets
        self._secret = secret
        self._monotonic = monotonic
        self._token = b""
        self._due = -math.inf

    def admits(self, authorization: str) -> bool:
        """Whether a request with this ``Authorization`` header bears the token.

        Raises:
            ConfigurationError: the secret has no value, or could not be fetched a moment ago, so nobody can pass.
        """
        scheme, _, token = authorization.partition(" ")
        borne = token.strip().encode(errors="surrogatepass")
        # The comparison takes the same time wherever the first difference stands.
        return scheme.lower() == "bearer" and bool(borne) and hmac.compare_digest(borne, self._expected())

    def _expected(self) -> bytes:
        if self._monotonic() >= self._due:
            # Stands as it is if the fetch fails.
            self._token, self._due = b"", self._monotonic() + _AGAIN_SECONDS
            self._token = self._secrets.get_secret_value(SecretId=self._secret).get("SecretString", "").strip().encode()
            if self._token:
                self._due = self._monotonic() + _KEPT_SECONDS
        if not self._token:
            raise ConfigurationError(f"the secret {self._secret} has no value, or could not be fetched: set its value")
        return self._token
