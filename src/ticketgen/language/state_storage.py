"""Where states are stored: the backends with their arguments, ``cloud``, and OpenTofu's ``encryption``.

No argument of the grammar is required, because `terraform init -backend-config` may set it; ``terraform_remote_state``
requires `REQUIRED_BY_REMOTE_STATES`. The arguments are those of Terraform 1.11
and OpenTofu 1.10 together.

Sources: https://github.com/hashicorp/terraform/tree/v1.11.4/internal/backend and
https://github.com/opentofu/opentofu/tree/v1.10.0/internal/backend
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ticketgen.language.block_grammar import (
    UNCHECKED_BODY,
    Argument,
    BlockGrammar,
    Form,
    Inner,
    Label,
    Naming,
)

__all__ = ["BACKEND", "CLOUD", "ENCRYPTION", "REMOVED_BACKENDS", "REQUIRED_BY_REMOTE_STATES", "SET_TO_NULL"]

_STRINGS: Final = ["set", "string"]
_TAGS: Final = ["map", "string"]


def _body(
    strings: str = "",
    numbers: str = "",
    bools: str = "",
    others: Mapping[str, object] | None = None,
    blocks: Mapping[str, BlockGrammar] | None = None,
) -> BlockGrammar:
    """A body of constants, with the names of its arguments by type."""
    types: dict[str, object] = dict(others or {})
    for type, names in {"string": strings, "number": numbers, "bool": bools}.items():
        types.update(dict.fromkeys(names.split(), type))
    return BlockGrammar(
        arguments={name: Argument(Form.EARLY, type, nullable=True) for name, type in types.items()},
        blocks={name: Inner(block) for name, block in (blocks or {}).items()},
    )


_ROLE: Final = {
    **dict.fromkeys(("role_arn", "duration", "policy", "session_name"), "string"),
    "policy_arns": _STRINGS,
}

_BACKENDS: Final[Mapping[str, BlockGrammar]] = {
    "local": _body("path workspace_dir"),
    "remote": _body(
        "hostname organization token",
        blocks={"workspaces": _body("name prefix")},
    ),
    "s3": _body(
        "bucket key region acl kms_key_id dynamodb_table profile retry_mode token access_key secret_key sts_region "
        "dynamodb_endpoint endpoint iam_endpoint sts_endpoint ec2_metadata_service_endpoint "
        "ec2_metadata_service_endpoint_mode shared_credentials_file sse_customer_key workspace_key_prefix "
        "custom_ca_bundle http_proxy https_proxy no_proxy role_arn session_name external_id assume_role_policy",
        "max_retries assume_role_duration_seconds",
        "encrypt use_lockfile skip_credentials_validation skip_requesting_account_id skip_metadata_api_check "
        "skip_region_validation skip_s3_checksum force_path_style use_path_style insecure use_fips_endpoint "
        "use_dualstack_endpoint",
        {
            "allowed_account_ids": _STRINGS,
            "forbidden_account_ids": _STRINGS,
            "shared_config_files": _STRINGS,
            "shared_credentials_files": _STRINGS,
            "assume_role_policy_arns": _STRINGS,
            "assume_role_transitive_tag_keys": _STRINGS,
            "assume_role_tags": _TAGS,
            "endpoints": ["object", dict.fromkeys(("dynamodb", "iam", "s3", "sso", "sts"), "string")],
            "assume_role": [
                "object",
                {
                    **_ROLE,
                    "external_id": "string",
                    "source_identity": "string",
                    "tags": _TAGS,
                    "transitive_tag_keys": _STRINGS,
                },
            ],
            "assume_role_with_web_identity": [
                "object",
                {**_ROLE, "web_identity_token": "string", "web_identity_token_file": "string"},
            ],
        },
    ),
    "gcs": _body(
        "bucket prefix credentials access_token impersonate_service_account encryption_key kms_encryption_key "
        "storage_custom_endpoint",
        others={"impersonate_service_account_delegates": _STRINGS},
    ),
    "azurerm": _body(
        "subscription_id resource_group_name storage_account_name container_name key environment metadata_host "
        "access_key sas_token tenant_id client_id client_id_file_path endpoint client_certificate "
        "client_certificate_path client_certificate_password client_secret client_secret_file_path "
        "ado_pipeline_service_connection_id oidc_request_token oidc_request_url oidc_token oidc_token_file_path "
        "msi_endpoint",
        "timeout_seconds",
        "lookup_blob_endpoint snapshot use_oidc use_msi use_cli use_aks_workload_identity use_azuread_auth",
    ),
    "http": _body(
        "address update_method lock_address unlock_address lock_method unlock_method username password "
        "client_ca_certificate_pem client_certificate_pem client_private_key_pem",
        "retry_max retry_wait_min retry_wait_max",
        "skip_cert_verification",
        {"headers": _TAGS},
    ),
    "consul": _body(
        "path access_token address scheme datacenter http_auth ca_file cert_file key_file", bools="gzip lock"
    ),
    "kubernetes": _body(
        "secret_suffix namespace host username password client_certificate client_key cluster_ca_certificate "
        "config_path config_context config_context_auth_info config_context_cluster token proxy_url",
        bools="in_cluster_config load_config_file insecure",
        others={"labels": _TAGS, "config_paths": _STRINGS},
        blocks={"exec": _body("api_version command", others={"env": _TAGS, "args": _STRINGS})},
    ),
    "pg": _body(
        "conn_str schema_name table_name index_name",
        bools="skip_schema_creation skip_table_creation skip_index_creation",
    ),
    "cos": _body(
        "secret_id secret_key security_token region bucket endpoint domain prefix key acl shared_credentials_dir "
        "profile cam_role_name",
        bools="encrypt accelerate",
        blocks={"assume_role": _body("role_arn session_name policy external_id", "session_duration")},
    ),
    "oss": _body(
        "access_key secret_key security_token ecs_role_name region sts_endpoint tablestore_endpoint endpoint bucket "
        "prefix key tablestore_table acl shared_credentials_file profile assume_role_role_arn "
        "assume_role_session_name assume_role_policy",
        "assume_role_session_expiration",
        "encrypt",
        blocks={"assume_role": _body("role_arn session_name policy", "session_expiration")},
    ),
    "inmem": _body("lock_id"),
}

REMOVED_BACKENDS: Final = frozenset({"artifactory", "azure", "etcd", "etcdv3", "manta", "swift", "atlas"})
"""Backends of earlier versions.

