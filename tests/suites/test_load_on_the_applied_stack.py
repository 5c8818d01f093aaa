"""The rendered load file sells seats of a stack that Terraform applied to the emulated AWS."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest
from stacks import DEMO_REGIONS, environment, written

from terraform_tool import Terraform
from ticketgen.rehearsal.credentials import isolated_environment
from ticketgen.rehearsal.emulator_client import EmulatedAws
from ticketgen.spec.model import EventScale
from ticketgen.stack.roots import root_modules

SCALE = EventScale(
    purchases_per_minute=60, seats_per_event=400, concurrent_events=1, seats_per_order=2, hold_seconds=60
)
MAP_SECONDS = 75
"""Until a schedule, which fires once a minute, has loaded the map of a new event."""


@pytest.mark.slow
@pytest.mark.terraform
def test_the_load_file_reads_the_outputs_and_sells_seats(terraform: Terraform, tmp_path: Path) -> None:
    subject = environment("dev", DEMO_REGIONS[:1], event_scale=SCALE)
    stack, now = written(subject, tmp_path / "stack"), int(time.time())
    file, report = tmp_path / "gala.json", tmp_path / "report.json"
    gala = {
        "event_id": "gala", "currency": "USD", "opens_at": now - 60, "closes_at": now + 3600,
        "sections": [{"name": "A", "first": 1, "last": 400, "price": 100}],
    }  # fmt: skip
    file.write_text(json.dumps(gala), encoding="utf-8")
    with EmulatedAws(tmp_path / "emulator.log") as aws:
        variables = isolated_environment(os.environ, aws.variables)

        def done(*command: str, **more: str) -> str:
            ended = subprocess.run(
                [sys.executable, *command], cwd=tmp_path, env=variables | more, capture_output=True, text=True,
                timeout=180, check=False,
            )  # fmt: skip
            assert ended.returncode == 0, f"{ended.stdout}\n{ended.stderr}"
            return ended.stdout

        for root in root_modules(subject):
            assert terraform.init(stack / root.path).returncode == 0
            applied = terraform.run(stack / root.path, "apply", "-auto-approve", "-no-color", **variables)
            assert applied.returncode == 0, applied.stderr[-3000:]
        done(str(stack / "ops/event.py"), "create", str(file), "--apply")
        done(str(stack / "ops/event.py"), "open", "gala", "--apply")
        aws.control("run")  # streams and schedules
        time.sleep(MAP_SECONDS)
        printed = done(
            "-m", "locust", "-f", str(stack / "tests/load/locustfile.py"), "--headless", "--only-summary",
            LOAD_EVENTS="gala", LOAD_SECONDS="15", LOAD_RAMP_SECONDS="1", LOAD_REPORT=str(report),
        )  # fmt: skip
        aws.control("pause")
    found = json.loads(report.read_text("utf-8"))
    assert found["failed"] == 0, printed
    assert found["rates"]["buy"]["share"] > 0.3, printed
    assert found["rates"]["read the map"]["share"] > 0.5, printed
