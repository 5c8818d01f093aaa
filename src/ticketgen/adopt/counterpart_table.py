"""The counterparts of resource types in ticketgen's stack, and advice for types that have none."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from ticketgen.aws.stateful import stateful_type

__all__ = [
    "COUNTERPARTS",
    "DATA",
    "GLOBAL_TYPES",
    "NOT_PLACED",
    "TABLE",
    "advice_for",
    "counterpart_of",
    "data_advice",
]

COUNTERPARTS: Mapping[str, str] = MappingProxyType({
    "aws_acm_certificate": "a certificate for the API's domain in each Region, with `api.domain`",
    "aws_api_gateway_": "a REST API in each Region",
    "aws_apigatewayv2_": "a REST API in each Region, instead of an HTTP or WebSocket API",
    "aws_appsync_": "a REST API in each Region, instead of GraphQL",
    "aws_cloudwatch_composite_alarm": "an alarm for each objective",
    "aws_cloudwatch_dashboard": "a dashboard in each Region",
    "aws_cloudwatch_event_": "the schedules of the seat cache and of the verification",
    "aws_cloudwatch_log_": "log groups, with a retention and a key",
    "aws_cloudwatch_metric_alarm": "an alarm for each objective",
    "aws_cognito_user_pool": "a user pool in each Region, with `api.auth: cognito`",
    "aws_default_security_group": "the default security group of each VPC, without rules",
    "aws_dynamodb_global_table": "global tables with a replica in each Region",
    "aws_dynamodb_kinesis_streaming_destination": "the stream of sales to Kinesis",
    "aws_dynamodb_table": "global tables of events, inventory, sales and corrections, and locks in each Region",
    "aws_elasticache_": "a seat cache in each Region",
    "aws_flow_log": "flow logs of rejected connections",
    "aws_iam_policy": "a policy for each role, with the actions that its function calls",
    "aws_iam_role": "a role for each function and service",
    "aws_kinesis_stream": "a stream of sales in the primary and in the secondary Region",
    "aws_kms_": "a key in each Region",
    "aws_lambda_": "Lambda functions with their code inline",
    "aws_rds_": "an Aurora cluster in the primary and in the secondary Region",
    "aws_db_": "an Aurora cluster in the primary and in the secondary Region",
    "aws_route53_health_check": "a health check of each Region's API, with `api.domain`",
    "aws_route53_record": "latency records of the API's domain, with `api.domain`",
    "aws_route_table": "a route table for the private subnets of each Region",
    "aws_scheduler_": "the schedules of the seat cache and of the verification",
    "aws_secretsmanager_": "the database's password, with rotation",
    "aws_security_group": "security groups, with a rule on both sides of each flow",
    "aws_sfn_": "state machines for the verification",
    "aws_sns_": "a topic for alarms in each Region",
    "aws_sqs_": "queues for dead letters and refunds",
    "aws_subnet": "private subnets in each Region",
    "aws_timestreamwrite_": "the audit trail, with `audit.store: timestream`",
    "aws_vpc": "a VPC with endpoints in each Region",
    "aws_vpc_security_group_": "security groups, with a rule on both sides of each flow",
    "aws_wafv2_web_acl": "a firewall in front of each Region's API",
})  # fmt: skip
"""ticketgen's counterpart of a type, or of all types with a prefix; the longest match counts."""

_ADVICE: Mapping[str, str] = MappingProxyType({
    "aws_ami": "there are no instances",
    "aws_appautoscaling_": "tables are on demand and functions have reserved concurrency, so no scaling is set",
    "aws_autoscaling_": "there are no instances: the API runs in Lambda functions",
    "aws_backup_": "tables have point-in-time recovery; keep a backup plan in a root module of your own",
    "aws_budgets_": "keep it in a root module of your own",
    "aws_cloudfront_": "put a distribution in front of the API in a root module of your own, or use `api.domain`",
    "aws_cloudtrail": "it belongs to the account: keep it in a root module of your own",
    "aws_codebuild_": "pipelines are not part of a stack: `ticketgen new` writes a workflow for CI",
    "aws_codepipeline": "pipelines are not part of a stack: `ticketgen new` writes a workflow for CI",
    "aws_config_": "it belongs to the account: keep it in a root module of your own",
    "aws_ecr_": "functions are not container images",
    "aws_ecs_": "there are no containers: the API runs in Lambda functions",
    "aws_eip": "functions reach AWS through VPC endpoints, so there is no NAT gateway",
    "aws_eks_": "there are no containers: the API runs in Lambda functions",
    "aws_glue_": "analytics are in Aurora; keep it in a root module of your own, which reads the stream",
    "aws_guardduty_": "it belongs to the account: keep it in a root module of your own",
    "aws_iam_group": "people are not part of a stack: keep it in a root module of your own",
    "aws_iam_user": "people are not part of a stack: keep it in a root module of your own",
    "aws_instance": "there are no instances: the API runs in Lambda functions",
    "aws_internet_gateway": "functions reach AWS through VPC endpoints, so the VPC has no route to the internet",
    "aws_kinesis_firehose_": "the stream feeds Aurora; attach a delivery stream of your own to it",
    "aws_lambda_layer_version": "the code of functions is inline, with modules of its own instead of layers",
    "aws_lb": "the API is API Gateway, which needs no load balancer",
    "aws_alb": "the API is API Gateway, which needs no load balancer",
    "aws_elb": "the API is API Gateway, which needs no load balancer",
    "aws_msk_": "sales are streamed through Kinesis",
    "aws_nat_gateway": "functions reach AWS through VPC endpoints, so there is no NAT gateway",
    "aws_network_acl": "security groups control the traffic",
    "aws_opensearch_": "keep it in a root module of your own, which reads the stream",
    "aws_elasticsearch_": "keep it in a root module of your own, which reads the stream",
    "aws_pinpoint_": "keep it in a root module of your own",
    "aws_route53_zone": "`api.domain.zone_id` names an existing zone: keep the zone in a root module of your own",
    "aws_s3_": "a stack has no buckets; keep buckets for web pages, exports and logs in a root module of your own",
    "aws_ses_": "no email is sent; keep it in a root module of your own",
    "aws_sesv2_": "no email is sent; keep it in a root module of your own",
    "aws_ssm_": "settings are environment variables of the functions, from the spec",
    "aws_vpc_peering_": "VPCs of Regions are not connected: Regions share global tables only",
    "aws_ec2_transit_gateway": "VPCs of Regions are not connected: Regions share global tables only",
    "aws_waf_": "WAF Classic is replaced by a WAFv2 firewall in front of each Region's API",
    "aws_wafregional_": "WAF Classic is replaced by a WAFv2 firewall in front of each Region's API",
    "aws_xray_": "functions, API and state machines are traced by default",
    "null_resource": "nothing is run while Terraform applies: run its command in a CI step",
    "random_": "names end with the environment, and Secrets Manager generates passwords",
    "local_": "nothing is written to the machine that runs Terraform",
    "tls_": "there are no keys in the state",
    "terraform_data": "it creates nothing in AWS: keep it with the resources that use it",
    "time_": "nothing waits while Terraform applies",
    "archive_": "the code of functions is inline",
    "docker_": "functions are not container images",
})  # fmt: skip
"""What to do about types without a counterpart; the longest match counts."""

