"""Fuzz targets: one for each kind of file of an untrusted repository, run through the command line.

A target puts the bytes into a file of a small repository and runs a command there. Whatever the bytes are, the command
must end with one of its documented exit codes: an exception, a hang and too much memory are faults.
"""

from __future__ import annotations

import json
import os
import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from typer.testing import CliRunner

if TYPE_CHECKING:  # the fuzzer instruments what is imported later
    from ticketgen.findings import Finding
    from ticketgen.rendering.plain_data import Data

__all__ = ["TARGETS", "Target", "run"]

ROOT = Path(__file__).resolve().parents[2]
SPEC = """version: 1
project: tap-marketplace
extends: small-venue
regions: [eu-west-1]
primary_region: eu-west-1
environments:
  dev:
"""
TERRAFORM = (ROOT / "tests/rules/good/lambda-code-inline/main.tf").read_text("utf-8")

PATCHED = "".join(f"block {n} {{\n  a = 1\n  b = 2\n}}\n\n" for n in range(4))
PATCH_HEAD = "--- a/stacks/dev/main.tf\n+++ b/stacks/dev/main.tf\n"
PATCHES = (
    f"{PATCH_HEAD}@@ -11,4 +11,4 @@\n block 2 {{\n-  a = 1\n+  a = 7\n   b = 2\n }}\n",
    f"{PATCH_HEAD}@@ -1,2 +1,3 @@\n block 0 {{\n+  c = 3\n   a = 1\n@@ -18,3 +19,2 @@\n   b = 2\n-}}\n-\n+}}\n"
    "\\ No newline at end of file\n",
    "diff --git a/stacks/dev/main.tf b/stacks/dev/main.tf\ndeleted file mode 100644\nindex 7898192..0000000\n",
)
RECORD = """{
  "format": 1,
  "ticketgen": "0.1.0",
  "install": "wheel",
  "answers": {"project": "my-shop", "preset": "small-venue", "ci": "github", "upgrade_workflow": false},
  "files": {
    "README.md": {"sha256": "52a2b69dbe3a1a2aa8a2cf5690ed311bd339704885621d1f68485b38d82c7cc3"}
  }
}
"""
SAVED_PLAN = """{"format_version": "1.2", "planned_values": {"root_module": {}}, "resource_changes": [
{"address": "aws_sqs_queue.a", "mode": "managed", "type": "aws_sqs_queue", "deposed": "abc", "action_reason": "x",
"change": {"actions": ["delete"], "before": {"deletion_protection": true}, "replace_paths": [["name", 0]]}},
{"address": "aws_sqs_queue.b", "mode": "managed", "type": "aws_sqs_queue", "previous_address": "aws_sqs_queue.c",
"change": {"actions": ["no-op"], "importing": {"id": "b"}}}]}
"""

File = Callable[[bytes], bytes]


@dataclass(frozen=True, slots=True)
class Target:
    """One kind of hostile file.

    Attributes:
        arguments: of the command.
        files: path → content of the repository's files, made from the hostile bytes.
        seeds: patterns of initial files, below the root of the repository.
        seed_texts: more initial texts.
        words: that a mutation may insert.
        action: what runs in the repository in place of a command that would take seconds; it returns the output.
    """

    arguments: tuple[str, ...]
    files: Mapping[str, File]
    seeds: tuple[str, ...] = ()
    seed_texts: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    action: Callable[[], str] | None = None

    def corpus(self) -> Iterator[bytes]:
        """The initial contents."""
        yield b""
        for pattern in self.seeds:
            for path in sorted(ROOT.glob(pattern)):
                if path.is_file() and path.stat().st_size < 50_000:
                    yield path.read_bytes()
        for text in self.seed_texts:
            yield text.encode()


def itself(data: bytes) -> bytes:
    return data


def text(content: str) -> File:
    return lambda data: content.encode()


def inline(runtime: str, name: str) -> File:
    """A stack without findings whose function's code is the hostile text."""
    start, end = TERRAFORM.index("<<PYTHON"), TERRAFORM.index("\nPYTHON\n") + len("\nPYTHON")
    before = TERRAFORM[:start].replace("seller.py", name)
    after = TERRAFORM[end:].replace("python3.13", runtime)

    def made(data: bytes) -> bytes:
        code = data.decode("utf-8", "replace").replace("${", "$${").replace("%{", "%%{")
        content = json.dumps(code, ensure_ascii=False).replace("\\b", "\\u0008").replace("\\f", "\\u000c")
        return f"{before}{content}{after}".encode("utf-8", "replace")

    return made


