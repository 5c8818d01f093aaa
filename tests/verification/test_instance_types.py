"""Instance types and classes that do not exist are warnings."""

from __future__ import annotations

import pytest

from ticketgen.findings import Finding, Severity
from ticketgen.findings.verification import UNKNOWN_INSTANCE_TYPE
from ticketgen.verification.verify import verify


def found(text: str) -> list[Finding]:
    """The findings about instance types."""
    return [
        each for each in verify({"main.tf": text}, rendered=False) if each.rule == UNKNOWN_INSTANCE_TYPE.id
    ]


@pytest.mark.parametrize(
    ("type", "argument", "value", "help"),
    [
        ("aws_instance", "instance_type", '"t3.mircro"', "did you mean t3.micro?"),
        ("aws_instance", "instance_type", '"t3.gigantic"', "write t3.nano, t3.micro,"),
        ("aws_instance", "instance_type", "local.size", "did you mean m7g.large?"),
        ("aws_instance", "instance_type", '"db.t3.micro"', ""),
        ("aws_eks_node_group", "instance_types", '["t3.large", "t3.lagre"]', "did you mean t3.large?"),
        ("aws_db_instance", "instance_class", '"t3.micro"', "did you mean db.t3.micro?"),
        ("aws_rds_cluster_instance", "instance_class", '"db.r6g.lrage"', "did you mean db.r6g.large?"),
        ("aws_elasticache_cluster", "node_type", '"cache.t4g.zzz"', "write cache.t4g.nano,"),
        ("aws_memorydb_cluster", "node_type", '"db.t4g.smal"', "did you mean db.t4g.small?"),
    ],
)
def test_an_instance_type_that_does_not_exist_is_a_warning(
    type: str, argument: str, value: str, help: str
) -> None:
    size = 'locals {\n  size = "m7g.lagre"\n}\n'
    (finding,) = found(f'{size}resource "{type}" "it" {{\n  {argument} = {value}\n}}\n')
    assert finding.severity is Severity.WARNING
    assert help in finding.help


@pytest.mark.parametrize(
    ("type", "argument", "value"),
    [
        ("aws_instance", "instance_type", '"t3.micro"'),
        ("aws_instance", "instance_type", '"u-12tb1.metal"'),
        ("aws_instance", "instance_type", "var.any"),
        ("aws_instance", "instance_type", "null"),
        ("aws_db_instance", "instance_class", '"db.t4g.medium"'),
        ("aws_db_instance", "instance_class", '"db.x2g.16xlarge"'),
        ("aws_db_instance", "instance_class", '"db.r5.large.tpc1.mem2x"'),
        ("aws_rds_cluster_instance", "instance_class", '"db.serverless"'),
        ("aws_elasticache_replication_group", "node_type", '"cache.r7g.xlarge"'),
        ("aws_mq_broker", "host_instance_type", '"mq.m5.large"'),
    ],
)
def test_any_other_type_is_no_finding(type: str, argument: str, value: str) -> None:
    assert not found(f'resource "{type}" "it" {{\n  {argument} = {value}\n}}\n')


@pytest.mark.parametrize(("service", "known"), [("opensearch", "r6g.large"), ("elasticsearch", "m5.large")])
def test_search_has_types_of_its_own(service: str, known: str) -> None:
    text = 'resource "aws_%s_domain" "it" {\n  cluster_config {\n    instance_type = "%s.%s"\n  }\n}\n'
    suffix = {"opensearch": "search", "elasticsearch": "elasticsearch"}[service]
    assert not found(text % (service, known, suffix))
    assert not found(text % (service, "r7g.large", suffix))
    assert not found(text % (service, "or2.large", suffix))
    assert found(text % (service, "t3.gigantic", suffix))
