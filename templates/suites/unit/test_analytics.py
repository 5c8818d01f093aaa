"""How sales reach Aurora: the Kinesis stream, its consumer's mapping, and the database."""

from __future__ import annotations

import demands
import pytest

from support.places import at, root
from support.stack import Resource, Stack
from support.values import Unknown

# Per shard. https://docs.aws.amazon.com/streams/latest/dev/service-sizes-and-limits.html
RECORDS_PER_SHARD_AND_SECOND = 1_000


@pytest.fixture
def stream(stack: Stack) -> Resource:
    """The ledger's stream."""
    return stack.resource(at("analytics", "aws_kinesis_stream.sales"))


@pytest.fixture
def mapping(stack: Stack) -> Resource:
    """The event source mapping of the processor."""
    return stack.resource(at("analytics", "aws_lambda_event_source_mapping.sales"))


@pytest.fixture
def cluster(stack: Stack) -> Resource:
    """The database."""
    return stack.resource(at("analytics", "aws_rds_cluster.sales"))


@pytest.mark.parametrize("region", demands.HUBS)
def test_the_ledger_itself_streams_to_kinesis(stack: Stack, region: str) -> None:
    destination = stack.resource(at("analytics", "aws_dynamodb_kinesis_streaming_destination.sales", region))
    ledger = f"{demands.PROJECT}-ticket-sales-{demands.ENVIRONMENT}"
    destination.must(
        "table_name",
        ledger,
        "a record that a function puts after its commit can be lost, and one that the table streams cannot",
    )
    stream = at("analytics", "aws_kinesis_stream.sales", region)
    destination.must("stream_arn", Unknown(f"{stream}.arn"), "the consumer reads this stream and no other")
    destination.must(
        "approximate_creation_date_time_precision",
        "MICROSECOND",
        "changes within one millisecond must keep their order",
    )


def test_the_stream_carries_every_seat_of_the_busiest_second(stream: Resource) -> None:
    if stream.get("shard_count") * RECORDS_PER_SHARD_AND_SECOND < demands.SEATS_PER_SECOND:
        stream.fails(
            f"shard_count is {stream.get('shard_count')}",
            f"{demands.SEATS_PER_SECOND} seats/s are as many records/s",
        )
    stream.must(
        "stream_mode_details.stream_mode",
        "PROVISIONED",
        "an on-demand stream begins with four shards and takes a quarter of an hour to double",
    )


def test_there_is_time_to_fix_a_consumer(stream: Resource) -> None:
    if not 72 <= stream.get("retention_period") <= 8760:
        stream.fails(
            f"retention_period is {stream.get('retention_period')}",
            "analytics would lose sales over a long weekend",
        )


@pytest.mark.parametrize(
    "metric",
    ["IncomingBytes", "IncomingRecords", "IteratorAgeMilliseconds", "WriteProvisionedThroughputExceeded"],
)
def test_each_shard_has_its_own_metrics(stream: Resource, metric: str) -> None:
    if metric not in stream.get("shard_level_metrics"):
        stream.fails(f"has no {metric} for each shard", "an average over all shards hides a hot one")


def test_the_mapping_reads_the_stream_from_its_beginning(
    stack: Stack, mapping: Resource, stream: Resource
) -> None:
    mapping.must("event_source_arn", Unknown(f"{stream.address}.arn"), "the processor would receive nothing")
    mapping.must(
        "function_name",
        Unknown(at("analytics", "aws_lambda_alias.kinesis_processor.arn")),
        "no other function can process these records",
    )
    mapping.must("starting_position", "TRIM_HORIZON", "LATEST skips sales made before the mapping was ready")


def test_a_bad_sale_fails_alone(mapping: Resource) -> None:
    mapping.must(
        "function_response_types",
        ["ReportBatchItemFailures"],
        "one bad record would make Lambda repeat the whole batch",
    )
    mapping.must("bisect_batch_on_function_error", True, "a crash would fail the whole batch")


