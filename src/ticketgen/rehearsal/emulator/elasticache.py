"""ElastiCache: parameter groups, user groups, group members and deletions, which moto lacks."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult, EmptyResult
from moto.elasticache.exceptions import ElastiCacheException
from moto.elasticache.models import ElastiCacheBackend, ReplicationGroup, elasticache_backends
from moto.elasticache.responses import ElastiCacheResponse
from moto.utilities.utils import get_partition

from ticketgen.rehearsal.emulator.patching import add_actions, replace

__all__ = ["Hook", "patch", "user_group_members"]

_Group = dict[str, Any]
Hook = Callable[[ElastiCacheBackend, ReplicationGroup], None]


def _nothing(backend: ElastiCacheBackend, group: ReplicationGroup) -> None:
    """Do nothing with a group."""


class _GroupStore:
    """Groups of one kind in one Region, by name.

    Attributes:
        kind: the first part of their ARN's resource.
        missing: the error code for an unknown name.
    """

    def __init__(self, kind: str, missing: str) -> None:
        self.kind, self.missing = kind, missing
        self._groups: dict[tuple[str, str, str], _Group] = {}

    def put(self, backend: ElastiCacheBackend, name: str, group: _Group) -> _Group:
        """Add a group, with its ARN."""
        partition = get_partition(backend.region_name)
        arn = f"arn:{partition}:elasticache:{backend.region_name}:{backend.account_id}:{self.kind}:{name}"
        self._groups[backend.account_id, backend.region_name, name] = group | {"ARN": arn}
        return self.get(backend, name)

    def get(self, backend: ElastiCacheBackend, name: str) -> _Group:
        """The group of that name.

        Raises:
            ElastiCacheException: it does not exist. Terraform takes this for a completed deletion.
        """
        try:
            return self._groups[backend.account_id, backend.region_name, name]
        except KeyError:
            raise ElastiCacheException(self.missing, f"{name} was not found.") from None

    def find(self, backend: ElastiCacheBackend, name: str | None) -> list[_Group]:
        """The group of that name, or all groups of the Region."""
        if name:
            return [self.get(backend, name)]
        here = (backend.account_id, backend.region_name)
        return [group for (*place, _), group in self._groups.items() if tuple(place) == here]

    def pop(self, backend: ElastiCacheBackend, name: str) -> _Group:
        """Remove the group."""
        group = self.get(backend, name)
        del self._groups[backend.account_id, backend.region_name, name]
        return group


_PARAMETER_GROUPS = _GroupStore("parametergroup", "CacheParameterGroupNotFound")
_USER_GROUPS = _GroupStore("usergroup", "UserGroupNotFound")


def user_group_members(account: str, region: str, group_id: str) -> list[Any]:
    """The users of a user group, as moto's objects: `id`, `name`, `access_string`."""
    backend = elasticache_backends[account][region]
    return [backend.users[user] for user in _USER_GROUPS.get(backend, group_id)["UserIds"]]


