"""`ticketgen rehearse` as a user runs it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from recording_proxy import Recorder

from terraform_tool import Terraform
from ticketgen.history.allowances import Allowances
from ticketgen.history.reading import judge

DOWNLOADED_FROM = "registry.terraform.io,releases.hashicorp.com,registry.opentofu.org,github.com"
"""Where `init` may look for providers without the proxy."""

DEMO = Path(__file__).resolve().parents[2] / "examples" / "tap-marketplace" / "ticketgen.yaml"


def run(home: Path, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run the command with only PATH and Terraform's variables of this machine's environment."""
    kept = {
        name: os.environ[name]
        for name in ("PATH", "TF_CLI_CONFIG_FILE", "TF_PLUGIN_CACHE_DIR")
        if name in os.environ
    }
    return subprocess.run(
        [sys.executable, "-m", "ticketgen", "rehearse", "--spec", str(DEMO), *arguments],
        env={**kept, "HOME": str(home), **variables},
        capture_output=True,
        text=True,
        timeout=1800,
        check=False,
    )


def test_a_rehearsal_does_not_start_with_credentials_in_reach(tmp_path: Path) -> None:
    done = run(tmp_path, AWS_PROFILE="production")
    assert done.returncode == 1
    assert "AWS_PROFILE is set" in done.stderr
    assert "terraform" not in done.stderr.replace("neither terraform nor tofu", "")


def test_an_unknown_environment_is_not_rehearsed(tmp_path: Path) -> None:
    done = run(tmp_path, "--env", "production")
    assert done.returncode == 2
    assert "choose one of dev, staging, prod" in " ".join(done.stderr.replace("│", " ").split())


@pytest.mark.slow
@pytest.mark.terraform
def test_a_rehearsal_of_dev_never_oversells_and_corrects_injected_faults(
    terraform: Terraform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    plugins = Path(terraform.environment["TF_PLUGIN_CACHE_DIR"])
    before = set(Path("/tmp").glob("ticketgen-*"))
    demo = DEMO.read_text("utf-8")
    assert "purchases_per_minute: 60," in demo
    busy = tmp_path / "ticketgen.yaml"  # at one order a second, too few buyers would race
    busy.write_text(demo.replace("purchases_per_minute: 60,", "purchases_per_minute: 600,"), encoding="utf-8")
    with Recorder.running() as proxy:
        done = run(
            tmp_path,
            *("--spec", str(busy), "--env", "dev", "--seconds", "40", "--seats", "150", "--format", "json"),
            *("--picture", str(tmp_path / "run.svg"), "--history", str(tmp_path / "history.jsonl")),
            TF_PLUGIN_CACHE_DIR=str(plugins),
            no_proxy=DOWNLOADED_FROM,
            **proxy.variables,
        )
    assert proxy.connections == 0
    assert done.stdout, done.stderr
    board = json.loads(done.stdout)
    with capsys.disabled():
        print("\n" + json.dumps({key: value for key, value in board.items() if key != "timeline"}))
    assert (board["oversold"], board["contradicted"]) == (0, 0)
    assert board["planted"] == board["caught"] == board["refunds"] == 1
    assert board["sold_seats"] > 100
    assert board["maps"] in (2, None)
    assert set(board["behind"].values()) == {0}
    assert board["events"] == {"rehearsal-home": "archived", "rehearsal-away": "closed"}
    assert set(board["refused"]) & {"held", "sold-to-others"}  # they did race
    assert board["refused"].get("unavailable", 0) > 0  # and a Region was cut off
    assert done.returncode == 0
    with (tmp_path / "history.jsonl").open("rb") as stream:
        verdict = judge(stream, "history.jsonl", Allowances())
    assert verdict.findings == ()
    assert verdict.operations > board["orders"]
    assert verdict.entries > board["sold_seats"]  # the planted sale was voided
    assert ElementTree.parse(tmp_path / "run.svg").getroot().tag.endswith("svg")
    assert {path for path in set(Path("/tmp").glob("ticketgen-*")) - before if path.is_dir()} == set()


@pytest.mark.slow
@pytest.mark.terraform
def test_a_large_sale_reports_what_it_reached_and_what_ended_it(
    terraform: Terraform, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The figures are the machine's, and their order is not: no time is compared with a number here."""
    demo = DEMO.read_text("utf-8")
    scale = "purchases_per_minute: 60, seats_per_event: 500, concurrent_events: 2"
    assert scale in demo
    busy = tmp_path / "ticketgen.yaml"
    large = "purchases_per_minute: 60000, seats_per_event: 20000, concurrent_events: 4"
    busy.write_text(demo.replace(scale, large), encoding="utf-8")
    done = run(
        tmp_path,
        *("--spec", str(busy), "--env", "dev", "--profile", "on-sale", "--seconds", "20", "--events", "3"),
        *("--format", "json", "--picture", str(tmp_path / "run.svg"), "--history", str(tmp_path / "h.jsonl")),
        TF_PLUGIN_CACHE_DIR=terraform.environment["TF_PLUGIN_CACHE_DIR"],
        no_proxy=DOWNLOADED_FROM,
    )
    assert done.stdout, done.stderr
    report = json.loads(done.stdout)
    with capsys.disabled():
        print("\n" + json.dumps(report))
    assert done.returncode == 0
    assert (report["oversold"], report["contradicted"]) == (0, 0)
    assert (report["events"], report["seats"]) == (3, 2000)
    assert sorted(report["homes"].values()) == [1, 2]
    assert report["rate_of_spec"] == 1000
    held, steps = report["held"], report["steps"]
    assert report["share_of_spec"] == pytest.approx(held["reached"] / 1000)
    assert [step["offered"] for step in steps] == sorted(step["offered"] for step in steps)
    assert held["offered"] in [step["offered"] for step in steps]
    for step in (*steps, held):
        assert step["orders_ms"]["p50"] <= step["orders_ms"]["p95"] <= step["orders_ms"]["most"]
        assert 0 <= step["failed"] <= 1
    assert report["ended"]["resource"] not in (
        "the rate of the spec",
        "",
    )  # no machine takes 1,000 orders/s of moto
    assert report["ended"]["why"]
    assert report["load"]["processors"]["emulator"] > 0
    assert report["load"]["workers"]
    assert report["sold_seats"] > report["sold_orders"] > 0
    assert sum(report["reads"].values()) > 0
    assert report["verification"]["runs"] > 0
    assert report["verification"]["verified"] > 0
    assert report["maps"] in (2, None)
    with (tmp_path / "h.jsonl").open("rb") as stream:
        verdict = judge(stream, "h.jsonl", Allowances())
    assert verdict.findings == ()
    assert verdict.entries == report["sold_seats"]
    assert ElementTree.parse(tmp_path / "run.svg").getroot().tag.endswith("svg")
