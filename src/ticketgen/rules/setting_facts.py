"""Settings that AWS or its provider rejects together, after `terraform validate` has accepted them.

A source that begins with "provider" is a check that AWS provider 5.100.0 makes when it plans.
"""

from __future__ import annotations

from ticketgen.findings import Severity
from ticketgen.rules.setting_conditions import (
    SettingFact,
    equals,
    exceeds,
    has_blocks,
    is_set,
    is_unset,
    lacks_blocks,
    matches,
    misses,
    outside,
)

__all__ = ["SETTING_FACTS"]

_DOCS = "https://docs.aws.amazon.com"
_PLAN = "provider 5.100.0, in its plan"

_MESSAGING = (
    SettingFact(
        "aws_sqs_queue", [equals("fifo_queue", True), misses("name", r"\.fifo$")], "name",
        "the name {at} of a FIFO queue does not end in .fifo", "add .fifo to the name", _PLAN,
    ),
    SettingFact(
        "aws_sqs_queue", [matches("name", r"\.fifo$"), is_unset("fifo_queue")], "name",
        "the name {at} ends in .fifo, but the queue is no FIFO queue", "set fifo_queue = true", _PLAN,
    ),
    SettingFact(
        "aws_sqs_queue", [equals("content_based_deduplication", True), is_unset("fifo_queue")],
        "content_based_deduplication", "only a FIFO queue has content_based_deduplication",
        "set fifo_queue = true, or remove it", _PLAN,
    ),
    SettingFact(
        "aws_sns_topic", [equals("fifo_topic", True), misses("name", r"\.fifo$")], "name",
        "the name {at} of a FIFO topic does not end in .fifo", "add .fifo to the name", _PLAN,
    ),
    SettingFact(
        "aws_sns_topic", [matches("name", r"\.fifo$"), is_unset("fifo_topic")], "name",
        "the name {at} ends in .fifo, but the topic is no FIFO topic", "set fifo_topic = true", _PLAN,
    ),
    SettingFact(
        "aws_sns_topic_subscription", [equals("protocol", "sqs"), misses("endpoint", r"^arn:[^:]+:sqs:")],
        "endpoint", "the endpoint {at} of protocol sqs is no ARN of a queue", "write the ARN of the queue",
        f"{_DOCS}/sns/latest/api/API_Subscribe.html",
    ),
    SettingFact(
        "aws_sns_topic_subscription", [equals("protocol", "lambda"), misses("endpoint", r"^arn:[^:]+:lambda:")],
        "endpoint", "the endpoint {at} of protocol lambda is no ARN of a function", "write the ARN of the function",
        f"{_DOCS}/sns/latest/api/API_Subscribe.html",
    ),
    SettingFact(
        "aws_sns_topic_subscription", [equals("protocol", "firehose"), misses("endpoint", r"^arn:[^:]+:firehose:")],
        "endpoint", "the endpoint {at} of protocol firehose is no ARN of a delivery stream", "write its ARN",
        f"{_DOCS}/sns/latest/api/API_Subscribe.html",
    ),
    SettingFact(
        "aws_sns_topic_subscription", [equals("protocol", "email", "email-json"), misses("endpoint", r"^[^@\s]+@[^@\s]+$")],
        "endpoint", "the endpoint {at} is no e-mail address", "write an e-mail address",
        f"{_DOCS}/sns/latest/api/API_Subscribe.html",
    ),
    SettingFact(
        "aws_sns_topic_subscription", [equals("protocol", "https"), misses("endpoint", "^https://")],
        "endpoint", "the endpoint {at} of protocol https does not begin with https://", "write an https:// URL",
        f"{_DOCS}/sns/latest/api/API_Subscribe.html",
    ),
    SettingFact(
        "aws_sns_topic_subscription", [equals("protocol", "http"), misses("endpoint", "^http://")],
        "endpoint", "the endpoint {at} of protocol http does not begin with http://", "write an http:// URL",
        f"{_DOCS}/sns/latest/api/API_Subscribe.html",
    ),
    SettingFact(
        "aws_kinesis_stream", [is_unset("shard_count", "stream_mode_details")], "name",
        "the stream has neither shard_count nor a mode on demand", "set shard_count, or stream_mode ON_DEMAND", _PLAN,
    ),
)  # fmt: skip

