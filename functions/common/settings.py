"""What a function is told through its environment."""

import os


class ConfigurationError(Exception):
    """The function's environment or a secret it refers to is not usable; a person must set it right."""


def required(*names: str) -> tuple[str, ...]:
    """The values of environment variables, in the order asked for.

    Raises:
        ConfigurationError: some are missing or empty; all of them are named.
    """
    missing = [name for name in names if not os.environ.get(name)]
    if missing:
        function = os.environ.get("AWS_LAMBDA_FUNCTION_NAME", "this function")
        raise ConfigurationError(
            f"{function} lacks the environment variables {', '.join(missing)}: declare them under `environment` of the "
            "function in lockage.yaml and roll a release out"
        )
    return tuple(os.environ[name] for name in names)
