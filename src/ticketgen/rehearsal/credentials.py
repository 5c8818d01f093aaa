"""Keeps a rehearsal away from real AWS accounts: it does not start where credentials are available."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

from ticketgen.findings import Finding, Stage

__all__ = ["credentials_in_reach", "harmless_environment"]

# Where the AWS SDKs look for credentials. Source:
# https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
VARIABLES = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
FILES = {"AWS_SHARED_CREDENTIALS_FILE": ".aws/credentials", "AWS_CONFIG_FILE": ".aws/config"}


def credentials_in_reach(environment: Mapping[str, str], home: Path) -> tuple[Finding, ...]:
    """Return an error for each place where the AWS SDKs would find credentials."""
    return tuple(
        Finding(
            "credentials-in-reach",
            f"{place}, and a rehearsal does not start where AWS credentials are available",
            Stage.VERIFY,
            help='Run it in a clean environment: env -i PATH="$PATH" HOME="$(mktemp -d)" ticketgen rehearse',
        )
        for place in _places(environment, home)
    )


def _places(environment: Mapping[str, str], home: Path) -> Iterator[str]:
    for name in VARIABLES:
        if environment.get(name):
            yield f"the variable {name} is set"
    for variable, default in FILES.items():
        file = Path(environment.get(variable) or home / default)
        if file.is_file() and file.stat().st_size:
            yield f"the file {file} exists"


def harmless_environment(environment: Mapping[str, str], address: str) -> dict[str, str]:
    """Return the environment for Terraform: AWS variables point to the emulator, all others are kept.

    Args:
        environment: of this process.
        address: host and port of the emulator.
    """
    kept = {name: value for name, value in environment.items() if not name.startswith(("AWS_", "TF_"))}
    known = {
        name: environment[name]
        for name in ("TF_CLI_CONFIG_FILE", "TF_PLUGIN_CACHE_DIR")
        if name in environment
    }
    return {
        **kept,
        **known,
        "AWS_ENDPOINT_URL": f"http://{address}",
        "AWS_ACCESS_KEY_ID": "rehearsal",
        "AWS_SECRET_ACCESS_KEY": "rehearsal",
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_SHARED_CREDENTIALS_FILE": "/dev/null",
        "AWS_CONFIG_FILE": "/dev/null",
        "AWS_MAX_ATTEMPTS": "3",
        "CHECKPOINT_DISABLE": "1",
        "TF_IN_AUTOMATION": "1",
        "TF_INPUT": "0",
    }