def test_retries_of_sales_end_and_failed_ones_are_kept(mapping: Resource) -> None:
    tries, age = mapping.get("maximum_retry_attempts"), mapping.get("maximum_record_age_in_seconds")
    if not tries or not 3 <= tries <= 100:
        mapping.fails(
            f"maximum_retry_attempts is {tries}",
            "by default, Lambda retries until the record expires, which blocks the shard meanwhile",
        )
    if not age or not 3600 <= age <= 604_800:
        mapping.fails(
            f"gives records up after {age} s", "by default, Lambda never gives up, which blocks the shard"
        )
    queue = Unknown(at("region", "aws_sqs_queue.dead_letters.arn"))
    mapping.must(
        "destination_config.on_failure.destination_arn",
        queue,
        "discarded records would be lost without a trace",
    )


def test_the_consumer_keeps_up(mapping: Resource, stream: Resource) -> None:
    factor, batch = mapping.get("parallelization_factor"), mapping.get("batch_size")
    if not 1 <= factor <= 10 or not 1 <= batch <= 10_000:
        mapping.fails(f"has the parallelization factor {factor} and batches of {batch}", "AWS refuses that")
    a_second_each = stream.get("shard_count") * factor * batch
    if a_second_each < demands.SEATS_PER_SECOND:
        mapping.fails(f"processes {a_second_each} records/s", f"{demands.SEATS_PER_SECOND} seats/s are sold")
    window = mapping.get("maximum_batching_window_in_seconds")
    if not window or window > 5:
        mapping.fails(
            f"waits {window} s for a batch",
            "without a window each record is a call, and a long one delays analytics",
        )


def test_the_database_is_serverless_and_has_the_data_api(cluster: Resource) -> None:
    cluster.must("engine", "aurora-postgresql", "the processor's SQL is PostgreSQL")
    cluster.must(
        "engine_mode",
        "provisioned",
        "this mode means Serverless v2; `serverless` means v1, which AWS has retired",
    )
    cluster.must("enable_http_endpoint", True, "the processor connects only through the Data API")
    # https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.Aurora_Fea_Regions_DB-eng.Feature.Data_API.html
    # In these major versions, all minor versions of Aurora have the Data API.
    if cluster.get("engine_version").split(".")[0] not in ("16", "17"):
        cluster.fails(f"is version {cluster.get('engine_version')}", "that version may lack the Data API")


def test_aws_upgrades_the_minor_version_and_terraform_the_major_version(cluster: Resource) -> None:
    if "." in cluster.get("engine_version"):
        cluster.fails(
            f"engine_version pins {cluster.get('engine_version')}",
            "AWS upgrades the minor version, and each later apply would try a downgrade, which AWS refuses",
        )
    cluster.must("allow_major_version_upgrade", True, "a new major version in the stack would fail the apply")


def test_no_password_is_in_the_state(cluster: Resource) -> None:
    cluster.must("manage_master_user_password", True, "RDS creates and rotates the password")
    if cluster.get("master_password"):
        cluster.fails("has a password", "everybody who can read the state could read it")


def test_the_database_grows_with_the_sale(cluster: Resource) -> None:
    scaling = cluster.get("serverlessv2_scaling_configuration.0")
    if scaling is None:
        cluster.fails("has no scaling configuration", "Serverless v2 does not start without one")
    low, high = scaling.get("min_capacity"), scaling.get("max_capacity")
    if not 0 <= low <= high <= 256:
        scaling.fails(f"scales from {low} to {high} ACU", "AWS refuses that")
    if high * 1_000 < demands.SEATS_PER_SECOND:
        scaling.fails(f"scales up to {high} ACU", f"{demands.SEATS_PER_SECOND} rows/s need more")


def test_the_database_is_protected_where_the_spec_says_so(cluster: Resource) -> None:
    cluster.must(
        "deletion_protection",
        demands.PROTECT,
        "the spec's `protect` decides whether a destroy may delete the database",
    )
    cluster.must(
        "skip_final_snapshot",
        not demands.PROTECT,
        "the spec's `protect` decides whether a destroy keeps a final snapshot",
    )
    cluster.must(
        "delete_automated_backups",
        not demands.PROTECT,
        "the spec's `protect` decides whether a destroy keeps the backups",
    )
    cluster.must(
        "final_snapshot_identifier",
        f"{demands.PROJECT}-sales-final-{demands.ENVIRONMENT}",
        "a destroy that keeps a snapshot fails without a name for it",
    )
    if cluster.get("backup_retention_period") < (14 if demands.PROTECT else 1):
        cluster.fails(
            f"backup_retention_period is {cluster.get('backup_retention_period')}",
            "people may notice a mistake only after that",
        )
    cluster.must("copy_tags_to_snapshot", True, "only tags say which deployment a snapshot belongs to")


