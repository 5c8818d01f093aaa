"""The spec as types: the settings of a spec file, and the resolved environments.

Editors (JSON Schema) and the reference (``docs/spec.md``) show the descriptions and units.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field, model_validator

from ticketgen.aws.limits import DYNAMODB_TRANSACTION_ACTIONS
from ticketgen.findings import Location
from ticketgen.findings.spec import OUT_OF_RANGE
from ticketgen.spec.acceptances import AcceptedLossList
from ticketgen.spec.cross_origin import Cors
from ticketgen.spec.observability import Alarms, Logs
from ticketgen.spec.queues import Admission
from ticketgen.spec.quota_types import Quotas
from ticketgen.spec.spec_part import SpecPart, unit
from ticketgen.spec.string_types import (
    AccountId,
    DomainName,
    EnvironmentName,
    HttpUrl,
    ProjectName,
    RegionName,
    RoleArn,
    StateBucketName,
    ZoneId,
    refusal,
)
from ticketgen.spec.tags import Tags

__all__ = [
    "Api", "Audit", "Cache", "Domain", "Environment", "EventScale", "Functions", "Objectives", "Pms", "Project",
    "Settings", "State",
]  # fmt: skip

# Three actions a seat, and one each for the idempotency record, the hold and the buyer's seats.
_MAX_SEATS_PER_ORDER: Final = (DYNAMODB_TRANSACTION_ACTIONS.value - 3) // 3
_MAX_SEATS_PER_BUYER: Final = 100  # as in ops/event_file.py

# An Express workflow may take 5 minutes:
# https://docs.aws.amazon.com/step-functions/latest/dg/choosing-workflow-type.html
# The two objectives are tasks of one, which allows itself 5 s around them.
_MAX_VERIFICATION_SECONDS: Final = 295

_INTERVALS: Final = (5, 6, 10, 12, 15, 20, 30, 60)


class EventScale(SpecPart):
    """The size of an on-sale. The figures are totals: one event, and one Region, may take all of it."""

    purchases_per_minute: int = Field(
        ge=1,
        le=10_000_000,
        description="Orders in the busiest minute, over all events and Regions.",
        json_schema_extra=unit("orders/min"),
    )
    seats_per_event: int = Field(
        ge=1,
        le=1_000_000,
        description="Seats of the largest event.",
        json_schema_extra=unit("seats"),
    )
    concurrent_events: int = Field(
        ge=1,
        le=10_000,
        description="Events on sale at the same time; each has a seat map in the cache of every Region.",
        json_schema_extra=unit("events"),
    )
    seats_per_order: int = Field(
        ge=1,
        le=_MAX_SEATS_PER_ORDER,
        description="The most seats in one order, which is one DynamoDB transaction.",
        json_schema_extra=unit("seats"),
    )
    hold_seconds: int = Field(
        ge=30,
        le=86_400,
        description="How long a held seat is kept for its buyer.",
        json_schema_extra=unit("s"),
    )
    seats_per_buyer: int | None = Field(
        default=None,
        ge=1,
        le=_MAX_SEATS_PER_BUYER,
        description="The most seats of an event that a buyer may hold and buy, together. New events get it "
        "unless their file sets another one; null: any number. It has no effect with `api.auth: none`.",
        json_schema_extra=unit("seats"),
    )

    @model_validator(mode="after")
    def _sell_a_whole_order(self) -> EventScale:
        if self.seats_per_buyer is not None and self.seats_per_buyer < self.seats_per_order:
            raise refusal(
                OUT_OF_RANGE,
                f"is below seats_per_order, {self.seats_per_order}",
                f"write {self.seats_per_order} or more, or lower seats_per_order: nobody could buy the largest order",
                ("seats_per_buyer",),
            )
        return self


def _divides_a_minute(seconds: int) -> int:
    if seconds in _INTERVALS:
        return seconds
    close = min(_INTERVALS, key=lambda interval: abs(interval - seconds))
    raise refusal(
        OUT_OF_RANGE,
        "does not divide a minute into at most 12 parts",
        f"write {close}, or another of {', '.join(map(str, _INTERVALS))}: verifications start evenly over a minute",
    )


class Objectives(SpecPart):
    """The objectives of the stack. Each becomes alarms, timeouts and tests."""

    lock_ms: int = Field(
        default=50,
        ge=1,
        le=10_000,
        description="Taking the locks of an order, 99th percentile, in the event's home Region.",
        json_schema_extra=unit("ms"),
    )
    replication_s: int = Field(
        default=2,
        ge=1,
        le=300,
        description="A sale is visible in every Region.",
        json_schema_extra=unit("s"),
    )
    cache_load_s: int = Field(
        default=3,
        ge=1,
        le=600,
        description="Loading one event's whole seat map into a Region's cache.",
        json_schema_extra=unit("s"),
    )
    verification_interval_s: Annotated[int, AfterValidator(_divides_a_minute)] = Field(
        default=10,
        description="Between the starts of two verifications of the inventory against the ledger.",
        json_schema_extra={**unit("s"), "enum": list(_INTERVALS)},
    )
    verification_s: int = Field(
        default=8,
        ge=1,
        le=_MAX_VERIFICATION_SECONDS - 1,
        description="One verification, over all Regions.",
        json_schema_extra=unit("s"),
    )
    correction_s: int = Field(
        default=15,
        ge=1,
        le=_MAX_VERIFICATION_SECONDS - 1,
        description="Correcting what one verification found.",
        json_schema_extra=unit("s"),
    )

    @model_validator(mode="after")
    def _fit_one_execution(self) -> Objectives:
        verify, correct = self.verification_s, self.correction_s
        if verify + correct > _MAX_VERIFICATION_SECONDS:
            raise refusal(
                OUT_OF_RANGE,
                f"verification_s {verify} and correction_s {correct} are {verify + correct} s together",
                f"keep their sum within {_MAX_VERIFICATION_SECONDS} s: both run in one Express workflow, which AWS "
                "ends after 5 minutes",
            )
        return self


class Domain(SpecPart):
    """A custom domain for the API: latency routing over the Regions, with health checks."""

    name: DomainName = Field(description="The full name that buyers use, such as `tickets.example.com`.")
    zone_id: ZoneId = Field(description="The id of the Route 53 hosted zone that holds it.")


class Api(SpecPart):
    """How buyers reach the stack."""

    auth: Literal["iam", "cognito", "none"] = Field(
        default="iam",
        description="The service that identifies buyers. `none` lets anybody hold and buy, and is a warning.",
    )
    domain: Domain | None = Field(
        default=None, description="A custom domain; null: buyers use the execute-api address of each Region."
    )
    cors: Cors | None = Field(
        default=None, description="Web pages that may call the API; null: only pages of the API's own origin."
    )
    log_role: Literal["managed", "existing"] = Field(
        default="managed",
        description="The role with which API Gateway writes logs: one setting per account and Region, for every API "
        "there. `managed`: this stack creates the role and sets it. `existing`: another stack has set it before.",
    )


class Cache(SpecPart):
    """The engine of the seat maps."""

    engine: Literal["valkey", "redis"] = Field(
        default="valkey",
        description="A change from `redis` (Redis OSS) to `valkey` is in place; the reverse replaces the cache.",
    )


class Audit(SpecPart):
    """Where corrections are recorded."""

    store: Literal["dynamodb", "timestream"] = Field(
        default="dynamodb",
        description="`timestream` is Timestream for LiveAnalytics: closed to new AWS customers since June "
        "2025, and in 8 Regions only.",
    )


class Pms(SpecPart):
    """The system of record of the property (PMS), which the verifier compares with."""

    url: HttpUrl | None = Field(
        default=None,
        description="Its base URL; `GET <url>/events/<event>/sold` lists the sold seats of an event. null: "
        "no system of record.",
    )


class State(SpecPart):
    """Where Terraform keeps its states. Without a bucket, no backend block is rendered."""

    bucket: StateBucketName | None = Field(
        default=None,
        description="An existing S3 bucket, locked with `use_lockfile`; null: no backend block. With `{region}` in "
        "the name, each Region has a bucket of its own, and no plan needs another Region's.",
    )
    region: RegionName | None = Field(
        default=None,
        description="The bucket's Region; null: the primary Region. Not with `{region}` in the bucket's name.",
    )

    @model_validator(mode="after")
    def _have_one_region(self) -> State:
        if self.region and self.bucket and "{region}" in self.bucket:
            raise refusal(
                OUT_OF_RANGE,
                "has both a bucket in each Region and state.region",
                "remove state.region: with {region} in its name, each bucket is in the Region that it names",
            )
        return self


class Functions(SpecPart):
    """Settings of the Lambda functions."""

    reserved_concurrency: bool = Field(
        default=True,
        description="Reserve concurrency for each function. Switch it off in an account with a small quota.",
    )


class Settings(SpecPart):
    """All settings of an environment. A section that is left out has its defaults."""

    regions: tuple[RegionName, ...] = Field(
        min_length=1,
        description="The Regions of the stack, in any order, all in one AWS partition.",
    )
    primary_region: RegionName = Field(
        description="One of `regions`: analytics, verification and audit live here. It needs Aurora's Data API.",
    )
    secondary_region: RegionName | None = Field(
        default=None,
        description="Another of `regions`, which takes over those three. null only with a single Region.",
    )
    retired_regions: tuple[RegionName, ...] = Field(
        default=(),
        description="Regions that the stack leaves. Their root modules stay, without deletion protection, until "
        "`make apply` has destroyed what they hold; `ticketgen remove-region` writes this list.",
    )
    opt_in_regions: tuple[RegionName, ...] = Field(
        default=(),
        description="The opt-in Regions that are enabled in the AWS account. Opt-in Regions in `regions` must "
        "be listed here too.",
    )
    account_id: AccountId | None = Field(
        default=None,
        description="The AWS account; Terraform refuses any other. null: the account of the credentials.",
    )
    deploy_role: RoleArn | None = Field(
        default=None,
        description="The ARN of the IAM role that Terraform assumes; null: the credentials' own.",
    )
    event_scale: EventScale = Field(description="The size of an on-sale.")
    objectives: Objectives = Field(
        default=Objectives(), description="The objectives of the stack: alarms, timeouts and tests."
    )
    protect: bool = Field(
        default=False,
        description="Deletion protection, longer retention of logs and backups, a final snapshot.",
    )
    api: Api = Field(default=Api(), description="How buyers reach the stack.")
    admission: Admission | None = Field(
        default=None,
        description="Queues for events; null: no event can have one. `{}` is a queue with the defaults.",
    )
    cache: Cache = Field(default=Cache(), description="The engine of the seat maps.")
    audit: Audit = Field(default=Audit(), description="Where corrections are recorded.")
    alarms: Alarms = Field(default=Alarms(), description="Who is notified when an alarm fires.")
    logs: Logs = Field(default=Logs(), description="How long logs are kept.")
    pms: Pms = Field(default=Pms(), description="The system of record to compare with.")
    state: State = Field(default=State(), description="Where Terraform keeps its state.")
    functions: Functions = Field(default=Functions(), description="The Lambda functions.")
    quotas: Quotas = Field(
        default_factory=dict,
        description="Service quotas of the AWS account that differ from AWS's default, by the code that "
        "`ticketgen size` prints: one number, or a number for each Region where it differs.",
    )
    accept: AcceptedLossList = Field(
        default=(),
        description="Resources that hold data and may be replaced or destroyed by a change, each with a reason and a "
        "date. Without it, such a change is an error where `protect` is set.",
    )
    tags: Tags = Field(
        default_factory=dict,
        description="Tags for every resource, beside the stack's Application, Environment, ManagedBy and Name.",
    )

    @model_validator(mode="after")
    def _deploy_to_one_account(self) -> Settings:
        if self.account_id and self.deploy_role and self.deploy_role.split(":")[4] != self.account_id:
            raise refusal(
                OUT_OF_RANGE,
                f"is a role of another account than account_id, {self.account_id}",
                f"write a role of account {self.account_id}: Terraform would refuse to work in any other",
                ("deploy_role",),
            )
        return self


class Environment(Settings):
    """An environment with preset and overrides: the input of sizing and rendering.

    Its name is also the default of ``var.environment_suffix``. Regions are in alphabetical order.
    """

    name: EnvironmentName
    project: ProjectName


class Project(SpecPart):
    """A resolved spec: its environments in order, and where each value was written.

    ``locations`` maps a path of keys to its place: the paths of the file, such as ``("tags", "Owner")`` and
    ``("environments", "prod")``, and for each environment the path of everything that applies there, such as
    ``("environments", "prod", "event_scale", "hold_seconds")``, whether the environment, the top level or the
    preset says it. ``("environments", "prod", "regions", 0)`` is the first of the resolved, sorted Regions.

    ``folder`` has the spec and the templates that override ticketgen's own; None for a spec without a file.
    """

    name: ProjectName
    environments: tuple[Environment, ...]
    locations: Mapping[tuple[str | int, ...], Location] = Field(default_factory=dict)
    folder: str | None = None
