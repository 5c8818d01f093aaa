"""Small additions to moto: answers that it lacks, and attributes that it does not store."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable
from typing import Any

from moto.apigateway.responses import APIGatewayResponse
from moto.awslambda.models import LambdaBackend, LambdaFunction
from moto.awslambda.policy import Policy
from moto.core.responses import ActionResult
from moto.ec2.models.security_groups import SecurityGroupRule
from moto.kinesis.responses import KinesisResponse
from moto.rds.models import DBCluster, DBInstance
from moto.sqs.models import Queue
from moto.stepfunctions.responses import StepFunctionResponse
from moto.sts.models import AssumedRole
from moto.timestreamwrite.models import TimestreamWriteBackend

from ticketgen.rehearsal.emulator.patching import add_actions, replace
from ticketgen.rehearsal.emulator.signatures import Keys

__all__ = ["patch"]


def patch(address: str, keys: Keys) -> None:
    """Add the missing answers and attributes to moto's services.

    Args:
        address: host and port where the emulator answers.
        keys: the credentials that it accepts.
    """
    _patch_timestream(address)
    _patch_roles(keys)
    _patch_state_machines()
    _patch_functions()
    _patch_permissions()
    _patch_integrations()
    _patch_mappings()
    _patch_kinesis()
    _patch_rds()
    _patch_security_group_rules()
    _patch_queues()


def _patch_timestream(address: str) -> None:
    """Answer Timestream's endpoint discovery with the emulator's own address."""

    def endpoints(backend: TimestreamWriteBackend) -> dict[str, Any]:
        return {"Endpoints": [{"Address": address, "CachePeriodInMinutes": 1440}]}

    replace(TimestreamWriteBackend, "no: only a server has an address", describe_endpoints=endpoints)


def _patch_roles(keys: Keys) -> None:
    """Give an assumed role credentials that the emulator accepts."""
    start = AssumedRole.__init__

    def started(role: Any, *arguments: Any, **options: Any) -> None:
        start(role, *arguments, **options)
        role.secret_access_key = keys.of(role.access_key_id)

    replace(AssumedRole, "no: moto verifies no signatures", __init__=started)


class _StateMachines:
    def validate_state_machine_definition(self) -> ActionResult:
        return ActionResult({"result": "OK", "diagnostics": [], "truncated": False})

    def list_state_machine_versions(self) -> ActionResult:
        return ActionResult({"stateMachineVersions": []})


def _patch_state_machines() -> None:
    """Add the calls that Terraform makes before and after it creates a state machine."""
    add_actions(StepFunctionResponse, _StateMachines, "yes: Terraform calls them for every state machine")


def _patch_functions() -> None:
    """Store the dead-letter and logging configuration of a function."""
    configuration, update = LambdaFunction.get_configuration, LambdaFunction.update_configuration
    start = LambdaFunction.__init__
    kept = ("DeadLetterConfig", "LoggingConfig")

    def started(function: Any, *, spec: dict[str, Any], **options: Any) -> None:
        start(function, spec=spec, **options)
        function.kept = {key: spec[key] for key in kept if key in spec}

    def configured(function: Any, on_create: bool = False) -> dict[str, Any]:
        found: dict[str, Any] = configuration(function, on_create)
        return {**found, **function.kept}

    def updated(function: Any, changes: dict[str, Any]) -> dict[str, Any]:
        function.kept |= {key: changes[key] for key in kept if key in changes}
        function.tracing_config = changes.get("TracingConfig", function.tracing_config)
        function.kms_key_arn = changes.get("KMSKeyArn", function.kms_key_arn)
        return update(function, changes)

    replace(
        LambdaFunction,
        "yes: moto ignores DeadLetterConfig, LoggingConfig, and updates of TracingConfig and KMSKeyArn",
        __init__=started,
        get_configuration=configured,
        update_configuration=updated,
    )


def _patch_permissions() -> None:
    """Change a function's policy one call at a time: a removal during another one would not find its statement."""
    remove, one_at_a_time = Policy.del_statement, threading.Lock()

    def removed(policy: Policy, sid: str, revision: str = "") -> None:
        with one_at_a_time:
            remove(policy, sid, revision)

    replace(Policy, "yes: concurrent removals skip statements", del_statement=removed)


