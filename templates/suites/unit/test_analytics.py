"""The way of a sale to Aurora: Kinesis, its consumer's mapping, the database."""

from __future__ import annotations

import demands
import pytest

from support.places import alias, at
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
    """What feeds the processor."""
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
        "a put after the commit can be lost, a stream of the table cannot; inventory is no ledger",
    )
    stream = at("analytics", "aws_kinesis_stream.sales", region)
    destination.must("stream_arn", Unknown(f"{stream}.arn"), "the consumer reads this stream")
    destination.must(
        "approximate_creation_date_time_precision",
        "MICROSECOND",
        "changes of a seat within a millisecond keep their order",
    )


def test_the_stream_carries_every_seat_of_the_busiest_second(stream: Resource) -> None:
    if stream.get("shard_count") * RECORDS_PER_SHARD_AND_SECOND < demands.SEATS_PER_SECOND:
        stream.fails(
            f"has {stream.get('shard_count')} shards",
            f"{demands.SEATS_PER_SECOND} seats a second are as many records",
        )
    stream.must(
        "stream_mode_details.stream_mode",
        "PROVISIONED",
        "on demand it begins with four shards, and doubles in a quarter of an hour",
    )


def test_there_is_time_to_mend_a_consumer(stream: Resource) -> None:
    if not 72 <= stream.get("retention_period") <= 8760:
        stream.fails(
            f"keeps records for {stream.get('retention_period')} hours",
            "over a long weekend, sales would be lost to analytics",
        )


@pytest.mark.parametrize(
    "metric",
    ["IncomingBytes", "IncomingRecords", "IteratorAgeMilliseconds", "WriteProvisionedThroughputExceeded"],
)
def test_each_shard_says_how_it_is(stream: Resource, metric: str) -> None:
    if metric not in stream.get("shard_level_metrics"):
        stream.fails(f"has no {metric} by shard", "a hot shard hides in the average of all")


def test_the_mapping_reads_the_stream_from_its_beginning(
    stack: Stack, mapping: Resource, stream: Resource
) -> None:
    mapping.must("event_source_arn", Unknown(f"{stream.address}.arn"), "the processor would wait for ever")
    mapping.must(
        "function_name",
        Unknown(at("analytics", "aws_lambda_function.kinesis_processor.arn")),
        "another function cannot read it",
    )
    mapping.must(
        "starting_position", "TRIM_HORIZON", "LATEST skips what was sold before the mapping was ready"
    )


def test_a_bad_record_fails_alone(mapping: Resource) -> None:
    mapping.must(
        "function_response_types",
        ["ReportBatchItemFailures"],
        "one bad record would repeat a whole batch for ever",
    )
    mapping.must("bisect_batch_on_function_error", True, "a crash would take the whole batch along")


def test_retries_end_and_what_is_left_is_kept(mapping: Resource) -> None:
    tries, age = mapping.get("maximum_retry_attempts"), mapping.get("maximum_record_age_in_seconds")
    if not tries or not 3 <= tries <= 100:
        mapping.fails(
            f"retries {tries} times",
            "the default retries until the record expires, and holds the shard up for so long",
        )
    if not age or not 3600 <= age <= 604_800:
        mapping.fails(f"gives records up after {age} s", "the default is never, and holds the shard up")
    queue = Unknown(at("region", "aws_sqs_queue.dead_letters.arn"))
    mapping.must(
        "destination_config.on_failure.destination_arn", queue, "what was given up would be lost unheard"
    )


def test_the_consumer_keeps_up(mapping: Resource, stream: Resource) -> None:
    factor, batch = mapping.get("parallelization_factor"), mapping.get("batch_size")
    if not 1 <= factor <= 10 or not 1 <= batch <= 10_000:
        mapping.fails(f"has factor {factor} and batches of {batch}", "AWS refuses that")
    a_second_each = stream.get("shard_count") * factor * batch
    if a_second_each < demands.SEATS_PER_SECOND:
        mapping.fails(f"takes {a_second_each} records a second", f"{demands.SEATS_PER_SECOND} are sold")
    window = mapping.get("maximum_batching_window_in_seconds")
    if not window or window > 5:
        mapping.fails(
            f"waits {window} s for a batch", "none makes a call a record; long ones make analytics late"
        )


def test_the_database_is_serverless_and_speaks_over_the_data_api(cluster: Resource) -> None:
    cluster.must("engine", "aurora-postgresql", "the processor's SQL is PostgreSQL's")
    cluster.must(
        "engine_mode", "provisioned", "that is what Serverless v2 calls itself; `serverless` is v1, and gone"
    )
    cluster.must("enable_http_endpoint", True, "the processor has no other way in")
    # https://docs.aws.amazon.com/AmazonRDS/latest/AuroraUserGuide/Concepts.Aurora_Fea_Regions_DB-eng.Feature.Data_API.html
    major, minor = map(int, cluster.get("engine_version").split(".")[:2])
    if (major, minor) < {13: (13, 11), 14: (14, 8), 15: (15, 3), 16: (16, 1), 17: (17, 4)}.get(
        major, (99, 0)
    ):
        cluster.fails(f"is version {major}.{minor}", "it has no Data API")


def test_no_password_is_in_the_state(cluster: Resource) -> None:
    cluster.must("manage_master_user_password", True, "RDS makes and rotates it")
    if cluster.get("master_password"):
        cluster.fails("has a password", "it would be in the state for all to read")


