"""Length and character limits of names, for each attribute that names a resource.

A source that begins with "botocore" names a service and a shape in botocore's service models; a test compares the
limits with them. If AWS documents no limit, the limit here is conservative, and its source says so.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal

__all__ = ["NAME_LIMITS", "TAG_KEY", "TAG_VALUE", "NameLimit", "UniquenessScope"]

UniquenessScope = Literal["global", "regional", "parent"]
"""Where a name must be unique: in the account, in a Region of the account, or within its parent resource."""


@dataclass(frozen=True, slots=True)
class NameLimit:
    """The names that AWS accepts for an attribute.

    Attributes:
        maximum: the maximum length, including every prefix and suffix.
        pattern: a regular expression that the whole name must match.
        source: where AWS documents the limit.
        minimum: the minimum length.
        scope: where the name must be unique.
        lower_case: whether AWS stores the name in lower case; a capital letter would then show drift in every plan.
    """

    maximum: int
    pattern: str
    source: str
    minimum: int = 1
    scope: UniquenessScope = "regional"
    lower_case: bool = False

    def problem(self, name: str) -> str:
        """Why AWS would reject the name, as the predicate of a sentence, or ""."""
        if len(name) > self.maximum:
            return f"has {len(name)} characters, but AWS allows at most {self.maximum}"
        if len(name) < self.minimum:
            return (
                f"has {len(name)} character{'' if len(name) == 1 else 's'}, but AWS requires {self.minimum}"
            )
        if not re.fullmatch(self.pattern, name, re.ASCII):
            return f"does not match the pattern that AWS requires: {self.pattern}"
        if self.lower_case and name != name.lower():
            return "has capital letters, which AWS stores in lower case"
        return ""


_DOCS = "https://docs.aws.amazon.com"
_CACHE = f"{_DOCS}/AmazonElastiCache/latest/APIReference"
_RDS = f"{_DOCS}/AmazonRDS/latest/APIReference"
_RBAC = "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/auth-iam.html"
_NO_LIMIT = "AWS documents no limit for API Gateway's names; the 128 characters of a stage's name apply"

# The first character is a letter; no hyphen at the end, and no two hyphens in a row.
_HYPHENATED = r"[a-zA-Z](?:-?[a-zA-Z0-9])*"

NAME_LIMITS: Mapping[tuple[str, str], NameLimit] = MappingProxyType({
    ("aws_api_gateway_authorizer", "name"): NameLimit(128, r"[\w.-]+", _NO_LIMIT, scope="parent"),
    ("aws_api_gateway_model", "name"): NameLimit(
        128, "[a-zA-Z0-9]+", f"{_DOCS}/apigateway/latest/api/API_CreateModel.html: alphanumeric; {_NO_LIMIT}",
        scope="parent",
    ),
    ("aws_api_gateway_request_validator", "name"): NameLimit(128, r"[\w.-]+", _NO_LIMIT, scope="parent"),
    ("aws_api_gateway_rest_api", "name"): NameLimit(128, r"[\w .-]+", _NO_LIMIT),
    ("aws_api_gateway_stage", "stage_name"): NameLimit(
        128, "[a-zA-Z0-9_-]+", f"{_DOCS}/apigateway/latest/api/API_CreateStage.html", scope="parent"
    ),
    ("aws_cloudwatch_dashboard", "dashboard_name"): NameLimit(
        255, "[A-Za-z0-9_-]+", f"{_DOCS}/AmazonCloudWatch/latest/APIReference/API_PutDashboard.html",
        scope="global",
    ),
    ("aws_cloudwatch_event_rule", "name"): NameLimit(
        64, r"[\.\-_A-Za-z0-9]+", "botocore 1.44 events RuleName"
    ),
    ("aws_cloudwatch_event_target", "target_id"): NameLimit(
        64, r"[\.\-_A-Za-z0-9]+", "botocore 1.44 events TargetId", scope="parent"
    ),
    ("aws_cloudwatch_log_group", "name"): NameLimit(
        512, r"[\.\-_/#A-Za-z0-9]+", "botocore 1.44 logs LogGroupName"
    ),
    ("aws_cloudwatch_log_metric_filter", "name"): NameLimit(
        512, r"[^:*]*", "botocore 1.44 logs FilterName", scope="parent"
    ),
    ("aws_cloudwatch_metric_alarm", "alarm_name"): NameLimit(
        255, r"[^\x00-\x1f\x7f]+", "botocore 1.44 cloudwatch AlarmName"
    ),
    ("aws_cognito_resource_server", "identifier"): NameLimit(
        256, r"[\x21\x23-\x5B\x5D-\x7E]+", "botocore 1.44 cognito-idp ResourceServerIdentifierType",
        scope="parent",
    ),
    ("aws_cognito_resource_server", "name"): NameLimit(
        256, r"[\w\s+=,.@-]+", "botocore 1.44 cognito-idp ResourceServerNameType", scope="parent"
    ),
    ("aws_cognito_user_pool", "name"): NameLimit(
        128, r"[\w\s+=,.@-]+", "botocore 1.44 cognito-idp UserPoolNameType"
    ),
    ("aws_cognito_user_pool_client", "name"): NameLimit(
        128, r"[\w\s+=,.@-]+", "botocore 1.44 cognito-idp ClientNameType", scope="parent"
    ),
    ("aws_cognito_user_pool_domain", "domain"): NameLimit(
        63, r"^[a-z0-9](?:[a-z0-9\-]{0,61}[a-z0-9])?$", "botocore 1.44 cognito-idp DomainType", scope="global"
    ),
    ("aws_db_subnet_group", "name"): NameLimit(
        255, "[a-zA-Z][a-zA-Z0-9._ -]*", f"{_RDS}/API_CreateDBSubnetGroup.html", lower_case=True
    ),
    ("aws_dynamodb_table", "name"): NameLimit(
        255, r"[a-zA-Z0-9_.-]+", "botocore 1.44 dynamodb TableName", minimum=3
    ),
    ("aws_elasticache_parameter_group", "name"): NameLimit(
        255, _HYPHENATED, f"{_CACHE}/API_CreateCacheParameterGroup.html", lower_case=True
    ),
    ("aws_elasticache_replication_group", "replication_group_id"): NameLimit(
        40, _HYPHENATED, f"{_CACHE}/API_CreateReplicationGroup.html", lower_case=True
    ),
    ("aws_elasticache_subnet_group", "name"): NameLimit(
        255, "[a-zA-Z0-9-]+", f"{_CACHE}/API_CreateCacheSubnetGroup.html", lower_case=True
    ),
    # botocore's UserId has this pattern but no maximum.
    ("aws_elasticache_user", "user_id"): NameLimit(40, r"[a-zA-Z][a-zA-Z0-9\-]*", _RBAC, lower_case=True),
    # With IAM authentication, the name must equal the id.
    ("aws_elasticache_user", "user_name"): NameLimit(40, r"[a-zA-Z][a-zA-Z0-9\-]*", _RBAC, lower_case=True),
    ("aws_elasticache_user_group", "user_group_id"): NameLimit(
        40, r"[a-zA-Z][a-zA-Z0-9\-]*", _RBAC, lower_case=True
    ),
    ("aws_iam_role", "name"): NameLimit(64, r"[\w+=,.@-]+", "botocore 1.44 iam roleNameType", scope="global"),
    ("aws_iam_role_policy", "name"): NameLimit(
        128, r"[\w+=,.@-]+", "botocore 1.44 iam policyNameType", scope="parent"
    ),
    ("aws_kinesis_stream", "name"): NameLimit(128, r"[a-zA-Z0-9_.-]+", "botocore 1.44 kinesis StreamName"),
    ("aws_kms_alias", "name"): NameLimit(256, "^[a-zA-Z0-9:/_-]+$", "botocore 1.44 kms AliasNameType"),
    ("aws_lambda_function", "function_name"): NameLimit(
        64, "[a-zA-Z0-9-_]+", f"{_DOCS}/lambda/latest/api/API_CreateFunction.html"
    ),
    ("aws_lambda_permission", "statement_id"): NameLimit(
        100, "([a-zA-Z0-9-_]+)", "botocore 1.44 lambda StatementId", scope="parent"
    ),
    ("aws_rds_cluster", "cluster_identifier"): NameLimit(
        63, _HYPHENATED, f"{_RDS}/API_CreateDBCluster.html", lower_case=True
    ),
    ("aws_rds_cluster", "final_snapshot_identifier"): NameLimit(
        255, _HYPHENATED, f"{_RDS}/API_DeleteDBCluster.html", lower_case=True
    ),
    ("aws_rds_cluster_instance", "identifier"): NameLimit(
        63, _HYPHENATED, f"{_RDS}/API_CreateDBInstance.html", lower_case=True
    ),
    ("aws_rds_cluster_parameter_group", "name"): NameLimit(
        255, _HYPHENATED,
        f"{_DOCS}/AmazonRDS/latest/AuroraUserGuide/USER_WorkingWithParamGroups.CreatingCluster.html",
        lower_case=True,
    ),
    ("aws_route53_health_check", "tags.Name"): NameLimit(
        256, r"[\w .:/=+@-]+", f"{_DOCS}/Route53/latest/APIReference/API_Tag.html", scope="parent"
    ),
    ("aws_security_group", "name"): NameLimit(
        255, r"(?!sg-)[\w ._:/()#,@\[\]+=&;{}!$*-]+",
        f"{_DOCS}/AWSEC2/latest/APIReference/API_CreateSecurityGroup.html", scope="parent",
    ),
    ("aws_secretsmanager_secret", "name"): NameLimit(
        512, r"[\w/+=.@-]+", f"{_DOCS}/secretsmanager/latest/apireference/API_CreateSecret.html"
    ),
    ("aws_sfn_state_machine", "name"): NameLimit(
        80, "[a-zA-Z0-9_-]+", f"{_DOCS}/step-functions/latest/apireference/API_CreateStateMachine.html"
    ),
    ("aws_sns_topic", "name"): NameLimit(
        256, r"[\w-]+(\.fifo)?", f"{_DOCS}/sns/latest/api/API_CreateTopic.html"
    ),
    ("aws_sqs_queue", "name"): NameLimit(
        80, r"[\w-]+(\.fifo)?", f"{_DOCS}/AWSSimpleQueueService/latest/APIReference/API_CreateQueue.html"
    ),
    # The API accepts 256 characters, but provider 5.100 only 64.
    ("aws_timestreamwrite_database", "database_name"): NameLimit(
        64, "[a-zA-Z0-9_.-]+", f"{_DOCS}/timestream/latest/developerguide/API_CreateDatabase.html", minimum=3
    ),
    ("aws_timestreamwrite_table", "table_name"): NameLimit(
        64, "[a-zA-Z0-9_.-]+", f"{_DOCS}/timestream/latest/developerguide/API_CreateTable.html",
        minimum=3, scope="parent",
    ),
    ("aws_wafv2_web_acl", "name"): NameLimit(128, r"^[\w\-]+$", "botocore 1.44 wafv2 EntityName"),
    ("aws_wafv2_web_acl", "rule.name"): NameLimit(
        128, r"^[\w\-]+$", "botocore 1.44 wafv2 EntityName", scope="parent"
    ),
    # botocore allows 255 and more characters; the documentation of VisibilityConfig does not.
    ("aws_wafv2_web_acl", "visibility_config.metric_name"): NameLimit(
        128, "[A-Za-z0-9_-]+", f"{_DOCS}/waf/latest/APIReference/API_VisibilityConfig.html"
    ),
})  # fmt: skip
"""The limits by resource type and attribute; a dot leads into a block or a map."""

# The characters that every service accepts (https://docs.aws.amazon.com/tag-editor/latest/userguide/tagging.html).
_TAG = r"(?u:[\w .:/=+\-@]*)"  # letters and digits of any script

TAG_KEY = NameLimit(127, rf"(?!aws:){_TAG}", "botocore 1.44 ec2 Tag, in words; 128 elsewhere", scope="parent")
TAG_VALUE = NameLimit(256, _TAG, "botocore 1.44 ec2 Tag, in words", minimum=0, scope="parent")
