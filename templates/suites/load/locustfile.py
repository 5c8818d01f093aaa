"""Load the applied stack through its API, at the full rate of the spec.

    pip install -r tests/load/requirements.txt
    LOAD_EVENTS=gala locust -f tests/load/locustfile.py --headless

Each user reads the seat map, holds seats, and buys or releases them, in the proportions that sizing assumes. A request
that is answered with 429 or 503 is repeated after its Retry-After, with the same Idempotency-Key. A refused seat (409)
is an expected answer, after which the user tries others. At the end, the report says what share of the spec's rate
was reached. The load sells seats: use events made for it. It does not queue: events must not have a queue.

    LOAD_EVENTS        the events to buy from, separated by commas: on sale, with enough seats, without a queue
    LOAD_REGIONS       the Regions to call, separated by commas (default: all)
    LOAD_URLS          REGION=URL of each API, separated by commas (default: from terraform output)
    LOAD_SHARE         share of the spec's rate (default: 1)
    LOAD_SECONDS       seconds to measure after the ramp (default: 300)
    LOAD_RAMP_SECONDS  seconds until the rate is reached (default: 60)
    LOAD_TOKENS        a file with an access token of a buyer on each line, if buyers sign in with Cognito
    LOAD_REPORT        a file to which the report is written as JSON

One process makes some hundreds of requests a second. For more, run workers (`locust --worker`) on several machines,
with LOAD_URLS, and one `locust --master --expect-workers N --headless`. The firewall refuses an address that sends too
many requests in 5 minutes; the report says how many addresses the load needs.
"""

from __future__ import annotations

import json
import math
import os
import random
import secrets
import sys
import time
from collections.abc import Mapping
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import boto3
import gevent
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from locust import FastHttpUser, LoadTestShape, events, task
from locust.env import Environment
from locust.runners import WorkerRunner

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

import demands

from support.live import read_outputs
from support.places import root

# Sizing assumes these, in ticketgen's src/ticketgen/figures/assumptions.py.
HOLDS_PER_ORDER = 1.25  # a hold is followed by a purchase or by a release
MAP_READS_PER_ORDER = 8

HOLDS_PER_SECOND = demands.ORDERS_PER_SECOND * HOLDS_PER_ORDER * float(os.environ.get("LOAD_SHARE", "1"))
SECONDS = float(os.environ.get("LOAD_SECONDS", "300"))
RAMP_SECONDS = float(os.environ.get("LOAD_RAMP_SECONDS", "60"))
SECONDS_PER_HOLD = 5  # between two holds of one user, who reads, holds and buys in sequence
USERS = max(1, math.ceil(HOLDS_PER_SECOND * SECONDS_PER_HOLD))
MOST_SEATS = 32  # of an order
MOST_CHOICES = 3  # of other seats, after a refusal
MOST_ATTEMPTS = 4
BUSY = frozenset({429, 503})
READ, HOLD, BUY, RELEASE = "read the map", "hold", "buy", "release"
REFUSED, BUSIED = "refused", "asked to wait"
NUMBERS = count()


def names_in(variable: str) -> list[str]:
    """The names in an environment variable, which are separated by commas."""
    return [name for name in (part.strip() for part in os.environ.get(variable, "").split(",")) if name]


@cache
def apis() -> Mapping[str, str]:
    """The URL of each Region's API."""
    wanted = names_in("LOAD_REGIONS") or demands.REGIONS
    given = dict(pair.split("=", 1) for pair in names_in("LOAD_URLS"))
    if not given:
        outputs, missing = read_outputs()
        for region in wanted:
            if root("regions", region) in missing:
                sys.exit(f"set LOAD_URLS, or apply the stack: {missing[root('regions', region)]}")
            given[region] = outputs[root("regions", region)]["api_gateway_url"]
    lacking = sorted(set(wanted) - given.keys())
    if lacking:
        sys.exit(f"LOAD_URLS has no URL for {', '.join(lacking)}")
    return {region: given[region].rstrip("/") for region in wanted}


@cache
def tokens() -> list[str]:
    """Access tokens of buyers."""
    path = os.environ.get("LOAD_TOKENS")
    if not path:
        sys.exit("buyers sign in with Cognito: set LOAD_TOKENS to a file with an access token on each line")
    return Path(path).read_text("utf-8").split()


