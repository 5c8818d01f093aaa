"""A browser buys from an applied stack: the rendered API, its functions and its seat map, on the emulated AWS."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass

import pytest
from chromium import Chromium
from shop import Api, Asked, copied_page, lost, page_served
from signing_edge import signing_edge
from small_event import refusal
from stacks import environment, rendered
from visitor import Visitor

from terraform_tool import Terraform
from ticketgen.progress import no_progress
from ticketgen.rehearsal.applied_stack import AppliedStack
from ticketgen.rehearsal.credentials import isolated_environment
from ticketgen.rehearsal.emulator_client import EmulatedAws
from ticketgen.rehearsal.operator_scripts import OperatorScripts
from ticketgen.rehearsal.root_modules import AppliedRoots
from ticketgen.rehearsal.sale import SaleEvent
from ticketgen.spec.cross_origin import Cors
from ticketgen.spec.model import Api as ApiOfSpec
from ticketgen.spec.model import EventScale
from ticketgen.spec.queues import Admission

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.terraform]

REGION = "us-east-1"


@dataclass(frozen=True)
class Sale:
    """Two events on sale in an applied stack, whose API admits the pages at `page` and not the one at `stranger`.

    The page below `queue` is that of the event `premiere`, which has a queue.
    """

    browser: Chromium
    stack: AppliedStack
    api: Api
    page: str
    queue: str
    stranger: str

    def visitor(self, page: str = "") -> Visitor:
        visitor = Visitor(self.browser, page or self.page)
        visitor.wait("document.querySelector('#sections button') !== null", 60)
        visitor.click("button", visitor.evaluate("document.querySelector('#sections button').textContent"))
        visitor.sees("Seats of section A")
        return visitor

    def sold(self) -> dict[str, int]:
        """How often each seat is in the ledger."""
        seats = [entry["seat_id"]["S"] for entry in self.stack.ledger_entries(REGION)]
        return {seat: seats.count(seat) for seat in seats}


@pytest.fixture(scope="module")
def sale(browser: Chromium, terraform: Terraform, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Sale]:
    """A stack of one Region that Terraform has applied, and its events on sale."""
    folder = tmp_path_factory.mktemp("sale")
    pages = folder / "pages"
    pages.mkdir()
    with ExitStack() as opened:
        port, stranger = (opened.enter_context(page_served(pages)) for _ in range(2))
        origins = (f"http://localhost:{port}",)
        scale = EventScale(
            purchases_per_minute=60,
            seats_per_event=500,
            concurrent_events=2,
            seats_per_order=8,
            hold_seconds=300,
        )
        dev = environment(
            "dev",
            (REGION,),
            event_scale=scale,
            api=ApiOfSpec(auth="none", cors=Cors(origins=origins)),
            admission=Admission(),
        )
        aws = opened.enter_context(EmulatedAws(folder / "emulator.log"))
        if not aws.redis:
            pytest.skip("there is no Valkey: the emulated AWS has no seat map")
        aws.control("pause")
        for path, text in rendered(dev).items():
            file = folder / "stack" / path
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8", newline="")
        variables = isolated_environment({**os.environ, **terraform.environment}, aws.variables)
        roots = AppliedRoots(str(terraform.binary), folder / "stack", dev, variables, {}, aws.workspace)
        roots.init()
        roots.apply(no_progress)
        stack = AppliedStack(roots.outputs(), aws)
        scripts = OperatorScripts(folder / "stack/ops", variables, aws.workspace)
        scripts.run("queue_keys", "create", "--apply")
        for name in ("gala", "premiere"):
            scripts.put_on_sale(SaleEvent(name, REGION, {"A": 40, "B": 10}))
        scripts.event("admit", "gala", "0", "--apply")
        scripts.event("admit", "premiere", "6", "--apply")  # one buyer in ten seconds
        aws.control("run")
        api = opened.enter_context(Api.running(signing_edge(aws.keys, stack.apis()[0].url)))
        copied_page(pages / "page", api.origin)
        copied_page(pages / "queue", api.origin, event='"premiere"', queue="true")
        yield Sale(
            browser,
            stack,
            api,
            f"{origins[0]}/page/",
            f"{origins[0]}/queue/",
            f"http://localhost:{stranger}/page/",
        )


def test_a_browser_buys_and_others_see_that_the_seats_are_taken(sale: Sale) -> None:
    first, second = sale.visitor(), sale.visitor()
    for seat in ("1", "2", "3"):
        first.click("checkbox", seat)
    second.click("checkbox", "3")

    # The seats are held, but the buyer is told that the outcome is unknown, and reloads.
    sale.api.then("POST", "/holds", lost(sale.api.behind, refusal(503, "unavailable", 60)))
    first.click("button", "Hold 3 seats")
    first.sees("We will ask again in")
    first.reload()
    first.sees("The seats are held for you")
    assert first.text("#chosen").split() == ["A-1", "A-2", "A-3"]
    holds = sale.api.sent("POST", "/holds")
    assert len(holds) == 2
    assert len({each.key for each in holds}) == 1
    assert sale.sold() == {}

    second.click("button", "Hold 1 seat")
    second.sees("Another buyer holds A-3. Choose other seats")

    sale.api.then("POST", "/tickets", lost(sale.api.behind))
    first.click("button", "Buy")
    first.sees("The seats are yours. Your order is ")
    assert len({each.key for each in sale.api.sent("POST", "/tickets")}) == 1
    assert sale.sold() == {"A-1": 1, "A-2": 1, "A-3": 1}

    second.click("checkbox", "3")
    second.sees("Somebody has bought A-3", 60)  # from the map, which follows the table's stream
    for number in (1, 2, 3):
        assert second.has("checkbox", f"{number} (taken)")["disabled"]
    assert second.has("checkbox", "4").get("disabled") is not True
    second.sees("47 seats are free.", 30)

    second.click("checkbox", "4")
    second.click("button", "Hold 1 seat")
    second.sees("The seats are held for you")
    second.click("button", "Release")
    second.sees("The seats are released.")

    statuses = {(asked.method, status) for asked, status in sale.api.asked}
    assert {("OPTIONS", 204), ("GET", 200), ("GET", 304), ("DELETE", 204)} <= statuses
    for visitor in (first, second):
        assert visitor.troubles() == []


def test_a_queue_gives_buyers_their_turns_one_after_the_other(sale: Sale) -> None:
    visitors = [sale.visitor(sale.queue) for _ in range(3)]
    visitors[-1].sees("in the queue")
    for number, visitor in enumerate(visitors, 11):
        visitor.click("checkbox", str(number))
    for number, visitor in enumerate(visitors, 11):
        visitor.sees("It is your turn until ", 60)
        visitor.click("button", "Hold 1 seat")
        visitor.sees("The seats are held for you")
        visitor.click("button", "Buy")
        visitor.sees("The seats are yours. Your order is ")
        assert visitor.text("#chosen") == f"A-{number}"
        assert visitor.troubles() == []
    places = {json.loads(asked.body).get("queue_ticket") for asked in sale.api.sent("POST", "/queue")}
    assert places == {None}, "nobody had to ask for a place twice"


def test_a_page_of_another_origin_is_refused_by_the_browser(sale: Sale) -> None:
    stranger = Visitor(sale.browser, sale.stranger)
    stranger.sees("The ticket service cannot be reached from this page.")
    assert any("has been blocked by CORS policy" in text for text in stranger.troubles())
    body = json.dumps({"event_id": "gala", "seats": ["A-10"]})
    asked = len(sale.api.sent("POST"))
    request = (
        f"fetch('{sale.api.origin}/holds', {{method: 'POST', body: '{body}',"
        " headers: {'Content-Type': 'application/json', 'Idempotency-Key': crypto.randomUUID()}})"
    )
    assert stranger.evaluate(f"{request}.then(() => 'read', () => 'refused')") == "refused"
    assert len(sale.api.sent("POST")) == asked, "the preflight was refused, so nothing was sent"


def test_a_page_reads_that_it_was_throttled_and_holds_when_it_may(sale: Sale) -> None:
    gateway, visitor = sale.stack.client("apigateway", REGION), sale.visitor()
    visitor.click("checkbox", "20")
    (api,) = gateway.get_rest_apis()["items"]
    (stage,) = gateway.get_stages(restApiId=api["id"])["item"]
    settings = stage["methodSettings"]["*/*"]
    place = {"restApiId": api["id"], "stageName": stage["stageName"]}

    def limit(rate: float, burst: int) -> None:
        values = {"throttling/rateLimit": str(rate), "throttling/burstLimit": str(burst)}
        changes = [
            {"op": "replace", "path": f"/*/*/{name}", "value": value} for name, value in values.items()
        ]
        gateway.update_stage(**place, patchOperations=changes)

    limit(0.25, 1)
    try:
        sale.api.behind(Asked("POST", "/holds", {}, "{}"))  # takes the only token
        before = len(sale.api.asked)
        visitor.click("button", "Hold 1 seat")
        visitor.sees("Many people are using the ticket service right now. We will ask again in")
        visitor.sees("The seats are held for you")
    finally:
        limit(settings["throttlingRateLimit"], settings["throttlingBurstLimit"])
    asked = [(each.key, status) for each, status in sale.api.asked[before:] if each.method == "POST"]
    assert {status for _, status in asked} == {429, 201}
    assert len({key for key, _ in asked}) == 1
    # The stage limits preflights, too; then the page hears of no answer, and asks again.
    expected = ("Response to preflight request", "net::ERR_FAILED")
    assert not [text for text in visitor.troubles() if not any(each in text for each in expected)]
