"""Run the jobs of a project's pipelines in fresh clones, as GitHub and GitLab do.

GitHub's run as for a pull request whose base is the same commit. Simplifications: actions (``uses:``) are reported and
not run, except a checkout into a folder; the caller's shell provides the environment of a job; and only the part of the
expression language that the workflow uses is supported.
"""

from __future__ import annotations

import itertools
import json
import re
import shutil
import subprocess
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

__all__ = ["Clone", "Step", "run_github", "run_gitlab"]

Clone = Callable[[], Path]
"""A function that makes a fresh clone of the project."""

Shell = Callable[[str, Path, Mapping[str, str]], "subprocess.CompletedProcess[str]"]
"""A function that runs a script in a folder with some variables."""


@dataclass(frozen=True, slots=True)
class Step:
    """A step that was reached.

    Attributes:
        job: with the matrix's values: ``check (dev)``.
        name: of the step, or its script.
        uses: the action; empty for a script.
        outcome: ``success``, ``failure``, or ``skipped``.
        output: what the script printed; of an action, its inputs.
        folder: the clone it ran in.
    """

    job: str
    name: str
    uses: str
    outcome: str
    output: str
    folder: Path


_PULL_REQUEST = {
    "ref": "refs/pull/1/merge",
    "event_name": "pull_request",
    "event": {"pull_request": {"base": {"sha": "0" * 40}}},
}
"""The part of GitHub's context that the workflow uses."""


@dataclass
class _Job:
    """The state of a running job."""

    failed: bool = False
    folder: Path = Path()
    context: dict[str, Any] = field(default_factory=dict)

    def evaluate(self, expression: str) -> Any:
        """The value of an expression, evaluated as Python, which is close enough."""
        text = re.sub("!(?!=)", " not ", expression.replace("&&", " and ").replace("||", " or "))
        text = re.sub(
            r"\b(github|matrix|needs|steps)((?:\.\w+)+)", lambda found: repr(self._looked_up(found)), text
        )
        functions = {
            "always": lambda: True,
            "cancelled": lambda: False,
            "failure": lambda: self.failed,
            "fromJSON": json.loads,
            "hashFiles": lambda pattern: "0" * 64 if (self.folder / pattern).is_file() else "",
            "success": lambda: not self.failed,
        }
        return eval(text.strip(), {"__builtins__": {}}, functions)

    def filled(self, text: str) -> str:
        """The text with its expressions evaluated."""
        return re.sub(r"\$\{\{(.*?)\}\}", lambda found: str(self.evaluate(found[1])), text)

    def should_run(self, condition: str | None) -> bool:
        """Whether a step or job with this ``if:`` runs."""
        if condition is None:
            return not self.failed
        found = re.fullmatch(r"\$\{\{(.*)\}\}", condition.strip())
        inner = found[1] if found else condition
        named = re.search(r"\b(always|cancelled|failure|success)\(\)", inner)
        return bool(self.evaluate(inner)) and (bool(named) or not self.failed)

    def _looked_up(self, found: re.Match[str]) -> Any:
        value: Any = self.context.get(found[1], {})
        for name in found[2].split(".")[1:]:
            value = value.get(name, "")
        return value


def run_github(workflow: Path, clone: Clone, shell: Shell) -> Iterator[Step]:
    """Run every job of a workflow, after the jobs that it needs."""
    document = yaml.safe_load(workflow.read_text("utf-8"))
    needs: dict[str, Any] = {}
    waiting = dict(document["jobs"])
    while waiting:
        name = next(
            each for each, job in waiting.items() if not set(_listed(job.get("needs"))) & set(waiting)
        )
        job = waiting.pop(name)
        failed = any(needs[each]["result"] != "success" for each in _listed(job.get("needs")))
        outer = _Job(
            failed, context={"needs": needs, "github": {**_PULL_REQUEST, "workflow": document["name"]}}
        )
        if not outer.should_run(job.get("if")):
            needs[name] = {"result": "skipped", "outputs": {}}
            continue
        outputs: dict[str, str] = {}
        results = []
        for values in _combinations(job.get("strategy", {}).get("matrix", {}), outer):
            running = _Job(False, context={**outer.context, "matrix": values, "steps": {}})
            label = f"{name} ({', '.join(values.values())})" if values else name
            variables = {key: running.filled(str(text)) for key, text in job.get("env", {}).items()}
            yield from _github_steps(label, job["steps"], running, clone, variables, shell)
            results.append(running.failed)
            outputs = {key: running.filled(text) for key, text in job.get("outputs", {}).items()}
        needs[name] = {"result": "failure" if any(results) else "success", "outputs": outputs}


