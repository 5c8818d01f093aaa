"""Keep a rehearsal away from AWS accounts, and secrets of the environment out of its processes.

It does not start where AWS credentials are available, and each of its processes gets only the variables listed here.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from fnmatch import fnmatchcase
from pathlib import Path

from ticketgen.findings import Finding
from ticketgen.findings.rehearsal import CREDENTIALS_IN_REACH
from ticketgen.rehearsal.emulator.loopback import ISOLATION_VARIABLES

__all__ = [
    "base_environment",
    "download_variables",
    "find_credentials",
    "isolated_environment",
]

_EVERYWHERE = ("PATH", "LANG", "LC_*", "TZ", "TMPDIR", "PYTHONHOME", "PYTHONPATH")
"""What a process needs to find programs and Python's packages."""

_TERRAFORM = ("HOME", "XDG_*", "TF_CLI_CONFIG_FILE", "TF_PLUGIN_CACHE_*")
"""What Terraform and OpenTofu need to find their configuration and installed providers."""

_DOWNLOADS = (
    *("http_proxy", "https_proxy", "no_proxy", "HTTP_PROXY", "HTTPS_PROXY", "NO_PROXY"),
    *("SSL_CERT_FILE", "SSL_CERT_DIR", "TF_REGISTRY_*", "TF_TOKEN_*"),
)
"""What Terraform and OpenTofu need to download providers."""

# Where the AWS SDKs look for credentials. Source:
# https://docs.aws.amazon.com/sdkref/latest/guide/standardized-credentials.html
_VARIABLES = (
    "AWS_ACCESS_KEY_ID",
    "AWS_SECRET_ACCESS_KEY",
    "AWS_SESSION_TOKEN",
    "AWS_PROFILE",
    "AWS_ROLE_ARN",
    "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
    "AWS_CONTAINER_CREDENTIALS_FULL_URI",
)
_FILES = {"AWS_SHARED_CREDENTIALS_FILE": ".aws/credentials", "AWS_CONFIG_FILE": ".aws/config"}


def find_credentials(environment: Mapping[str, str], home: Path) -> tuple[Finding, ...]:
    """Return an error for each place where the AWS SDKs would find credentials."""
    return tuple(
        CREDENTIALS_IN_REACH.found(
            f"{place}, and a rehearsal does not start where AWS credentials are available",
            'Run it in a clean environment: env -i PATH="$PATH" HOME="$(mktemp -d)" ticketgen rehearse',
        )
        for place in _places(environment, home)
    )


def _places(environment: Mapping[str, str], home: Path) -> Iterator[str]:
    for name in _VARIABLES:
        if environment.get(name):
            yield f"the variable {name} is set"
    for variable, default in _FILES.items():
        file = Path(environment.get(variable) or home / default)
        if file.is_file() and file.stat().st_size:
            yield f"the file {file} exists"


def base_environment(environment: Mapping[str, str]) -> dict[str, str]:
    """Return the variables that every process of a rehearsal may have; credentials and proxies are not among them."""
    return {**_selected(environment, _EVERYWHERE), **ISOLATION_VARIABLES}


def isolated_environment(environment: Mapping[str, str], access: Mapping[str, str]) -> dict[str, str]:
    """Return the environment for Terraform and a stack's suites, with which they reach nothing but the emulator.

    Args:
        environment: of this process.
        access: the emulator's variables.
    """
    return {
        **_selected(environment, (*_EVERYWHERE, *_TERRAFORM)),
        **ISOLATION_VARIABLES,
        **access,
        "AWS_MAX_ATTEMPTS": "3",
        "CHECKPOINT_DISABLE": "1",
        "TF_IN_AUTOMATION": "1",
        "TF_INPUT": "0",
    }


def download_variables(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what `terraform init` needs in addition: proxies, certificates and tokens of registries."""
    return _selected(environment, _DOWNLOADS)


def _selected(environment: Mapping[str, str], names: Sequence[str]) -> dict[str, str]:
    return {
        name: value
        for name, value in environment.items()
        if any(fnmatchcase(name, pattern) for pattern in names)
    }
