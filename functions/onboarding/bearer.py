"""The token that callers must bear."""

import hmac
from collections.abc import Callable
from http import HTTPStatus

from common.aws import Client
from common.settings import ConfigurationError
from onboarding.web import HttpError, Request

_KEPT_SECONDS = 300.0


class Bearer:
    """Compares what a caller bears with a secret, which is fetched once and kept for five minutes.

    A new value of the secret holds after that time at the latest. A wrong token never causes a fetch: otherwise anybody
    could make us call Secrets Manager as often as they like.

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
        self._fetched_at = 0.0

    def require(self, request: Request) -> None:
        """Let only bearers of the token pass.

        Raises:
            HttpError: 401.
            ConfigurationError: the secret is empty, so nobody can pass.
        """
        scheme, _, token = request.headers.get("authorization", "").partition(" ")
        borne = token.strip().encode(errors="surrogatepass")
        # The comparison takes the same time wherever the first difference stands.
        same = hmac.compare_digest(borne, self._expected())
        if scheme.lower() != "bearer" or not same:
            raise HttpError(
                HTTPStatus.UNAUTHORIZED,
                "give the onboarding token: Authorization: Bearer <token>",
                headers={"www-authenticate": "Bearer"},
            )

    def _expected(self) -> bytes:
        now = self._monotonic()
        if not self._token or now - self._fetched_at > _KEPT_SECONDS:
            value = self._secrets.get_secret_value(SecretId=self._secret).get("SecretString", "").strip()
            if not value:
                raise ConfigurationError(f"the secret {self._secret} is empty: set its value")
            self._token, self._fetched_at = value.encode(), now
        return self._token
