"""Checks of the environments of a spec: what AWS would refuse, and what it takes although it is a risk."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from ticketgen.aws.regions import REGIONS
from ticketgen.findings import Finding, Location
from ticketgen.findings.spec import (
    ALARM_TOPIC_REGION,
    ANY_ORIGIN,
    LOCAL_STATE,
    NO_AUTHENTICATION,
    SHARED_DOMAIN,
    SHARED_LOG_ROLE,
    UNHEARD_ALARMS,
    UNKNOWN_BUYERS,
)
from ticketgen.spec.nodes import Map, Scalar, YamlNode, dotted_path, plain_value_of
from ticketgen.wording import join_words

__all__ = ["check_environments"]


def check_environments(trees: Mapping[str, Map], places: Mapping[str, Location]) -> Iterator[Finding]:
    """Find what AWS would refuse, and what is a risk.

    Args:
        trees: the settings of each environment, with preset and overrides applied, and without invalid values.
        places: where each environment is written.
    """
    yield from _unauthenticated_apis(trees)
    yield from _unknown_buyers(trees)
    yield from _open_origins(trees)
    yield from _shared_domains(trees)
    yield from _shared_log_roles(trees, places)
    yield from _topics_elsewhere(trees)
    yield from _unheard_alarms(trees)
    yield from _local_states(trees)


def _scalar(tree: Map, *path: str) -> Scalar | None:
    node: YamlNode | None = tree
    for key in path:
        node = node.entries.get(key) if isinstance(node, Map) else None
    return node if isinstance(node, Scalar) else None


def _unauthenticated_apis(trees: Mapping[str, Map]) -> Iterator[Finding]:
    """Warnings about APIs without authentication: one for each place that sets it."""
    places: dict[Scalar, list[str]] = {}
    for name, tree in trees.items():
        auth = _scalar(tree, "api", "auth")
        if auth is not None and auth.value == "none":
            places.setdefault(auth, []).append(name)
    for auth, names in places.items():
        yield NO_AUTHENTICATION.found(
            f"{dotted_path(auth.path)}: none lets anybody hold and buy seats in {join_words(names)}",
            at=auth.location,
        )


def _unknown_buyers(trees: Mapping[str, Map]) -> Iterator[Finding]:
    """Warnings about limits of seats per buyer without a service that identifies buyers."""
    for name, tree in trees.items():
        auth, limit = _scalar(tree, "api", "auth"), _scalar(tree, "event_scale", "seats_per_buyer")
        if auth is not None and auth.value == "none" and limit is not None and limit.value is not None:
            yield UNKNOWN_BUYERS.found(
                f"{dotted_path(limit.path)}: nobody limits the buyers of {name}, because api.auth is none",
                at=limit.location,
            )


def _open_origins(trees: Mapping[str, Map]) -> Iterator[Finding]:
    """Warnings about APIs that pages of every origin may call: one for each place that sets it."""
    places: dict[YamlNode, list[str]] = {}
    for name, tree in trees.items():
        node: YamlNode | None = tree
        for key in ("api", "cors", "origins"):
            node = node.entries.get(key) if isinstance(node, Map) else None
        if node is not None and plain_value_of(node) == ("*",):
            places.setdefault(node, []).append(name)
    for origins, names in places.items():
        yield ANY_ORIGIN.found(
            f"{dotted_path(origins.path)}: * lets every page of the web call the API of {join_words(names)}",
            at=origins.location,
        )


def _shared_domains(trees: Mapping[str, Map]) -> Iterator[Finding]:
    """Warnings about environments that write the same DNS records."""
    first: dict[object, str] = {}
    for name, tree in trees.items():
        host = _scalar(tree, "api", "domain", "name")
        if host is None:
            continue
        if host.value in first:
            yield SHARED_DOMAIN.found(
                f"{dotted_path(host.path)}: {host.value} is the domain of both {first[host.value]} and {name}",
                f"set another api.domain in environments.{name}: both would write the same DNS records",
                at=host.location,
            )
        first.setdefault(host.value, name)


@dataclass(slots=True)
class _Account:
    """The environments of one account that set its log role."""

    names: list[str] = field(default_factory=list)
    regions: set[str] = field(default_factory=set)
    overlaps: bool = False


def _shared_log_roles(trees: Mapping[str, Map], places: Mapping[str, Location]) -> Iterator[Finding]:
    """Warnings about environments that overwrite each other's log role.

    An environment without an account id may be in the same account as any other one without it.
    """
    accounts: dict[object, _Account] = {}
    for name, tree in trees.items():
        role, account_id = _scalar(tree, "api", "log_role"), _scalar(tree, "account_id")
        if role is not None and role.value == "existing":
            continue
        account = accounts.setdefault(account_id.value if account_id else None, _Account())
        regions = _regions(tree)
        account.overlaps |= bool(regions & account.regions)
        account.regions |= regions
        account.names.append(name)
    for account in accounts.values():
        if account.overlaps:
            yield SHARED_LOG_ROLE.found(
                f"api.log_role: {join_words(account.names)} set the API Gateway log role of one account",
                at=places[account.names[1]],
            )


def _topics_elsewhere(trees: Mapping[str, Map]) -> Iterator[Finding]:
    """Errors about topics that an alarm cannot notify.

    "Invalid region ca-central-1 specified. Only us-west-2 is supported." and "Invalid partition aws specified. Only
    aws-us-gov is supported.": https://github.com/cds-snc/notification-terraform/pull/128 and
    https://github.com/aws-samples/amazon-cloudwatch-auto-alarms/issues/61
    """
    for name, tree in trees.items():
        topic = _scalar(tree, "alarms", "topic_arn")
        if topic is None or not isinstance(topic.value, str):
            continue
        _, partition, _, region, *_ = topic.value.split(":")
        alone = {
            each
            for each in _regions(tree)
            if each in REGIONS and (region not in ("{region}", each) or REGIONS[each].partition != partition)
        }
        if alone:
            where = join_words(sorted(alone))
            yield ALARM_TOPIC_REGION.found(
                f"{dotted_path(topic.path)}: alarms of {name} in {where} cannot notify {topic.value}",
                f"write arn:{REGIONS[min(alone)].partition}:sns:{{region}}:…, and create the topic in each Region",
                at=topic.location,
            )


def _protected(trees: Mapping[str, Map]) -> Iterator[tuple[str, Map, Scalar]]:
    """Each environment with ``protect: true``, and the place that sets it."""
    for name, tree in trees.items():
        protect = _scalar(tree, "protect")
        if protect is not None and protect.value is True:
            yield name, tree, protect


def _unheard_alarms(trees: Mapping[str, Map]) -> Iterator[Finding]:
    """Warnings about protected environments whose alarms notify nobody."""
    for name, tree, protect in _protected(trees):
        alarms = tree.entries.get("alarms")
        settings = plain_value_of(alarms) if alarms is not None else {}
        if not (isinstance(settings, Mapping) and (settings.get("email") or settings.get("topic_arn"))):
            yield UNHEARD_ALARMS.found(f"environments.{name}: its alarms notify nobody", at=protect.location)


def _local_states(trees: Mapping[str, Map]) -> Iterator[Finding]:
    """Warnings about protected environments whose state is a local file."""
    for name, tree, protect in _protected(trees):
        bucket = _scalar(tree, "state", "bucket")
        if bucket is None or bucket.value is None:
            yield LOCAL_STATE.found(f"environments.{name}: its state is a local file", at=protect.location)


def _regions(tree: Map) -> set[str]:
    listed = tree.entries.get("regions")
    value = plain_value_of(listed) if listed is not None else ()
    return {str(region) for region in value} if isinstance(value, tuple) else set()