class _Integrations:
    def update_integration(self: Any) -> str:
        names = {"uri": "uri", "timeoutInMillis": "timeout_in_millis"}
        _, _, api, _, resource, _, method, _ = self.path.split("/")
        integration = self.backend.get_integration(api, resource, method)
        for change in self._get_param("patchOperations"):
            name = names.get(change["path"].removeprefix("/"))
            if name is None or change["op"] != "replace":
                raise NotImplementedError(f"an update of {change['path']}")
            setattr(integration, name, change["value"])
        return json.dumps(integration.to_json())


def _patch_integrations() -> None:
    """Update an integration, as Terraform does when a function gets an alias."""
    add_actions(APIGatewayResponse, _Integrations, "yes: API Gateway has the call")


def _patch_mappings() -> None:
    """Keep the alias that an event source mapping names, instead of the function alone."""
    create, update = LambdaBackend.create_event_source_mapping, LambdaBackend.update_event_source_mapping

    def qualified(mapping: Any, spec: dict[str, Any]) -> Any:
        given = spec.get("FunctionName", "")
        if mapping is not None and given.startswith("arn:") and given.count(":") == 7:
            mapping.function_arn = given
        return mapping

    def created(backend: LambdaBackend, spec: dict[str, Any]) -> Any:
        return qualified(create(backend, spec), spec)

    def updated(backend: LambdaBackend, uuid: str, spec: dict[str, Any]) -> Any:
        return qualified(update(backend, uuid, spec), spec)

    replace(
        LambdaBackend,
        "yes: a mapping may name an alias, and Lambda returns its ARN",
        create_event_source_mapping=created,
        update_event_source_mapping=updated,
    )


def _patch_kinesis() -> None:
    """Store the tags that a stream is created with."""
    create = KinesisResponse.create_stream

    def created(handler: KinesisResponse) -> ActionResult:
        result = create(handler)
        tags = handler._get_param("Tags")
        if tags:
            handler.kinesis_backend.add_tags_to_stream(None, handler._get_param("StreamName"), tags)
        return result

    replace(KinesisResponse, "yes: CreateStream takes tags", create_stream=created)


def _patch_rds() -> None:
    """Support the Data API on provisioned clusters and Performance Insights; omit Serverless v1's scaling."""
    start = DBInstance.__init__

    def started(instance: Any, *arguments: Any, **options: Any) -> None:
        start(instance, *arguments, **options)
        instance.performance_insights_enabled = options.get("enable_performance_insights", False)
        instance.performance_insights_kms_key_id = options.get("performance_insights_kms_key_id")

    replace(DBInstance, "yes: moto ignores Performance Insights", __init__=started)
    replace(
        DBCluster,
        "yes: provisioned clusters have the Data API, too",
        enable_http_endpoint=property(
            lambda cluster: cluster._enable_http_endpoint,
            lambda cluster, value: setattr(cluster, "_enable_http_endpoint", bool(value)),
        ),
    )
    scaling = _getter(DBCluster, "scaling_configuration_info")
    replace(
        DBCluster,
        "yes: only Serverless v1 has a scaling configuration",
        scaling_configuration_info=property(
            lambda cluster: scaling(cluster) if cluster.scaling_configuration else None
        ),
    )


def _patch_security_group_rules() -> None:
    """Store the description of a security group rule, whatever it refers to."""
    start = SecurityGroupRule.__init__

    def started(rule: Any, *arguments: Any, **options: Any) -> None:
        start(rule, *arguments, **options)
        given = [*arguments[5:8], *options.values()]
        texts = [part["Description"] for part in given if isinstance(part, dict) and "Description" in part]
        rule.text = texts[0] if texts else None

    replace(
        SecurityGroupRule,
        "yes: a rule for a group or a prefix list has a description, too",
        __init__=started,
        description=property(lambda rule: rule.text),
    )


def _patch_queues() -> None:
    """Return a queue's redrive policy as `jsonencode` writes it, because Terraform compares it as text."""
    describe = _getter(Queue, "attributes")

    def described(queue: Queue) -> dict[str, Any]:
        found: dict[str, Any] = describe(queue)
        if queue.redrive_policy:
            found["RedrivePolicy"] = json.dumps(queue.redrive_policy, separators=(",", ":"), sort_keys=True)
        return found

    replace(Queue, "yes: SQS returns a policy without spaces", attributes=property(described))


def _getter(owner: type[Any], name: str) -> Callable[[Any], Any]:
    getter: Callable[[Any], Any] = vars(owner)[name].fget
    return getter