def plan_stack() -> str:
    """Compare a stack of one file with the disk."""
    from ticketgen.tree import Stack, plan_write

    found = plan_write(
        Path(), [Stack("stacks/dev", {"main.tf": "locals {}\n"})], version="0.1.0", retire_in="stacks"
    )
    return f"{found.value}{write_reports(found.findings)}"


def read_native_syntax() -> str:
    """Read a file, whose syntax HCL's own parser accepts only if ticketgen's does."""
    from ticketgen.hcl.guards import MAX_DEPTH, refusal
    from ticketgen.hcl.parse import parse
    from ticketgen.hcl.reference_parser import parser_errors
    from ticketgen.hcl.tokenizer import Unreadable

    text = Path("main.tf").read_bytes().decode("utf-8", "replace").removeprefix("\ufeff")
    parsed = parse("main.tf", text)
    if isinstance(parsed, Unreadable) and not refusal(text) and not parser_errors(text):
        assert f"deeper than {MAX_DEPTH} levels" in parsed.reason, parsed
    return repr(parsed)


def compare_stack() -> str:
    """Compare a deployed file with another one, and with itself."""
    from ticketgen.consequences.plan_report import as_comment, plan_lines, plan_markdown
    from ticketgen.consequences.stack_plan import StackFiles, plan_stack
    from ticketgen.tree.stack_texts import text_of

    hostile = {"main.tf": text_of(Path("stacks/dev/main.tf").read_bytes())}
    changed = {"main.tf": hostile["main.tf"] + "\n# changed\n"}
    shown = ""
    for before, after in (
        (hostile, {"main.tf": TERRAFORM}),
        ({"main.tf": TERRAFORM}, hostile),
        (hostile, changed),
    ):
        planned = plan_stack(StackFiles("dev", before, after))
        shown += write_reports(planned.findings)
        if planned.value is not None:
            shown += as_comment(plan_markdown({"stacks/dev": planned.value}))
            shown += "\n".join(plan_lines("stacks/dev", planned.value))
    return shown


def show_pin() -> str:
    """Read the ticketgen that the project pins."""
    from ticketgen.project.pin import read_pin

    return str(read_pin(Path()))


def apply_patch() -> str:
    """Apply a patch of the project to a stack of three files."""
    from ticketgen.patches import patch_files

    found = patch_files(".", "stacks/dev", {"main.tf": PATCHED, "a.tf": "", "b.tf": "x = 1"})
    return f"{found.value}{write_reports(found.findings)}"


def show_pinned_source() -> str:
    """Read where a newer ticketgen is looked for."""
    from ticketgen.project.pinned_source import read_pinned_source, replace_line

    pin = read_pinned_source(Path())
    return f"{pin}{replace_line(pin, 'x')}" if pin else ""


def show_upgrade() -> str:
    """Find out what a merge would change, from the record of the project."""
    from ticketgen.project.merge import merge_project

    report = merge_project(Path(), Path("ticketgen.yaml"), dry_run=True)
    return f"{report.difference}{write_reports(report.findings)}"


def render_override() -> str:
    """Render a template of the project with the context of a stack."""
    from ticketgen.rendering.render_file import render_template
    from ticketgen.stack.overrides import Templates

    templates = Templates(Path())
    templates.reset_used()
    try:
        return render_template(templates.environment("stack"), "modules/data/tables.tf.j2", context())
    except Exception as error:
        blamed = templates.explain_error(error, "stack/modules/data/tables.tf.j2")
        if not blamed:
            raise
        return write_reports([blamed])


@cache
def context() -> Data:
    """The context of a stack's templates."""
    from ticketgen.pipeline import read_project
    from ticketgen.rendering.plain_data import Data, to_plain
    from ticketgen.sizing import size
    from ticketgen.stack.context import file_context, stack_context
    from ticketgen.stack.files import stack_files

    with tempfile.TemporaryDirectory() as folder:
        spec = Path(folder, "ticketgen.yaml")
        spec.write_text(SPEC, encoding="utf-8")
        project = read_project(spec).value
    assert project is not None
    environment = project.environments[0]
    sizing = size(environment).value
    assert sizing is not None
    every = stack_context(environment, sizing)
    for file in stack_files(environment):
        every |= file_context(file, environment, sizing)
    made = to_plain(every)
    assert isinstance(made, Data)
    return made


def write_reports(findings: Iterable[Finding]) -> str:
    """All formats of a report."""
    from ticketgen.reports import ReportFormat
    from ticketgen.reports.report import report

    kept = tuple(findings)
    return "".join(report(kept, format, {}) for format in ReportFormat)


