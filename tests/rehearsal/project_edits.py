"""Edits of a project that change what its stack has: by the spec, by its own templates, and by its own Terraform."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from project_tools import run

__all__ = ["DATA_EDITS", "FIRST_EDITS", "PROTECT", "REGIONS_EDITS", "SPEC", "ProjectEdit"]

SPEC = """\
version: 1
project: tap-marketplace
extends: regional-tour
regions: [eu-west-1, eu-central-1]
event_scale: { purchases_per_minute: 60, seats_per_event: 200, concurrent_events: 1 }
environments:
  prod: { protect: false }
"""

_FILE = "ticketgen.yaml"
_OWN = "stacks/prod/"
_LOCKS, _TABLES, _REPLICAS, _OUTPUTS, _KEY = (
    f"stack/modules/data/{name}.tf.j2" for name in ("locks", "tables", "replicas", "outputs", "encryption")
)
_STREAMS, _NETWORK, _CACHE = (
    f"stack/modules/region/{name}.tf.j2" for name in ("streams", "network", "cache")
)
_AURORA, _WRITER = (f"stack/modules/analytics/{name}.tf.j2" for name in ("aurora", "writer"))

_HUBS = frozenset({"regions/eu-west-1", "regions/eu-central-1"})


@dataclass(frozen=True, slots=True)
class ProjectEdit:
    """An edit of a project that is applied as `SPEC` says.

    Attributes:
        name: for people.
        changes: file, old text, new text. A file is the spec, a template, which is ejected first, or a file of the
            user's own in the stack, which is new.
        not_planned: the root modules that Terraform cannot plan before others are applied, because their data sources
            look up what does not exist yet; and those that it refuses to plan, because their state has another suffix.
    """

    name: str
    changes: Sequence[tuple[str, str, str]] = ()
    not_planned: frozenset[str] = frozenset()

    def make(self, project: Path) -> None:
        """Edit a project."""
        for file, old, new in self.changes:
            path = project / (file if file.startswith((_FILE, _OWN)) else f"templates/{file}")
            if file.startswith(_OWN):
                assert not path.exists()
            elif not path.exists():
                done = run("eject", file, "--spec", str(project / _FILE))
                assert done.exit_code == 0, done.output
            text = path.read_text("utf-8") if path.exists() else ""
            assert old in text, (file, old)
            path.write_text(text.replace(old, new) if old else new, encoding="utf-8")


_RENAMED_LOCKS = ((_LOCKS, '"distributed_locks"', '"locks"'), (_OUTPUTS, ".distributed_locks", ".locks"))
_NO_ALIAS = (
    (_KEY, 'resource "aws_kms_alias" "stack" {', '{#\nresource "aws_kms_alias" "stack" {'),
    (_KEY, "target_key_id = aws_kms_key.stack.key_id\n}", "target_key_id = aws_kms_key.stack.key_id\n}\n#}"),
)
_INDEX = """\
  attribute {
    name = "holder"
    type = "S"
  }

  global_secondary_index {
    name = "holder"
    hash_key = "holder"
    projection_type = "KEYS_ONLY"
  }