_COMPUTE = (
    SettingFact(
        "aws_lambda_function",
        [is_unset("package_type", "image_uri"), is_unset("handler")], "function_name",
        "a function with a zip archive has no handler", "set handler", _PLAN,
    ),
    SettingFact(
        "aws_lambda_function",
        [is_unset("package_type", "image_uri"), is_unset("runtime")], "function_name",
        "a function with a zip archive has no runtime", "set runtime", _PLAN,
    ),
    SettingFact(
        "aws_lambda_function", [matches("runtime", "^python"), misses("handler", r"\."),
                                is_unset("layers")], "handler",
        "the handler {at} of a Python function has not the form MODULE.FUNCTION", "write MODULE.FUNCTION",
        f"{_DOCS}/lambda/latest/dg/python-handler.html", Severity.WARNING,
    ),
    SettingFact(
        "aws_lambda_function", [matches("runtime", "^nodejs"), misses("handler", r"\."),
                                is_unset("layers")], "handler",
        "the handler {at} of a Node.js function has not the form FILE.EXPORT", "write FILE.EXPORT",
        f"{_DOCS}/lambda/latest/dg/nodejs-handler.html", Severity.WARNING,
    ),
    SettingFact(
        "aws_lambda_event_source_mapping",
        [matches("event_source_arn", r"^arn:[^:]+:(?:kinesis|dynamodb):"), is_unset("starting_position")],
        "event_source_arn", "a mapping of a stream has no starting_position", "set starting_position, such as LATEST",
        f"{_DOCS}/lambda/latest/api/API_CreateEventSourceMapping.html",
    ),
    SettingFact(
        "aws_lambda_event_source_mapping", [matches("event_source_arn", "^arn:[^:]+:sqs:"), is_set("starting_position")],
        "starting_position", "a mapping of a queue has a starting_position", "remove it",
        f"{_DOCS}/lambda/latest/api/API_CreateEventSourceMapping.html",
    ),
    SettingFact(
        "aws_lambda_event_source_mapping",
        [matches("event_source_arn", r"^arn:[^:]+:sqs:.*(?<!\.fifo)$"), exceeds("batch_size", 10),
         is_unset("maximum_batching_window_in_seconds")],
        "batch_size", "a batch of more than 10 messages needs maximum_batching_window_in_seconds",
        "set maximum_batching_window_in_seconds to at least 1", f"{_DOCS}/lambda/latest/dg/services-sqs-configure.html",
    ),
    SettingFact(
        "aws_autoscaling_group", [exceeds("min_size", "max_size")], "min_size",
        "min_size {at} is greater than max_size", "set max_size to at least min_size",
        f"{_DOCS}/autoscaling/ec2/APIReference/API_CreateAutoScalingGroup.html",
    ),
    SettingFact(
        "aws_autoscaling_group", [exceeds("desired_capacity", "max_size")], "desired_capacity",
        "desired_capacity {at} is greater than max_size", "set max_size to at least desired_capacity",
        f"{_DOCS}/autoscaling/ec2/APIReference/API_CreateAutoScalingGroup.html",
    ),
    SettingFact(
        "aws_autoscaling_group", [exceeds("min_size", "desired_capacity")], "desired_capacity",
        "desired_capacity {at} is less than min_size", "set desired_capacity to at least min_size",
        f"{_DOCS}/autoscaling/ec2/APIReference/API_CreateAutoScalingGroup.html",
    ),
    SettingFact(
        "aws_appautoscaling_target", [exceeds("min_capacity", "max_capacity")], "min_capacity",
        "min_capacity {at} is greater than max_capacity", "set max_capacity to at least min_capacity",
        f"{_DOCS}/autoscaling/application/APIReference/API_RegisterScalableTarget.html",
    ),
    SettingFact(
        "aws_eks_node_group.scaling_config", [exceeds("desired_size", "max_size")], "desired_size",
        "desired_size {at} is greater than max_size", "set max_size to at least desired_size",
        f"{_DOCS}/eks/latest/APIReference/API_NodegroupScalingConfig.html",
    ),
    SettingFact(
        "aws_eks_node_group.scaling_config", [exceeds("min_size", "desired_size")], "desired_size",
        "desired_size {at} is less than min_size", "set desired_size to at least min_size",
        f"{_DOCS}/eks/latest/APIReference/API_NodegroupScalingConfig.html",
    ),
    SettingFact(
        "aws_ecs_task_definition", [equals("requires_compatibilities", ["FARGATE"]), is_unset("cpu")], "family",
        "a task on Fargate has no cpu", "set cpu and memory", f"{_DOCS}/AmazonECS/latest/developerguide/fargate-tasks-services.html",
    ),
    SettingFact(
        "aws_ecs_task_definition", [equals("requires_compatibilities", ["FARGATE"]), is_unset("memory")], "family",
        "a task on Fargate has no memory", "set cpu and memory",
        f"{_DOCS}/AmazonECS/latest/developerguide/fargate-tasks-services.html",
    ),
    SettingFact(
        "aws_ecs_task_definition",
        [equals("requires_compatibilities", ["FARGATE"]), outside("network_mode", "awsvpc")], "network_mode",
        "a task on Fargate has the network mode {at}", 'set network_mode = "awsvpc"',
        f"{_DOCS}/AmazonECS/latest/developerguide/fargate-tasks-services.html",
    ),
    SettingFact(
        "aws_ecs_task_definition",
        [equals("requires_compatibilities", ["FARGATE"]),
         matches("cpu", r"^(?!(?:256|512|1024|2048|4096|8192|16384)$)\d+$")],
        "cpu", "Fargate has no task with {at} CPU units", "use 256, 512, 1024, 2048, 4096, 8192 or 16384",
        f"{_DOCS}/AmazonECS/latest/developerguide/fargate-tasks-services.html",
    ),
)  # fmt: skip

