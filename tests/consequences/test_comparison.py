"""What happens to each instance: as Terraform would plan it."""

from __future__ import annotations

import pytest
from changed_texts import actions, consequences, reasons

QUEUE = 'resource "aws_sqs_queue" "{}" {{\n  name = "{}"\n  tags = {{ a = "{}" }}\n}}\n'
A = QUEUE.format("a", "orders", "1")
B = QUEUE.format("b", "orders", "1")


def moved(start: str, end: str) -> str:
    return f"moved {{\n  from = {start}\n  to   = {end}\n}}\n"


def queue(address: str) -> str:
    return f"aws_sqs_queue.{address}"


def test_each_action() -> None:
    assert actions("", A) == {queue("a"): "create"}
    assert actions(A, A) == {}
    assert actions(A, QUEUE.format("a", "orders", "2")) == {queue("a"): "update"}
    assert actions(A, QUEUE.format("a", "others", "1")) == {queue("a"): "replace"}
    assert actions(A, "") == {queue("a"): "destroy"}
    assert actions(A, B) == {queue("a"): "destroy", queue("b"): "create"}
    assert actions(A, B + moved(queue("a"), queue("b"))) == {queue("b"): "move"}
    imported = 'import {\n  to = aws_sqs_queue.a\n  id = "url"\n}\n'
    assert actions("", A + imported) == {queue("a"): "import"}
    assert actions(A, A + imported) == {}


def test_data_sources_have_no_consequences() -> None:
    assert actions('data "aws_region" "here" {}', "") == {}


def test_another_profile_is_another_account_unless_the_accounts_are_named() -> None:
    table = 'provider "aws" {{\n  region = "eu-west-1"\n  {}\n}}\nresource "aws_dynamodb_table" "a" {{}}\n'
    named = 'allowed_account_ids = ["111111111111"]\n  '
    assert actions(table.format(""), table.format('profile = "b"')) == {"aws_dynamodb_table.a": "replace"}
    assert actions(table.format(named), table.format(f'{named}profile = "b"')) == {}


def test_values_that_change_places_among_blocks_are_a_change() -> None:
    instance = (
        'resource "aws_instance" "a" {{\n  ebs_block_device {{\n    device_name = "x"\n    volume_size = {}\n  }}\n'
        '  ebs_block_device {{\n    device_name = "y"\n    volume_size = {}\n  }}\n}}\n'
    )
    assert actions(instance.format(1, 2), instance.format(1, 2)) == {}
    assert set(actions(instance.format(1, 2), instance.format(2, 1))) == {"aws_instance.a"}
    rules = 'resource "aws_security_group" "a" {{\n  {}\n}}\n'
    one, other = (
        "ingress {{\n    from_port = {}\n    to_port = {}\n  }}".format(*each) for each in ((1, 1), (2, 2))
    )
    mixed = (
        "ingress {{\n    from_port = {}\n    to_port = {}\n  }}".format(*each) for each in ((1, 2), (2, 1))
    )
    ordered = rules.format(f"{one}\n  {other}")
    assert actions(ordered, rules.format(f"{other}\n  {one}")) == {}
    assert actions(ordered, rules.format("\n  ".join(mixed))) == {"aws_security_group.a": "update"}


def test_a_log_group_that_terraform_leaves_in_aws_is_no_loss() -> None:
    group = 'resource "aws_cloudwatch_log_group" "a" {{\n  name = "{}"\n  skip_destroy = {}\n}}\n'
    for skips in (True, False):
        deployed = group.format("a", str(skips).lower())
        for after in ("", group.format("b", "true")):
            (found,) = consequences(deployed, after)
            assert (found.action.loses, found.loss is None) == (True, skips)


def test_the_storage_of_an_aurora_cluster_changes_in_place() -> None:
    cluster = 'resource "aws_rds_cluster" "a" {{\n  engine = "{}"\n  storage_type = "{}"\n}}\n'
    for engine, action in (("aurora-postgresql", "update"), ("postgres", "replace")):
        changed = actions(cluster.format(engine, "aurora"), cluster.format(engine, "aurora-iopt1"))
        assert changed == {"aws_rds_cluster.a": action}


