"""Make the page ``docs/sizing.md`` from the code, so that the two cannot disagree."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

from ticketgen.aws.quotas import QUOTAS, Quota
from ticketgen.capacity import prices
from ticketgen.capacity.billing import LEFT_OUT, SALES
from ticketgen.capacity.markdown import cell
from ticketgen.capacity.report import Report, report
from ticketgen.capacity.sections import short
from ticketgen.sizing import assumptions, size
from ticketgen.sizing.figures import Scope, said
from ticketgen.spec.model import Environment
from ticketgen.spec.nodes import Map, plain
from ticketgen.spec.presets import presets
from ticketgen.spec.reader import read
from ticketgen.stack.capacity import PLACES

__all__ = ["reference"]

_PRESET = "flash-sale"

_ABOUT = f"""\
# Capacity, quotas and billed units

<!-- Made from the code by ticketgen.capacity.reference: edit the formulas, not this page. -->

`ticketgen size` prints the figures that `ticketgen render` renders. Both use one model, and a test compares every
figure with the rendered attribute that is named beside it. Every Region is sized for the whole demand, because one
Region may have to take all of it; so no figure depends on the list of Regions.

    ticketgen size --env prod
    ticketgen size --env prod --set event_scale.purchases_per_minute=90000
    ticketgen size --format markdown --prices prices.yaml

`--set PATH=VALUE` answers "what if": the value is validated like a value in the spec, and the report shows the figures
before and after. The option may be given several times; `environments.prod.` before the path limits it to that
environment. `--format json` gives the figures and quotas of every Region to a program.

A quota that AWS raises on request is a warning, and `ticketgen size` prints the command that requests the increase. A
limit that no request raises is an error, and its help says what to change: fewer purchases or seats per order, a longer
objective, or an event sold as several events. A `render` that writes something new for an environment says the same.

Once AWS has raised a quota, write its value into the spec, with the code that `ticketgen size` prints:

    quotas:
      L-B99A9384: 5000             # in every Region
      L-8A5B8E43:                  # in these Regions only
        us-east-1: 20000
        us-west-2: 20000

`ticketgen size` then compares with this value, shows it beside the default, and prints only the commands that are still
needed. A value below the default is allowed: new accounts may have a Lambda concurrency of 10.

The numbers below are for the preset `{_PRESET}` with `protect: true`.
"""

_TITLES = {
    Scope.ENVIRONMENT: "Over all Regions",
    Scope.REGION: "In every Region",
    Scope.HUB: "In the primary and the secondary Region",
}


def reference() -> str:
    """The text of ``docs/sizing.md``."""
    example = _example()
    lines = [_ABOUT, *_figures(example), *_assumptions(), *_quotas(), *_billing(example), *_price_file()]
    return "\n".join(lines) + "\n"


def _example() -> Report:
    path = presets()[_PRESET].path
    tree = read(path.read_bytes(), path.name).value
    assert isinstance(tree, Map)
    values = {key: plain(node) for key, node in tree.entries.items()}
    environment = Environment.model_validate(values | {"name": "prod", "project": "example", "protect": True})
    sizing = size(environment).value
    assert sizing is not None
    return report(environment, sizing)


def _table(headers: tuple[str, ...], rows: Iterator[tuple[str, ...]]) -> Iterator[str]:
    yield f"| {' | '.join(headers)} |"
    yield f"|{'---|' * len(headers)}"
    yield from (f"| {' | '.join(cell(each) for each in row)} |" for row in rows)
    yield ""


def _figures(example: Report) -> Iterator[str]:
    yield "## Figures\n"
    yield "Headroom is how many times the demand fits into the rendered capacity.\n"
    for scope, title in _TITLES.items():
        yield f"### {title}\n"
        rows = (
            (
                f"`{figure.name}`",
                f"{figure.value if isinstance(figure.value, str) else said(figure.value)} {figure.unit}",
                figure.formula,
                f"{figure.headroom:.2f}×" if figure.headroom else "",
                f"`{PLACES[figure.name]}`",
                figure.source,
            )
            for figure in example.sizing
            if figure.scope is scope
        )
        yield from _table(("figure", "value", "formula", "headroom", "rendered as", "source"), rows)


def _assumptions() -> Iterator[str]:
    yield "## Assumptions\n"
    yield "The spec does not contain these values. Measure them, and correct `src/ticketgen/sizing/assumptions.py`.\n"
    lines = inspect.getsource(assumptions).splitlines()
    rows = []
    for line in lines:
        name, equals, rest = line.partition(" = ")
        if equals and name.isupper() and name != "SOURCE":
            comment = rest.partition("  # ")[2]
            rows.append((f"`{name}`", short(float(getattr(assumptions, name))), comment))
    yield from _table(("name", "value", "why"), iter(rows))
    for function in (assumptions.item_bytes, assumptions.record_bytes):
        measured = " ".join((inspect.getdoc(function) or "").split())
        yield f"- `{function.__name__}`: {measured} Assumed: {function(1):,} to {function(33):,}."
    yield ""


def _quotas() -> Iterator[str]:
    yield "## Quotas\n"
    yield "The quotas that a stack uses, with the values of a new account. A spec can set other values by code.\n"
    rows = (
        (
            f"`{quota.key}`",
            f"{quota.service} `{quota.id}`",
            quota.name,
            f"{quota.default:,} {quota.unit}",
            "; ".join(f"{value:,} in {', '.join(sorted(regions))}" for value, regions in quota.elsewhere),
            _raisable(quota),
            quota.source,
            quota.unverified,
        )
        for quota in QUOTAS.values()
    )
    headers = ("quota", "code", "name", "default", "elsewhere", "can be raised", "source", "unverified")
    yield from _table(headers, rows)


def _raisable(quota: Quota) -> str:
    if quota.raised_with:
        return f"along with `{quota.raised_with}`"
    return "yes" if quota.raisable else "no"


def _billing(example: Report) -> Iterator[str]:
    yield "## Billed units\n"
    yield (
        "A sale is one seat. In an idle hour nothing is on sale. A sold-out event is verified for a week after its "
        "sale, and its map is kept until it is closed.\n"
    )
    rows = (
        (
            f"`{usage.key}`",
            usage.unit,
            *(short(amount) if amount else "" for amount in (usage.sales, usage.idle_hour, usage.event_hour)),
            usage.formula,
            usage.source,
        )
        for usage in example.usage
    )
    headers = (
        "key",
        "unit",
        f"{SALES:,} sales",
        "an idle hour",
        "+ an hour of a sold-out event",
        "formula",
        "source",
    )
    yield from _table(headers, rows)
    yield f"Not counted: {'; '.join(LEFT_OUT)}.\n"


def _price_file() -> Iterator[str]:
    yield "## The price file\n"
    yield (inspect.getdoc(prices) or "").partition("\n\n")[2].replace("`billing.KEYS`", "the table above")
