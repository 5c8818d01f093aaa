"""Small saved plans, after https://developer.hashicorp.com/terraform/internals/json-format."""

from __future__ import annotations

import json
from typing import Any

__all__ = ["SECRET", "change", "document"]

SECRET = "hunter2-of-the-box-office"
"""In the values of every resource: it may be in no output."""


def change(
    address: str = "aws_dynamodb_table.sales",
    *actions: str,
    mode: str = "managed",
    before: dict[str, Any] | None = None,
    **others: Any,
) -> dict[str, Any]:
    """A change of a resource; keys with ``change_`` go to its ``change``."""
    values = {"name": "sales", "password": SECRET, "tags": {"note": SECRET}}
    inner = {
        "actions": list(actions) or ["delete"],
        "before": values | (before or {}),
        "after": values,
        "after_unknown": {},
        "before_sensitive": {"password": True},
        "after_sensitive": {"password": True},
    }
    inner |= {
        key.removeprefix("change_"): value for key, value in others.items() if key.startswith("change_")
    }
    return {
        "address": address,
        "mode": mode,
        "type": address.split("[")[0].split(".")[-2],
        "name": address.split("[")[0].split(".")[-1],
        "provider_name": "registry.terraform.io/hashicorp/aws",
        "change": inner,
        **{key: value for key, value in others.items() if not key.startswith("change_")},
    }


def document(*changes: dict[str, Any], **others: Any) -> str:
    """A plan with these changes."""
    return json.dumps(
        {
            "format_version": "1.2",
            "terraform_version": "1.13.0",
            "variables": {"token": {"value": SECRET}},
            "planned_values": {"root_module": {"resources": [{"values": {"password": SECRET}}]}},
            "resource_changes": list(changes),
            "prior_state": {"values": {"outputs": {"token": {"value": SECRET}}}},
            "output_changes": {"token": {"actions": ["update"], "before": SECRET, "after": SECRET}},
            "errored": False,
            **others,
        }
    )
