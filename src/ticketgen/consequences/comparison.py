"""Compare the resource instances of a root module before and after a change.

As in a plan of Terraform, an argument that refers to a replaced resource is known only after the apply: it changes, and
may force another replacement. The same applies to an argument that refers to all instances of a resource whose number
of instances changes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping

from ticketgen.aws.global_services import is_global
from ticketgen.aws.provider.replacement import keeps_value
from ticketgen.aws.stateful import stateful_type
from ticketgen.consequences.comparable_values import Comparable, map_references, referred_resources
from ticketgen.consequences.consequence import Action, Consequence, report_order
from ticketgen.consequences.forced_replacement import is_replaced_by, is_replaced_by_any_change
from ticketgen.consequences.move_blocks import StateChanges
from ticketgen.consequences.resource_instances import Placement, ResourceInstance
from ticketgen.hcl.uses import REPETITIONS

__all__ = ["compare"]

_UNKNOWN_KEY = "[*]"
_MAX_SHOWN = 60
"""Maximum length of a value in a reason, in characters."""


def compare(
    before: Iterable[ResourceInstance], after: Iterable[ResourceInstance], changes: StateChanges
) -> tuple[Consequence, ...]:
    """What happens to each instance that changes: losses first, and among them resources that hold data.

    Args:
        before: the instances that are deployed.
        after: the instances of the new configuration.
        changes: the ``moved``, ``removed`` and ``import`` blocks of the new configuration, which apply first.
    """
    wanted = {each.address: each for each in after}
    old = {each.address: each for each in before}
    deployed = {new: old[address] for new, address in changes.all_moved(old, wanted).items()}
    pairs = {address: (deployed[address], wanted[address]) for address in deployed if address in wanted}
    different = {address: _differences(*pair, changes) for address, pair in pairs.items()}
    resized = {
        one[address].declared_address
        for one, other in ((deployed, wanted), (wanted, deployed))
        for address in one.keys() - other.keys()
    }
    unknown = {each.declared_address for each in wanted.values() if each.address.endswith(_UNKNOWN_KEY)}
    replaced, following = _followed(pairs, different, resized)
    found = [
        _of_pair(
            address,
            *pairs[address],
            different[address],
            replaced.get(address, ()),
            following.get(address, ()),
        )
        for address in pairs
    ]
    for address, instance in wanted.items():
        if address not in deployed:
            action = Action.IMPORT if address in changes.imported else Action.CREATE
            found.append(Consequence(address, instance.type, action, place=instance.place))
    for address, instance in deployed.items():
        if address not in wanted:
            action = Action.FORGET if changes.forgets(address) else Action.DESTROY
            is_unknown = instance.declared_address in unknown
            why = "only a plan knows which instances are left" if is_unknown else "it is no longer declared"
            reasons = (why,) if action is Action.DESTROY else ()
            keeps = _is_kept(instance)
            found.append(
                Consequence(instance.address, instance.type, action, reasons, instance.place, keeps=keeps)
            )
    return tuple(sorted((each for each in found if each), key=report_order))


def _of_pair(
    address: str,
    before: ResourceInstance,
    after: ResourceInstance,
    different: frozenset[str],
    reasons: tuple[str, ...],
    following: tuple[str, ...],
) -> Consequence | None:
    moved = before.address if before.address != address else ""
    if reasons:
        return Consequence(address, after.type, Action.REPLACE, reasons, after.place, moved, _is_kept(before))
    if after.address.endswith(_UNKNOWN_KEY) and different & REPETITIONS:
        reasons = (f"its {min(different & REPETITIONS)} changes to one that only a plan knows",)
        return Consequence(address, after.type, Action.DESTROY, reasons, after.place, moved, _is_kept(before))
    if different or following:
        arguments = (*(f"{each} changes" for each in sorted(different)), *following)
        return Consequence(address, after.type, Action.UPDATE, arguments, after.place, moved)
    return Consequence(address, after.type, Action.MOVE, (), after.place, moved) if moved else None


def _is_kept(deployed: ResourceInstance) -> bool:
    """Whether Terraform leaves a resource in AWS when it destroys or replaces it."""
    stateful = stateful_type(deployed.type)
    return stateful is not None and deployed.arguments.get(stateful.kept_by) == ("true",)


def _differences(before: ResourceInstance, after: ResourceInstance, changes: StateChanges) -> frozenset[str]:
    """The paths of the arguments that change, without changes that Terraform ignores."""
    paths = {*before.arguments, *after.arguments}
    changed = {
        path
        for path in paths
        if (old := before.arguments.get(path)) != (new := after.arguments.get(path))
        and not (changes.moves and _renamed(old, changes) == new)
        and not after.ignores(path)
        and not (old and not new and keeps_value(after.type, path))
    }
    return frozenset((*changed, *_exchanged(before, after, changed, changes)))


def _exchanged(
    before: ResourceInstance, after: ResourceInstance, changed: Collection[str], changes: StateChanges
) -> Iterator[str]:
    """The paths of the arguments whose values change places among the blocks of one type."""
    for path in before.blocks.keys() & after.blocks.keys():
        old, new = before.blocks[path], after.blocks[path]
        inside = f"{path}."
        if old == new or _renamed(old, changes) == new or any(each.startswith(inside) for each in changed):
            continue
        for each, values in after.arguments.items():
            if each.startswith(inside) and len(set(values)) > 1 and not after.ignores(each):
                yield each


def _renamed(values: tuple[Comparable, ...] | None, changes: StateChanges) -> tuple[Comparable, ...] | None:
    if values is None:
        return None
    return tuple(sorted((map_references(each, changes.renamed) for each in values), key=repr))


def _followed(
    pairs: Mapping[str, tuple[ResourceInstance, ResourceInstance]],
    different: Mapping[str, frozenset[str]],
    resized: Collection[str],
) -> tuple[Mapping[str, tuple[str, ...]], Mapping[str, tuple[str, ...]]]:
    """The replaced instances, and instances that change only because other resources do; both with reasons."""
    followers = _followers(pairs)
    changed: dict[str, set[str]] = {}
    for address, paths in different.items():
        changed.setdefault(pairs[address][1].declared_address, set()).update(paths)
    replaced: dict[str, tuple[str, ...]] = {}
    following: dict[str, tuple[str, ...]] = {}
    lost: dict[str, set[str]] = {}
    waiting = []
    for address, (before, after) in pairs.items():
        reasons = (*_elsewhere(before, after), *_forced(before, after, different[address]))
        if reasons:
            replaced[address] = reasons
            lost.setdefault(after.declared_address, set()).add(address)
            waiting.append(after.declared_address)
    waiting += [*changed, *resized]
    while waiting:
        for address in followers.get(waiting.pop(), ()):
            if address in replaced:
                continue
            after = pairs[address][1]
            unknown = dict(_unknown_paths(after, pairs, lost, resized))
            reasons = (
                *_triggered(after, pairs, lost, changed),
                *(reason for path, reason in unknown.items() if is_replaced_by_any_change(after.type, path)),
            )
            if reasons:
                replaced[address] = reasons
                lost.setdefault(after.declared_address, set()).add(address)
            known = changed.setdefault(after.declared_address, set())
            if reasons or not known.issuperset(unknown):
                waiting.append(after.declared_address)
            known.update(unknown)
            following[address] = tuple(unknown.values())
    return replaced, following


def _followers(
    pairs: Mapping[str, tuple[ResourceInstance, ResourceInstance]],
) -> Mapping[str, Mapping[str, None]]:
    """The instances that a change of another resource may replace, by that resource's address without keys."""
    found: dict[str, dict[str, None]] = {}
    for address, (_, after) in pairs.items():
        for trigger in after.triggers:
            found.setdefault(trigger.address, {})[address] = None
        for values in after.arguments.values():
            for used in referred_resources(values):
                found.setdefault(used.address, {})[address] = None
    return found


