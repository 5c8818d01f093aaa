"""The rendered load file drives an API at the rate of the spec: with the real locust, against a stub of the API."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any, Literal

import pytest
from sale_api import Asked, SaleApi, serving
from stacks import DEMO_REGIONS, environment, written

import api
import sale
from terraform_tool import Terraform
from ticketgen.assets import asset_folder
from ticketgen.figures import assumptions
from ticketgen.spec.model import Api, EventScale

SCALE = EventScale(
    purchases_per_minute=300, seats_per_event=2000, concurrent_events=1, seats_per_order=2, hold_seconds=60
)
KEYS = {"AWS_ACCESS_KEY_ID": "AKIAEXAMPLE", "AWS_SECRET_ACCESS_KEY": "secret"}


def load(
    folder: Path, url: str, auth: Literal["iam", "cognito", "none"] = "none", **variables: str
) -> tuple[Any, str]:
    """Run the load file of a small stack for a few seconds; its report and its output."""
    stack = written(
        environment("dev", DEMO_REGIONS[:1], event_scale=SCALE, api=Api(auth=auth)), folder / "stack"
    )
    report = folder / "report.json"
    kept = {
        name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "LOAD_", "LOCUST_"))
    }
    settings = {
        "LOAD_EVENTS": "gala",
        **({"LOAD_URLS": f"{DEMO_REGIONS[0]}={url}"} if url else {}),
        "LOAD_SECONDS": "4",
        "LOAD_RAMP_SECONDS": "1",
        "LOAD_REPORT": str(report),
        "AWS_EC2_METADATA_DISABLED": "true",
        "HOME": str(folder),
    }
    done = subprocess.run(
        [
            sys.executable,
            "-m",
            "locust",
            "-f",
            str(stack / "tests/load/locustfile.py"),
            "--headless",
            "--only-summary",
        ],
        env=kept | settings | variables,
        cwd=folder,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    output = f"{done.stdout}\n{done.stderr}"
    assert done.returncode == 0, output
    return json.loads(report.read_text("utf-8")), output


@pytest.mark.slow
def test_the_load_reaches_the_rate_of_the_spec_in_its_proportions(tmp_path: Path) -> None:
    stub = SaleApi(busy=2, refuse_every=5)
    with serving(stub) as url:
        report, output = load(tmp_path, url)
    assert report["failed"] == 0, "a refused seat and an answer with Retry-After are expected"
    holds = report["rates"]["hold"]
    assert holds["spec_per_second"] == 6.25  # five orders a second, and 1.25 holds an order
    assert 0.5 < holds["share"] < 1.5, output
    assert holds["refused"] > 0
    assert "of      6.25/s" in output

    counts = stub.counts()
    answered = counts["POST /holds"] - 2
    # Eight reads an order; a user whose seats are refused, every fifth time, chooses others.
    assert counts["GET /events"] / answered == pytest.approx(8 / 1.25 * 4 / 5, rel=0.35)
    assert 0 < counts["DELETE /holds"] < counts["POST /tickets"]
    granted = sum(1 for each in stub.asked if each.what == "POST /holds" and each.status == 201)
    assert counts["POST /tickets"] + counts["DELETE /holds"] <= granted
    for each in stub.asked:
        if each.what.startswith("POST"):
            accept(each)


def accept(asked: Asked) -> None:
    """What the functions check in a request before they look at an event."""
    request = {"headers": asked.headers, "body": json.dumps(asked.body)}
    body = api.body_of(request)
    assert len(api.seats_in(body, SCALE.seats_per_order)) == SCALE.seats_per_order
    event_id = api.event_id_in(body)
    assert event_id == "gala"
    assert bool(api.hold_id_in(body, event_id)) == (asked.what == "POST /tickets")
    assert api.key_of(request, api.SHORTEST_SECRET)


@pytest.mark.slow
def test_an_answer_with_retry_after_is_repeated_then_with_the_same_key(tmp_path: Path) -> None:
    stub = SaleApi(busy=3)
    with serving(stub) as url:
        report, _ = load(tmp_path, url, LOAD_SECONDS="5", LOAD_RAMP_SECONDS="0")
    assert report["rates"]["hold"]["asked_to_wait"] == 3
    keys = [each.headers["idempotency-key"] for each in stub.asked if each.what.startswith("POST")]
    waited = [each for each in stub.asked if each.status == 503]
    assert len(waited) == 3
    for each in waited:
        key = each.headers["idempotency-key"]
        again = [
            later
            for later in stub.asked
            if later.headers.get("idempotency-key") == key and later.at > each.at
        ]
        assert again, "the request was not repeated"
        assert again[0].at - each.at >= 1
        assert again[0].body == each.body
    assert len(set(keys)) == len(keys) - 3, "every other request has a key of its own"


@pytest.mark.terraform
def test_without_urls_the_outputs_of_the_stack_are_read(terraform: Terraform, tmp_path: Path) -> None:
    stub, root = SaleApi(), tmp_path / "stack/regions" / DEMO_REGIONS[0]
    root.mkdir(parents=True)
    with serving(stub) as url:
        outputs = {"api_gateway_url": {"value": url, "type": "string"}}
        state = {"version": 4, "outputs": outputs, "resources": []}
        (root / "terraform.tfstate").write_text(json.dumps(state), encoding="utf-8")
        load(tmp_path, "", "none", LOAD_SECONDS="1", LOAD_RAMP_SECONDS="0", **terraform.environment)
    assert stub.asked


def test_with_cognito_each_user_sends_a_token(tmp_path: Path) -> None:
    (tmp_path / "tokens").write_text("token-1\ntoken-2\n", encoding="utf-8")
    stub = SaleApi()
    with serving(stub) as url:
        load(
            tmp_path, url, "cognito", LOAD_SECONDS="2", LOAD_RAMP_SECONDS="0",
            LOAD_TOKENS=str(tmp_path / "tokens"),
        )  # fmt: skip
    assert {each.headers["authorization"] for each in stub.asked} == {"token-1", "token-2"}


def test_with_iam_requests_are_signed_for_the_api_wherever_they_are_sent(tmp_path: Path) -> None:
    stub = SaleApi()
    with serving(stub) as url:
        load(
            tmp_path, "https://api.example.com/live", "iam", LOAD_SECONDS="2", LOAD_RAMP_SECONDS="0",
            AWS_ENDPOINT_URL=url.removesuffix("/live"), **KEYS,
        )  # fmt: skip
    assert stub.asked
    for each in stub.asked:
        assert each.headers["host"] == "api.example.com"
        assert each.headers["authorization"].startswith("AWS4-HMAC-SHA256 Credential=AKIAEXAMPLE/")
        assert "host;" in each.headers["authorization"]


def test_the_load_has_the_proportions_that_sizing_assumes() -> None:
    source = (asset_folder("templates") / "suites/load/locustfile.py").read_text("utf-8")
    constants = {
        node.targets[0].id: ast.literal_eval(node.value)
        for node in ast.parse(source).body
        if isinstance(node, ast.Assign)
        and isinstance(node.targets[0], ast.Name)
        and isinstance(node.value, ast.Constant)
    }
    assert constants["MOST_SEATS"] == sale.MOST_SEATS
    assert constants["HOLDS_PER_ORDER"] == assumptions.HOLDS_PER_ORDER
    assert constants["MAP_READS_PER_ORDER"] == assumptions.AVAILABILITY_READS_PER_ORDER


def test_the_load_does_not_begin_without_events(tmp_path: Path) -> None:
    stack = written(environment("dev", DEMO_REGIONS[:1], event_scale=SCALE), tmp_path)
    done = subprocess.run(
        [sys.executable, "-m", "locust", "-f", str(stack / "tests/load/locustfile.py"), "--headless"],
        env={name: value for name, value in os.environ.items() if name != "LOAD_EVENTS"},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert "set LOAD_EVENTS" in done.stderr