"""
_CLUSTER_KEY = "  storage_encrypted = true\n  kms_key_id = var.kms_key_arn\n"
_SECOND_KEY = (
    'resource "aws_kms_key" "second" {\n  description = "Second"\n  enable_key_rotation = true\n}\n\n'
)
_FIRST_KEY = 'resource "aws_kms_key" "stack" {'
_OWN_KEY = 'resource "aws_kms_key" "sales" {\n  description = "Sales"\n  enable_key_rotation = true\n}\n\n'
_CLUSTER = 'resource "aws_rds_cluster" "sales" {'

FIRST_EDITS = (
    ProjectEdit("none"),
    ProjectEdit(
        "names of the shared tables",
        [
            (
                _TABLES,
                "name = {{ name(table.what) }}",
                'name = "${var.app_name}-v2-{{ names[table.what] | inside }}-${var.environment_suffix}"',
            )
        ],
    ),
    ProjectEdit(
        "a table renamed in the configuration, with a moved block in a file of the user's own",
        [
            *_RENAMED_LOCKS,
            (
                f"{_OWN}modules/data/moves.tf",
                "",
                "moved {\n  from = aws_dynamodb_table.distributed_locks\n  to   = aws_dynamodb_table.locks\n}\n",
            ),
        ],
    ),
)
"""Edits of the root modules that hold the tables, for a short run."""

DATA_EDITS = (
    ProjectEdit("none"),
    ProjectEdit("hash key of a table", [(_LOCKS, '"lock_key"', '"lock_id"')]),
    ProjectEdit(
        "index added to a table",
        [
            (_LOCKS, '    type = "S"\n  }\n', '    type = "S"\n  }\n\n' + _INDEX),
        ],
    ),
    ProjectEdit("a table renamed in the configuration", _RENAMED_LOCKS),
    ProjectEdit(
        "a table forgotten by a removed block in a file of the user's own",
        [
            (_LOCKS, 'resource "aws_dynamodb_table"', '{#\nresource "aws_dynamodb_table"'),
            (
                _LOCKS,
                "kms_key_arn = aws_kms_key.stack.arn\n  }\n}",
                "kms_key_arn = aws_kms_key.stack.arn\n  }\n}\n#}",
            ),
            (
                _OUTPUTS,
                "aws_dynamodb_table.distributed_locks.name",
                'join(" ", [for table in aws_dynamodb_table.shared : table.name])',
            ),
            (
                f"{_OWN}modules/data/removals.tf",
                "",
                "removed {\n  from = aws_dynamodb_table.distributed_locks\n\n"
                "  lifecycle {\n    destroy = false\n  }\n}\n",
            ),
        ],
    ),
    ProjectEdit("alias of the key removed by an ejected template", _NO_ALIAS),
    ProjectEdit(
        "another key for the tables",
        [
            (
                _KEY,
                _FIRST_KEY,
                _SECOND_KEY + _FIRST_KEY,
            ),
            (_LOCKS, "aws_kms_key.stack.arn", "aws_kms_key.second.arn"),
            (_REPLICAS, "aws_kms_key.stack.arn", "aws_kms_key.second.arn"),
        ],
    ),
)
"""More of them."""

REGIONS_EDITS = (
    ProjectEdit("none"),
    ProjectEdit("cache engine", [(_FILE, "environments:", "cache: { engine: redis }\nenvironments:")]),
    ProjectEdit(
        "KMS key of the cluster",
        [
            (_AURORA, _CLUSTER_KEY, _CLUSTER_KEY.replace("var.kms_key_arn", "aws_kms_key.sales.arn")),
            (_AURORA, _CLUSTER, _OWN_KEY + _CLUSTER),
        ],
    ),
    ProjectEdit(
        "KMS key of the cluster left out",
        [(_AURORA, _CLUSTER_KEY, _CLUSTER_KEY.partition("  kms_key_id")[0])],
    ),
    ProjectEdit(
        "queue and log group renamed",
        [
            (
                _STREAMS,
                'name = {{ name("dead-letters") }}\n  message',
                'name = "${var.app_name}-failed-${var.environment_suffix}"\n  message',
            ),
            (
                _NETWORK,
                '{{ wrapped_name("/aws/vpc/", "flows") }}',
                '"/aws/flows/${var.app_name}-flows-${var.environment_suffix}"',
            ),
        ],
    ),
    ProjectEdit(
        "log of rejected flows removed by an ejected template",
        [
            (_NETWORK, 'resource "aws_flow_log" "rejected" {', '{#\nresource "aws_flow_log" "rejected" {'),
            (
                _NETWORK,
                "{{ environment.logs.ip_retention_days | number }}\n  kms_key_id = var.kms_key_arn\n}",
                "{{ environment.logs.ip_retention_days | number }}\n  kms_key_id = var.kms_key_arn\n}\n#}",
            ),
        ],
    ),
    ProjectEdit(
        "counts of database instances and subnets",
        [
            (_AURORA, "count = {{ sizing.aurora_instances.value | number }}", "count = 3"),
            (_NETWORK, "count = 2\n\n  vpc_id", "count = 3\n\n  vpc_id"),
        ],
    ),
    ProjectEdit(
        "names of a Region's resources",
        [("stack/regions/main.tf.j2", "app_name = local.app_name", 'app_name = "tap-bazaar"')],
    ),
    ProjectEdit("scale", [(_FILE, "purchases_per_minute: 60,", "purchases_per_minute: 60000,")]),
    ProjectEdit(
        "secondary Region",
        [(_FILE, "eu-central-1]", "eu-central-1, eu-north-1]\nsecondary_region: eu-north-1")],
        frozenset({"regions/eu-north-1"}),
    ),
    ProjectEdit(
        "primary Region",
        [(_FILE, "regions:", "primary_region: eu-central-1\nsecondary_region: eu-west-1\nregions:")],
    ),
    ProjectEdit("project", [(_FILE, "tap-marketplace", "tap-bazaar")], _HUBS),
    ProjectEdit(
        "default of the suffix",
        [("stack/roots/variables.tf.j2", "default = {{ environment.name | hcl }}", 'default = "live"')],
        frozenset({"global", "data/eu-west-1", "data/eu-central-1"}) | _HUBS,
    ),
    ProjectEdit("protect set", [(_FILE, "protect: false", "protect: true")]),
)
"""Edits of a whole stack."""

PROTECT = REGIONS_EDITS[-1]
"""The edit after which `protect` can be lifted."""