class _Actions(ElastiCacheResponse):
    """The actions that moto lacks."""

    def create_cache_parameter_group(self) -> ActionResult:
        name = self._get_param("CacheParameterGroupName")
        group = {
            "CacheParameterGroupName": name,
            "CacheParameterGroupFamily": self._get_param("CacheParameterGroupFamily"),
            "Description": self._get_param("Description"),
            "IsGlobal": False,
            "parameters": {},
        }
        stored = _PARAMETER_GROUPS.put(self.elasticache_backend, name, group)
        self._tag(stored)
        return ActionResult({"CacheParameterGroup": stored})

    def modify_cache_parameter_group(self) -> ActionResult:
        name = self._get_param("CacheParameterGroupName")
        group = _PARAMETER_GROUPS.get(self.elasticache_backend, name)
        for pair in self._get_param("ParameterNameValues", []):
            group["parameters"][pair["ParameterName"]] = pair["ParameterValue"]
        return ActionResult({"CacheParameterGroupName": name})

    def reset_cache_parameter_group(self) -> ActionResult:
        name = self._get_param("CacheParameterGroupName")
        group = _PARAMETER_GROUPS.get(self.elasticache_backend, name)
        for pair in self._get_param("ParameterNameValues", []):
            group["parameters"].pop(pair["ParameterName"], None)
        return ActionResult({"CacheParameterGroupName": name})

    def describe_cache_parameter_groups(self) -> ActionResult:
        found = _PARAMETER_GROUPS.find(self.elasticache_backend, self._get_param("CacheParameterGroupName"))
        return ActionResult({"CacheParameterGroups": found})

    def describe_cache_parameters(self) -> ActionResult:
        group = _PARAMETER_GROUPS.get(self.elasticache_backend, self._get_param("CacheParameterGroupName"))
        parameters = [
            {"ParameterName": name, "ParameterValue": value, "Source": "user", "IsModifiable": True}
            for name, value in group["parameters"].items()
        ]
        return ActionResult({"Parameters": parameters})

    def delete_cache_parameter_group(self) -> ActionResult:
        _PARAMETER_GROUPS.pop(self.elasticache_backend, self._get_param("CacheParameterGroupName"))
        return EmptyResult()

    def create_user_group(self) -> ActionResult:
        name = self._get_param("UserGroupId")
        backend = self.elasticache_backend
        users = self._get_param("UserIds", [])
        if not any(backend.users[user].name == "default" for user in users):
            # Source: https://docs.aws.amazon.com/AmazonElastiCache/latest/APIReference/API_CreateUserGroup.html
            raise ElastiCacheException(
                "DefaultUserRequired", "A user group needs to contain a user with the user name default."
            )
        group = {
            "UserGroupId": name,
            "Engine": self._get_param("Engine"),
            "UserIds": list(users),
            "Status": "active",
            "MinimumEngineVersion": "6.0",
            "ReplicationGroups": [],
        }
        stored = _USER_GROUPS.put(backend, name, group)
        for user in users:
            backend.users[user].user_group_ids.append(name)
        self._tag(stored)
        return ActionResult(stored)

    def modify_user_group(self) -> ActionResult:
        backend = self.elasticache_backend
        group = _USER_GROUPS.get(backend, self._get_param("UserGroupId"))
        removed = set(self._get_param("UserIdsToRemove", []))
        added = self._get_param("UserIdsToAdd", [])
        group["UserIds"] = [user for user in group["UserIds"] if user not in removed] + list(added)
        return ActionResult(group)

    def describe_user_groups(self) -> ActionResult:
        found = _USER_GROUPS.find(self.elasticache_backend, self._get_param("UserGroupId"))
        return ActionResult({"UserGroups": found})

    def delete_user_group(self) -> ActionResult:
        group = _USER_GROUPS.pop(self.elasticache_backend, self._get_param("UserGroupId"))
        for user in group["UserIds"]:
            if user in self.elasticache_backend.users:
                self.elasticache_backend.users[user].user_group_ids.remove(group["UserGroupId"])
        return ActionResult(group | {"Status": "deleting"})

    def modify_user(self) -> ActionResult:
        user = self.elasticache_backend.describe_users(self._get_param("UserId"))[0]
        user.access_string = self._get_param("AccessString") or user.access_string
        return ActionResult(user)

    def delete_cache_subnet_group(self) -> ActionResult:
        name = self._get_param("CacheSubnetGroupName")
        if self.elasticache_backend.cache_subnet_groups.pop(name, None) is None:
            raise ElastiCacheException("CacheSubnetGroupNotFoundFault", f"{name} was not found.")
        return EmptyResult()

    def modify_cache_subnet_group(self) -> ActionResult:
        found = self.elasticache_backend.describe_cache_subnet_groups(self._get_param("CacheSubnetGroupName"))
        return ActionResult({"CacheSubnetGroup": found[0]})

    def _tag(self, group: _Group) -> None:
        self.elasticache_backend.tagging_service.tag_resource(group["ARN"], self._get_param("Tags", []))