_NETWORK = (
    *(
        SettingFact(
            type, [exceeds("from_port", "to_port"), equals(protocol, "tcp", "udp", "6", "17", 6, 17)],
            "from_port", "from_port {at} is greater than to_port", "exchange the ports",
            f"{_DOCS}/AWSEC2/latest/APIReference/API_IpPermission.html",
        )
        for type, protocol in (
            ("aws_security_group_rule", "protocol"), ("aws_security_group.ingress", "protocol"),
            ("aws_security_group.egress", "protocol"), ("aws_vpc_security_group_ingress_rule", "ip_protocol"),
            ("aws_vpc_security_group_egress_rule", "ip_protocol"),
        )
    ),
    *(
        SettingFact(
            type, [equals("protocol", "-1", -1, "all"), exceeds(port, 0)], port,
            port + " is {at}, although the rule is about all protocols and ports", f"set {port} = 0", "provider 5.100.0, in its apply",
        )
        for type in ("aws_security_group.ingress", "aws_security_group.egress")
        for port in ("from_port", "to_port")
    ),
    SettingFact(
        "aws_lb_listener", [equals("protocol", "HTTPS", "TLS"), is_unset("certificate_arn")], "protocol",
        "a listener with protocol {at} has no certificate", "set certificate_arn",
        f"{_DOCS}/elasticloadbalancing/latest/APIReference/API_CreateListener.html",
    ),
    SettingFact(
        "aws_lb_listener", [equals("protocol", "HTTP", "TCP", "UDP", "TCP_UDP"), is_set("ssl_policy")], "ssl_policy",
        "a listener without TLS has an ssl_policy", "remove it, or use HTTPS",
        f"{_DOCS}/elasticloadbalancing/latest/APIReference/API_CreateListener.html", Severity.WARNING,
    ),
    *(
        SettingFact(
            "aws_lb_target_group", [is_unset("target_type"), is_unset(name)], "name",
            f"a target group without target_type has no {name}", f"set {name}", _PLAN,
        )
        for name in ("vpc_id", "port", "protocol")
    ),
    SettingFact(
        "aws_lb_target_group", [equals("target_type", "lambda"), is_set("port")], "port",
        "a target group of a function has a port", "remove it",
        f"{_DOCS}/elasticloadbalancing/latest/APIReference/API_CreateTargetGroup.html", Severity.WARNING,
    ),
    SettingFact(
        "aws_lb_target_group.health_check", [equals("protocol", "TCP"), is_set("path")], "path",
        "a health check of TCP has a path", "remove it, or use HTTP", _PLAN,
    ),
    SettingFact(
        "aws_lb_target_group.health_check", [equals("protocol", "TCP"), is_set("matcher")], "matcher",
        "a health check of TCP has a matcher", "remove it, or use HTTP", _PLAN,
    ),
    SettingFact(
        "aws_lb", [equals("load_balancer_type", "network", "gateway"), equals("drop_invalid_header_fields", True)],
        "drop_invalid_header_fields", "only an application load balancer drops invalid headers", "remove it",
        f"{_DOCS}/elasticloadbalancing/latest/APIReference/API_LoadBalancerAttribute.html", Severity.WARNING,
    ),
    SettingFact(
        "aws_api_gateway_integration", [equals("type", "AWS", "AWS_PROXY", "HTTP", "HTTP_PROXY"), is_unset("uri")],
        "type", "an integration of type {at} has no uri", "set uri",
        f"{_DOCS}/apigateway/latest/api/API_PutIntegration.html",
    ),
    SettingFact(
        "aws_api_gateway_integration",
        [equals("type", "AWS", "AWS_PROXY", "HTTP", "HTTP_PROXY"), is_unset("integration_http_method")],
        "type", "an integration of type {at} has no integration_http_method", "set it; a function needs POST",
        f"{_DOCS}/apigateway/latest/api/API_PutIntegration.html",
    ),
    SettingFact(
        "aws_api_gateway_integration",
        [equals("type", "AWS_PROXY"), matches("uri", r":lambda:path/"), outside("integration_http_method", "POST")],
        "integration_http_method", "API Gateway invokes a function with {at}, which Lambda refuses", "use POST",
        f"{_DOCS}/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html", Severity.WARNING,
    ),
    SettingFact(
        "aws_api_gateway_method", [equals("authorization", "CUSTOM", "COGNITO_USER_POOLS"), is_unset("authorizer_id")],
        "authorization", "a method with authorization {at} has no authorizer_id", "set authorizer_id",
        f"{_DOCS}/apigateway/latest/api/API_PutMethod.html",
    ),
    SettingFact(
        "aws_apigatewayv2_authorizer", [equals("authorizer_type", "JWT"), is_unset("jwt_configuration")],
        "authorizer_type", "an authorizer of type JWT has no jwt_configuration", "add jwt_configuration { … }",
        f"{_DOCS}/apigatewayv2/latest/api-reference/apis-apiid-authorizers.html",
    ),
    SettingFact(
        "aws_vpc_endpoint", [equals("vpc_endpoint_type", "Interface"), is_set("route_table_ids")], "route_table_ids",
        "an interface endpoint has route_table_ids", "use subnet_ids", f"{_DOCS}/AWSEC2/latest/APIReference/API_CreateVpcEndpoint.html",
    ),
    SettingFact(
        "aws_vpc_endpoint", [is_unset("vpc_endpoint_type"), is_set("subnet_ids")], "subnet_ids",
        "a gateway endpoint has subnet_ids", 'set vpc_endpoint_type = "Interface", or use route_table_ids',
        f"{_DOCS}/AWSEC2/latest/APIReference/API_CreateVpcEndpoint.html",
    ),
    SettingFact(
        "aws_cloudfront_distribution.viewer_certificate",
        [matches("acm_certificate_arn", r"^arn:aws:acm:(?!us-east-1:)")], "acm_certificate_arn",
        "the certificate {at} is not in us-east-1", "use a certificate in us-east-1",
        f"{_DOCS}/AmazonCloudFront/latest/DeveloperGuide/cnames-and-https-requirements.html",
    ),
)  # fmt: skip

