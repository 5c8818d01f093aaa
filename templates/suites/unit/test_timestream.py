"""The audit in Timestream, in addition to the one in DynamoDB."""

from __future__ import annotations

import demands

from support.cloud import Cloud
from support.places import at
from support.sales import OLD_S, item_of, minted, sale
from support.stack import Stack


def test_the_audit_in_timestream_is_kept_for_years(stack: Stack) -> None:
    table = stack.resource(at("verification", "aws_timestreamwrite_table.corrections"))
    table.must(
        "database_name",
        f"{demands.PROJECT}-audit-{demands.ENVIRONMENT}",
        "the table belongs to the audit's database",
    )
    table.must(
        "magnetic_store_write_properties.enable_magnetic_store_writes",
        True,
        "a correction may be recorded long after its sale",
    )
    days = table.get("retention_properties.magnetic_store_retention_period_in_days")
    if days < (2555 if demands.PROTECT else 30):
        table.fails(
            f"magnetic_store_retention_period_in_days is {days}",
            "auditors ask for seven years of corrections",
        )
    variables = stack.resource(at("verification", "aws_lambda_function.oversell_corrector")).get(
        "environment.variables"
    )
    named = variables["TIMESTREAM_DATABASE"], variables["TIMESTREAM_TABLE"]
    assert named == (table.get("database_name"), table.get("table_name")), (
        "modules/verification/functions.tf\n  why: corrections would not be recorded"
    )


def test_the_audit_goes_to_timestream_as_well(cloud: Cloud) -> None:
    cloud.event()
    first, second = sale("A-1", minted(2 * OLD_S, 1)), sale("A-1", minted(OLD_S, 2))
    for entry in (first, second):
        cloud.put("ticket_sales", entry)
        cloud.put("ticket_inventory", item_of(entry))
    sales = {entry["sale_id"]: entry["home_region"] for entry in (first, second)}
    finding = {"kind": "oversold", "event_id": "gala", "seat_id": "A-1", "sales": sales}
    assert cloud.function("oversell_corrector")({"findings": [finding]})["corrected"] == 1
    kinds = {
        dimension["Value"]
        for record in cloud.audit
        for dimension in record["Dimensions"]
        if dimension["Name"] == "correction"
    }
    assert kinds == {"inventory", "void"}
    assert {record["MeasureValue"] for record in cloud.audit} == {first["sale_id"], second["sale_id"]}