def _elsewhere(before: ResourceInstance, after: ResourceInstance) -> Iterator[str]:
    """The reasons why Terraform does not find the resource where it looks for it."""
    if before.type != after.type:
        yield f"its type was {before.type}"
    old, new = before.placement, after.placement
    if old.region and old.region != new.region and not is_global(after.type):
        yield f"its Region changes from {old.region} to {new.region or 'one that the configuration does not set'}"
    if _other_account(old, new):
        yield f"its account changes from {_ids(old)} to {_ids(new)}"
    elif old.profile != new.profile and not (old.accounts and new.accounts):
        yield f"its profile changes from {old.profile or 'the default'} to {new.profile or 'the default'}"


def _other_account(old: Placement, new: Placement) -> bool:
    return bool(old.accounts and new.accounts and not old.accounts & new.accounts)


def _ids(placement: Placement) -> str:
    return " or ".join(sorted(placement.accounts))


def _forced(before: ResourceInstance, after: ResourceInstance, different: frozenset[str]) -> Iterator[str]:
    """The changed arguments that force a replacement."""
    for path in sorted(different):
        old, new = before.arguments.get(path, ()), after.arguments.get(path, ())
        if is_replaced_by(after.type, path, old, new, after.arguments):
            yield f"{path} changes{_from_to(old, new)}"