def test_the_database_is_in_the_private_subnets_and_has_no_ingress(stack: Stack, cluster: Resource) -> None:
    group = stack.resource(at("analytics", "aws_security_group.aurora"))
    cluster.must(
        "vpc_security_group_ids",
        [Unknown(f"{group.address}.id")],
        "the default group lets other resources connect",
    )
    cluster.must(
        "db_subnet_group_name",
        f"{demands.PROJECT}-sales-{demands.ENVIRONMENT}",
        "it would be created in the default VPC",
    )
    subnets = [Unknown(at("region", f"aws_subnet.private[{number}].id")) for number in range(2)]
    stack.resource(at("analytics", "aws_db_subnet_group.sales")).must(
        "subnet_ids", subnets, "the database has to survive the loss of a zone"
    )
    group.must(
        "vpc_id", Unknown(at("region", "aws_vpc.stack.id")), "the group has to be in the VPC of the subnets"
    )
    rules = [
        rule
        for side in ("ingress", "egress")
        for rule in stack.resources(f"aws_vpc_security_group_{side}_rule")
    ]
    if any(
        Unknown(f"{group.address}.id")
        in (rule.get("security_group_id"), rule.get("referenced_security_group_id"))
        for rule in rules
    ):
        group.fails("has a rule", "the Data API does not connect through the VPC, so nothing needs access")


def test_the_database_has_a_reader_for_failover_where_the_spec_says_so(
    stack: Stack, cluster: Resource
) -> None:
    module = stack.module(f"{root('regions')}:module.analytics")
    instances = module.instances("resource", "aws_rds_cluster_instance", "sales")
    assert len(instances) >= (2 if demands.PROTECT else 1), (
        "aurora.tf\n  why: with a single instance, a failover takes ten minutes"
    )
    for instance in instances:
        instance.must("instance_class", "db.serverless", "any other class costs the same while nobody buys")
        instance.must("publicly_accessible", False, "nothing on the internet needs to reach it")
        instance.must(
            "cluster_identifier", Unknown(f"{cluster.address}.id"), "the instance belongs to this cluster"
        )
        instance.must("engine", "aurora-postgresql", "an instance has its cluster's engine")
        instance.must(
            "engine_version", cluster.get("engine_version"), "an instance has its cluster's version"
        )
        instance.must("copy_tags_to_snapshot", True, "only tags say which deployment a snapshot belongs to")
        instance.must("auto_minor_version_upgrade", True, "security fixes are installed automatically")
        instance.must("performance_insights_enabled", True, "nobody could see which statements were slow")
        if instance.get("monitoring_interval") not in (1, 5, 10, 15, 30, 60):
            instance.fails("reports no metrics of its host", "nobody could look up memory and CPU")


def test_connections_are_encrypted_and_slow_statements_logged(stack: Stack, cluster: Resource) -> None:
    group = stack.resource(at("analytics", "aws_rds_cluster_parameter_group.sales"))
    cluster.must("db_cluster_parameter_group_name", group.get("name"), "its parameters come from this group")
    settings = {parameter.get("name"): parameter.get("value") for parameter in group.blocks("parameter")}
    if settings.get("rds.force_ssl") != "1":
        group.fails("does not require TLS", "buyers' names would travel in clear text")
    if (
        settings.get("log_statement") not in ("ddl", "mod", "all")
        or not 0 <= int(settings.get("log_min_duration_statement", -1)) <= 5000
    ):
        group.fails(
            f"has the parameters {settings}", "schema changes and slow statements would not be logged"
        )
    group.must(
        "family",
        f"aurora-postgresql{cluster.get('engine_version').split('.')[0]}",
        "AWS refuses a group of another family",
    )
    group.must(
        "lifecycle.create_before_destroy", True, "AWS does not delete a parameter group that a cluster uses"
    )
    cluster.must(
        "enabled_cloudwatch_logs_exports",
        ["postgresql"],
        "the log would stay on a host that nobody can reach",
    )
    cluster.must("iam_database_authentication_enabled", True, "people sign in under their own names")


def test_the_database_is_the_one_that_the_processor_writes_to(cluster: Resource) -> None:
    cluster.must("database_name", "sales", "the processor writes to this database")
