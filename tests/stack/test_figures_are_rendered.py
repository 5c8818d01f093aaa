"""Each capacity figure is rendered at its documented place, with its documented value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import cache

import pytest
from stacks import SHAPES, parsed, sized

from ticketgen.aws.quotas import QUOTAS
from ticketgen.figures.model import AttributePlace, OutputPlace
from ticketgen.hcl.modules import Module
from ticketgen.hcl.syntax import Block, Expression, Literal, Object
from ticketgen.sizing import FIGURES
from ticketgen.sizing.quota_needs import needs

# Scripts of operators read these: a name may be added, but never removed.
CAPACITY = [
    "orders_per_second", "seats_per_second", "ledger_write_units", "inventory_write_units", "lock_write_units",
    "ledger_read_units", "inventory_read_units", "lock_read_units", "event_read_units", "event_shards",
    "inventory_warm_write_units", "ledger_warm_write_units", "lock_warm_write_units", "inventory_stream_shards",
    "purchase_provisioned_concurrency", "availability_provisioned_concurrency", "cache_sync_concurrency",
    "cache_memory_mib", "processor_concurrency", "verifications_at_once", "verifications_per_run",
    "verification_batches", "verifications_per_batch", "region_concurrency", "hub_concurrency",
    "ticker_starts_per_minute", "ticker_executions_per_day",
    "verification_executions_per_day", "refresh_executions_per_day",
]  # fmt: skip


@cache
def modules(shape: str) -> Mapping[str, Module]:
    return parsed(SHAPES[shape]())


def values(block: Block, path: tuple[str, ...]) -> Iterator[Expression]:
    """The values at a path of blocks, all of a type or the one at a position, an attribute and keys of an object."""
    attribute = block.attribute(path[0])
    if attribute is not None:
        value: Expression | None = attribute.value
        for key in path[1:]:
            value = value.get(key) if isinstance(value, Object) else None
        if value is not None:
            yield value
        return
    kind, _, position = path[0].removesuffix("]").partition("[")
    for number, inner in enumerate(block.blocks(kind)):
        if position in ("", str(number)):
            yield from values(inner, path[1:])


def at(shape: str, place: AttributePlace) -> list[object]:
    folder, _, _ = place.file.rpartition("/")
    declarations = modules(shape)[folder].first.values()
    declaration = next((each for each in declarations if str(each.address) == place.address), None)
    if declaration is None or declaration.file != place.file:
        return []
    assert isinstance(declaration.node, Block)
    found = values(declaration.node, tuple(place.attribute.split(".")))
    return [value.value for value in found if isinstance(value, Literal)]


@pytest.mark.parametrize("shape", ["dev", "prod", "one-region", "every-region", "everything"])
@pytest.mark.parametrize("name", FIGURES.names)
def test_each_figure_is_rendered_at_its_place(shape: str, name: str) -> None:
    subject = SHAPES[shape]()
    sizing = sized(subject)
    if name not in sizing.by_name:
        assert subject.admission is None, f"{name} is missing"
        return
    figure = sizing[name]
    if not subject.functions.reserved_concurrency and figure.rendered_as.attribute.startswith("reserved"):
        assert at(shape, figure.rendered_as) == []
        return
    found = at(shape, figure.rendered_as)
    assert found == [figure.value], (
        f"{name} is {figure.value}, but {figure.rendered_as} has {found or 'no such value'}"
    )


def test_the_output_has_exactly_the_figures_that_no_attribute_carries() -> None:
    rendered_figures = modules("prod")["global"].outputs["capacity"].value("value")
    assert isinstance(rendered_figures, Object)
    names = [item.key.value for item in rendered_figures.items if isinstance(item.key, Literal)]
    assert names == [figure.name for figure in sized(SHAPES["prod"]()) if figure.place == OutputPlace()]
    differing = {str(name) for name in names} ^ set(CAPACITY)
    assert names == CAPACITY, (
        f"the output `capacity` and CAPACITY above disagree on {sorted(differing) or 'the order'}"
    )


@pytest.mark.parametrize("shape", ["dev", "prod", "everything"])
def test_every_log_group_has_its_retention(shape: str) -> None:
    subject = SHAPES[shape]()
    days, ip_days = sized(subject)["log_retention_days"].value, subject.logs.ip_retention_days
    for module in modules(shape).values():
        for block in module.blocks("resource"):
            if block.labels[0] == "aws_cloudwatch_log_group":
                kept = block.value("retention_in_days")
                assert isinstance(kept, Literal)
                expected = ip_days if block.labels[1] in ("api", "flows", "waf") else days
                assert kept.value == expected, block.labels[1]


COUNTED = {
    "vpcs": ("modules/region", "aws_vpc", 1),  # plus the Region's default VPC
    "gateway-endpoints": ("modules/region", "aws_vpc_endpoint", 0),
    "regional-apis": ("modules/region", "aws_api_gateway_rest_api", 0),
    "aurora-clusters": ("modules/analytics", "aws_rds_cluster", 0),
    "iam-roles": ("global", "aws_iam_role", 0),
}


@pytest.mark.parametrize("shape", ["dev", "prod", "everything"])
@pytest.mark.parametrize("key", COUNTED)
def test_quota_counts_match_the_rendered_resources(shape: str, key: str) -> None:
    folder, kind, besides = COUNTED[key]
    blocks = [block for block in modules(shape)[folder].blocks("resource") if block.labels[0] == kind]
    assert all(block.attribute("count") is None and block.attribute("for_each") is None for block in blocks)
    subject = SHAPES[shape]()
    needed = {need.needed for need in needs(subject, sized(subject)) if need.quota is QUOTAS[key]}
    assert needed == {len(blocks) + besides}
