"""Settings that AWS rejects because of what they name: an ARN of something else, or a Region without it.

A source that begins with "provider" is a check that AWS provider 5.100.0 makes when it plans or applies.
"""

from __future__ import annotations

import re

from ticketgen.aws.regions import PARTITIONS, REGIONS
from ticketgen.findings import Severity
from ticketgen.hcl.values import Value
from ticketgen.rules.policy_elements import written_json
from ticketgen.rules.resource_region import region_of
from ticketgen.rules.setting_conditions import SettingCondition, SettingFact, equals, matches, misses
from ticketgen.rules.subject import BlockInstance

__all__ = ["LINKED_FACTS"]

_DOCS = "https://docs.aws.amazon.com"
_ROLE = r"^arn:[^:]+:iam::[^:]*:role/"
_MAX_CHARACTERS = 2048


def _is_in_other_region(name: str) -> SettingCondition:
    """The ARNs in an argument have another Region than the resource."""

    def holds(found: BlockInstance) -> bool:
        region, value = region_of(found, found.subject.values), found.value(name)
        texts = value if isinstance(value, list) else [value]
        return bool(region) and any(
            isinstance(each, str)
            and len(each) <= _MAX_CHARACTERS
            and (match := re.match(r"arn:[^:]+:[^:]+:([a-z0-9-]+):", each)) is not None
            and match[1] != region
            for each in texts
        )

    return holds


def _is_in_other_partition(name: str) -> SettingCondition:
    """The ARN in an argument has another partition than that of the resource's Region."""

    def holds(found: BlockInstance) -> bool:
        region, value = region_of(found, found.subject.values), found.value(name)
        partition = value.split(":", 2)[1] if isinstance(value, str) and value.count(":") > 1 else ""
        return bool(region) and partition in PARTITIONS and partition != REGIONS[region].partition

    return holds


def _is_region_other_than(region: str) -> SettingCondition:
    return lambda found: region_of(found, found.subject.values) not in ("", region)


def _lacks_origin(found: BlockInstance) -> bool:
    """No origin of a distribution has the name that a behavior uses."""
    types = ("origin", "origin_group")
    if any(found.loops(type) for type in types):
        return False
    origins = [block.value("origin_id") for type in types for block in found.nested_blocks(type)]
    used = [block.value("target_origin_id") for block in found.nested_blocks("default_cache_behavior")]
    used += [block.value("target_origin_id") for block in found.nested_blocks("ordered_cache_behavior")]
    return all(isinstance(each, str) for each in origins) and any(
        isinstance(each, str) and each not in origins for each in used
    )


def _item_lacks(key: str) -> SettingCondition:
    def holds(found: BlockInstance) -> bool:
        name, item = found.value(key), _item(found)
        return (
            isinstance(name, str)
            and isinstance(item, dict)
            and bool(item)
            and name not in item
            and _has_known_keys(item)
        )

    return holds


def _item(found: BlockInstance) -> Value:
    expression = found.expression("item")
    return (
        None if expression is None else written_json(found, expression, found.subject.values, containing="")
    )


def _has_known_keys(item: dict[str, Value]) -> bool:
    """Whether no key is partly unknown, which `written_json` shows with a character beyond ASCII."""
    return all(map(str.isascii, item))


def _is_untyped(found: BlockInstance) -> bool:
    """A value of an item is a text or a number, and not an object with its type."""
    item = _item(found)
    return isinstance(item, dict) and any(
        isinstance(each, str | int | float | bool)
        or (
            isinstance(each, dict)
            and len(each) == 1
            and _has_known_keys(each)
            and not {key.upper() for key in each} <= _ITEM_TYPES
        )
        for each in item.values()
    )


# https://docs.aws.amazon.com/amazondynamodb/latest/APIReference/API_AttributeValue.html
_ITEM_TYPES = frozenset({"B", "BOOL", "BS", "L", "M", "N", "NS", "NULL", "S", "SS"})


