"""All rules, in the order of running and listing."""

from __future__ import annotations

from ticketgen.rules import (
    api_authorization,
    api_throttling,
    archive_collision,
    code_environment,
    code_imports,
    code_syntax,
    global_table_lock,
    iam_wildcard,
    lambda_code_inline,
    lambda_runtime,
    missing_grant,
    name_collision,
    name_has_suffix,
    name_limit,
    open_security_group,
    outputs_complete,
    plain_secret,
    schedule_expression,
    security_group_flows,
    stream_failure_destination,
    suffix_declared,
    suite_asserts,
    suite_paths,
    unencrypted_store,
    unused_grant,
    vpc_route,
)
from ticketgen.rules.rule import Rule

__all__ = ["RULES"]

RULES: tuple[Rule, ...] = (
    lambda_code_inline.RULE,
    suffix_declared.RULE,
    name_has_suffix.RULE,
    outputs_complete.RULE,
    suite_asserts.RULE,
    suite_paths.RULE,
    security_group_flows.RULE,
    code_syntax.RULE,
    code_imports.RULE,
    code_environment.RULE,
    missing_grant.RULE,
    unused_grant.RULE,
    lambda_runtime.RULE,
    schedule_expression.RULE,
    name_limit.RULE,
    name_collision.RULE,
    archive_collision.RULE,
    global_table_lock.RULE,
    stream_failure_destination.RULE,
    vpc_route.RULE,
    plain_secret.RULE,
    iam_wildcard.RULE,
    open_security_group.RULE,
    unencrypted_store.RULE,
    api_authorization.RULE,
    api_throttling.RULE,
)
