"""`ticketgen validate --strict`: no addition that Terraform accepts turns a finding into a note and exit code 0."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from cli_tools import run

from ticketgen.hcl.guards import MAX_BYTES

EXAMPLES = Path(__file__).resolve().parents[1] / "rules/bad"
MANIFEST = ".ticketgen.json"


def file(name: str, text: str) -> Callable[[Path], None]:
    def add(folder: Path) -> None:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")

    return add


def appended(text: str) -> Callable[[Path], None]:
    def add(folder: Path) -> None:
        with (folder / "main.tf").open("a", encoding="utf-8") as stream:
            stream.write(text)

    return add


def link(name: str, target: str) -> Callable[[Path], None]:
    def add(folder: Path) -> None:
        (folder / ".hidden").mkdir()
        (folder / ".hidden/main.tf").write_text("locals {}\n", encoding="utf-8")
        (folder / name).symlink_to(target)

    return add


def hidden_module(folder: Path) -> None:
    file(".hidden/main.tf", "locals {}\n")(folder)
    appended('module "more" {\n  source = "./.hidden"\n}\n')(folder)


def linked_module(folder: Path) -> None:
    file("real/main.tf", 'output "a" {\n  value = 1\n}\n')(folder)
    (folder / "more").symlink_to("real")
    appended('module "more" {\n  source = "./more"\n}\n')(folder)


OVERRIDE = 'resource "aws_security_group" "web" {\n  ingress {\n    protocol = "tcp"\n  }\n}\n'

# Name → an addition to a stack that could hide its findings.
ADDITIONS: dict[str, Callable[[Path], None]] = {
    "deep brackets": appended("locals {\n  a = " + "[" * 300 + "]" * 300 + "\n}\n"),
    "a large comment": appended("# x\n" * (MAX_BYTES // 4)),
    "many operators": appended("#" + "-" * 100_001 + "\n"),
    "a twin for OpenTofu": file("main.tofu", "locals {}\n"),
    "a test for OpenTofu in the JSON syntax": file("more.tofutest.json", "{}"),
    "a module from a registry": appended(
        'module "more" {\n  source  = "terraform-aws-modules/vpc/aws"\n  version = "5.0.0"\n}\n'
    ),
    "a module from a repository": appended(
        'module "more" {\n  source = "git::https://example.com/x.git"\n}\n'
    ),
    "a module outside the directory": appended('module "more" {\n  source = "../more"\n}\n'),
    "a module in a hidden folder": hidden_module,
    "a module behind a link": linked_module,
    "a link to a folder outside": link("more", "../.."),
    "a link to a hidden folder": link("more", ".hidden"),
    "a link to a file outside": link("more.tf", "/etc/hostname"),
    "a link to a file for OpenTofu outside": link("main.tofu", "/etc/hostname"),
    "a link to values outside": link("more.auto.tfvars.json", "/etc/hostname"),
    "a resource of an unknown provider": appended('resource "other_thing" "this" {\n}\n'),
}


@pytest.fixture
def stack(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A directory without findings, which is the current folder."""
    folder = tmp_path / "stack"
    folder.mkdir()
    (folder / "main.tf").write_text('terraform {\n  required_version = ">= 1.9"\n}\n', encoding="utf-8")
    monkeypatch.chdir(folder)
    return folder


def rules(*arguments: str) -> set[tuple[str, str]]:
    document = json.loads(run("validate", *arguments, "--format", "json").stdout)
    return {(each["rule"], each["severity"]) for each in document["findings"]}


@pytest.mark.parametrize("add", ADDITIONS.values(), ids=ADDITIONS)
def test_an_unchecked_addition_fails_a_strict_run(add: Callable[[Path], None], stack: Path) -> None:
    assert run("validate", "--strict").exit_code == 0
    add(stack)
    assert run("validate").exit_code == 0
    assert run("validate", "--strict").exit_code == 1
    (stack.parent / MANIFEST).write_text("{}", encoding="utf-8")
    assert run("validate").exit_code == 1, "a stack that ticketgen rendered is strict by default"
    assert run("validate", "--no-strict").exit_code == 0
    assert {severity for _, severity in rules()} == {"error"}


@pytest.mark.parametrize("add", ADDITIONS.values(), ids=ADDITIONS)
@pytest.mark.parametrize("rule", ["open-security-group", "iam-wildcard", "plain-secret"])
def test_an_addition_hides_no_finding_of_a_strict_run(
    add: Callable[[Path], None], rule: str, stack: Path
) -> None:
    """Either the finding is still there, or the file that is not checked is an error, whatever is selected."""
    for path in (EXAMPLES / rule).glob("*.tf"):
        (stack / path.name).write_text(path.read_text("utf-8"), encoding="utf-8")
    add(stack)
    chosen = rules("--strict", "--select", rule, "--ignore", "not-checked")
    assert ("not-checked", "error") in chosen or rule in {each for each, _ in chosen}
    assert run("validate", "--strict").exit_code == 1


PORT = (
    'resource "aws_security_group_rule" "r" {{\n  type = "ingress"\n  security_group_id = "sg-1"\n  protocol = "tcp"\n'
    "  from_port = 22\n  to_port = 22\n  cidr_blocks = {}\n}}\n"
)

