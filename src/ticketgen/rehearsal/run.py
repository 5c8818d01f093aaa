"""The sequence of a rehearsal: apply, open the sale, inject faults, wait for corrections, count."""

from __future__ import annotations

import json
import os
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from ticketgen.progress import ProgressCallback
from ticketgen.rehearsal.credentials import download_variables, harmless_environment
from ticketgen.rehearsal.emulated import EmulatedAws
from ticketgen.rehearsal.onsale import Buyers, Show, Storefront
from ticketgen.rehearsal.scoreboard import Goal, Moment, Scoreboard, percentiles, timeline
from ticketgen.rehearsal.terraform import Terraform
from ticketgen.spec.model import Environment
from ticketgen.wording import counted

__all__ = ["Rehearsal", "rehearse"]


PATIENCE_SECONDS = 90.0
"""Time after the sale within which planted oversells must be corrected."""


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """Settings of a rehearsal.

    Attributes:
        environment: the environment.
        files: its rendered stack: path to text.
        seconds: how long the sale is open.
        seats: number of seats of each of the two events.
        binary: path of Terraform or OpenTofu.
    """

    environment: Environment
    files: Mapping[str, str]
    seconds: float
    seats: int
    binary: str


class Stack:
    """The applied stack, as its outputs describe it."""

    def __init__(self, outputs: Mapping[str, Any], aws: EmulatedAws) -> None:
        self.regions: dict[str, dict[str, Any]] = outputs["regions"]
        self._aws = aws
        inventory = str(outputs["inventory_table_name"])
        self.tables = {
            what: inventory.replace("ticket-inventory", what)
            for what in ("events", "ticket-sales", "ticket-inventory", "corrections")
        }
        self._clients: dict[tuple[str, str], Any] = {}

    def client(self, service: str, region: str) -> Any:
        """Return a client of a service in a Region, with an operator's retries."""
        if (service, region) not in self._clients:
            retries = {"total_max_attempts": 2, "mode": "standard"}
            self._clients[service, region] = self._aws.client(service, region, retries=retries)
        return self._clients[service, region]

    def fronts(self) -> list[Storefront]:
        """Return the API of every Region on the emulator."""
        found = []
        for region, exports in self.regions.items():
            url = urlsplit(exports["api_gateway_url"])
            api_id = str(url.hostname).split(".")[0]
            found.append(
                Storefront(region, f"{self._aws.endpoint}/_aws/execute-api/{api_id}{url.path.rstrip('/')}")
            )
        return found

    def entries(self, region: str) -> list[dict[str, Any]]:
        """Return all entries of a Region's ledger."""
        pages = (
            self.client("dynamodb", region)
            .get_paginator("scan")
            .paginate(TableName=self.tables["ticket-sales"])
        )
        return [item for page in pages for item in page["Items"]]


def rehearse(wanted: Rehearsal, progress: ProgressCallback) -> Scoreboard:
    """Run a rehearsal and clean up.

    Raises:
        TerraformFailed: the stack could not be applied.
    """
    progress("starting the emulated AWS")
    with EmulatedAws() as aws:
        aws.ask("pause")  # until there is something to sell
        folder = aws.workspace.folder / "stack"
        for path, text in wanted.files.items():
            file = folder / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="")
        terraform = Terraform(
            wanted.binary,
            folder,
            harmless_environment(os.environ, aws.variables),
            download_variables(os.environ),
            aws.workspace,
        )
        progress("terraform init")
        terraform.init()
        progress("terraform apply")
        began = time.monotonic()
        resources = terraform.apply(progress)
        applied = time.monotonic() - began
        progress(f"{counted(resources, 'resources')} applied in {applied:.0f} s")
        stack = Stack(terraform.outputs(), aws)
        return _sale(wanted, aws, stack, resources, applied, progress)