def _has_family_of_other_engine(group_argument: str, group_type: str) -> SettingCondition:
    """The parameter group of a database is for another engine."""

    def holds(found: BlockInstance) -> bool:
        engine, link = found.value("engine"), found.link(group_argument)
        if not isinstance(engine, str) or not engine or link is None or link.resource.type != group_type:
            return False
        if any(link.resource.value(each) is not None for each in ("count", "for_each")):
            return False
        group = found.subject.first_instance(link)
        family = group.value("family") if group is not None else None
        if not isinstance(family, str) or not family:
            return False
        return not re.match(rf"{re.escape(engine)}-?[0-9]", family)

    return holds


def _arn(type: str, argument: str, pattern: str, what: str, source: str) -> SettingFact:
    return SettingFact(
        type,
        [matches(argument, "^arn:"), misses(argument, pattern)],
        argument,
        f"{{at}} is no ARN of {what}",
        f"write the ARN of {what}",
        f"{_DOCS}/{source}",
    )


_POLICY = "^arn:[^:]+:iam::[^:]*:policy/"
_FIREHOSE = "aws_kinesis_firehose_delivery_stream.extended_s3_configuration"
_FIREHOSE_DOCS = "firehose/latest/APIReference/API_ExtendedS3DestinationConfiguration.html"
_ECS_DOCS = "AmazonECS/latest/APIReference/API_RegisterTaskDefinition.html"
_ARNS = (
    *(
        _arn(type, argument, _ROLE, "a role", source)
        for type, argument, source in (
            ("aws_lambda_function", "role", "lambda/latest/api/API_CreateFunction.html"),
            (
                "aws_sfn_state_machine",
                "role_arn",
                "step-functions/latest/apireference/API_CreateStateMachine.html",
            ),
            (_FIREHOSE, "role_arn", _FIREHOSE_DOCS),
            ("aws_ecs_task_definition", "execution_role_arn", _ECS_DOCS),
            ("aws_ecs_task_definition", "task_role_arn", _ECS_DOCS),
            ("aws_eks_cluster", "role_arn", "eks/latest/APIReference/API_CreateCluster.html"),
            ("aws_eks_node_group", "node_role_arn", "eks/latest/APIReference/API_CreateNodegroup.html"),
            ("aws_cloudwatch_event_target", "role_arn", "eventbridge/latest/APIReference/API_Target.html"),
        )
    ),
    *(
        _arn(f"aws_iam_{identity}_policy_attachment", "policy_arn", _POLICY, "a policy", source)
        for identity, source in (
            ("role", "IAM/latest/APIReference/API_AttachRolePolicy.html"),
            ("user", "IAM/latest/APIReference/API_AttachUserPolicy.html"),
            ("group", "IAM/latest/APIReference/API_AttachGroupPolicy.html"),
        )
    ),
    _arn(_FIREHOSE, "bucket_arn", "^arn:[^:]+:s3:::", "a bucket", _FIREHOSE_DOCS),
)


_SQS_DOCS = "AWSSimpleQueueService/latest/SQSDeveloperGuide/sqs-server-side-encryption.html"
_LISTENER_DOCS = "elasticloadbalancing/latest/application/https-listener-certificates.html"
_REGIONS = tuple(
    SettingFact(
        type,
        [_is_in_other_region(argument)],
        argument,
        f"{argument} {{at}} names another Region than that of the resource",
        "use one of the same Region",
        f"{_DOCS}/{source}",
        Severity.WARNING,
    )
    for type, argument, source in (
        ("aws_lambda_function", "layers", "lambda/latest/api/API_CreateFunction.html"),
        ("aws_sqs_queue", "kms_master_key_id", _SQS_DOCS),
        ("aws_sns_topic", "kms_master_key_id", "sns/latest/dg/sns-server-side-encryption.html"),
        ("aws_cloudwatch_log_group", "kms_key_id", "AmazonCloudWatch/latest/logs/encrypt-log-data-kms.html"),
        ("aws_ebs_volume", "kms_key_id", "ebs/latest/userguide/ebs-encryption-requirements.html"),
        ("aws_db_instance", "kms_key_id", "AmazonRDS/latest/UserGuide/Overview.Encryption.Keys.html"),
        (
            "aws_lambda_event_source_mapping",
            "event_source_arn",
            "lambda/latest/dg/with-sqs-cross-account.html",
        ),
        ("aws_lb_listener", "certificate_arn", _LISTENER_DOCS),
        ("aws_sns_topic_subscription", "topic_arn", "sns/latest/api/API_Subscribe.html"),
    )
)