# What Terraform evaluates to ["0.0.0.0/0"].
WAYS = [
    '["0.0.0.0/0"]', '["%{ if true }0.0.0.0/0%{ endif }"]', '["%{ for x in ["0.0.0.0/0"] }${x}%{ endfor }"]',
    '[regex(".*", "0.0.0.0/0")]', 'yamldecode("[0.0.0.0/0]")', '[file("open.txt")]',
    'split(",", templatefile("x", {}))', '["0.0.0.0/1", "128.0.0.0/1"]', '["0::/0"]', '["2000::/3"]',
    '[cidrsubnet("0.0.0.0/0", 0, 0)]', '[try({}.x, "0.0.0.0/0")]', '[provider::std::text("0.0.0.0/0")]',
    '["true" ? "0.0.0.0/0" : "10.0.0.0/8"]', '["1" == "1" ? "0.0.0.0/0" : ""]', 'coalesce([["0.0.0.0/0"]]...)',
    'values({ for k in ["a"] : k => "0.0.0.0/0"... })[0]', '"0.0.0.0/0"[*]', '[["0.0.0.0/0"]["0"]]',
    '[element([for i in range(1000) : [for j in range(30) : "0.0.0.0/0"][0]], 0)]', 'reverse(["0.0.0.0/0"])',
    '[base64decode("MC4wLjAuMC8w")]', '[join(".", [for i in range(3) : 0.0], ["0/0"])]', "local.open", "[local.hidden]",
]  # fmt: skip
LOCALS = 'locals {\n  open = ["${local.zero}.0.0/0"]\n  zero = "0.0"\n  hidden = md5(local.zero)\n}\n'


@pytest.mark.parametrize("form", WAYS)
def test_a_value_that_the_text_determines_is_checked_or_reported(form: str, stack: Path) -> None:
    (stack / "main.tf").write_text(LOCALS + PORT.format(form), encoding="utf-8")
    found = rules("--strict")
    assert ("open-security-group", "warning") in found or ("value-not-checked", "error") in found
    assert run("validate", "--strict", "--ignore", "value-not-checked").exit_code in {0, 1}


@pytest.mark.parametrize(
    "value", ["var.open", "[aws_eip.here.public_ip]", "[timestamp()]", "try(var.open, [])"]
)
def test_a_value_known_only_after_a_plan_is_not_a_finding(value: str, stack: Path) -> None:
    text = 'variable "open" {\n  type = list(string)\n}\nresource "aws_eip" "here" {\n}\n' + PORT.format(
        value
    )
    (stack / "main.tf").write_text(text, encoding="utf-8")
    assert "value-not-checked" not in {rule for rule, _ in rules("--strict")}


@pytest.mark.parametrize("value", ["var.regions", "toset(var.regions)", "toset(aws_eip.here.tags_all)"])
def test_the_elements_of_a_loop_known_only_after_a_plan_are_not_findings(value: str, stack: Path) -> None:
    text = f"""variable "regions" {{
  type = list(string)
}}
resource "aws_eip" "here" {{
}}
resource "aws_dynamodb_table" "seats" {{
  name         = "seats"
  billing_mode = "PAY_PER_REQUEST"
  hash_key     = "seat"
  attribute {{
    name = "seat"
    type = "S"
  }}
  dynamic "replica" {{
    for_each = {value}
    content {{
      region_name = replica.value
    }}
  }}
}}
"""
    (stack / "main.tf").write_text(text, encoding="utf-8")
    assert "value-not-checked" not in {rule for rule, _ in rules("--strict")}


HIDES_GRANTS = {
    "a policy of any role": 'resource "aws_iam_policy_attachment" "x" {\n  name = "x"\n  roles = ["x"]\n'
    '  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"\n}\n',
    "a policy of AWS": 'resource "aws_iam_role_policy_attachment" "x" {\n  role = aws_iam_role.seller.name\n'
    '  policy_arn = "arn:aws:iam::aws:policy/ReadOnlyAccess"\n}\n',
    "a denial": 'resource "aws_iam_role_policy" "x" {\n  role = aws_iam_role.seller.id\n'
    '  policy = jsonencode({ Statement = [{ Effect = "Deny", Action = "s3:*", Resource = "*" }] })\n}\n',
    "merged documents": 'resource "aws_iam_role_policy" "x" {\n  role = aws_iam_role.seller.id\n'
    '  policy = data.aws_iam_policy_document.x.json\n}\ndata "aws_iam_policy_document" "x" {\n'
    "  source_policy_documents = [data.aws_iam_policy_document.assume.json]\n}\n",
    "a policy in a file": 'resource "aws_iam_role_policy" "x" {\n  role = aws_iam_role.seller.id\n'
    '  policy = file("policy.json")\n}\n',
}


@pytest.mark.parametrize("addition", HIDES_GRANTS.values(), ids=HIDES_GRANTS)
def test_an_addition_that_hides_a_missing_grant_is_reported(addition: str, stack: Path) -> None:
    text = (EXAMPLES / "missing-grant/main.tf").read_text("utf-8")
    (stack / "main.tf").write_text(text, encoding="utf-8")
    assert ("missing-grant", "warning") in rules()
    appended(addition)(stack)
    found = rules("--strict")
    assert ("missing-grant", "warning") in found or ("value-not-checked", "error") in found


