"""The environment variables that ticketgen reads, for the documentation and help."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["VARIABLES"]

VARIABLES: Mapping[str, str] = MappingProxyType({
    "TICKETGEN_SPEC": "The spec, if `--spec` is not given. Without either, ticketgen searches upwards from the "
    "current folder.",
    "TICKETGEN_CACHE_DIR": "The folder for caches. Default: `ticketgen` in the platform's folder for caches, such as "
    "`~/.cache/ticketgen`. Other users, other machines and copies never share entries.",
    "TICKETGEN_NO_CACHE": "Set to anything: neither read nor write caches.",
    "TICKETGEN_ONE_PROCESS": "Set to anything: verify in one process, even where a second one would save time.",
    "TICKETGEN_DEBUG": "Set to anything: print the traceback of a bug in ticketgen.",
    "NO_COLOR": "Set to anything: no colours. `--color` wins over it.",
    "FORCE_COLOR": "Set to anything: colours in pipes and files too. `--color` and `NO_COLOR` win over it.",
    "TERM": "`dumb`: no colours and no progress line.",
    "CI": "Set to anything: no progress line, and diffs with escapes, as on a terminal. `GITHUB_ACTIONS`, `TF_BUILD` "
    "and `TEAMCITY_VERSION` have the same effect on diffs.",
    "GITHUB_WORKSPACE": "GitHub sets it to the checkout: `--format github` and `--format sarif` name files relative "
    "to it. `--relative-to` wins over it.",
    "XDG_CACHE_HOME": "The folder for caches of all programs, on Linux. A relative path is ignored.",
    "XDG_STATE_HOME": "The folder for state of all programs, on Linux, by default `~/.local/state`: `ticketgen/secret` "
    "in it authenticates the cache. A relative path is ignored, and a folder in a git work tree is not used.",
    "TF_CLI_CONFIG_FILE": "Terraform's CLI configuration; `ticketgen doctor` looks there for a provider mirror, and "
    "`ticketgen rehearse` passes it on.",
    "TF_PLUGIN_CACHE_DIR": "Terraform's cache of providers; `ticketgen rehearse` passes it on.",
    "AWS_*": "`ticketgen rehearse` does not start where they hold credentials. No other command reads them.",
})  # fmt: skip
"""Name to meaning."""
