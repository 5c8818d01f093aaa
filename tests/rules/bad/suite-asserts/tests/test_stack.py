"""Tests of the Terraform configuration."""

from pathlib import Path

STACK = Path(__file__).resolve().parents[1]


def test_the_table_is_named_by_its_suffix():
    # TODO: read the name
    assert True


def test_the_table_has_an_output():
    (STACK / "main.tf").read_text()


class TestReplicas:
    def test_replicas(self):
        """Every Region has a replica."""