@pytest.mark.parametrize(
    "statement",
    [
        '"Action": "dynamodb:*", "Resource": "${aws_dynamodb_table.t.arn}"',
        '"Action": "dynamodb:**", "Resource": "x"', '"Action": "dynamodb:GetItem", "Resource": "**"',
        '"NotAction": "iam:PassRole", "Resource": "*"',
    ],
)  # fmt: skip
def test_a_policy_text_with_unknown_parts_is_read(statement: str, stack: Path) -> None:
    (stack / "main.tf").write_text(
        'resource "aws_dynamodb_table" "t" {\n  name = "t"\n}\nresource "aws_iam_policy" "p" {\n  policy = <<-EOT\n'
        f'    {{"Statement": [{{"Effect": "Allow", {statement}}}]}}\n  EOT\n}}\n'
    )
    assert ("iam-wildcard", "warning") in rules("--select", "iam-wildcard")


STATEMENT = '{ Effect = "Allow", Action = "s3:*", Resource = aws_s3_bucket.b.arn }'


@pytest.mark.parametrize(
    "policy",
    [
        f"Statement = [{STATEMENT}]", f"Statement = {STATEMENT}", f"Statement = concat([{STATEMENT}], [])",
        f"Statement = flatten([[{STATEMENT}]])", f"Statement = [for s in [{STATEMENT}] : s]",
        f"Statement = [], Statement = [{STATEMENT}]",
        f'Statement = [], "${{"Statement"}}" = [{STATEMENT}]',
        f'"${{"Statement"}}" = [{STATEMENT}]',
        'Statement = [{ Effect = "Allow", action = "s3:*", Resource = "*" }]', f"statement = [{STATEMENT}]",
    ],
)  # fmt: skip
def test_every_form_of_a_policy_is_read_or_reported(policy: str, stack: Path) -> None:
    (stack / "main.tf").write_text(
        'resource "aws_s3_bucket" "b" {\n}\nresource "aws_iam_policy" "p" {\n'
        f"  policy = jsonencode({{ {policy} }})\n}}\n"
    )
    found = rules("--strict")
    assert ("iam-wildcard", "warning") in found or ("value-not-checked", "error") in found


@pytest.mark.parametrize("off", ["false", '"false"', '"0"', "null"])
def test_every_form_of_false_means_unencrypted(off: str, stack: Path) -> None:
    (stack / "main.tf").write_text(
        f'resource "aws_ebs_volume" "v" {{\n  encrypted = {off}\n}}\n'
        f'resource "aws_opensearch_domain" "d" {{\n  encrypt_at_rest {{\n    enabled = {off}\n  }}\n}}\n'
    )
    document = json.loads(run("validate", "--select", "unencrypted-store", "--format", "json").stdout)
    assert len(document["findings"]) == 2


@pytest.mark.parametrize(
    "rule", ["not-checked", "schema-not-checked", "module-not-checked", "value-not-checked", "round-trip"]
)
def test_no_comment_hides_that_something_is_not_checked(rule: str, stack: Path) -> None:
    deep = "[" * 300 + "]" * 300
    text = f"locals {{\n  a = {deep} # ticketgen:ignore {rule} it is fine\n}}\n"
    appended(text)(stack)
    assert ("not-checked", "error") in rules("--strict")
    assert ("ignore-unknown-rule", "error") in rules()


def test_an_override_does_not_replace_the_block_that_the_rules_see(stack: Path) -> None:
    bad = (EXAMPLES / "open-security-group/main.tf").read_text("utf-8")
    (stack / "main.tf").write_text(bad, encoding="utf-8")
    before = rules("--select", "open-security-group")
    file("a_override.tf", OVERRIDE)(stack)
    assert before
    assert rules("--select", "open-security-group") == before


def test_a_call_of_a_root_module_with_harmless_values_hides_no_finding(stack: Path) -> None:
    long = (
        'variable "project" {\n  default = "x"\n}\n\n'
        'resource "aws_sqs_queue" "q" {\n  name = "${var.project}-q"\n}\n'
    )
    (stack / "main.tf").write_text(long.replace('"x"', f'"{"x" * 90}"'), encoding="utf-8")
    before = rules("--select", "name-limit")
    assert before
    file("examples/main.tf", 'module "stack" {\n  source  = "../"\n  project = "x"\n}\n')(stack)
    assert rules("--select", "name-limit") == before


def test_the_command_line_overrides_strict_in_the_configuration_file(stack: Path) -> None:
    file("more.tofutest.json", "{}")(stack)
    file("ticketgen.toml", "[validate]\nstrict = true\n")(stack)
    assert run("validate").exit_code == 1
    assert run("validate", "--no-strict").exit_code == 0
    file("ticketgen.toml", "[validate]\nstrict = 1\n")(stack)
    assert run("validate").exit_code == 2
    assert "strict: 1 is neither true nor false" in run("validate").stderr