def _sale(
    wanted: Rehearsal,
    aws: EmulatedAws,
    stack: Stack,
    resources: int,
    applied: float,
    progress: ProgressCallback,
) -> Scoreboard:
    environment = wanted.environment
    far = _region_to_cut(environment)
    half = max(1, wanted.seats // 2)
    shows = [
        Show("rehearsal-home", environment.primary_region, {"A": half, "B": wanted.seats - half}),
        Show("rehearsal-away", far, {"A": half, "B": wanted.seats - half}),
    ]
    for show in shows:
        stack.client("dynamodb", show.home).put_item(
            TableName=stack.tables["events"], Item=show.item(int(time.time()), shards=4)
        )
    _settle(aws, 30)
    aws.ask("run")  # streams are followed and schedules fire from here on
    rate = environment.event_scale.purchases_per_minute / 60
    buyers = Buyers(
        stack.fronts(), shows, aws.keys, rate=rate, most_seats=environment.event_scale.seats_per_order
    )
    progress(f"sale opened: {counted(len(shows), 'events')} with {counted(wanted.seats, 'seats')} each, "
             f"target {rate:,.0f} orders/s from {counted(len(stack.regions), 'Regions')}")  # fmt: skip
    opened, _opened_at = time.monotonic(), time.time()
    trouble = Trouble(aws, stack, shows, far, buyers, wanted.seconds, opened, progress)
    maker = threading.Thread(target=trouble.make, daemon=True)
    maker.start()
    buyers.buy(wanted.seconds)
    sale_seconds = time.monotonic() - opened
    maker.join()
    orders = sum(attempt.outcome == "sold" for attempt in buyers.attempts)
    progress(f"sale closed: {counted(orders, 'orders')} sold; waiting for corrections")
    caught_after = trouble.wait_until_caught(PATIENCE_SECONDS)
    _settle(aws, 30)
    behind = _wait_for_analytics(aws, stack, shows)
    found = aws.ask("state", metrics=0, executions=0)
    measured = defaultdict(list)
    for metric in found["metrics"]:
        measured[metric["name"]].append(float(metric["value"]))
    objectives = environment.objectives
    sold = [attempt for attempt in buyers.attempts if attempt.outcome == "sold"]
    ledger = _ledger(stack)
    live = Counter((entry["event_id"]["S"], entry["seat_id"]["S"]) for entry in ledger.values())
    return Scoreboard(
        environment=environment.name,
        regions=tuple(stack.regions),
        resources=resources,
        apply_seconds=round(applied, 1),
        sale_seconds=round(sale_seconds, 1),
        rate_asked=round(rate, 1),
        rate_reached=round(len(buyers.attempts) / sale_seconds, 1),
        orders=len(buyers.attempts),
        sold_orders=len(sold),
        sold_seats=len(live),
        seats=wanted.seats * len(shows),
        refused=dict(Counter(a.outcome for a in buyers.attempts if a.outcome != "sold")),
        oversold=sum(count > 1 for count in live.values()),
        contradicted=buyers.contradicted,
        repeated=buyers.repeated,
        planted=len(trouble.planted),
        caught=len(caught_after),
        caught_after=tuple(round(seconds, 1) for seconds in caught_after),
        refunds=_refunds(stack),
        maps=_maps_that_agree(aws, stack, shows, live) if aws.redis else None,
        behind=behind,
        goals=(
            Goal("lock", "ms", objectives.lock_ms, percentiles(measured["LockMs"])),
            Goal(
                "replication", "s", objectives.replication_s, percentiles(measured["ReplicationLagSeconds"])
            ),
            Goal("cache load", "s", objectives.cache_load_s, percentiles(measured["CacheLoadSeconds"])),
            Goal(
                "verification", "s", objectives.verification_s, percentiles(measured["VerificationSeconds"])
            ),
            Goal("correction", "s", objectives.correction_s, percentiles(measured["CorrectionSeconds"])),
        ),
        purchases_ms=percentiles(measured["PurchaseMs"]),
        cut_region=far,
        moments=tuple(trouble.moments),
        timeline=timeline([(a.at, a.outcome) for a in buyers.attempts], sale_seconds),
    )


class Trouble:
    """Injects faults during the sale and waits for their correction."""

    def __init__(
        self,
        aws: EmulatedAws,
        stack: Stack,
        shows: Sequence[Show],
        far: str,
        buyers: Buyers,
        seconds: float,
        opened: float,
        progress: ProgressCallback,
    ) -> None:
        self._aws, self._stack, self._shows, self._far = aws, stack, shows, far
        self._buyers = buyers
        self._seconds, self._opened, self._progress = seconds, opened, progress
        self.planted: dict[str, float] = {}
        self.moments: list[Moment] = []

    def make(self) -> None:
        """Plant an oversell at a quarter of the sale; cut off the far Region from two fifths to two thirds."""
        self._at(0.25)
        self._plant()
        self._at(0.4)
        self._aws.ask(f"cut/{self._far}")
        self._note(f"{self._far} cut off")
        self._at(0.66)
        self._aws.ask(f"heal/{self._far}")
        self._note(f"{self._far} reconnected")

    def wait_until_caught(self, seconds: float) -> list[float]:
        """Return the seconds until each planted oversell was voided; uncorrected ones are missing."""
        deadline = time.monotonic() + seconds
        caught: dict[str, float] = {}
        while time.monotonic() < deadline and len(caught) < len(self.planted):
            for region in self._stack.regions:
                for entry in self._stack.entries(region):
                    voided = entry.get("voids", {}).get("S", "")
                    if voided in self.planted and voided not in caught:
                        at = int(entry["voided_at"]["N"]) / 1000
                        caught[voided] = at - self.planted[voided]
            time.sleep(0.5)
        return list(caught.values())

    def _plant(self) -> None:
        """Sell a sold seat again in another Region, as a lost home Region does when it returns."""
        show = self._shows[0]
        for _ in range(100):
            sold = [e for e in self._stack.entries(show.home) if e["event_id"]["S"] == show.event_id]
            if sold:
                break
            time.sleep(0.2)
        else:
            return
        other = _elsewhere(list(self._stack.regions), show.home, self._far)
        entry = dict(sold[0])
        order = f"{int(time.time() * 1000):013d}-{os.urandom(8).hex()}"
        entry |= {
            "order_id": {"S": order},
            "sale_id": {"S": f"{order}-00"},
            "seats": {"L": [entry["seat_id"]]},
            "buyer": {"S": "planted"},
            "home_region": {"S": other},
            "sold_at": {"N": order[:13]},
            "idempotency_key": {"S": f"planted-{order}"},
        }
        self._stack.client("dynamodb", other).put_item(
            TableName=self._stack.tables["ticket-sales"], Item=entry
        )
        self.planted[entry["sale_id"]["S"]] = time.time()
        self._note(f"seat {entry['seat_id']['S']} sold again in {other}")

    def _at(self, share: float) -> None:
        """Wait until this share of the time has passed or of the seats is sold; fast machines sell out early."""
        while max((time.monotonic() - self._opened) / self._seconds, self._buyers.share_sold()) < share:
            time.sleep(0.05)

    def _note(self, what: str) -> None:
        self.moments.append(Moment(round(time.monotonic() - self._opened, 1), what))
        self._progress(what)


def _region_to_cut(environment: Environment) -> str:
    """Choose a Region without verification if there is one, else the secondary, else the primary."""
    hubs = {environment.primary_region, environment.secondary_region}
    others = [region for region in environment.regions if region not in hubs]
    return others[-1] if others else environment.secondary_region or environment.primary_region


def _elsewhere(regions: Sequence[str], home: str, far: str) -> str:
    """Choose the Region of the conflicting sale: not the home and, if possible, not the one to cut off."""
    return min(regions, key=lambda region: (region == home, region == far))


def _settle(aws: EmulatedAws, seconds: float) -> None:
    """Wait until replication has caught up in every Region."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and aws.ask("state")["waiting"]:
        time.sleep(0.2)


def _ledger(stack: Stack) -> dict[str, dict[str, Any]]:
    """Return the unvoided sales of all Regions' ledgers by id."""
    entries = {entry["sale_id"]["S"]: entry for region in stack.regions for entry in stack.entries(region)}
    voided = {entry["voids"]["S"] for entry in entries.values() if "voids" in entry}
    return {key: entry for key, entry in entries.items() if "voids" not in entry and key not in voided}


def _wait_for_analytics(aws: EmulatedAws, stack: Stack, shows: Sequence[Show]) -> dict[str, int]:
    """Return the number of sales missing in each analytics database, after time to catch up."""
    wanted = sum("voids" not in entry for entry in stack.entries(shows[0].home))
    deadline = time.monotonic() + 30
    while True:
        found = {arn.split(":")[3]: wanted - rows for arn, rows in aws.ask("state")["sales"].items()}
        if time.monotonic() > deadline or (found and not any(found.values())):
            return found
        time.sleep(0.5)


def _refunds(stack: Stack) -> int:
    """Count the messages on the refund queues."""
    total = 0
    for region, exports in stack.regions.items():
        if exports.get("refunds_queue_url"):
            answer = stack.client("sqs", region).get_queue_attributes(
                QueueUrl=exports["refunds_queue_url"], AttributeNames=["ApproximateNumberOfMessages"]
            )
            total += int(answer["Attributes"]["ApproximateNumberOfMessages"])
    return total


def _maps_that_agree(
    aws: EmulatedAws, stack: Stack, shows: Sequence[Show], live: Mapping[tuple[str, str], int]
) -> int:
    """Count the Regions whose seat map matches the ledger for every event."""
    wanted = Counter(event for event, _ in live)
    agreeing = 0
    for front in stack.fronts():
        deadline = time.monotonic() + 15
        while True:
            told = {}
            for show in shows:
                status, answer = aws.call("GET", f"{front.url}/events/{show.event_id}/seats")
                sections = json.loads(answer)["sections"] if status == 200 else [{"taken": -1}]
                told[show.event_id] = sum(section["taken"] for section in sections)
            if told == {show.event_id: wanted[show.event_id] for show in shows}:
                agreeing += 1
                break
            if time.monotonic() > deadline:
                break
            time.sleep(0.5)
    return agreeing