def test_instances_that_only_a_plan_knows_may_be_fewer() -> None:
    many = 'data "aws_regions" "all" {{}}\nresource "aws_sqs_queue" "a" {{\n  {}\n}}\n'
    names = "for_each = toset(data.aws_regions.all.names)"
    fewer = "for_each = toset(slice(data.aws_regions.all.names, 0, 1))"
    assert actions(many.format(names), many.format(names)) == {}
    assert actions(many.format(names), many.format(fewer)) == {queue("a[*]"): "destroy"}
    assert reasons(many.format(names), many.format(fewer))[queue("a[*]")] == (
        "its for_each changes to one that only a plan knows",
    )
    known = many.format('for_each = toset(["x"])')
    assert actions(known, many.format(names)) == {queue('a["x"]'): "destroy", queue("a[*]"): "create"}
    assert reasons(known, many.format(names))[queue('a["x"]')] == (
        "only a plan knows which instances are left",
    )


def test_what_a_data_source_reads_changes_with_its_arguments() -> None:
    named = (
        'data "aws_ssm_parameter" "name" {{\n  name = "{}"\n}}\n'
        'data "aws_vpcs" "all" {{\n  filter {{\n    name = "{}"\n    values = []\n  }}\n}}\n'
        'resource "aws_sqs_queue" "a" {{\n  name = data.aws_ssm_parameter.name.value\n'
        "  kms_master_key_id = data.aws_vpcs.all.ids[0]\n}}\n"
    )
    old = named.format("/a", "x")
    assert actions(old, old) == {}
    assert actions(old, named.format("/b", "x")) == {queue("a"): "replace"}
    assert actions(old, named.format("/a", "y")) == {queue("a"): "update"}


@pytest.mark.parametrize(
    ("body", "action"),
    [
        ("lifecycle {\n    destroy = false\n  }", "forget"),
        ("lifecycle {\n    destroy = true\n  }", "destroy"),
        ("", "destroy"),
    ],
)
def test_a_removed_block_keeps_the_resource_only_if_it_says_so(body: str, action: str) -> None:
    removed = f"removed {{\n  from = aws_sqs_queue.a\n  {body}\n}}\n"
    assert actions(A, removed) == {queue("a"): action}


@pytest.mark.parametrize(
    ("blocks", "old", "new"),
    [
        ([("a", "b")], "a", "b"),
        ([("a", "c"), ("c", "b")], "a", "b"),
        ([("c", "b"), ("a", "c")], "a", "b"),
        ([("a", "b")], 'a["k"]', 'b["k"]'),
        ([('a["k"]', 'b["n"]')], 'a["k"]', 'b["n"]'),
        ([("a", 'b["k"]')], "a", 'b["k"]'),
        ([('a["k"]', "b")], 'a["k"]', "b"),
        ([("a", "b[0]")], "a", "b[0]"),
        ([("a[0]", 'b["k"]')], "a[0]", 'b["k"]'),
        ([("a", "b"), ("a[1]", "c")], "a[1]", "c[*]"),
    ],
)
def test_moves_lead_from_old_addresses_to_new_ones(blocks: list[tuple[str, str]], old: str, new: str) -> None:
    def declared(address: str) -> str:
        name, _, key = address.partition("[")
        repeated = {"": "", "0]": "count = 1", "1]": "count = 2", "*]": ""}.get(key)
        if repeated is None:
            repeated = f'for_each = toset(["{key.strip(chr(34) + "]")}"])'
        return f'resource "aws_sqs_queue" "{name}" {{\n  {repeated}\n  name = "orders"\n}}\n'

    moves = "".join(moved(queue(start), queue(end)) for start, end in blocks)
    found = {each.address: each for each in consequences(declared(old), declared(new) + moves)}
    new = new.replace("[*]", "")
    assert found[queue(new)].action.value == "move"
    assert found[queue(new)].before == queue(old)