_CACHE = "nothing: the new cache is filled from the inventory"
_REPLICAS = "nothing: the new tables have a replica in each Region of the spec"

DATA: Mapping[str, str] = MappingProxyType({
    "aws_cloudwatch_log_group": "the new log groups are empty: keep the old ones as long as their logs have to be kept",
    "aws_cognito_user_pool": "a new pool has no users, and passwords cannot be exported: migrate them when "
    "they sign in, or let them register again",
    "aws_db_instance": "the new database is filled from the ledger: keep the old one for reports about past sales",
    "aws_dynamodb_global_table": _REPLICAS,
    "aws_dynamodb_table_replica": _REPLICAS,
    "aws_elasticache_cluster": _CACHE,
    "aws_elasticache_global_replication_group": _CACHE,
    "aws_elasticache_replication_group": _CACHE,
    "aws_elasticache_serverless_cache": _CACHE,
    "aws_kinesis_stream": "nothing, once its consumers have read what is left in the old stream",
    "aws_kms_key": "keep the old key as long as anything is encrypted with it",
    "aws_rds_cluster": "the new cluster is filled from the ledger: keep the old one for reports about past sales",
    "aws_secretsmanager_secret": "the new secret has a new password",
    "aws_sqs_queue": "nothing, once the old queues are empty",
    "aws_timestreamwrite_table": "the new audit trail is empty: keep the old one as long as it has to be kept",
})  # fmt: skip
"""Advice about the data in resources other than tables: ticketgen creates its own resources beside them."""

TABLE = "aws_dynamodb_table"
"""The type whose resources are listed one by one, each with the most similar table of ticketgen's."""

_OTHERWISE = "keep it in a root module of your own beside the rendered ones"

GLOBAL_TYPES = ("aws_acm_", "aws_cloudfront_", "aws_iam_", "aws_route53_")
"""Types that do not indicate the Regions of a stack: global services, and certificates for them."""

NOT_PLACED = ("aws_cloudwatch_", "aws_default_", "aws_kms_", "aws_sns_", "aws_ssm_", "aws_wafv2_")
"""Types that do not make their Region a Region of the stack, such as the firewall of CloudFront."""


def counterpart_of(type: str) -> str:
    """Ticketgen's counterpart of a type; "" if there is none."""
    own = _longest(type, COUNTERPARTS)
    return "" if len(_match(type, _ADVICE)) > len(_match(type, COUNTERPARTS)) else own


def advice_for(type: str) -> str:
    """Advice for a type without a counterpart."""
    return _longest(type, _ADVICE) or _OTHERWISE


def data_advice(type: str) -> str:
    """Advice about the data in resources of a type; "" if they hold none, or are listed as tables."""
    held = stateful_type(type)
    if type in DATA or held is None or type == TABLE:
        return DATA.get(type, "")
    if held.rebuilt:
        return f"nothing: {held.holds} can be loaded again"
    old = "the old one" if counterpart_of(type) else "it in a root module of your own"
    return f"nothing is moved: keep {old} as long as you need {held.holds}"


def _longest(type: str, table: Mapping[str, str]) -> str:
    return table.get(_match(type, table), "")


def _match(type: str, table: Mapping[str, str]) -> str:
    return max((each for each in table if _covers(each, type)), key=len, default="")


def _covers(entry: str, type: str) -> bool:
    """Whether an entry matches a type: ``aws_db_`` is a prefix; ``aws_vpc`` also matches ``aws_vpc_…``."""
    return type == entry or type.startswith(entry if entry.endswith("_") else f"{entry}_")
