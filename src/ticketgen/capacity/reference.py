"""The page ``docs/sizing.md``: made from the code, so that it cannot say anything else."""

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
# How big, what is allowed, what is billed

<!-- Made from the code by ticketgen.capacity.reference: edit the formulas, not this page. -->

`ticketgen size` answers from the figures that `ticketgen render` renders: there is one model, and a test holds every
figure against the rendered attribute that is named beside it. Every Region is sized for the whole demand, because one
may have to take all of it; so no figure depends on which Regions there are.

    ticketgen size --env prod
    ticketgen size --env prod --set event_scale.purchases_per_minute=90000
    ticketgen size --format markdown --prices prices.yaml

`--set PATH=VALUE` asks "what if": the value goes through the same validation as one in the spec, and before and after
stand side by side. It may be given several times; `environments.prod.` before the path means that environment only.
`--format json` gives every Region's figures and quotas to a program.

What a request to AWS mends is a warning of `render` too, with the line that asks for it; what no request raises is an
error, with the way out: fewer purchases or seats an order, a longer objective, an event sold as several.

The numbers below are those of the preset `{_PRESET}` with `protect: true`.
"""

_TITLES = {
    Scope.ENVIRONMENT: "Over all Regions",
    Scope.REGION: "In every Region",
    Scope.HUB: "In the primary and in the secondary Region",
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
    yield "Headroom is how often the bare demand fits into what is rendered.\n"
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
        yield from _table(("figure", "is", "because", "headroom", "rendered as", "source"), rows)


def _assumptions() -> Iterator[str]:
    yield "## Assumptions\n"
    yield "What no spec says of buyers and code. Measure it, and mend it in `src/ticketgen/sizing/assumptions.py`.\n"
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
    yield "What a new account may use, of what a stack draws on. Defaults differ by Region.\n"
    rows = (
        (
            f"`{quota.key}`",
            f"{quota.service} {quota.code}".strip(),
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
    yield "## Units that are billed\n"
    yield (
        "A sale is a seat. Idle: nothing is on sale. A sold-out event is verified for a week after its sale, and its "
        "map is kept until it is closed.\n"
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
        "+ a sold-out event's hour",
        "because",
        "source",
    )
    yield from _table(headers, rows)
    yield f"Not counted: {'; '.join(LEFT_OUT)}.\n"


def _price_file() -> Iterator[str]:
    yield "## The price file\n"
    yield (inspect.getdoc(prices) or "").partition("\n\n")[2].replace("`billing.KEYS`", "the table above")