def test_a_move_of_one_instance_leaves_the_others() -> None:
    before = 'resource "aws_sqs_queue" "a" {\n  for_each = toset(["x", "y"])\n}\n'
    after = before.replace('["x", "y"]', '["y"]') + 'resource "aws_sqs_queue" "b" {}\n'
    assert actions(before, after + moved(queue('a["x"]'), queue("b"))) == {queue("b"): "move"}


def test_a_move_of_all_instances_to_one_key_moves_none_of_them() -> None:
    before = 'resource "aws_sqs_queue" "a" {\n  for_each = toset(["x"])\n}\n'
    after = 'resource "aws_sqs_queue" "b" {\n  for_each = toset(["k"])\n}\n'
    assert actions(before, after + moved(queue("a"), queue('b["k"]'))) == {
        queue('a["x"]'): "destroy",
        queue('b["k"]'): "create",
    }


def test_nothing_moves_to_the_place_of_another_resource() -> None:
    two = A + QUEUE.format("b", "others", "1")
    assert actions(two, QUEUE.format("b", "others", "1") + moved(queue("a"), queue("b"))) == {
        queue("a"): "destroy"
    }
    chain = moved(queue("a"), queue("b")) + moved(queue("b"), queue("c"))
    assert actions(two, QUEUE.format("c", "others", "1") + chain) == {
        queue("a"): "destroy",
        queue("c"): "move",
    }


def test_a_cycle_of_moves_ends() -> None:
    cycle = "".join(moved(queue(start), queue(end)) for start, end in ("ab", "bc", "ca"))
    assert actions(A, A + cycle) == {}


def test_count_moves_the_only_instance_to_number_0_and_back() -> None:
    one = 'resource "aws_sqs_queue" "a" {\n  name = "orders"\n}\n'
    counted = one.replace("{\n", "{\n  count = 1\n")
    assert actions(one, counted) == {queue("a[0]"): "move"}
    assert actions(counted, one) == {queue("a"): "move"}
    keyed = one.replace("{\n", '{\n  for_each = toset(["0"])\n')
    assert actions(one, keyed) == {queue("a"): "destroy", queue('a["0"]'): "create"}


INNER = {"modules/m/main.tf": 'resource "aws_sqs_queue" "a" {\n  name = "orders"\n}\n'}


def call(name: str, repeated: str = "") -> str:
    return f'module "{name}" {{\n  source = "./modules/m"\n  {repeated}\n}}\n'


def test_modules_move_with_all_they_contain() -> None:
    before = {"main.tf": call("m")} | INNER
    for name, repeated, end in (
        ("n", "", "module.n"),
        ("n", 'for_each = toset(["k"])', 'module.n["k"]'),
        ("m", "count = 1", "module.m[0]"),
    ):
        after = {"main.tf": call(name, repeated) + moved("module.m", end)} | INNER
        assert actions(before, after) == {f"{end}.aws_sqs_queue.a": "move"}
    into = {"main.tf": call("m") + moved(queue("a"), "module.m.aws_sqs_queue.a")} | INNER
    assert actions({"main.tf": A.replace("tags", "# tags")}, into) == {"module.m.aws_sqs_queue.a": "move"}


def test_moves_inside_a_module_hold_for_each_of_its_instances() -> None:
    before = {"main.tf": call("m", "count = 2")} | INNER
    renamed = INNER["modules/m/main.tf"].replace('"a"', '"b"') + moved(queue("a"), queue("b"))
    assert actions(before, before | {"modules/m/main.tf": renamed}) == {
        "module.m[0].aws_sqs_queue.b": "move",
        "module.m[1].aws_sqs_queue.b": "move",
    }


KEYED = """
resource "aws_kms_key" "KEY" {
  description = "DESCRIPTION"
}
resource "aws_rds_cluster" "sales" {
  cluster_identifier = "sales"
  kms_key_id         = aws_kms_key.KEY.arn
}
"""


def keyed(name: str, description: str = "stack") -> str:
    return KEYED.replace("KEY", name).replace("DESCRIPTION", description)