Sources: https://developer.hashicorp.com/terraform/language/v1.3.x/upgrade-guides#removal-of-deprecated-state-storage-backends
and, for ``azure`` and ``atlas``, ``internal/backend/init/init.go``.
"""

BACKEND: Final = BlockGrammar((Label("type", Naming.CHOICE),), by_label=_BACKENDS)

REQUIRED_BY_REMOTE_STATES: Final[Mapping[str, tuple[str, ...]]] = {
    "azurerm": ("container_name", "key", "storage_account_name"),
    "consul": ("path",),
    "cos": ("bucket", "region"),
    "gcs": ("bucket",),
    "kubernetes": ("secret_suffix",),
    "oss": ("bucket",),
    "remote": ("organization",),
    "s3": ("bucket", "key"),
    "s3.assume_role": ("role_arn",),
    "s3.assume_role_with_web_identity": ("role_arn",),
}
"""The arguments that ``config`` of a remote state must have, by backend, or by backend and argument."""

SET_TO_NULL: Final = frozenset({"consul", "gcs", "kubernetes"})
"""Backends whose required arguments may be null there."""

# https://developer.hashicorp.com/terraform/language/block/terraform#cloud
CLOUD: Final = _body(
    "organization hostname token",
    blocks={"workspaces": _body("name project", others={"tags": "dynamic"})},
)

ENCRYPTION: Final = UNCHECKED_BODY
"""https://opentofu.org/docs/language/state/encryption/"""