_DATA = (
    SettingFact(
        "aws_elasticache_replication_group", [equals("automatic_failover_enabled", True), equals("num_cache_clusters", 1)],
        "automatic_failover_enabled", "automatic failover needs at least two nodes", "set num_cache_clusters to 2", _PLAN,
    ),
    SettingFact(
        "aws_elasticache_replication_group", [equals("multi_az_enabled", True), is_unset("automatic_failover_enabled")],
        "multi_az_enabled", "multi_az_enabled needs automatic_failover_enabled", "set automatic_failover_enabled = true",
        _PLAN,
    ),
    SettingFact(
        "aws_elasticache_replication_group", [is_set("auth_token"), is_unset("transit_encryption_enabled")], "auth_token",
        "a password needs encryption in transit", "set transit_encryption_enabled = true",
        f"{_DOCS}/AmazonElastiCache/latest/APIReference/API_CreateReplicationGroup.html", Severity.WARNING,
    ),
    SettingFact(
        "aws_elasticache_cluster", [equals("engine", "redis", "valkey"), exceeds("num_cache_nodes", 1)],
        "num_cache_nodes", "a cluster of Redis has {at} nodes, and must have one", "use a replication group",
        f"{_DOCS}/AmazonElastiCache/latest/APIReference/API_CreateCacheCluster.html",
    ),
    SettingFact(
        "aws_db_instance", [exceeds("allocated_storage", "max_allocated_storage"), exceeds("max_allocated_storage", 0)],
        "max_allocated_storage", "max_allocated_storage {at} is less than allocated_storage", "raise it",
        f"{_DOCS}/AmazonRDS/latest/UserGuide/USER_PIOPS.Autoscaling.html",
    ),
    SettingFact(
        "aws_db_instance",
        [equals("storage_type", "io1", "io2"),
         is_unset("iops", "snapshot_identifier", "replicate_source_db", "restore_to_point_in_time", "s3_import")],
        "storage_type",
        "storage of type {at} has no iops", "set iops", f"{_DOCS}/AmazonRDS/latest/APIReference/API_CreateDBInstance.html",
    ),
    SettingFact(
        "aws_ebs_volume", [equals("type", "io1", "io2"), is_unset("iops")], "type",
        "a volume of type {at} has no iops", "set iops", f"{_DOCS}/AWSEC2/latest/APIReference/API_CreateVolume.html",
    ),
    SettingFact(
        "aws_ebs_volume", [equals("type", "gp2", "st1", "sc1", "standard"), is_set("iops")], "iops",
        "a volume of this type has no iops", "remove it, or use gp3", f"{_DOCS}/AWSEC2/latest/APIReference/API_CreateVolume.html",
    ),
    SettingFact(
        "aws_ebs_volume", [outside("type", "gp3"), is_set("throughput")], "throughput",
        "only a volume of type gp3 has a throughput", "remove it, or use gp3",
        f"{_DOCS}/AWSEC2/latest/APIReference/API_CreateVolume.html",
    ),
    SettingFact(
        "aws_rds_cluster.serverlessv2_scaling_configuration", [exceeds("min_capacity", "max_capacity")], "min_capacity",
        "min_capacity {at} is greater than max_capacity", "raise max_capacity",
        f"{_DOCS}/AmazonRDS/latest/AuroraUserGuide/aurora-serverless-v2.setting-capacity.html",
    ),
    SettingFact(
        "aws_s3_bucket_lifecycle_configuration.rule.transition",
        [equals("storage_class", "STANDARD_IA", "ONEZONE_IA"), exceeds("days", -1), equals("days", *range(30))], "days",
        "objects go to an infrequent-access class after {at} days", "wait at least 30 days",
        f"{_DOCS}/AmazonS3/latest/userguide/lifecycle-transition-general-considerations.html",
    ),
    SettingFact(
        "aws_s3_bucket_lifecycle_configuration.rule",
        [lacks_blocks("transition", "expiration", "noncurrent_version_transition", "noncurrent_version_expiration",
                      "abort_incomplete_multipart_upload")], "id",
        "the rule {at} has no action", "add expiration { … } or another action",
        f"{_DOCS}/AmazonS3/latest/API/API_LifecycleRule.html",
    ),
    SettingFact(
        "aws_cloudwatch_metric_alarm", [exceeds("datapoints_to_alarm", "evaluation_periods")], "datapoints_to_alarm",
        "datapoints_to_alarm {at} is greater than evaluation_periods", "set it to at most evaluation_periods",
        f"{_DOCS}/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html",
    ),
    SettingFact(
        "aws_cloudwatch_metric_alarm",
        [is_set("metric_name"), is_unset("statistic", "extended_statistic", "metric_query")], "metric_name",
        "the alarm has neither statistic nor extended_statistic", "set statistic", _PLAN,
    ),
    SettingFact(
        "aws_cloudwatch_metric_alarm", [is_set("metric_name"), is_unset("namespace", "metric_query")], "metric_name",
        "the metric {at} has no namespace", "set namespace",
        f"{_DOCS}/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html",
    ),
    SettingFact(
        "aws_cloudwatch_metric_alarm", [is_set("metric_name"), is_unset("period", "metric_query")], "metric_name",
        "the metric {at} has no period", "set period",
        f"{_DOCS}/AmazonCloudWatch/latest/APIReference/API_PutMetricAlarm.html",
    ),
    SettingFact(
        "aws_kms_key", [equals("key_usage", "SIGN_VERIFY", "GENERATE_VERIFY_MAC"), equals("enable_key_rotation", True)],
        "enable_key_rotation", "KMS rotates only symmetric keys for encryption", "remove it",
        f"{_DOCS}/kms/latest/APIReference/API_EnableKeyRotation.html",
    ),
    SettingFact(
        "aws_kms_key",
        [outside("customer_master_key_spec", "SYMMETRIC_DEFAULT"), equals("enable_key_rotation", True)],
        "enable_key_rotation", "KMS rotates only symmetric keys for encryption", "remove it",
        f"{_DOCS}/kms/latest/APIReference/API_EnableKeyRotation.html",
    ),
)  # fmt: skip

SETTING_FACTS: tuple[SettingFact, ...] = (*_MESSAGING, *_COMPUTE, *_NETWORK, *_DATA)
"""All facts."""
