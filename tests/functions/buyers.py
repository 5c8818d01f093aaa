"""A process with many buyers, for race tests; `races.py` starts and kills it.

Each buyer is a thread that calls the rendered function of one Region. Each request is printed as one line of JSON
before it begins, and each answer before anything else happens, so that a killed process has reported what it knew.
"""

from __future__ import annotations

import json
import random
import sys
import threading
import time
from contextlib import redirect_stdout
from io import StringIO
from itertools import count
from typing import Any

from functions_cloud import Sdk
from rendered_functions import cold_start

__all__ = ["main"]

ROUTES = {
    "hold": ("POST", "/holds"),
    "release": ("DELETE", "/holds/{id}"),
    "purchase": ("POST", "/tickets"),
}


def main(plan: dict[str, Any]) -> None:
    """Run the buyers of a plan until its time is up."""
    shops = {
        region: cold_start(
            "ticket_purchase",
            {**plan["environment"], "AWS_REGION": region},
            {"boto3": Sdk("testing", url).module},
        )
        for region, url in plan["endpoints"].items()
    }
    for region, shop in shops.items():
        # This machine is slower than DynamoDB: a slow answer must not count as lost.
        shop.dynamo.READ_SECONDS = 15
        shop.dynamo.client(region)  # now, so that the threads do not all create them at once
        shop.dynamo.client(plan["home"])
    out, writing = sys.stdout, threading.Lock()

    def report(line: dict[str, Any]) -> None:
        with writing:
            out.write(json.dumps(line) + "\n")
            out.flush()

    with redirect_stdout(StringIO()):  # the functions' metrics
        report({"ready": True})
        sys.stdin.readline()
        asks = _Requests(report, plan["epoch"])
        threads = [
            threading.Thread(target=_buyer, args=(plan, number, shops, asks, report))
            for number in range(plan["buyers"])
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    report({"done": True})


class _Requests:
    """Reports every request and its answer, as an operation of a history."""

    def __init__(self, report: Any, epoch: float) -> None:
        self._report, self._epoch = report, epoch
        self._numbers = count()

    def ask(
        self, shop: Any, kind: str, body: dict[str, Any], buyer: str, key: str = ""
    ) -> tuple[int, dict[str, Any]]:
        number = next(self._numbers)
        asked = {"kind": kind, "buyer": buyer, "event": body["event_id"]} | ({"key": key} if key else {})
        asked |= {name: value for name, value in body.items() if name != "event_id"}
        self._report({"began": number, "operation": {**asked, "begin": self._now()}})
        status, reply = _ask(shop, kind, body, buyer, key)
        answer = {"end": self._now(), "answer": {"status": status, "body": reply}}
        self._report({"ended": number, "operation": answer})
        return status, reply

    def _now(self) -> float:
        return round(self._epoch + time.monotonic(), 6)


def _buyer(
    plan: dict[str, Any], number: int, shops: dict[str, Any], requests: _Requests, report: Any
) -> None:
    chance = random.Random(f"{plan['seed']}-{number}")
    region = chance.choice(sorted(shops))
    # With `people`, several threads are one buyer with several tabs.
    name = f"{plan['name']}-{number % plan.get('people', plan['buyers'])}"
    ends = time.monotonic() + plan["seconds"]
    time.sleep(chance.uniform(0, plan["seconds"] * 0.5))
    for turn in range(plan["orders"]):
        if time.monotonic() > ends:
            return
        order = number // plan.get("people", plan["buyers"]) * plan["orders"] + turn
        first = chance.randrange(plan["seats"])
        seats = sorted(
            {f"A-{(first + step) % plan['seats'] + 1}" for step in range(chance.choice((1, 1, 2, 4)))}
        )
        body: dict[str, Any] = {"event_id": plan["event_id"], "seats": seats}
        if chance.random() < 0.4:
            status, reply = requests.ask(shops[region], "hold", body, name)
            if status != 201:
                report({"status": status, **reply})
                continue
            body["hold_id"] = reply["hold_id"]
            if chance.random() < 0.2:
                release = {"event_id": plan["event_id"], "hold_id": reply["hold_id"]}
                report({"status": requests.ask(shops[region], "release", release, name)[0]})
                continue
        for attempt in range(plan["tries"]):
            status, reply = requests.ask(shops[region], "purchase", body, name, f"key-{order:05d}")
            report({"status": status, "buyer": name, "key": order, "attempt": attempt, **reply})
            if status not in (409, 503) or (status == 409 and reply["reason"] != "busy"):
                break
            time.sleep(chance.uniform(0, 0.3))


def _ask(shop: Any, kind: str, body: dict[str, Any], buyer: str, key: str) -> tuple[int, dict[str, Any]]:
    method, resource = ROUTES[kind]
    try:
        answer = shop.handler(
            {
                "httpMethod": method,
                "resource": resource,
                "headers": {"Idempotency-Key": key} if key else {},
                "body": None if kind == "release" else json.dumps(body),
                "pathParameters": {"id": body.get("hold_id")},
                "requestContext": {"identity": {"userArn": buyer}},
            },
            None,
        )
    except Exception as error:  # Lambda turns this into a 500
        return 500, {"reason": repr(error)}
    return answer["statusCode"], json.loads(answer["body"]) if answer["body"] else {}


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
