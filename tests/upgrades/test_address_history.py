"""No address disappears between versions without a declaration of what becomes of it."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from address_records import OLD_VERSIONS, Place, environments, recorded, rendered_places

from ticketgen.assets import changelog
from ticketgen.project import migration
from ticketgen.project.migration import StateMove, migration_plan
from ticketgen.spec.model import Environment
from ticketgen.stack import moved_addresses
from ticketgen.stack.moved_addresses import AddressChange, ChangeKind, address_changes, read_changes
from ticketgen.stack.roots import RootKind
from ticketgen.tree.version_order import is_newer
from ticketgen.version import VERSION


def spec_of(version: str) -> str:
    return "current.yaml" if version == "current" else "old.yaml"


def lost(version: str) -> set[tuple[str, Place]]:
    """The recorded resources that are neither rendered nor declared."""
    now, spec = rendered_places(spec_of(version)), spec_of(version)
    return {
        (name, place)
        for name, places in recorded(version).items()
        for place in places
        if not any(new is None or new in now[name] for new in successors(place, environments(spec)[name]))
    }


def successors(place: Place, environment: Environment) -> Iterator[Place | None]:
    """Where a resource may be now, the last declaration first; None if it was dropped."""
    if place.root == "stack":
        plan = migration_plan(environment, environment.name, [place.address]).value
        for step in plan.steps[:1] if plan else ():
            if step.kind is ChangeKind.FORGET:
                yield None
            else:
                moved = Place(step.root, step.target + place.address.removeprefix(step.source))
                yield from successors(moved, environment)
        return
    yield place
    for change in address_changes():
        prefix = f"module.{change.module}." if change.module else ""
        if change.root == place.root.partition("/")[0] and place.address == prefix + change.source:
            yield (
                None if change.kind is ChangeKind.REMOVED else place._replace(address=prefix + change.target)
            )


@pytest.mark.parametrize("version", [*OLD_VERSIONS, "current"])
def test_every_address_of_an_earlier_version_is_there_or_moved_or_dropped_with_a_reason(version: str) -> None:
    assert len(recorded(version)["full"]) > 300
    assert lost(version) == set()


@pytest.mark.parametrize("version", OLD_VERSIONS)
def test_a_rename_without_a_declaration_is_found(version: str, monkeypatch: pytest.MonkeyPatch) -> None:
    steps = tuple(each for each in address_changes() if each.kind is not ChangeKind.MOVED)
    monkeypatch.setitem(globals(), "address_changes", lambda: steps)

    missing = {place.address.rpartition(".")[2] for _, place in lost(version)}

    old = ("aurora-full", "seat-map-full", "inventory-throttled", "ledger-throttled", "locks-throttled")
    assert missing == {f'objective["{name}"]' for name in old}


def test_a_step_that_is_not_declared_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    fewer = tuple(
        each for each in address_changes() if "kms" not in each.source and each.source != "module.{region}"
    )
    monkeypatch.setattr(migration, "address_changes", lambda: fewer)

    missing = {place.address for name, place in lost("0.1.0") if name == "alone"}

    assert {"module.us_east_1.aws_kms_key.stack", "module.us_east_1.aws_vpc.stack"} <= missing
    assert "module.us_east_1.aws_dynamodb_table.distributed_locks" not in missing


def test_every_rendered_address_is_recorded() -> None:
    known = recorded("current")
    unrecorded = {
        (name, place)
        for name, places in rendered_places("current.yaml").items()
        for place in places - known.get(name, frozenset())
    }
    assert unrecorded == set(), (
        "run `python scripts/address_history.py`, so that these addresses cannot disappear"
    )


def test_a_change_is_of_released_versions_or_of_the_next_one() -> None:
    for change in address_changes():
        assert f"## {change.first} " in changelog(), change
        assert is_newer(change.before, VERSION) or f"## {change.before} " in changelog(), change
        assert change.reason.endswith("."), change


def test_no_address_is_declared_twice() -> None:
    declared = [
        (each.root, each.module, each.kind, each.source, each.target_root) for each in address_changes()
    ]
    assert len(declared) == len({*declared})


@pytest.mark.parametrize(
    ("entry", "wrong"),
    [
        ('root = "data"\nblock = "migrate"\nfrom = "a.b"\nto = "a.c"', "a step is from"),
        ('root = "stack"\nblock = "moved"\nfrom = "a.b"\nto = "a.c"', "a step is from"),
        ('root = "data"\nblock = "moved"\nfrom = "a.b"', "only a removed"),
        ('root = "data"\nblock = "removed"\nfrom = "a.b"\nto = "a.c"', "only a removed"),
    ],
)
def test_a_declaration_that_contradicts_itself_is_refused(entry: str, wrong: str) -> None:
    text = f'[[change]]\nfirst = "1"\nbefore = "2"\n[[change.address]]\n{entry}\nreason = "It moved."\n'
    with pytest.raises(ValueError, match=wrong):
        list(read_changes(text))


def test_a_removed_resource_has_a_block_only_if_it_stays_in_the_account(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def removed(source: str, *, destroy: bool) -> AddressChange:
        return AddressChange(
            "1", "2", "data", "", ChangeKind.REMOVED, source, destroy=destroy, reason="Gone."
        )

    both = (removed("a.kept", destroy=False), removed("a.destroyed", destroy=True))
    monkeypatch.setattr(moved_addresses, "address_changes", lambda: both)

    assert [block.source.text for block in moved_addresses.moved_blocks("data", "")] == ["a.kept"]
    assert moved_addresses.changed_places() == (frozenset({RootKind.DATA}), ())


def test_a_forgotten_resource_is_one_that_another_root_module_takes_over() -> None:
    plan = migration_plan(
        environments("old.yaml")["full"], "full", (each.address for each in recorded("0.1.0")["full"])
    )
    assert plan.value is not None
    forgotten = [step for step in plan.value.steps if step.kind is ChangeKind.FORGET]
    assert forgotten[0] == StateMove(
        ChangeKind.FORGET,
        "global",
        "module.us_east_1.aws_route53_record.validation",
        "aws_route53_record.validation",
    )
    assert {(step.root, step.target) for step in forgotten} == {("global", "aws_route53_record.validation")}
    targets = {
        each.address.partition("[")[0]
        for each in rendered_places("old.yaml")["full"]
        if each.root == "global"
    }
    assert "aws_route53_record.validation" in targets
