"""IAM actions that creating each kind of resource takes, for the check of the caller's rights before the first apply.

They are the calls that create the resource, without those that read, tag or delete it: a caller who may create a
resource and not tag it is rare, and the apply says so at once.
Source: https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = ["APPLY_ACTIONS"]

# API Gateway authorizes by HTTP method.
# https://docs.aws.amazon.com/service-authorization/latest/reference/list_amazonapigatewaymanagement.html
_API = ("apigateway:PATCH", "apigateway:POST", "apigateway:PUT")

APPLY_ACTIONS: Mapping[str, tuple[str, ...]] = MappingProxyType({
    "aws_acm_certificate": ("acm:RequestCertificate",),
    "aws_acm_certificate_validation": ("acm:DescribeCertificate",),
    "aws_api_gateway_account": (*_API, "iam:PassRole"),
    "aws_api_gateway_authorizer": _API,
    "aws_api_gateway_base_path_mapping": _API,
    "aws_api_gateway_deployment": _API,
    "aws_api_gateway_domain_name": _API,
    "aws_api_gateway_gateway_response": _API,
    "aws_api_gateway_integration": _API,
    "aws_api_gateway_integration_response": _API,
    "aws_api_gateway_method": _API,
    "aws_api_gateway_method_response": _API,
    "aws_api_gateway_method_settings": _API,
    "aws_api_gateway_model": _API,
    "aws_api_gateway_request_validator": _API,
    "aws_api_gateway_resource": _API,
    "aws_api_gateway_rest_api": _API,
    "aws_api_gateway_stage": _API,
    "aws_cloudwatch_dashboard": ("cloudwatch:PutDashboard",),
    "aws_cloudwatch_event_rule": ("events:PutRule",),
    "aws_cloudwatch_event_target": ("events:PutTargets", "iam:PassRole"),
    "aws_cloudwatch_log_group": ("logs:AssociateKmsKey", "logs:CreateLogGroup", "logs:PutRetentionPolicy"),
    "aws_cloudwatch_log_metric_filter": ("logs:PutMetricFilter",),
    "aws_cloudwatch_metric_alarm": ("cloudwatch:PutMetricAlarm",),
    "aws_cognito_user_pool": ("cognito-idp:CreateUserPool",),
    "aws_cognito_user_pool_client": ("cognito-idp:CreateUserPoolClient",),
    "aws_db_subnet_group": ("rds:CreateDBSubnetGroup",),
    "aws_default_security_group": ("ec2:RevokeSecurityGroupEgress", "ec2:RevokeSecurityGroupIngress"),
    "aws_dynamodb_kinesis_streaming_destination": ("dynamodb:EnableKinesisStreamingDestination",),
    "aws_dynamodb_table": (
        "dynamodb:CreateTable", "dynamodb:UpdateContinuousBackups", "dynamodb:UpdateTable",
        "dynamodb:UpdateTimeToLive",
    ),
    "aws_dynamodb_table_item": ("dynamodb:PutItem",),
    # https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/V2globaltables_reqs_bestpractices.html
    "aws_dynamodb_table_replica": (
        "dynamodb:CreateTable", "dynamodb:CreateTableReplica", "dynamodb:UpdateContinuousBackups",
        "dynamodb:UpdateTable", "iam:CreateServiceLinkedRole",
    ),
    "aws_elasticache_parameter_group": ("elasticache:CreateCacheParameterGroup",),
    "aws_elasticache_replication_group": ("elasticache:CreateReplicationGroup",),
    "aws_elasticache_subnet_group": ("elasticache:CreateCacheSubnetGroup",),
    "aws_elasticache_user": ("elasticache:CreateUser",),
    "aws_elasticache_user_group": ("elasticache:CreateUserGroup",),
    "aws_flow_log": ("ec2:CreateFlowLogs", "iam:PassRole"),
    "aws_iam_role": ("iam:CreateRole",),
    "aws_iam_role_policy": ("iam:PutRolePolicy",),
    "aws_iam_role_policy_attachment": ("iam:AttachRolePolicy",),
    "aws_kinesis_stream": (
        "kinesis:CreateStream", "kinesis:EnableEnhancedMonitoring", "kinesis:IncreaseStreamRetentionPeriod",
        "kinesis:StartStreamEncryption",
    ),
    "aws_kms_alias": ("kms:CreateAlias",),
    # DynamoDB, RDS and ElastiCache use the key by grants that they create with the caller's permissions.
    # https://docs.aws.amazon.com/kms/latest/developerguide/grants.html
    "aws_kms_key": ("kms:CreateGrant", "kms:CreateKey", "kms:EnableKeyRotation", "kms:PutKeyPolicy"),
    "aws_lambda_alias": ("lambda:CreateAlias",),
    "aws_lambda_event_source_mapping": ("lambda:CreateEventSourceMapping",),
    "aws_lambda_function": ("iam:PassRole", "lambda:CreateFunction", "lambda:PutFunctionConcurrency"),
    "aws_lambda_permission": ("lambda:AddPermission",),
    "aws_rds_cluster": ("rds:CreateDBCluster", "secretsmanager:CreateSecret"),
    "aws_rds_cluster_instance": ("iam:PassRole", "rds:CreateDBInstance"),
    "aws_rds_cluster_parameter_group": ("rds:CreateDBClusterParameterGroup",),
    "aws_route53_health_check": ("route53:CreateHealthCheck",),
    "aws_route53_record": ("route53:ChangeResourceRecordSets",),
    "aws_route_table": ("ec2:CreateRouteTable",),
    "aws_route_table_association": ("ec2:AssociateRouteTable",),
    "aws_secretsmanager_secret": ("secretsmanager:CreateSecret",),
    "aws_secretsmanager_secret_rotation": ("lambda:InvokeFunction", "secretsmanager:RotateSecret"),
    "aws_security_group": ("ec2:CreateSecurityGroup",),
    "aws_sfn_state_machine": ("iam:PassRole", "states:CreateStateMachine"),
    "aws_sns_topic": ("sns:CreateTopic", "sns:SetTopicAttributes"),
    "aws_sns_topic_policy": ("sns:SetTopicAttributes",),
    "aws_sns_topic_subscription": ("sns:Subscribe",),
    "aws_sqs_queue": ("sqs:CreateQueue", "sqs:SetQueueAttributes"),
    "aws_subnet": ("ec2:CreateSubnet",),
    "aws_timestreamwrite_database": ("timestream:CreateDatabase",),
    "aws_timestreamwrite_table": ("timestream:CreateTable",),
    "aws_vpc": ("ec2:CreateVpc", "ec2:ModifyVpcAttribute"),
    "aws_vpc_endpoint": ("ec2:CreateVpcEndpoint",),
    "aws_vpc_security_group_egress_rule": ("ec2:AuthorizeSecurityGroupEgress",),
    "aws_vpc_security_group_ingress_rule": ("ec2:AuthorizeSecurityGroupIngress",),
    "aws_wafv2_web_acl": ("wafv2:CreateWebACL",),
    "aws_wafv2_web_acl_association": ("wafv2:AssociateWebACL",),
    "aws_wafv2_web_acl_logging_configuration": ("wafv2:PutLoggingConfiguration",),
})  # fmt: skip
"""The actions that create a resource, by its type in the provider."""