def test_a_reference_to_a_resource_that_moves_does_not_change() -> None:
    assert actions(keyed("a"), keyed("b") + moved("aws_kms_key.a", "aws_kms_key.b")) == {
        "aws_kms_key.b": "move"
    }
    assert actions(keyed("a"), keyed("b")) == {
        "aws_kms_key.a": "destroy",
        "aws_rds_cluster.sales": "replace",
        "aws_kms_key.b": "create",
    }
    counted = keyed("a").replace("description", "count = 1\n  description").replace("a.arn", "a[0].arn")
    assert actions(keyed("a"), counted + moved("aws_kms_key.a", "aws_kms_key.a[0]")) == {
        "aws_kms_key.a[0]": "move"
    }


def regional(key_region: str, cluster_region: str = "eu-west-1", key: str = "aws_kms_key.stack.arn") -> str:
    return f"""
    provider "aws" {{
      region = "{cluster_region}"
    }}
    provider "aws" {{
      alias  = "keys"
      region = "{key_region}"
    }}
    resource "aws_kms_key" "stack" {{
      provider    = aws.keys
      description = "stack"
    }}
    resource "aws_rds_cluster" "sales" {{
      cluster_identifier = "sales"
      kms_key_id         = {key}
    }}
    """


def test_a_replacement_goes_on_through_what_only_aws_knows() -> None:
    assert reasons(regional("us-east-1"), regional("us-west-2")) == {
        "aws_kms_key.stack": ("its Region changes from us-east-1 to us-west-2",),
        "aws_rds_cluster.sales": ("kms_key_id refers to aws_kms_key.stack, which is replaced",),
    }


def test_a_replacement_does_not_go_on_through_what_the_text_says() -> None:
    configured = "aws_kms_key.stack.description"
    assert actions(regional("us-east-1", key=configured), regional("us-west-2", key=configured)) == {
        "aws_kms_key.stack": "replace"
    }


def test_only_references_to_the_instance_that_is_replaced_count() -> None:
    text = """
    resource "aws_kinesis_stream" "each" {
      for_each = { a = "one", b = "two" }
      name     = each.value
    }
    resource "aws_rds_cluster" "sales" {
      cluster_identifier = "sales"
      kms_key_id         = aws_kinesis_stream.each["a"].arn
    }
    """
    assert actions(text, text.replace('"two"', '"three"')) == {'aws_kinesis_stream.each["b"]': "replace"}
    assert set(actions(text, text.replace('"one"', '"three"'))) == {
        'aws_kinesis_stream.each["a"]',
        "aws_rds_cluster.sales",
    }


def test_a_replacement_goes_on_from_one_to_the_next() -> None:
    chain = "".join(
        f'resource "aws_rds_cluster" "c{n}" {{\n  cluster_identifier = "c{n}"\n'
        f"  kms_key_id = aws_rds_cluster.c{n + 1}.arn\n}}\n"
        for n in range(30)
    )
    last = 'resource "aws_rds_cluster" "c30" {\n  cluster_identifier = "c30"\n}\n'
    assert set(actions(chain + last, chain + last.replace('= "c30"', '= "new"')).values()) == {"replace"}
    assert len(actions(chain + last, chain + last.replace('= "c30"', '= "new"'))) == 31


FOLLOWING = """
    resource "aws_lambda_function" "seller" {
      function_name = "seller"
      environment {
        variables = { QUEUE = aws_sqs_queue.a.url, NAME = aws_sqs_queue.a.name }
      }
    }
    resource "aws_rds_cluster" "sales" {
      cluster_identifier = "sales"
      lifecycle {
        replace_triggered_by = [aws_lambda_function.seller]
      }
    }
"""


def test_what_refers_to_a_replaced_resource_changes_and_triggers_as_any_change() -> None:
    assert reasons(A + FOLLOWING, QUEUE.format("a", "others", "1") + FOLLOWING) == {
        queue("a"): ("name changes from orders to others",),
        "aws_lambda_function.seller": (
            "environment.variables changes",
            "environment.variables refers to aws_sqs_queue.a, which is replaced",
        ),
        "aws_rds_cluster.sales": ("replace_triggered_by names aws_lambda_function.seller",),
    }
    only_url = FOLLOWING.replace(", NAME = aws_sqs_queue.a.name", "")
    found = actions(A + only_url, QUEUE.format("a", "others", "1") + only_url)
    assert found["aws_lambda_function.seller"] == "update"


