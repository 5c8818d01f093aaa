"""A process with many buyers, for race tests; `races.py` starts and kills it.

Each buyer is a thread that calls the rendered function of one Region. Each answer is printed as one line of JSON before
anything else happens, so that a killed process has reported everything it knew.
"""

from __future__ import annotations

import json
import random
import sys
import threading
import time
from contextlib import redirect_stdout
from io import StringIO
from typing import Any

from functions_cloud import Sdk
from rendered_functions import cold_start

__all__ = ["main"]


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
        shop.dynamo.READ_SECONDS = (
            15  # this machine is slower than DynamoDB: a slow answer must not count as lost
        )
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
        threads = [
            threading.Thread(target=_buyer, args=(plan, number, shops, report))
            for number in range(plan["buyers"])
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    report({"done": True})


def _buyer(plan: dict[str, Any], number: int, shops: dict[str, Any], report: Any) -> None:
    chance = random.Random(f"{plan['seed']}-{number}")
    region = chance.choice(sorted(shops))
    name = f"{plan['name']}-{number}"
    ends = time.monotonic() + plan["seconds"]
    time.sleep(chance.uniform(0, plan["seconds"] * 0.5))
    for turn in range(plan["orders"]):
        if time.monotonic() > ends:
            return
        first = chance.randrange(plan["seats"])
        seats = sorted(
            {f"A-{(first + step) % plan['seats'] + 1}" for step in range(chance.choice((1, 1, 2, 4)))}
        )
        body: dict[str, Any] = {"event_id": plan["event_id"], "seats": seats}
        if chance.random() < 0.4:
            status, reply = _ask(shops[region], "POST", "/holds", body, name, "")
            if status != 201:
                report({"status": status, **reply})
                continue
            body["hold_id"] = reply["hold_id"]
            if chance.random() < 0.2:
                where = {"pathParameters": {"id": reply["hold_id"]}}
                report({"status": _ask(shops[region], "DELETE", "/holds/{id}", None, name, "", **where)[0]})
                continue
        for attempt in range(plan["tries"]):
            status, reply = _ask(shops[region], "POST", "/tickets", body, name, f"key-{turn:05d}")
            report({"status": status, "buyer": name, "key": turn, "attempt": attempt, **reply})
            if status not in (409, 503) or (status == 409 and reply["reason"] != "busy"):
                break
            time.sleep(chance.uniform(0, 0.3))


def _ask(
    shop: Any, method: str, resource: str, body: Any, buyer: str, key: str, **more: Any
) -> tuple[int, dict[str, Any]]:
    try:
        answer = shop.handler(
            {
                "httpMethod": method,
                "resource": resource,
                "headers": {"Idempotency-Key": key},
                "body": json.dumps(body),
                "requestContext": {"identity": {"userArn": buyer}},
                **more,
            },
            None,
        )
    except Exception as error:  # Lambda turns this into a 500
        return 500, {"reason": repr(error)}
    return answer["statusCode"], json.loads(answer["body"]) if answer["body"] else {}


if __name__ == "__main__":
    main(json.loads(sys.argv[1]))
