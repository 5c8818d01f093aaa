"""Level 3, across modules: module calls that lead back to the module that contains them.

`terraform init` copies or links each called module into its caller, whatever ``count`` says, so it never ends.
Source: https://github.com/hashicorp/terraform/blob/v1.11.4/internal/configs/config_build.go
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from ticketgen.findings import Finding
from ticketgen.findings.verification import DEPENDENCY_CYCLE
from ticketgen.hcl.modules import Module, source_folder

__all__ = ["check_recursive_calls"]


def check_recursive_calls(modules: Mapping[str, Module]) -> Iterator[Finding]:
    """Yield a finding for each call on a cycle of modules.

    Args:
        modules: the modules of the directory, by folder.
    """
    calls = [
        (folder, target, call)
        for folder, module in modules.items()
        for call in module.calls.values()
        if (target := source_folder(module, call.block)) in modules and target is not None
    ]
    forward: dict[str, set[str]] = {}
    backward: dict[str, set[str]] = {}
    for folder, target, _ in calls:
        forward.setdefault(folder, set()).add(target)
        backward.setdefault(target, set()).add(folder)
    # What calls nothing, or what nothing calls, is on no cycle, and neither is what only calls such a module.
    remaining = _without_ends(backward, forward) & _without_ends(forward, backward)
    for folder, target, call in calls:
        if folder in remaining and target in remaining:
            message = f"{call.address} calls {target or 'the root module'}, which calls this module again"
            source = call.value("source")
            at = source.at(call.file) if source is not None else call.location
            yield DEPENDENCY_CYCLE.found(message, "call another module, or remove the call", at=at)


def _without_ends(following: Mapping[str, set[str]], leading: Mapping[str, set[str]]) -> set[str]:
    """The folders from which a path along ``leading`` never ends."""
    left = {folder: len(targets) for folder, targets in leading.items()}
    ended = [folder for folder in following if not left.get(folder)]
    for folder in ended:
        for before in following.get(folder, ()):
            left[before] -= 1
            if not left[before]:
                ended.append(before)
    return {folder for folder, count in left.items() if count}
