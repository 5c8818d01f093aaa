"""The limits agree with botocore's, and the tables are sorted."""

from __future__ import annotations

import gzip
import json
import re
from importlib.resources import files
from pathlib import Path

import pytest

from ticketgen.aws import limits
from ticketgen.aws.limits import CACHE_NODES, Limit

LIMITS = {name: value for name, value in vars(limits).items() if isinstance(value, Limit)}


def shape(service: str, name: str) -> dict[str, object]:
    folder = files("botocore").joinpath("data", service)
    version = max(entry.name for entry in folder.iterdir() if entry.is_dir())
    text = gzip.decompress(folder.joinpath(version, "service-2.json.gz").read_bytes())
    found: dict[str, object] = json.loads(text)["shapes"][name]
    return found


@pytest.mark.parametrize(
    "name", [name for name, limit in LIMITS.items() if limit.source.startswith("botocore")]
)
def test_limits_match_botocore(name: str) -> None:
    limit = LIMITS[name]
    documented = shape(*limit.source.split()[2:])
    assert limit.value == documented["min" if "MIN" in name else "max"]


def test_every_limit_has_a_source_and_a_unit() -> None:
    for name, limit in LIMITS.items():
        assert limit.source.startswith(("botocore 1.44 ", "https://docs.aws.amazon.com/")), name
        assert limit.unit, name


def test_cache_nodes_are_sorted_and_the_burstable_ones_are_the_smallest() -> None:
    memories = [node.memory for node in CACHE_NODES]
    assert memories == sorted(memories)
    burstable = [node.burstable for node in CACHE_NODES]
    assert burstable == sorted(burstable, reverse=True)
    assert all(node.burstable == (".t" in node.name) for node in CACHE_NODES)


def test_every_limit_bounds_a_figure_here_or_in_a_test() -> None:
    folders = (Path(limits.__file__).parents[1], Path(__file__).parents[1])
    used = {
        word
        for folder in folders
        for path in folder.rglob("*.py")
        if path not in {Path(limits.__file__), Path(__file__)}
        for word in re.findall(r"\w+", path.read_text("utf-8"))
    }
    assert LIMITS.keys() - used == set()