_HCL_WORDS = (
    "${", "}", "%{ for x in y }", "%{ endfor }", "<<EOT\n", "EOT\n", "for_each", "count", "dynamic", "jsonencode(",
    "join(", "format(", "flatten(", "setproduct(", "range(", "replace(", "regexall(", "[for ", " : ", "=>", "...",
    "locals {\n", "module ", "source = ", "resource ", "data ", "# ticketgen:ignore ", "\u202e", "\r\n", "each.key",
)  # fmt: skip
_PYTHON_WORDS = (
    "import ", "from ", "def handler(event, context):\n", "boto3.client(", "assert ", "lambda: ", "async ", "await ",
    "match ", "case ", "class ", "yield ", "f'{", "}'", "(", ")", "[", "]", ":\n", "    ", "if ", "else ", "\\\n",
)  # fmt: skip
_JAVASCRIPT_WORDS = (
    "import ", "from ", "require(", "typeof ", "`${", "}`", "/*", "*/", "//", "=>", "async ", "export ", "new ",
    "Client(", "Command(", ".send(", "process.env.", "\u2028",
)  # fmt: skip
_YAML_WORDS = (
    "environments:\n", "regions:", "&a ", "*a", "<<: ", "!!python/object:x", "!!binary ", "? ", "- ", ": ", "|\n",
    ">-\n", "1e999", "0x", "~", "{", "}", "[", "]", "%YAML 1.2\n", "---\n", "...\n", "\t", "event_scale:\n",
)  # fmt: skip

_JSON_WORDS = (
    '{"kind": "', '"hold"', '"purchase"', '"entry"', '"ledger"', '"answer": {"status": 201}', '"begin": ', '"end": ',
    "null", "true", "1e999", "-1", "NaN", "[", "]", "{", "}", ", ", "\\ud800", "\n", "\u2028", '"seats": ["A-1"]',
)  # fmt: skip

