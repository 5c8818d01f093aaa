"""A write deletes no root module whose state may hold something, unless it is told that nothing is left."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tree_tools import render, rules, snapshot, stack

from ticketgen.tree import Stack

REMOTE = 'terraform {\n  backend "s3" {}\n}\n'
LOCAL = 'terraform {\n  backend "local" {}\n}\n'
EMPTY = json.dumps({"version": 4, "resources": []})
FULL = json.dumps({
    "version": 4,
    "resources": [
        {"mode": "data", "type": "aws_region", "instances": [{}]},
        {"mode": "managed", "type": "aws_kms_key", "instances": [{}, {}]},
    ],
})  # fmt: skip


def with_root(provider: str) -> Stack:
    """A stack with a root module, and one without any, which stays."""
    return Stack(
        "stacks/dev", {"data/eu-west-1/provider.tf": provider, "modules/data/tables.tf": "# tables\n"}
    )


WITHOUT_ROOT = Stack("stacks/dev", {"modules/data/tables.tf": "# tables\n"})


@pytest.mark.parametrize(
    ("provider", "states", "expected"),
    [
        (LOCAL, {}, None),
        ("# nothing about a backend\n", {}, None),
        (LOCAL, {"terraform.tfstate": EMPTY}, None),
        (LOCAL, {"terraform.tfstate": ""}, None),
        (LOCAL, {"terraform.tfstate": FULL}, ("state-not-empty", "terraform.tfstate")),
        (LOCAL, {"blue.tfstate": FULL, "terraform.tfstate": EMPTY}, ("state-not-empty", "blue.tfstate")),
        (
            LOCAL,
            {"terraform.tfstate.d/blue/terraform.tfstate": FULL},
            ("state-not-empty", "terraform.tfstate.d/blue/terraform.tfstate"),
        ),
        (LOCAL, {"terraform.tfstate": "not JSON"}, ("state-not-empty", "terraform.tfstate")),
        (LOCAL, {"terraform.tfstate": "{}"}, ("state-not-empty", "terraform.tfstate")),
        (REMOTE, {}, ("state-unknown", "provider.tf")),
        (REMOTE, {"terraform.tfstate": EMPTY}, ("state-unknown", "provider.tf")),
        ('terraform {\n  cloud {\n    organization = "acme"\n  }\n}\n', {}, ("state-unknown", "provider.tf")),
    ],
)
def test_a_root_module_goes_only_if_its_state_is_empty(
    tmp_path: Path, provider: str, states: dict[str, str], expected: tuple[str, str] | None
) -> None:
    render(tmp_path, [with_root(provider)])
    root = tmp_path / "stacks/dev/data/eu-west-1"
    for name, text in states.items():
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        (root / name).write_text(text)
    before = snapshot(tmp_path)

    done = render(tmp_path, [WITHOUT_ROOT])

    if expected is None:
        assert done.findings == ()
        assert not (root / "provider.tf").exists()
        return
    rule, place = expected
    assert (done.value, rules(done)) == (None, [(rule, f"stacks/dev/data/eu-west-1/{place}")])
    assert snapshot(tmp_path) == before
    assert render(tmp_path, [WITHOUT_ROOT], destroyed=True).findings == ()
    assert not (root / "provider.tf").exists()


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("backend.tf", REMOTE),
        ("backend.tf.json", '{"terraform": {"backend": {"s3": {"bucket": "b"}}}}'),
        ("backend.tofu", REMOTE),
        (".terraform/terraform.tfstate", '{"version": 3, "backend": {"type": "s3", "config": {}}}'),
        (".terraform/terraform.tfstate", '{"version": 3, "backend": {"type": "local"}}'),
        ("backend.txt", REMOTE),
    ],
)
def test_a_backend_of_the_users_own_counts(tmp_path: Path, name: str, text: str) -> None:
    render(tmp_path, [with_root(LOCAL)])
    place = tmp_path / "stacks/dev/data/eu-west-1" / name
    place.parent.mkdir(exist_ok=True)
    place.write_text(text)
    is_remote = '"local"' not in text and not name.endswith(".txt")
    expected = [("state-unknown", f"stacks/dev/data/eu-west-1/{name}")] if is_remote else []
    assert rules(render(tmp_path, [WITHOUT_ROOT])) == expected


def test_a_backend_that_was_added_by_hand_counts(tmp_path: Path) -> None:
    render(tmp_path, [with_root("# no backend\n")])
    place = tmp_path / "stacks/dev/data/eu-west-1/provider.tf"
    place.write_text(place.read_text() + REMOTE)
    other = Stack("stacks/dev", {"data/eu-west-1/main.tf": "# more\n", **with_root("# no backend\n").files})
    render(tmp_path, [other], force=True)
    place.write_text(place.read_text() + REMOTE)
    assert rules(render(tmp_path, [WITHOUT_ROOT])) == [
        ("state-unknown", "stacks/dev/data/eu-west-1/provider.tf")
    ]


def test_the_number_of_resources_is_told(tmp_path: Path) -> None:
    render(tmp_path, [with_root(LOCAL)])
    (tmp_path / "stacks/dev/data/eu-west-1/terraform.tfstate").write_text(FULL)
    (found,) = render(tmp_path, [WITHOUT_ROOT]).findings
    assert found.message == "stacks/dev/data/eu-west-1 is no longer rendered, and its state holds 2 resources"


def test_a_removed_environment_is_a_root_module_too(tmp_path: Path) -> None:
    render(tmp_path, [with_root(REMOTE), stack("stacks/prod", main="# prod\n")])
    done = render(tmp_path, [stack("stacks/prod", main="# prod\n")])
    assert rules(done) == [("state-unknown", "stacks/dev/data/eu-west-1/provider.tf")]


def test_a_module_that_loses_a_file_keeps_its_state(tmp_path: Path) -> None:
    render(tmp_path, [Stack("stacks/dev", {"a/main.tf": "# a\n", "a/provider.tf": REMOTE})])
    assert render(tmp_path, [Stack("stacks/dev", {"a/main.tf": "# a\n"})]).findings == ()