def _github_steps(
    label: str, steps: Any, job: _Job, clone: Clone, variables: Mapping[str, str], shell: Shell
) -> Iterator[Step]:
    folder = job.folder = clone()
    for number, step in enumerate(steps):
        name = str(step.get("name", step.get("uses", "")))
        if not job.should_run(step.get("if")):
            yield Step(label, name, step.get("uses", ""), "skipped", "", folder)
            continue
        outcome, output, step_outputs = "success", "", {}
        if "uses" in step:
            inputs = {key: job.filled(str(value)) for key, value in step.get("with", {}).items()}
            output = json.dumps(inputs)
            if "path" in inputs and step["uses"].startswith("actions/checkout@"):
                shutil.copytree(clone(), folder / inputs["path"])
        else:
            place = folder.parent / f"{folder.name}-output-{number}"
            place.touch()
            summary = folder.parent / f"{folder.name}-summary"
            files = {"GITHUB_OUTPUT": str(place), "GITHUB_STEP_SUMMARY": str(summary)}
            done = shell(job.filled(step["run"]), folder, {**variables, **files})
            output = done.stdout + done.stderr
            outcome = "success" if done.returncode == 0 else "failure"
            step_outputs = dict(line.partition("=")[::2] for line in place.read_text("utf-8").splitlines())
        job.failed = job.failed or (outcome == "failure" and not step.get("continue-on-error"))
        if "id" in step:
            job.context["steps"][step["id"]] = {"outputs": step_outputs, "outcome": outcome}
        yield Step(label, name, step.get("uses", ""), outcome, output, folder)


def run_gitlab(clone: Clone, shell: Shell) -> Iterator[Step]:
    """Run the jobs of ``.gitlab-ci.yml`` in the order of the file, and of the pipelines that they trigger."""
    top = clone()
    document = yaml.safe_load((top / ".gitlab-ci.yml").read_text("utf-8"))
    artifacts: dict[str, Path] = {}
    for name, job in document.items():
        if name in {"default", "workflow"}:
            continue
        if "trigger" in job:
            (included,) = job["trigger"]["include"]
            child = (artifacts[included["job"]] / included["artifact"]).read_text("utf-8")
            yield from _gitlab_child(yaml.safe_load(child), clone, shell)
            continue
        folder = clone()
        done = shell("\n".join(job["script"]), folder, {})
        assert done.returncode != 0 or all((folder / path).is_file() for path in job["artifacts"]["paths"])
        artifacts[name] = folder
        outcome = "success" if done.returncode == 0 else "failure"
        yield Step(name, "script", "", outcome, done.stdout + done.stderr, folder)
        if outcome == "failure":
            return


def _gitlab_child(document: dict[str, Any], clone: Clone, shell: Shell) -> Iterator[Step]:
    (included,) = document.pop("include")
    assert document.pop("workflow") == {"rules": [{"when": "always"}]}
    hidden = yaml.safe_load((clone() / included["local"]).read_text("utf-8"))
    for name, job in document.items():
        whole = {**hidden[job["extends"]], **job}
        for values in itertools.chain(*map(_expanded, whole["parallel"]["matrix"])):
            folder = clone()
            done = shell("\n".join(whole["script"]), folder, values)
            reports = whole.get("artifacts", {}).get("reports", {})
            missing = [path for paths in reports.values() for path in paths if not (folder / path).is_file()]
            outcome = "success" if done.returncode == 0 and not missing else "failure"
            label = f"{name} ({', '.join(values.values())})"
            yield Step(label, "script", "", outcome, f"{done.stdout}{done.stderr}{missing}", folder)


def _combinations(matrix: Mapping[str, Any], job: _Job) -> list[dict[str, str]]:
    found = {}
    for key, value in matrix.items():
        inner = re.fullmatch(r"\$\{\{(.*)\}\}", value) if isinstance(value, str) else None
        found[key] = job.evaluate(inner[1]) if inner else value
    return _expanded(found)


def _expanded(matrix: Mapping[str, list[str]]) -> list[dict[str, str]]:
    return [dict(zip(matrix, values, strict=True)) for values in itertools.product(*matrix.values())]


def _listed(needs: str | list[str] | None) -> list[str]:
    return [needs] if isinstance(needs, str) else needs or []


def bash(script: str, folder: Path, variables: Mapping[str, str]) -> subprocess.CompletedProcess[str]:
    """Run a script as both do: bash, ending at the first error."""
    return subprocess.run(
        ["bash", "-eo", "pipefail", "-c", script],
        cwd=folder, env=dict(variables), stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=900,
        check=False,
    )  # fmt: skip