TARGETS: Mapping[str, Target] = {
    "spec": Target(
        ("size",),
        {"ticketgen.yaml": itself},
        ("examples/*/ticketgen.yaml", "presets/*.yaml"),
        (SPEC,),
        _YAML_WORDS,
    ),
    "edited-spec": Target(
        ("add-region", "eu-west-2", "--dry-run", "--env", "dev"),
        {"ticketgen.yaml": itself},
        ("examples/*/ticketgen.yaml",),
        (SPEC, SPEC.replace("[eu-west-1]", "\n  - eu-west-1  # first")),
        _YAML_WORDS,
    ),
    "settings": Target(
        ("validate",),
        {"ticketgen.toml": itself, "main.tf": text("locals {}\n")},
        seed_texts=(
            '[validate]\nmin-severity = "warning"\nignore = ["unused-declaration"]\nstrict = true\n',
        ),
        words=("[validate]", "select", "ignore", "=", '"', "'''", "[[", "]]", "1e9", "0x", "inf", "\\u"),
    ),
    "history": Target(
        ("check-history", "history.jsonl", "--format", "sarif"),
        {"history.jsonl": itself},
        ("tests/history/bad/*.jsonl", "tests/history/good/*.jsonl"),
        words=_JSON_WORDS,
    ),
    "state": Target(
        ("migrate", "--state", "state.json"),
        {"ticketgen.yaml": text(SPEC), "state.json": itself},
        seed_texts=(
            "aws_dynamodb_table.events\nmodule.eu_west_1.aws_subnet.private[0]\n",
            '{"resources": [{"mode": "managed", "type": "aws_vpc", "name": "stack", "module": "module.eu_west_1",'
            ' "instances": [{"index_key": "a"}]}]}',
            '{"values": {"root_module": {"resources": [{"mode": "managed", "address": "aws_iam_role.schedule"}],'
            ' "child_modules": []}}}',
        ),
        words=_JSON_WORDS,
    ),
    "saved-plan": Target(
        ("plan-check", "stacks/dev/data/eu-west-1/tfplan.json", "--format", "markdown"),
        {"ticketgen.yaml": text(SPEC), "stacks/dev/data/eu-west-1/tfplan.json": itself},
        seed_texts=(SAVED_PLAN, SAVED_PLAN.replace('"delete"', '"delete", "create"')),
        words=(
            '"resource_changes"',
            '"change"',
            '"actions"',
            '"delete"',
            '"create"',
            '"no-op"',
            '"forget"',
            '"before"',
            '"deposed"',
            '"previous_address"',
            '"importing"',
            '"replace_paths"',
            '"format_version": "1.9"',
            "null",
            "true",
            "1e999",
            "NaN",
            "[",
            "]",
            "{",
            "}",
            "\\ud800",
            "\\u202e",
            "|",
            "`",
        ),
    ),
    "deployed-terraform": Target(
        (),
        {"stacks/dev/main.tf": itself},
        ("tests/rules/bad/*/*.tf", "tests/rules/good/*/*.tf"),
        seed_texts=(
            'moved {\n  from = aws_sqs_queue.a\n  to = module.m["k"].aws_sqs_queue.a[0]\n}\n'
            "removed {\n  from = aws_sqs_queue.b\n  lifecycle {\n    destroy = false\n  }\n}\n"
            "import {\n  to = aws_sqs_queue.c\n}\n",
        ),
        words=(
            *_HCL_WORDS,
            "moved {",
            "removed {",
            "from = ",
            "to = ",
            "ignore_changes = ",
            "replace_triggered_by = ",
        ),
        action=compare_stack,
    ),
    "terraform": Target(
        ("validate", "--format", "sarif"),
        {"main.tf": itself},
        ("tests/rules/bad/*/*.tf", "tests/rules/good/*/*.tf"),
        words=_HCL_WORDS,
    ),
    "terraform-test": Target(
        ("validate", "--format", "github"),
        {"main.tf": text("locals {}\n"), "plan.tftest.hcl": itself},
        ("tests/rules/good/*/*.tf",),
        words=_HCL_WORDS,
    ),
    "adopted-json": Target(
        ("import", "--format", "json", "."),
        {"main.tf.json": itself},
        ("tests/adopt/stacks/*/*/*.tf.json",),
        words=(
            '{"provider": {"aws": ',
            '"region": "eu-west-1"',
            "${",
            "%{ if ",
            "}",
            "[",
            "]",
            "{",
            '"//"',
            "1e999",
            "\\ud800",
        ),
    ),
    "adopted-variables": Target(
        ("import", "."),
        {
            "main.tf": text((ROOT / "tests/adopt/stacks/tfvars-per-environment/main.tf").read_text("utf-8")),
            "prod.tfvars": itself,
        },
        ("tests/adopt/stacks/*/*.tfvars", "tests/adopt/stacks/*/*/*.tfvars"),
        words=_HCL_WORDS,
    ),
    "adopted-terraform": Target(
        ("import", "--output", "-", "."),
        {"main.tf": itself},
        ("tests/adopt/stacks/*/*.tf",),
        words=(
            *_HCL_WORDS,
            "providers = {",
            "aws.west",
            "terraform.workspace",
            'var.environment == "',
            "default_tags {",
            "region",
        ),
    ),
    "syntax": Target(
        (),
        {"main.tf": itself},
        ("tests/rules/good/*/*.tf",),
        (
            'a = <<-A\n  ${<<B\n\n  B \n}%{~ if !x ~} $${y} %%{ %{ else }"%{ endif }\n  A\n',
            'b "c" d { e = f::g([for h, i in j.*.k[*].0\n: -h if i], l...) ? { "m" : 1.5e3, (n) = o, } : "${p}" }\n',
        ),
        (
            *_HCL_WORDS,
            *'[](){}.,*/%+-=<>!?:&|~"\\\n \t#',
            "/*",
            "*/",
            "//",
            "::",
            "==",
            "<<-EOT\n",
            "~}",
            "${~",
            "%{ if x }",
            "%{ else }",
            "%{ endif }",
            ".*",
            "[*]",
            ".0",
            "1e3",
            "\u00e9",
            "e\u0301",
            "\u00a0",
            " in ",
            "if ",
            "true",
            "null",
        ),
        action=read_native_syntax,
    ),
    "suite": Target(
        ("validate", "--format", "junit"),
        {"main.tf": text(TERRAFORM), "tests/test_stack.py": itself},
        ("tests/rules/*/*/test*.py", "tests/rules/*/*/*/test*.py", "templates/suites/**/*.py"),
        words=_PYTHON_WORDS,
    ),
    "python": Target(
        ("validate",),
        {"main.tf": inline("python3.13", "seller.py")},
        ("templates/functions/**/*.py",),
        words=_PYTHON_WORDS,
    ),
    "javascript": Target(
        ("validate", "--format", "json"),
        {"main.tf": inline("nodejs22.x", "seller.mjs")},
        seed_texts=(
            'import { DynamoDBClient } from "@aws-sdk/client-dynamodb";\n'
            "const client = new DynamoDBClient({});\nexport const handler = async (event) => "
            "client.send(new PutItemCommand({ TableName: process.env.TABLE }));\n",
            "const aws = require('aws-sdk'); exports.handler = (e) => new aws.S3().getObject({});\n",
        ),
        words=_JAVASCRIPT_WORDS,
    ),
    "manifest": Target(
        (),
        {"stacks/dev/.ticketgen.json": itself},
        seed_texts=(
            '{"format": 1, "ticketgen": "0.1.0", "spec": "", "files": {"a.tf": {"kind": "terraform", "sha256": ""}}}',
        ),
        words=('"format"', '"files"', '"kind"', '"sha256"', "../", "\\ud800", "1e999", "{", "[", "]"),
        action=plan_stack,
    ),
    "patch": Target(
        (),
        {"patches/dev/main.tf.patch": itself},
        seed_texts=PATCHES,
        words=(
            "@@ -1 +1 @@\n",
            "@@ -0,0 +1,2 @@\n",
            "--- a/",
            "+++ b/",
            "/dev/null",
            "deleted file mode 100644\n",
            "index ",
            "..",
            "\\ No newline at end of file\n",
            " ",
            "+",
            "-",
            "\r\n",
            "\t",
            "9999999",
            "block 1 {\n",
        ),
        action=apply_patch,
    ),
    "template": Target(
        (),
        {"templates/stack/modules/data/tables.tf.j2": itself},
        ("templates/stack/modules/data/tables.tf.j2", "templates/stack/*.j2"),
        words=(
            "{{ ",
            " }}",
            "{% for x in ",
            "{% endfor %}",
            "{% include ",
            "{% import ",
            "{% macro m() %}",
            "{% set x = ",
            "{% call ",
            "| hcl",
            "| attr(",
            "| map(",
            ".__class__",
            "environment",
            "namespace(",
            "range(",
            " ** ",
            "~",
        ),
        action=render_override,
    ),
    "answers": Target(
        ("new", "made", "--template", "theirs"),
        {"theirs/cookiecutter.json": itself, "theirs/{{cookiecutter.project}}/ticketgen.yaml": text(SPEC)},
        seed_texts=('{"project": "x", "region": ["eu-west-1", "us-east-1"], "_extensions": []}',),
        words=(
            '"_extensions"',
            '"_copy_without_render"',
            "{{",
            "}}",
            "__class__",
            "../",
            '"__prompts__"',
            "\\u0000",
        ),
    ),
    "pin": Target(
        (),
        {"requirements-ticketgen.txt": itself},
        seed_texts=("./vendor/ticketgen-0.1.0-py3-none-any.whl --hash=sha256:00\n", "ticketgen==0.1.0\n"),
        words=("--hash=", "ticketgen", "==", "@ git+https://", "-r ", "\\\n", "#egg="),
        action=show_pin,
    ),
    "upgraded-pin": Target(
        (),
        {"requirements-ticketgen.txt": itself},
        seed_texts=(
            f"ticketgen @ git+https://a.example/b@{'0' * 40}\n",
            "ticketgen==0.1.0 --hash=sha256:00\n",
        ),
        words=(
            "--hash=sha256:",
            "ticketgen",
            "==",
            "@ git+ssh://",
            "--index-url ",
            "\\\n",
            "#egg=",
            "\u2028",
        ),
        action=show_pinned_source,
    ),
    "bases": Target(
        (),
        {".ticketgen/project.json": itself, "README.md": itself, ".ticketgen/bases/README.md.base": itself},
        seed_texts=(RECORD,),
        words=('"state": "deleted"', '"own_lines": 9', '"source": ', "<<<<<<< ", "../", ".git/", '"0.0.1"'),
        action=show_upgrade,
    ),
}


def run(name: str, data: bytes) -> str:
    """Run a target on some bytes, in a temporary folder, and return its output.

    Raises:
        Exception: whatever the command did not expect.
    """
    target = TARGETS[name]
    before = Path.cwd()
    with tempfile.TemporaryDirectory(prefix="ticketgen-fuzz-") as folder:
        for path, made in target.files.items():
            place = Path(folder, path)
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_bytes(made(data))
        os.chdir(folder)
        try:
            return target.action() if target.action else run_command(target)
        finally:
            os.chdir(before)


def run_command(target: Target) -> str:
    """Run a target's command in the current folder."""
    from ticketgen.cli.app import app
    from ticketgen.cli.exit_codes import ExitCode

    done = CliRunner().invoke(app, list(target.arguments), env={"TICKETGEN_NO_CACHE": "1"})
    if done.exception is not None and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert done.exit_code in set(ExitCode) - {ExitCode.BUG}, done.output
    return f"{done.exit_code} {done.output}"
