"""Tests of the Terraform configuration."""

from pathlib import Path

STACK = Path(__file__).resolve().parents[1]


def test_the_table_is_named_by_its_suffix():
    text = (STACK / "lib" / "tap_stack.tf").read_text()
    assert "tickets-events-${var.environment_suffix}" in text


def test_the_table_has_an_output():
    text = (STACK / "main.tf").read_text()
    assert 'output "events_table_name"' in text