def _in_folder(folder: str, names: str) -> SettingFact:
    return SettingFact(
        "aws_iam_role_policy_attachment",
        [matches("policy_arn", rf"^arn:[^:]+:iam::aws:policy/(?:{names})$")],
        "policy_arn",
        f"AWS has the policy {{at}} only with the path {folder}/",
        f"write {folder}/ before its name",
        f"{_DOCS}/aws-managed-policy/latest/reference/policy-list.html",
    )


LINKED_FACTS = (
    *_ARNS,
    *(
        SettingFact(
            fact.type,
            [_is_in_other_partition(fact.at)],
            fact.at,
            "{at} is in another partition of AWS than the resource",
            "use the partition of the Region, as data.aws_partition has it",
            f"{_DOCS}/IAM/latest/UserGuide/reference-arns.html",
        )
        for fact in _ARNS
    ),
    *_REGIONS,
    _in_folder(
        "service-role",
        "AWSLambdaBasicExecutionRole|AWSLambdaVPCAccessExecutionRole|AWSLambdaSQSQueueExecutionRole"
        "|AWSLambdaDynamoDBExecutionRole|AWSLambdaKinesisExecutionRole|AmazonECSTaskExecutionRolePolicy"
        "|AmazonEC2ContainerServiceforEC2Role|AmazonRDSEnhancedMonitoringRole"
        "|AmazonAPIGatewayPushToCloudWatchLogs|AWSGlueServiceRole|AWSBatchServiceRole",
    ),
    SettingFact(
        "aws_wafv2_web_acl",
        [equals("scope", "CLOUDFRONT"), _is_region_other_than("us-east-1")],
        "scope",
        "a web ACL for CloudFront is not in us-east-1",
        "set provider to a configuration with the Region us-east-1",
        f"{_DOCS}/waf/latest/APIReference/API_CreateWebACL.html",
    ),
    SettingFact(
        "aws_cloudfront_distribution",
        [_lacks_origin],
        "default_cache_behavior",
        "a behavior has a target_origin_id that no origin has",
        "write the origin_id of an origin",
        f"{_DOCS}/cloudfront/latest/APIReference/API_DefaultCacheBehavior.html",
    ),
    *(
        SettingFact(
            "aws_dynamodb_table_item",
            [_item_lacks(key)],
            "item",
            f"the item has not the {key} of its table",
            "add the key to the item",
            f"{_DOCS}/amazondynamodb/latest/APIReference/API_PutItem.html",
        )
        for key in ("hash_key", "range_key")
    ),
    SettingFact(
        "aws_dynamodb_table_item",
        [_is_untyped],
        "item",
        "a value of the item has no type",
        'write an object with its type, such as { S = "text" }',
        f"{_DOCS}/amazondynamodb/latest/APIReference/API_AttributeValue.html",
    ),
    *(
        SettingFact(
            type,
            [_has_family_of_other_engine(argument, group)],
            argument,
            "the parameter group is for another engine",
            "use a group whose family is of the same engine",
            f"{_DOCS}/AmazonRDS/latest/UserGuide/USER_WorkingWithParamGroups.html",
        )
        for type, argument, group in (
            ("aws_db_instance", "parameter_group_name", "aws_db_parameter_group"),
            ("aws_rds_cluster", "db_cluster_parameter_group_name", "aws_rds_cluster_parameter_group"),
            ("aws_rds_cluster_instance", "db_parameter_group_name", "aws_db_parameter_group"),
            ("aws_elasticache_cluster", "parameter_group_name", "aws_elasticache_parameter_group"),
            ("aws_elasticache_replication_group", "parameter_group_name", "aws_elasticache_parameter_group"),
        )
    ),
)
"""What AWS rejects because of another resource, an ARN or a Region."""
