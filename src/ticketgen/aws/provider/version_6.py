"""Removals and deprecations in AWS provider 6, compared with provider 5.100.

Source: the provider's version 6 upgrade guide,
https://registry.terraform.io/providers/hashicorp/aws/latest/docs/guides/version-6-upgrade, and, where an issue is
given, the breaking changes and notes of release 6.0.0 in its change log,
https://github.com/hashicorp/terraform-provider-aws/blob/main/CHANGELOG.md#600-june-18-2025.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

__all__ = [
    "BOOLEANS",
    "DEPRECATED",
    "EPHEMERAL_TYPES",
    "READ_ONLY_SINCE_6",
    "REMOVED",
    "REMOVED_TYPES",
    "REWRITTEN",
    "new_name",
]

_STAGE = "use an aws_api_gateway_stage resource"
_INFERENCE = "remove it: Amazon Elastic Inference ended in April 2024"
_GRAPHICS = "remove it: Amazon Elastic Graphics ended in January 2024"
_CPU = "use a cpu_options block"
_KIBANA = "use the path /_dashboards/ of the domain's endpoint"
_IDENTITY = "use alternate_identifier"
_READ_ONLY = "remove it: the provider sets it"

REMOVED: Mapping[tuple[str, str], str] = MappingProxyType({
    ("data.aws_batch_compute_environment", "compute_environment_name"): "use name",
    ("data.aws_ecs_task_definition", "inference_accelerator"): _INFERENCE,
    ("data.aws_ecs_task_execution", "overrides.inference_accelerator_overrides"): _INFERENCE,
    ("data.aws_globalaccelerator_accelerator", "id"): _READ_ONLY,
    ("data.aws_identitystore_group", "filter"): _IDENTITY,
    ("data.aws_identitystore_user", "filter"): _IDENTITY,
    ("data.aws_launch_template", "elastic_gpu_specifications"): _GRAPHICS,
    ("data.aws_launch_template", "elastic_inference_accelerator"): _INFERENCE,
    ("data.aws_opensearch_domain", "kibana_endpoint"): _KIBANA,
    ("data.aws_quicksight_data_set", "tags_all"): "remove it",
    ("data.aws_service_discovery_service", "tags_all"): "remove it",
    ("aws_api_gateway_account", "reset_on_delete"): "remove it: destroying always resets",
    ("aws_api_gateway_deployment", "canary_settings"): _STAGE,
    ("aws_api_gateway_deployment", "execution_arn"): _STAGE,
    ("aws_api_gateway_deployment", "invoke_url"): _STAGE,
    ("aws_api_gateway_deployment", "stage_description"): _STAGE,
    ("aws_api_gateway_deployment", "stage_name"): _STAGE,
    ("aws_batch_compute_environment", "compute_environment_name"): "use name",
    ("aws_batch_compute_environment", "compute_environment_name_prefix"): "use name_prefix",
    ("aws_batch_job_queue", "compute_environments"): "use compute_environment_order blocks",
    ("aws_cloudfront_response_headers_policy", "etag"): _READ_ONLY,
    ("aws_dms_endpoint", "s3_settings"): "use an aws_dms_s3_endpoint resource",
    ("aws_dx_gateway_association", "vpn_gateway_id"): "use associated_gateway_id",
    ("aws_ecs_task_definition", "inference_accelerator"): _INFERENCE,
    ("aws_eip", "vpc"): 'use domain = "vpc"',
    ("aws_eks_addon", "resolve_conflicts"): "use resolve_conflicts_on_create and resolve_conflicts_on_update",
    ("aws_flow_log", "log_group_name"): "use log_destination, which takes the log group's ARN",
    ("aws_guardduty_organization_configuration", "auto_enable"): "use auto_enable_organization_members",
    ("aws_instance", "cpu_core_count"): _CPU,
    ("aws_instance", "cpu_threads_per_core"): _CPU,
    ("aws_launch_template", "elastic_gpu_specifications"): _GRAPHICS,
    ("aws_launch_template", "elastic_inference_accelerator"): _INFERENCE,
    ("aws_networkmanager_core_network", "base_policy_region"): "use base_policy_regions",
    ("aws_opensearch_domain", "kibana_endpoint"): _KIBANA,
    ("aws_redshift_cluster", "cluster_public_key"): _READ_ONLY,
    ("aws_redshift_cluster", "cluster_revision_number"): _READ_ONLY,
    ("aws_redshift_cluster", "endpoint"): _READ_ONLY,
    ("aws_redshift_cluster", "logging"): "use an aws_redshift_logging resource",
    ("aws_redshift_cluster", "snapshot_copy"): "use an aws_redshift_snapshot_copy resource",
    ("aws_sagemaker_notebook_instance", "accelerator_types"): "use instance_type",
    ("aws_spot_instance_request", "block_duration_minutes"): "remove it",
    ("aws_spot_instance_request", "cpu_core_count"): _CPU,  # the schema is shared with aws_instance
    ("aws_spot_instance_request", "cpu_threads_per_core"): _CPU,
    ("aws_ssm_association", "instance_id"): "use a targets block",
})  # fmt: skip
"""The fix, by type (with ``data.`` before a data source's) and dotted path of the attribute or block.

Provider 6 did not remove the attributes in `READ_ONLY_SINCE_6`, but a configuration must no longer set them."""

READ_ONLY_SINCE_6 = frozenset(key for key, fix in REMOVED.items() if fix == _READ_ONLY)
"""The attributes in `REMOVED` that a configuration may still read."""

_OPSWORKS = (
    "application", "custom_layer", "ecs_cluster_layer", "ganglia_layer", "haproxy_layer", "instance",
    "java_app_layer", "memcached_layer", "mysql_layer", "nodejs_app_layer", "permission", "php_app_layer",
    "rails_app_layer", "rds_db_instance", "stack", "static_web_layer", "user_profile",
)  # fmt: skip

REMOVED_TYPES: Mapping[str, str] = MappingProxyType(
    {
        **{f"aws_opsworks_{name}": "remove it: AWS OpsWorks Stacks has ended" for name in _OPSWORKS},
        "aws_simpledb_domain": "use another store: the AWS SDK no longer supports Amazon SimpleDB",
        "aws_worklink_fleet": "remove it: Amazon WorkLink has ended",
        "aws_worklink_website_certificate_authority_association": "remove it: Amazon WorkLink has ended",
        "data.aws_redshift_service_account": "use a service principal in the policy",
    }
)
"""The fix, by type."""

DEPRECATED: Mapping[tuple[str, str], str] = MappingProxyType({
    # https://github.com/hashicorp/terraform-provider-aws/issues/42131
    ("data.aws_region", "name"): "write the Region as a literal: provider 5 lacks region, provider 6 deprecates name",
    ("data.aws_servicequotas_templates", "region"): "use aws_region",
    ("aws_servicequotas_template", "region"): "use aws_region",
    # https://github.com/hashicorp/terraform-provider-aws/issues/42014
    ("data.aws_ssmincidents_replication_set", "region"): "use regions",
    ("data.aws_vpc_endpoint_service", "region"): "use service_region",
    ("data.aws_vpc_peering_connection", "region"): "use requester_region",
    ("aws_cloudformation_stack_set_instance", "region"): "use stack_set_instance_region",
    ("aws_config_aggregate_authorization", "region"): "use authorized_aws_region",
    ("aws_dx_hosted_connection", "region"): "use connection_region",
    ("aws_ssmincidents_replication_set", "region"): "use regions",
    ("aws_guardduty_detector", "datasources"): "use aws_guardduty_detector_feature resources",
    ("aws_guardduty_organization_configuration", "datasources"): (
        "use aws_guardduty_organization_configuration_feature resources"
    ),
    # https://github.com/hashicorp/terraform-provider-aws/issues/40777
    ("aws_service_discovery_service", "health_check_custom_config.failure_threshold"): "remove it: it is always 1",
})  # fmt: skip
"""Attributes and blocks that provider 6 deprecates, with the fix, by the same keys as ``REMOVED``."""

_RENAMED: Mapping[tuple[str, str], str] = MappingProxyType(
    {
        **{
            key: fix.removeprefix("use ")
            for key, fix in {**REMOVED, **DEPRECATED}.items()
            if fix.startswith("use ") and fix.removeprefix("use ").isidentifier()
        },
        ("data.aws_region", "name"): "region",
    }
)

REWRITTEN: Mapping[tuple[str, str, str], str] = MappingProxyType(
    {
        ("aws_eip", "vpc", "true"): 'domain = "vpc"',
    }
)
"""What is written instead of an attribute with some value, by type, path and value."""


def new_name(type: str, path: str) -> str:
    """The name in provider 6 of an attribute or block that is removed or deprecated; "" if it has no other name.

    Args:
        type: with ``data.`` before a data source's.
        path: the dotted path of the old name.
    """
    return _RENAMED.get((type, path), "")


BOOLEANS: frozenset[tuple[str, str]] = frozenset({
    ("aws_accessanalyzer_archive_rule", "filter.exists"),
    ("aws_alb_target_group", "preserve_client_ip"),
    ("aws_cloudtrail_event_data_store", "suspend"),
    ("aws_spot_fleet_request", "terminate_instances_on_delete"),
    ("aws_elasticache_cluster", "auto_minor_version_upgrade"),
    ("aws_elasticache_replication_group", "at_rest_encryption_enabled"),
    ("aws_elasticache_replication_group", "auto_minor_version_upgrade"),
    ("aws_evidently_feature", "variations.value.bool_value"),
    ("aws_imagebuilder_container_recipe", "instance_configuration.block_device_mapping.ebs.delete_on_termination"),
    ("aws_imagebuilder_container_recipe", "instance_configuration.block_device_mapping.ebs.encrypted"),
    ("aws_imagebuilder_image_recipe", "block_device_mapping.ebs.delete_on_termination"),
    ("aws_imagebuilder_image_recipe", "block_device_mapping.ebs.encrypted"),
    ("aws_launch_template", "block_device_mappings.ebs.delete_on_termination"),
    ("aws_launch_template", "block_device_mappings.ebs.encrypted"),
    ("aws_launch_template", "ebs_optimized"),
    ("aws_launch_template", "network_interfaces.associate_carrier_ip_address"),
    ("aws_launch_template", "network_interfaces.associate_public_ip_address"),
    ("aws_launch_template", "network_interfaces.delete_on_termination"),
    ("aws_launch_template", "network_interfaces.primary_ipv6"),
    ("aws_lb_target_group", "preserve_client_ip"),
    ("aws_mq_broker", "logs.audit"),
})  # fmt: skip
"""Attributes for which provider 6 accepts only ``true``, ``false`` and ``""``; provider 5 also accepted 0 and 1."""

EPHEMERAL_TYPES = frozenset({
    "aws_bedrockruntime_apply_guardrail", "aws_cognito_identity_openid_token_for_developer_identity",
    "aws_ecr_authorization_token", "aws_ecrpublic_authorization_token", "aws_eks_cluster_auth", "aws_kms_secrets",
    "aws_lambda_invocation", "aws_meta_credentials", "aws_secretsmanager_random_password",
    "aws_secretsmanager_secret_version", "aws_ssm_parameter", "aws_sts_web_identity_token",
})  # fmt: skip
"""The ephemeral resources of provider 6, also of releases after 6.25, of which there are no schemas.

Source: https://github.com/hashicorp/terraform-provider-aws/tree/main/website/docs/ephemeral-resources
"""