def test_the_database_grows_with_the_sale(cluster: Resource) -> None:
    scaling = cluster.get("serverlessv2_scaling_configuration.0")
    if scaling is None:
        cluster.fails("has no scaling", "Serverless v2 does not start without it")
    low, high = scaling.get("min_capacity"), scaling.get("max_capacity")
    if not 0 <= low <= high <= 256:
        scaling.fails(f"scales from {low} to {high} ACU", "AWS refuses that")
    if high * 1_000 < demands.SEATS_PER_SECOND:
        scaling.fails(f"ends at {high} ACU", f"{demands.SEATS_PER_SECOND} rows a second need more")


def test_the_database_survives_what_the_spec_protects_it_from(cluster: Resource) -> None:
    cluster.must(
        "deletion_protection", demands.PROTECT, "the spec's `protect` decides whether a destroy may take it"
    )
    cluster.must(
        "skip_final_snapshot",
        not demands.PROTECT,
        "the spec's `protect` decides whether a last snapshot is kept",
    )
    cluster.must(
        "final_snapshot_identifier",
        f"{demands.PROJECT}-sales-final-{demands.ENVIRONMENT}",
        "a destroy fails half-way without one",
    )
    if cluster.get("backup_retention_period") < (14 if demands.PROTECT else 1):
        cluster.fails(
            f"keeps backups for {cluster.get('backup_retention_period')} days",
            "a mistake is noticed later than that",
        )
    cluster.must("copy_tags_to_snapshot", True, "whose snapshot it is, only its tags say")


def test_the_database_is_in_the_private_subnets_and_lets_nobody_in(stack: Stack, cluster: Resource) -> None:
    group = stack.resource(at("analytics", "aws_security_group.aurora"))
    cluster.must(
        "vpc_security_group_ids", [Unknown(f"{group.address}.id")], "the default group lets others in"
    )
    cluster.must(
        "db_subnet_group_name",
        f"{demands.PROJECT}-sales-{demands.ENVIRONMENT}",
        "it would land in the default VPC",
    )
    subnets = [Unknown(at("region", f"aws_subnet.private[{number}].id")) for number in range(2)]
    stack.resource(at("analytics", "aws_db_subnet_group.sales")).must(
        "subnet_ids", subnets, "the database has to survive a zone"
    )
    group.must("vpc_id", Unknown(at("region", "aws_vpc.stack.id")), "it lies where the subnets lie")
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
        group.fails("has a rule", "the Data API does not come through the VPC: nobody has to connect")


def test_there_is_a_reader_to_take_over_where_the_spec_protects(stack: Stack, cluster: Resource) -> None:
    module = stack.module(f"module.analytics_{alias(demands.PRIMARY)}")
    instances = module.instances("resource", "aws_rds_cluster_instance", "sales")
    assert len(instances) >= (2 if demands.PROTECT else 1), (
        "aurora.tf\n  why: with one instance, a failover takes ten minutes"
    )
    for instance in instances:
        instance.must("instance_class", "db.serverless", "any other class is paid for while nobody buys")
        instance.must("publicly_accessible", False, "nobody has to reach it")
        instance.must("cluster_identifier", Unknown(f"{cluster.address}.id"), "it serves this cluster")
        instance.must("engine", "aurora-postgresql", "an instance has its cluster's engine")
        instance.must(
            "engine_version", cluster.get("engine_version"), "an instance has its cluster's version"
        )
        instance.must("copy_tags_to_snapshot", True, "whose snapshot it is, only its tags say")
        instance.must("auto_minor_version_upgrade", True, "security fixes come by themselves")
        instance.must("performance_insights_enabled", True, "what was slow yesterday could not be found out")
        if instance.get("monitoring_interval") not in (1, 5, 10, 15, 30, 60):
            instance.fails("reports nothing of its host", "memory and CPU could not be looked up")


def test_connections_are_encrypted_and_slow_statements_logged(stack: Stack, cluster: Resource) -> None:
    group = stack.resource(at("analytics", "aws_rds_cluster_parameter_group.sales"))
    cluster.must(
        "db_cluster_parameter_group_name", group.get("name"), "its parameters are those of this group"
    )
    settings = {parameter.get("name"): parameter.get("value") for parameter in group.blocks("parameter")}
    if settings.get("rds.force_ssl") != "1":
        group.fails("does not insist on TLS", "whoever connects sends buyers' names in the clear")
    if (
        settings.get("log_statement") not in ("ddl", "mod", "all")
        or not 0 <= int(settings.get("log_min_duration_statement", -1)) <= 5000
    ):
        group.fails(f"logs by {settings}", "changes of the schema and slow statements could not be found out")
    group.must(
        "family",
        f"aurora-postgresql{cluster.get('engine_version').split('.')[0]}",
        "AWS refuses a group of another family",
    )
    cluster.must(
        "enabled_cloudwatch_logs_exports", ["postgresql"], "the log stays on a host that nobody can reach"
    )
    cluster.must("iam_database_authentication_enabled", True, "people sign in as themselves")


@pytest.mark.parametrize(
    ("variable", "value"),
    [
        ("CLUSTER_ARN", Unknown(at("analytics", "aws_rds_cluster.sales.arn"))),
        ("SECRET_ARN", Unknown(at("analytics", "aws_rds_cluster.sales.master_user_secret[0].secret_arn"))),
        ("DATABASE_NAME", "sales"),
    ],
)
def test_the_processor_knows_its_database(
    stack: Stack, cluster: Resource, variable: str, value: object
) -> None:
    processor = stack.resource(at("analytics", "aws_lambda_function.kinesis_processor"))
    processor.must(f"environment.variables.{variable}", value, "it writes to this database, with this secret")
    cluster.must("database_name", "sales", "it writes to this database")