def _from_to(old: tuple[Comparable, ...], new: tuple[Comparable, ...]) -> str:
    """`` from OLD to NEW`` for texts that are short."""
    texts = [each[0] for each in (old, new) if len(each) == 1 and isinstance(each[0], str)]
    if len(texts) < 2 or max(map(len, texts)) > _MAX_SHOWN or "block" in texts:
        return ""
    return f" from {texts[0]} to {texts[1]}"


def _triggered(
    after: ResourceInstance,
    pairs: Mapping[str, tuple[ResourceInstance, ResourceInstance]],
    lost: Mapping[str, set[str]],
    changed: Mapping[str, set[str]],
) -> Iterator[str]:
    """The resources in ``replace_triggered_by`` whose change replaces this one.

    Args:
        after: an instance of the new configuration.
        pairs: the instances before and after, by address.
        lost: the addresses of the replaced instances, by the address without instance keys.
        changed: the paths of the arguments that change, likewise.
    """
    for trigger in after.triggers:
        others = [pairs[each][1] for each in lost.get(trigger.address, ())]
        paths = changed.get(trigger.address, ())
        # An argument that is set to the same value keeps it through a replacement.
        if (
            any(trigger.argument not in each.arguments for each in others)
            or trigger.argument in paths
            or (paths and not trigger.argument)
        ):
            yield f"replace_triggered_by names {trigger}"


def _unknown_paths(
    after: ResourceInstance,
    pairs: Mapping[str, tuple[ResourceInstance, ResourceInstance]],
    lost: Mapping[str, set[str]],
    resized: Collection[str],
) -> Iterator[tuple[str, str]]:
    """The paths of the arguments whose values depend on changes to other resources, with the reasons.

    Args:
        after: an instance of the new configuration.
        pairs: the instances before and after, by address.
        lost: the addresses of the replaced instances, by the address without instance keys.
        resized: the addresses without instance keys of the resources that get or lose instances.
    """
    for path, values in sorted(after.arguments.items()):
        if after.ignores(path):
            continue
        for used in referred_resources(values):
            if used.address in resized and (used.key == "" or not isinstance(used.key, str)):
                yield path, f"{path} refers to all instances of {used.address}"
            addresses = lost.get(used.address, ())
            key = used.key if isinstance(used.key, str) else ""
            if addresses and (not key or any(each.endswith(key) for each in addresses)):
                # A value from the configuration is known before the apply; a value from AWS is not.
                set_by_text = (
                    used.path and used.path[0] in next(iter(pairs[each][1] for each in addresses)).arguments
                )
                if not set_by_text:
                    yield path, f"{path} refers to {used.address}, which is replaced"