@cache
def credentials() -> Any:
    """AWS credentials, which refresh themselves."""
    found = boto3.Session().get_credentials()
    if found is None:
        sys.exit("the API needs IAM: set AWS credentials that may call execute-api:Invoke")
    return found


@events.init.add_listener
def check(environment: Environment, **_: Any) -> None:
    """Exit before any load if something is missing."""
    if not names_in("LOAD_EVENTS"):
        sys.exit("set LOAD_EVENTS to the events to buy from")
    apis()
    if demands.AUTH == "cognito":
        tokens()
    if demands.AUTH == "iam":
        credentials()


class Buyer(FastHttpUser):
    """A buyer, who also makes the map reads of visitors who only look."""

    host = "http://unused"  # every request has its Region's URL
    connection_timeout, network_timeout = 10.0, 30.0

    def on_start(self) -> None:
        """Choose a Region, and a token."""
        number = next(NUMBERS)
        regions = list(apis())
        self.region = regions[number % len(regions)]
        self.token = tokens()[number % len(tokens())] if demands.AUTH == "cognito" else ""
        pause = random.random() * USERS / HOLDS_PER_SECOND
        self.turn = time.monotonic() + pause
        gevent.sleep(pause)  # so that users who start together do not hold together

    def wait_time(self) -> float:
        """Wait until the next turn, so that all users together hold at the wanted rate however long answers take."""
        self.turn = max(self.turn + USERS / HOLDS_PER_SECOND, time.monotonic() - 1)
        return max(0.0, self.turn - time.monotonic())

    @task
    def order(self) -> None:
        """Look at the map, hold seats, and buy or release them."""
        event = random.choice(names_in("LOAD_EVENTS"))
        reads = MAP_READS_PER_ORDER / HOLDS_PER_ORDER
        section: Mapping[str, Any] = {}
        for _ in range(math.floor(reads) + (random.random() < reads % 1)):
            query = f"?section={quote(section['name'], safe='')}" if section else ""
            status, answer = self.ask(READ, "GET", f"/events/{event}/seats{query}")
            if status == 200 and answer["sections"]:
                section = random.choices(
                    answer["sections"], [max(1, part["available"]) for part in answer["sections"]]
                )[0]
        if not section:
            return
        for _ in range(MOST_CHOICES):
            body = {"event_id": event, "seats": self.seats(section)}
            status, answer = self.ask(HOLD, "POST", "/holds", body)
            if status != 409:
                break
        if status != 201:
            return
        hold = answer["hold_id"]
        if random.random() < 1 / HOLDS_PER_ORDER:
            self.ask(BUY, "POST", "/tickets", {**body, "hold_id": hold})
        else:
            self.ask(RELEASE, "DELETE", f"/holds/{hold}")

    def seats(self, section: Mapping[str, Any]) -> list[str]:
        """Seats of a section, some of which may be taken."""
        first, capacity = section.get("first", 1), section["capacity"]
        most = min(demands.SEATS_PER_ORDER, MOST_SEATS, capacity)
        return [f"{section['name']}-{seat}" for seat in random.sample(range(first, first + capacity), most)]

    def ask(self, name: str, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Send a request, and repeat it after Retry-After; the status is 0 if there was no answer."""
        key = secrets.token_hex(16) if method == "POST" else ""
        for attempt in range(1, MOST_ATTEMPTS + 1):
            url, headers, data = self.signed(method, path, body, key)
            with self.client.request(
                method, url, name=name, data=data, headers=headers, catch_response=True
            ) as response:
                status = response.status_code
                if status in BUSY and attempt < MOST_ATTEMPTS:
                    response.request_meta["name"] = f"{name}, {BUSIED}"
                    response.success()
                elif status == 409 or (status == 404 and name == RELEASE):
                    response.request_meta["name"] = f"{name}, {REFUSED}"
                    response.success()
                elif status and status < 400:
                    response.success()
                else:
                    response.failure(f"{status} {(response.text or '')[:200]}")
                answer = json.loads(response.text) if response.text and status < 400 else None
                waiting = response.headers.get("Retry-After") if response.headers else None
            if status not in BUSY:
                break
            gevent.sleep(float(waiting or 1) * (1 + random.random() / 4))
        return status, answer

    def signed(self, method: str, path: str, body: Any, key: str) -> tuple[str, dict[str, str], bytes]:
        """The URL, the headers and the body of a request, as the API wants them."""
        url, data = f"{apis()[self.region]}{path}", b"" if body is None else json.dumps(body).encode()
        headers = {"Content-Type": "application/json"}
        if key:
            headers["Idempotency-Key"] = key
        if demands.AUTH == "cognito":
            headers["Authorization"] = self.token
        if demands.AUTH == "iam":
            request = AWSRequest(method, url, data=data, headers=headers)
            SigV4Auth(credentials().get_frozen_credentials(), "execute-api", self.region).add_auth(request)
            headers = {str(name): str(value) for name, value in request.headers.items()}
        elsewhere = os.environ.get("AWS_ENDPOINT_URL")  # an emulator, which finds the API by its host name
        if elsewhere:
            headers["Host"] = urlsplit(url).netloc
            url = f"{elsewhere.rstrip('/')}{url.partition(headers['Host'])[2]}"
        return url, headers, data


class Ramp(LoadTestShape):
    """Raise the number of users to that of the wanted rate, then measure."""

    measuring = False

    def tick(self) -> tuple[int, float] | None:
        """The number of users now; None ends the run."""
        elapsed = self.get_run_time()
        if elapsed >= RAMP_SECONDS + SECONDS:
            return None
        if elapsed >= RAMP_SECONDS and not self.measuring:
            self.measuring = True
            self.runner.stats.reset_all()
        part = min(1.0, elapsed / RAMP_SECONDS) if RAMP_SECONDS else 1.0
        return max(1, round(USERS * part)), max(1.0, USERS / max(1.0, RAMP_SECONDS))


def reached(environment: Environment) -> dict[str, Any]:
    """What was reached, measured against the spec."""
    stats = environment.stats
    seconds = max(0.001, (stats.last_request_timestamp or 0) - stats.start_time)
    numbers: dict[str, int] = {}
    for entry in stats.entries.values():
        numbers[entry.name] = numbers.get(entry.name, 0) + entry.num_requests - entry.num_failures
    wanted = {
        READ: MAP_READS_PER_ORDER,
        HOLD: HOLDS_PER_ORDER,
        BUY: 1.0,
        RELEASE: HOLDS_PER_ORDER - 1,
    }
    rates = {}
    for name, per_order in wanted.items():
        answered = numbers.get(name, 0) + numbers.get(f"{name}, {REFUSED}", 0)
        demand = per_order * demands.ORDERS_PER_SECOND
        rates[name] = {
            "per_second": round(answered / seconds, 2),
            "spec_per_second": demand,
            "share": round(answered / seconds / demand, 4),
            "refused": numbers.get(f"{name}, {REFUSED}", 0),
            "asked_to_wait": numbers.get(f"{name}, {BUSIED}", 0),
        }
    requests = sum(wanted.values()) * demands.ORDERS_PER_SECOND * 300  # in 5 minutes
    return {
        "environment": demands.ENVIRONMENT,
        "seconds": round(seconds, 1),
        "share_wanted": float(os.environ.get("LOAD_SHARE", "1")),
        "failed": stats.total.num_failures,
        "rates": rates,
        "addresses_for_the_full_rate": math.ceil(requests / demands.ADDRESS_LIMIT / len(apis())),
    }


@events.quitting.add_listener
def report(environment: Environment, **_: Any) -> None:
    """Print the report, and write it if LOAD_REPORT is set."""
    if environment.runner is None or isinstance(environment.runner, WorkerRunner):
        return
    found = reached(environment)
    print(
        f"\n{found['environment']}: {found['seconds']} s at {found['share_wanted']:.0%} of the spec's rate, "
        f"{found['failed']} requests failed"
    )
    for name, rate in found["rates"].items():
        print(
            f"  {name:<14}{rate['per_second']:>10} of {rate['spec_per_second']:>9,}/s  {rate['share']:>7.1%}   "
            f"{rate['refused']} refused, {rate['asked_to_wait']} asked to wait"
        )
    addresses = found["addresses_for_the_full_rate"]
    print(f"  The firewall limits the requests of an address: the full rate needs at least {addresses}.")
    if os.environ.get("LOAD_REPORT"):
        Path(os.environ["LOAD_REPORT"]).write_text(json.dumps(found, indent=2) + "\n", "utf-8")
