"""Rotations in Secrets Manager, by the functions that Terraform deployed, and also of a secret without a value.

As in AWS, a rotation begins with a version that has a stage and no value, and goes on after RotateSecret has answered.
"""

from __future__ import annotations

import json
import sys
import threading
import time
import uuid
from typing import Any

from moto.secretsmanager.models import FakeSecret, SecretsManagerBackend, secretsmanager_backends

from ticketgen.rehearsal.emulator.lambda_fleet import Fleet, function_of
from ticketgen.rehearsal.emulator.patching import replace

__all__ = ["current_value", "patch"]

_STEPS = ("createSecret", "setSecret", "testSecret", "finishSecret")
_CURRENT, _PENDING = "AWSCURRENT", "AWSPENDING"


def current_value(arn: str) -> dict[str, str] | None:
    """The value of a secret that is a JSON object; None if it has none."""
    region, account = arn.split(":")[3:5]
    secret = secretsmanager_backends[account][region].secrets.get(arn)
    if not isinstance(secret, FakeSecret):
        return None
    version = _holder(secret, _CURRENT)
    if version is None or "secret_string" not in secret.versions[version]:
        return None
    value: dict[str, str] = json.loads(secret.versions[version]["secret_string"])
    return value


def patch(fleet: Fleet) -> None:
    """Make moto rotate secrets with the functions of a fleet."""
    put, move = SecretsManagerBackend.put_secret_value, SecretsManagerBackend.update_secret_version_stage
    rotate = SecretsManagerBackend.rotate_secret

    def rotate_secret(
        backend: Any,
        secret_id: str,
        client_request_token: str | None = None,
        rotation_lambda_arn: str | None = None,
        rotation_rules: dict[str, Any] | None = None,
        rotate_immediately: bool = True,
    ) -> str:
        secret = backend.describe_secret(secret_id)
        function = rotation_lambda_arn or secret.rotation_lambda_arn
        if not function or not rotate_immediately:
            return rotate(
                backend,
                secret_id,
                client_request_token,
                rotation_lambda_arn,
                rotation_rules,
                rotate_immediately,
            )
        token = client_request_token or str(uuid.uuid4())
        secret.rotation_requested = secret.rotation_enabled = True
        secret.rotation_lambda_arn = function
        secret.auto_rotate_after_days = (rotation_rules or {}).get(
            "AutomaticallyAfterDays", secret.auto_rotate_after_days
        )
        secret.remove_version_stages_from_old_versions([_PENDING])
        secret.versions[token] = {
            "createdate": int(time.time()),
            "version_id": token,
            "version_stages": [_PENDING],
        }
        threading.Thread(target=_take_steps, args=(fleet, secret, function, token), daemon=True).start()
        return str(secret.to_short_dict(version_id=token))

    def put_secret_value(
        backend: Any,
        secret_id: str,
        secret_string: str,
        secret_binary: str,
        client_request_token: str,
        version_stages: list[str],
    ) -> str:
        secret = backend.describe_secret(secret_id)
        version = secret.versions.get(client_request_token)
        if version is None or "secret_string" in version:
            return put(backend, secret_id, secret_string, secret_binary, client_request_token, version_stages)
        version["secret_string"] = secret_string
        return str(secret.to_short_dict(include_version_stages=True, version_id=client_request_token))

    def update_secret_version_stage(
        backend: Any,
        secret_id: str,
        version_stage: str,
        remove_from_version_id: str,
        move_to_version_id: str,
    ) -> tuple[str, str]:
        secret = backend.describe_secret(secret_id)
        if version_stage == _CURRENT:
            secret.default_version_id = move_to_version_id
            if _holder(secret, _CURRENT) is None and not remove_from_version_id:
                secret.versions[move_to_version_id]["version_stages"].append(_CURRENT)
                return secret.arn, secret.name
        return move(backend, secret.name, version_stage, remove_from_version_id, move_to_version_id)

    replace(
        SecretsManagerBackend,
        "yes: a secret without a value can be rotated, and RotateSecret does not wait for the function",
        rotate_secret=rotate_secret,
        put_secret_value=put_secret_value,
        update_secret_version_stage=update_secret_version_stage,
    )


def _take_steps(fleet: Fleet, secret: FakeSecret, function: str, token: str) -> None:
    for step in _STEPS:
        event = {"SecretId": secret.arn, "ClientRequestToken": token, "Step": step}
        outcome = fleet.invoke(function_of(function), event)
        if outcome.error:
            print(f"{step} of {secret.name} failed: {outcome.error}", file=sys.stderr, flush=True)
            return
    secret.last_rotation_date = int(time.time())


def _holder(secret: FakeSecret, stage: str) -> str | None:
    """The version that has a stage, if one has it."""
    return next(
        (each for each, version in secret.versions.items() if stage in version["version_stages"]), None
    )
