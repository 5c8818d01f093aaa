"""Files in every syntax that Terraform and OpenTofu read."""

from __future__ import annotations

from ticketgen.aws.provider.schema import schema_of
from ticketgen.findings import Location
from ticketgen.hcl.evaluator import Evaluator
from ticketgen.hcl.native_texts import native_texts
from ticketgen.hcl.parse import parse
from ticketgen.hcl.syntax import File
from ticketgen.hcl.variable_files import automatic_values


def test_a_translated_file_keeps_its_lines() -> None:
    done = native_texts({"a/x.tf.json": '{\n\n"locals": {\n"b": 1}}', "y.tf": "z = 1"}, schema_of)
    assert done.texts == {"a/x.tf.json.tf": "locals {\nb = 1\n}\n", "y.tf": "z = 1"}
    assert done.place(Location("a/x.tf.json.tf", 2)) == Location("a/x.tf.json", 4)
    assert done.place(Location("y.tf", 1)) == Location("y.tf", 1)


def test_a_file_of_opentofu_replaces_that_of_terraform() -> None:
    done = native_texts({"x.tf": "a = 1", "x.tofu": "a = 2\nb = 3", "a/x.tf": "c = 4"}, schema_of)
    assert done.texts == {"x.tofu.tf": "a = 2\nb = 3", "a/x.tf": "c = 4"}
    assert done.place(Location("x.tofu.tf", 2)) == Location("x.tofu", 2)


def test_what_is_no_json_is_named() -> None:
    done = native_texts({"x.tf.json": "{", "y.tfvars.json": "[]", "z.tofu.json": '{"what": {}}'}, schema_of)
    assert done.texts == {}
    assert set(done.broken) == {"x.tf.json", "y.tfvars.json", "z.tofu.json"}


def test_terraform_reads_variable_files_in_its_order() -> None:
    texts = {
        "a/terraform.tfvars": 'a = "1"\nb = "1"\nc = "1"\nd = "1"\n',
        "a/terraform.tfvars.json": '{"b": "2", "c": "2", "d": "2"}',
        "a/b.auto.tfvars": 'd = "4"\n',
        "a/a.auto.tfvars.json": '{"c": "3", "d": "3"}',
        "a/prod.tfvars": 'a = "5"\n',
        "terraform.tfvars": 'a = "6"\n',
    }
    files = [parse(path, text) for path, text in native_texts(texts, schema_of).texts.items()]
    parsed = [each for each in files if isinstance(each, File)]
    assert automatic_values(Evaluator(), parsed, "a") == {"a": "1", "b": "2", "c": "3", "d": "4"}