@pytest.mark.parametrize("all", ["aws_subnet.private[*].id", "[for each in aws_subnet.private : each.id]"])
def test_what_refers_to_all_instances_changes_with_their_number(all: str) -> None:
    text = f"""
    resource "aws_subnet" "private" {{
      count  = 2
      vpc_id = "vpc-1"
    }}
    resource "aws_db_subnet_group" "sales" {{
      name       = "sales"
      subnet_ids = {all}
    }}
    resource "aws_db_subnet_group" "first" {{
      name       = "first"
      subnet_ids = [aws_subnet.private[0].id]
    }}
    """
    more = text.replace("= 2", "= 3")
    assert actions(text, more) == {"aws_subnet.private[2]": "create", "aws_db_subnet_group.sales": "update"}
    assert actions(more, text) == {"aws_subnet.private[2]": "destroy", "aws_db_subnet_group.sales": "update"}


def test_an_argument_that_aws_keeps_does_not_change_when_it_is_left_out() -> None:
    text = """
    resource "aws_rds_cluster" "sales" {
      cluster_identifier = "sales"
      kms_key_id         = "arn"
    }
    """
    left_out = text.replace('kms_key_id         = "arn"', "")
    assert actions(text, left_out) == {}
    assert actions(left_out, text) == {"aws_rds_cluster.sales": "replace"}


@pytest.mark.parametrize(
    ("trigger", "changed", "replaced"),
    [
        ("aws_sqs_queue.a", "tags", True),
        ("aws_sqs_queue.a", "name", True),
        ("aws_sqs_queue.a.tags", "tags", True),
        ("aws_sqs_queue.a.name", "tags", False),
        ("aws_sqs_queue.a.tags", "name", False),
        ("aws_sqs_queue.a.arn", "name", True),
        ("aws_sqs_queue.a.arn", "tags", False),
        ("aws_sqs_queue.a", "", False),
    ],
)
def test_replace_triggered_by_follows_the_resource_or_the_argument_that_it_names(
    trigger: str, changed: str, replaced: bool
) -> None:
    cluster = (
        'resource "aws_rds_cluster" "sales" {\n  cluster_identifier = "sales"\n'
        f"  lifecycle {{\n    replace_triggered_by = [{trigger}]\n  }}\n}}\n"
    )
    new = {"tags": QUEUE.format("a", "orders", "2"), "name": QUEUE.format("a", "others", "1"), "": A}[changed]
    found = actions(A + cluster, new + cluster)
    assert found.get("aws_rds_cluster.sales") == ("replace" if replaced else None)


def test_losses_come_first_and_what_holds_data_before_the_rest() -> None:
    before = """
    resource "aws_sqs_queue" "z" {
      name = "z"
    }
    resource "aws_dynamodb_table" "b" {
      name = "b"
    }
    resource "aws_dynamodb_table" "a" {
      name = "a"
    }
    resource "aws_dynamodb_table" "tagged" {
      name = "tagged"
    }
    resource "aws_iam_role" "gone" {}
    """
    after = """
    resource "aws_dynamodb_table" "b" {
      name = "c"
    }
    resource "aws_dynamodb_table" "tagged" {
      name = "tagged"
      tags = {}
    }
    resource "aws_iam_role" "new" {}
    """
    assert list(actions(before, after).items()) == [
        ("aws_dynamodb_table.a", "destroy"),
        ("aws_dynamodb_table.b", "replace"),
        ("aws_sqs_queue.z", "destroy"),
        ("aws_dynamodb_table.tagged", "update"),
        ("aws_iam_role.gone", "destroy"),
        ("aws_iam_role.new", "create"),
    ]


def test_many_moves_and_resources_take_a_moment() -> None:
    before = "".join(QUEUE.format(f"a{n}", n, 1) for n in range(600))
    after = "".join(QUEUE.format(f"b{n}", n, 1) + moved(queue(f"a{n}"), queue(f"b{n}")) for n in range(600))
    assert set(actions(before, after).values()) == {"move"}