def _patch_members(created_too: Hook, deleted_too: Hook) -> None:
    """Give a group `num_cache_clusters` members, which are cache clusters and are deleted with the group."""
    create = ElastiCacheBackend.create_replication_group
    describe = ElastiCacheBackend.describe_replication_groups
    delete = ElastiCacheBackend.delete_replication_group

    def created(backend: ElastiCacheBackend, **request: Any) -> ReplicationGroup:
        if not request.get("num_node_groups"):
            request["replicas_per_node_group"] = (request.get("num_cache_clusters") or 1) - 1
        group = create(backend, **request)
        group.arn = group.arn.replace("arn:aws:", f"arn:{get_partition(backend.region_name)}:")
        for nodes in group.node_groups:
            if address := nodes.get(
                "reader_endpoint_address"
            ):  # moto has the address, and does not report it
                nodes["reader_endpoint"] = {"address": address, "port": group.port}
        create_member: Callable[..., Any] = backend.create_cache_cluster
        for member in group.member_clusters:
            create_member(
                **dict.fromkeys(_CLUSTER_FIELDS),
                cache_cluster_id=member,
                replication_group_id=group.replication_group_id,
                engine=group.engine,
                engine_version=_full_version(group.engine_version),
                cache_node_type=group.cache_node_type,
                cache_subnet_group_name=group.cache_subnet_group_name,
                cache_parameter_group_name=group.cache_parameter_group_name,
                security_group_ids=group.security_group_ids,
                port=group.port,
                transit_encryption_enabled=group.transit_encryption_enabled,
                preferred_maintenance_window="sun:05:00-sun:06:00",
                auto_minor_version_upgrade=request.get("auto_minor_version_upgrade") is not False,
                log_delivery_configurations=[],
            )
            _set_cluster_groups(backend.cache_clusters[member], group)
        created_too(backend, group)
        return group

    def described(backend: ElastiCacheBackend, replication_group_id: str | None = None) -> Any:
        found = describe(backend, replication_group_id)
        for group in found:
            if group.status == "deleting":
                del backend.replication_groups[group.replication_group_id]
        return found

    def deleted(backend: ElastiCacheBackend, **request: Any) -> ReplicationGroup:
        group = delete(backend, **request)
        for member in group.member_clusters:
            backend.cache_clusters.pop(member, None)
        deleted_too(backend, group)
        return group

    replace(
        ElastiCacheBackend,
        "yes: a replication group has members, and its deletion ends; no: the server behind it",
        create_replication_group=created,
        describe_replication_groups=described,
        delete_replication_group=deleted,
    )


def _patch_modification() -> None:
    """Give a group and its members another engine, version or parameter group."""
    modify = ElastiCacheResponse.modify_replication_group

    def modified(handler: ElastiCacheResponse) -> ActionResult:
        result, backend = modify(handler), handler.elasticache_backend
        group = backend.replication_groups[handler._get_param("ReplicationGroupId")]
        group.engine_version = handler._get_param("EngineVersion") or group.engine_version
        group.cache_parameter_group_name = (
            handler._get_param("CacheParameterGroupName") or group.cache_parameter_group_name
        )
        minor = handler._get_bool_param("AutoMinorVersionUpgrade")
        for cluster in (backend.cache_clusters[member] for member in group.member_clusters):
            cluster.engine, cluster.engine_version = group.engine, _full_version(group.engine_version)
            cluster.auto_minor_version_upgrade = (
                cluster.auto_minor_version_upgrade if minor is None else minor
            )
            _set_cluster_groups(cluster, group)
        return result

    replace(ElastiCacheResponse, "yes: members follow their group", modify_replication_group=modified)


_CLUSTER_FIELDS = (
    "az_mode", "preferred_availability_zone", "num_cache_nodes", "network_type", "ip_discovery",
    "snapshot_name", "notification_topic_arn", "snapshot_retention_limit", "snapshot_window", "auth_token",
    "outpost_mode", "preferred_outpost_arn", "preferred_availability_zones", "cache_security_group_names",
    "tags", "snapshot_arns", "preferred_outpost_arns", "cache_node_ids_to_remove", "cache_node_ids_to_reboot",
)  # fmt: skip


def _full_version(version: str | None) -> str:
    """A version with three numbers, as ElastiCache reports it."""
    return version if version and version.count(".") == 2 else f"{version or '7.1'}.0"


def _set_cluster_groups(cluster: Any, group: ReplicationGroup) -> None:
    """Set the groups of a cluster under the names that `DescribeCacheClusters` uses; moto uses other names."""
    cluster.security_groups = [
        {"SecurityGroupId": security_group, "Status": "active"}
        for security_group in group.security_group_ids or ()
    ]
    cluster.cache_parameter_group = {"CacheParameterGroupName": group.cache_parameter_group_name}
    cluster.at_rest_encryption_enabled = group.at_rest_encryption_enabled


def patch(created: Hook = _nothing, deleted: Hook = _nothing) -> None:
    """Add the missing actions to moto's ElastiCache.

    Args:
        created: called with each new replication group.
        deleted: called with each deleted one.
    """
    add_actions(ElastiCacheResponse, _Actions, "yes: moto lacks these actions")
    start = ElastiCacheBackend.__init__

    def started(backend: ElastiCacheBackend, region_name: str, account_id: str) -> None:
        start(backend, region_name, account_id)
        backend.arn_regex = re.compile("arn:.*:elasticache:")  # moto accepts only five kinds of ARNs

    replace(ElastiCacheBackend, "yes: groups and users have tags, in every partition", __init__=started)
    _patch_members(created, deleted)
    _patch_modification()
