"""Principals of services that do not exist."""

from __future__ import annotations

import re
from collections.abc import Iterator

from ticketgen.aws.iam_actions import iam_actions
from ticketgen.escaping import quoted
from ticketgen.findings import Severity
from ticketgen.misspellings import meant_name
from ticketgen.rules.policy_elements import policy_statements, texts_of
from ticketgen.rules.rule import Problem, Rule
from ticketgen.rules.subject import Subject

__all__ = ["RULE"]

_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_DOMAIN = ".amazonaws.com"
_LONG = 5
"""Shorter names are often one letter from that of another service."""
# https://docs.aws.amazon.com/service-authorization/latest/reference/reference_policies_actions-resources-contextkeys.html;
# the names of principals are on the pages of the services.
_COMMON = (
    "apigateway", "application-autoscaling", "appsync", "athena", "autoscaling", "backup", "batch", "bedrock",
    "budgets", "cloudformation", "cloudfront", "cloudtrail", "cloudwatch", "codebuild", "codedeploy",
    "codepipeline", "cognito-idp", "config", "datasync", "delivery.logs", "dynamodb", "ecs-tasks", "edgelambda",
    "elasticache", "elasticloadbalancing", "elasticmapreduce", "events", "firehose", "glue", "guardduty", "kinesis",
    "lambda", "logs", "mediaconvert", "monitoring.rds", "opensearchservice", "organizations", "pipes", "redshift",
    "replicator.lambda", "route53", "sagemaker", "scheduler", "secretsmanager", "servicecatalog", "states", "transfer",
    "vpc-flow-logs",
)  # fmt: skip


def _check(subject: Subject) -> Iterator[Problem]:
    for statement in policy_statements(subject):
        for element in ("Principal", "NotPrincipal"):
            principals = statement.elements.get(element)
            for name in texts_of(principals.get("Service")) if isinstance(principals, dict) else ():
                subject.spend()
                if _NAME.fullmatch(name):
                    yield Problem(
                        f"{quoted(name)} is no principal of a service",
                        statement.location,
                        f"write {name.lower()}{_DOMAIN}",
                    )
                elif meant := _meant(name):
                    yield Problem(
                        f"{quoted(name)} is no principal of a service",
                        statement.location,
                        f"did you mean {meant}?",
                    )


def _meant(name: str) -> str:
    """The principal that a misspelled one means; "" if it may exist."""
    service = name.removesuffix(_DOMAIN)
    if service == name or not _LONG <= len(service) <= len(max(_COMMON, key=len)) + 1 or service in _COMMON:
        return ""
    meant = meant_name(service, _COMMON)
    return f"{meant}{_DOMAIN}" if meant and service not in iam_actions() else ""


RULE = Rule(
    id="service-principal",
    severity=Severity.WARNING,
    selective=True,
    summary="Every service that a policy names as its principal exists",
    why="IAM and the other services reject a policy with an unknown principal during the apply.",
    fix="write the name of the service with its domain, such as lambda.amazonaws.com",
    check=_check,
    sources=("https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_policies_elements_principal.html",),
)
