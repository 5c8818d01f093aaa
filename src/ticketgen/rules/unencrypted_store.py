"""Stores that are not encrypted."""

from __future__ import annotations

from collections.abc import Iterator

from ticketgen.findings import Severity
from ticketgen.hcl.values import Value
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import BlockInstance, Subject

__all__ = ["RULE"]

# Types with the attribute that must be true. AWS always encrypts DynamoDB, S3, SQS and log groups.
_ENCRYPTION_FLAGS = (
    ("aws_db_instance", "storage_encrypted"),
    ("aws_docdb_cluster", "storage_encrypted"),
    ("aws_ebs_volume", "encrypted"),
    ("aws_efs_file_system", "encrypted"),
    ("aws_elasticache_replication_group", "at_rest_encryption_enabled"),
    ("aws_elasticache_replication_group", "transit_encryption_enabled"),
    ("aws_neptune_cluster", "storage_encrypted"),
    ("aws_rds_cluster", "storage_encrypted"),
)
# Arguments that copy a store together with its encryption.
_SOURCES = ("snapshot_identifier", "replicate_source_db", "replication_source_identifier", "global_cluster_identifier",
           "snapshot_id", "global_replication_group_id", "restore_to_point_in_time", "s3_import")  # fmt: skip

# Terraform converts these to a bool: https://developer.hashicorp.com/terraform/language/expressions/types#type-conversion
_OFF = (False, "false", "0")


def _is_off(value: Value) -> bool:
    return value is None or value in _OFF


def _check(subject: Subject) -> Iterator[Problem]:
    for type, attribute in _ENCRYPTION_FLAGS:
        for store in subject.resources(type):
            value = store.value(attribute)
            if _is_off(value) and not any(store.has(name) for name in _SOURCES):
                if store.value("engine_mode") == "serverless":
                    continue  # Aurora Serverless v1 is always encrypted
                yield Problem(_message(store, attribute), store.at(attribute), f"set {attribute} = true")
    for stream in subject.resources("aws_kinesis_stream"):
        if stream.value("encryption_type") in (None, "NONE"):
            help = 'set encryption_type = "KMS" and kms_key_id'
            yield Problem(f"{stream.address} is not encrypted", stream.at("encryption_type"), help)
    for queue in subject.resources("aws_sqs_queue"):
        if queue.value("sqs_managed_sse_enabled") in _OFF and not queue.has("kms_master_key_id"):
            help = "set sqs_managed_sse_enabled = true, or kms_master_key_id"
            yield Problem(f"{queue.address} is not encrypted", queue.at("sqs_managed_sse_enabled"), help)
    for type in ("aws_opensearch_domain", "aws_elasticsearch_domain"):
        for domain in subject.resources(type):
            blocks = domain.nested_blocks("encrypt_at_rest")
            loops = domain.loops("encrypt_at_rest")
            if not loops and not any(not _is_off(block.value("enabled")) for block in blocks):
                help = "add encrypt_at_rest { enabled = true }"
                yield Problem(f"{domain.address} is not encrypted at rest", domain.location, help)


def _message(store: BlockInstance, attribute: str) -> str:
    how = "in transit" if attribute.startswith("transit") else "at rest"
    return f"{store.address} is not encrypted {how}"


RULE = Rule(
    id="unencrypted-store",
    severity=Severity.WARNING,
    summary="Every data store encrypts its data, at rest and in transit",
    why=(
        "Backups, snapshots and disks leave the place where access is controlled. Most stores accept encryption only "
        "when they are created: later, you have to move the data."
    ),
    fix="turn encryption on, with a KMS key of your own if you must be able to revoke access",
    check=_check,
    sources=(
        "https://docs.aws.amazon.com/AmazonRDS/latest/UserGuide/Overview.Encryption.html",
        "https://docs.aws.amazon.com/AmazonElastiCache/latest/dg/encryption.html",
        "https://docs.aws.amazon.com/streams/latest/dev/server-side-encryption.html",
    ),
)
