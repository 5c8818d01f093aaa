"""The operator's scripts as rendered, in processes of their own, on emulated global tables: a whole life of events."""

from __future__ import annotations

import json
import uuid
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path

import pytest
from stacks import environment, rendered

from ticketgen.rehearsal.credentials import base_environment
from ticketgen.rehearsal.emulator_client import EmulatedAws
from ticketgen.rehearsal.operator_scripts import OperatorScripts, ScriptFailed
from ticketgen.rehearsal.outcome import wait_for_replication
from ticketgen.rehearsal.sale import SaleEvent

HOME, OTHER, THIRD = REGIONS = ("us-east-1", "us-west-2", "eu-west-1")
KEYS = {
    "events": ("event_id", "item"),
    "ticket-inventory": ("event_shard", "seat_id"),
    "ticket-sales": ("event_shard", "sale_id"),
    "corrections": ("event_id", "entry_id"),
    "distributed-locks": ("lock_key",),
}


@dataclass(frozen=True)
class Operator:
    """An operator in a Region, from which a Region that is cut off does not answer."""

    aws: EmulatedAws
    folder: Path

    def scripts(self, region: str, lost: Iterable[str] = ()) -> OperatorScripts:
        caller = f"FUNCTION.{region}"
        variables = {
            **base_environment({}),
            **self.aws.variables,
            "AWS_ACCESS_KEY_ID": caller,
            "AWS_SECRET_ACCESS_KEY": self.aws.keys.of(caller),
        }
        return OperatorScripts(self.folder, variables, self.aws.workspace, lost)

    def homes(self, region: str) -> set[tuple[str, str]]:
        """Home and state of every event, as a Region's replica has them."""
        listed = self.scripts(region, set(REGIONS) - {region}).event("list")
        assert not listed["malformed"]
        return {(event["home"], event["state"]) for event in listed["events"]}


@pytest.fixture
def operator(aws: EmulatedAws, tmp_path: Path) -> Operator:
    """The scripts, and the tables that they use, in three Regions; a move waits a second for sales in progress."""
    files = rendered(environment(regions=REGIONS))
    for path in files:
        if path.startswith("ops/"):
            (tmp_path / Path(path).name).write_text(files[path], encoding="utf-8")
    app = f"app-{uuid.uuid4().hex[:8]}"
    facts = json.loads(files["ops/stack.json"]) | {"app_name": app, "quiet_seconds": 1}
    (tmp_path / "stack.json").write_text(json.dumps(facts), encoding="utf-8")
    for table, key in KEYS.items():
        for region in REGIONS if table == "distributed-locks" else REGIONS[:1]:
            client, name = aws.client("dynamodb", region), f"{app}-{table}-prod"
            client.create_table(
                TableName=name,
                BillingMode="PAY_PER_REQUEST",
                AttributeDefinitions=[{"AttributeName": part, "AttributeType": "S"} for part in key],
                KeySchema=[
                    {"AttributeName": part, "KeyType": kind}
                    for part, kind in zip(key, ("HASH", "RANGE"), strict=False)
                ],
            )
            if table != "distributed-locks":
                for other in REGIONS[1:]:
                    client.update_table(TableName=name, ReplicaUpdates=[{"Create": {"RegionName": other}}])
    return Operator(aws, tmp_path)


@pytest.mark.slow
def test_events_of_a_lost_region_are_taken_over_and_stay_when_it_returns(operator: Operator) -> None:
    aws, there = operator.aws, operator.scripts(OTHER)
    for name in ("gala", "match"):
        there.put_on_sale(SaleEvent(name, HOME, {"A": 40}))
    assert operator.homes(THIRD) == {(HOME, "on_sale")}
    aws.control(f"cut/{HOME}")
    try:
        with pytest.raises(ScriptFailed, match=f"no answer from {HOME}"):
            there.event("close", "gala", "--apply")
        # Whoever is in the lost Region still changes it there, before and after the others take over.
        operator.scripts(HOME, (OTHER, THIRD)).event("close", "gala", "--apply")
        there.run("takeover", "--to", OTHER, "--lost", HOME, "--apply")
        there.run("move_home", "--all-from", HOME, "--to", OTHER, "--lost", HOME, "--apply")
        operator.scripts(HOME, (OTHER, THIRD)).event("open", "gala", "--apply")
        assert operator.homes(HOME) == {(HOME, "on_sale")}
        assert operator.homes(THIRD) == {(OTHER, "on_sale")}
    finally:
        aws.control(f"heal/{HOME}")
    wait_for_replication(aws, 30)
    assert operator.homes(HOME) == operator.homes(THIRD) == {(OTHER, "on_sale")}
    there.run("move_home", "--all-from", OTHER, "--to", HOME, "--apply")
    wait_for_replication(aws, 30)
    assert operator.homes(THIRD) == {(HOME, "on_sale")}


@pytest.mark.slow
def test_a_deleted_event_is_gone_everywhere_and_its_id_is_not_used_again(operator: Operator) -> None:
    there, show = operator.scripts(THIRD), SaleEvent("gala", HOME, {"A": 40})
    there.put_on_sale(show)
    for step in ("close", "archive", "delete"):
        there.event(step, "gala", "--apply")
    wait_for_replication(operator.aws, 30)
    assert operator.homes(HOME) == operator.homes(THIRD) == set()
    with pytest.raises(ScriptFailed, match="was used before"):
        there.put_on_sale(show)
