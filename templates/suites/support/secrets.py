"""A stand-in for one secret of Secrets Manager: its versions, with their stages and values."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

__all__ = ["Secret"]


@dataclass
class Secret:
    """One secret.

    Attributes:
        stages: by version, in the order of the versions.
        values: by version; a rotation begins with a version that has none.
        first_is_current: whether the first version with a value becomes the current one at once; AWS says so in
            general, and not what it does for a version that a rotation has begun.
    """

    stages: dict[str, list[str]] = field(default_factory=dict)
    values: dict[str, str] = field(default_factory=dict)
    first_is_current: bool = False

    def begin(self, token: str) -> None:
        """Begin a rotation."""
        self._move("AWSPENDING", token)

    def value(self, stage: str = "AWSCURRENT") -> str | None:
        """The value of the version in a stage, if it has one."""
        return next((self.values.get(each) for each, stages in self.stages.items() if stage in stages), None)

    def call(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a call.

        Raises:
            ClientError: there is no such version, or Secrets Manager refuses the change.
        """
        if operation == "DescribeSecret":
            return {"VersionIdsToStages": {version: list(stages) for version, stages in self.stages.items()}}
        if operation == "GetSecretValue":
            return self._get(parameters.get("VersionStage"), parameters.get("VersionId"))
        if operation == "PutSecretValue":
            token = parameters["ClientRequestToken"]
            if token in self.values:
                raise _refusal("ResourceExistsException")
            self.values[token] = parameters["SecretString"]
            first = ["AWSCURRENT"] if self.first_is_current and len(self.values) == 1 else []
            for stage in (*parameters["VersionStages"], *first):
                self._move(stage, token)
            return {}
        assert operation == "UpdateSecretVersionStage", operation
        stage, token = parameters["VersionStage"], parameters["MoveToVersionId"]
        holder = next((each for each, stages in self.stages.items() if stage in stages), None)
        if holder != parameters.get("RemoveFromVersionId"):
            raise _refusal("InvalidParameterException")
        self._move(stage, token)
        return {}

    def _get(self, stage: str | None, version: str | None) -> dict[str, Any]:
        for each, stages in self.stages.items():
            if stage in (None, *stages) and version in (None, each) and each in self.values:
                return {"VersionId": each, "SecretString": self.values[each]}
        raise _refusal("ResourceNotFoundException")

    def _move(self, stage: str, token: str) -> None:
        for stages in self.stages.values():
            if stage in stages:
                stages.remove(stage)
        self.stages.setdefault(token, []).append(stage)


def _refusal(code: str) -> ClientError:
    return ClientError({"Error": {"Code": code, "Message": "simulated by the test"}}, "call")
