"""Ask for the variables of a project template."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from ticketgen.findings import Finding
from ticketgen.findings.projects import UNKNOWN_ANSWER
from ticketgen.guesses import did_you_mean
from ticketgen.project.generate import Renderer
from ticketgen.project.source import InstallSource
from ticketgen.project.template import ProjectTemplate
from ticketgen.spec.presets import presets
from ticketgen.version import VERSION

__all__ = ["Question", "answer_questions", "answer_with_default"]

_OURS = frozenset({"project", "ticketgen", "ticketgen_install"})
"""Variables that every template gets, whether or not it declares them."""


@dataclass(frozen=True, slots=True)
class Question:
    """A variable of a template that the user has to set.

    Attributes:
        key: the variable's name in the template.
        text: the question.
        default: the answer if none is given.
        choices: the only answers; any text if empty.
    """

    key: str
    text: str
    default: str
    choices: tuple[str, ...] = ()


def answer_with_default(question: Question) -> str:
    """Answer a question with its default."""
    return question.default


def answer_questions(
    template: ProjectTemplate,
    renderer: Renderer,
    given: Mapping[str, str],
    ask: Callable[[Question], str],
    source: InstallSource,
    private: Callable[[str], Mapping[str, object]] | None,
) -> dict[str, object] | Finding:
    """The template's variables with their values; a default may depend on the variables before it.

    Args:
        template: the template.
        renderer: the renderer of its texts.
        given: the answers by variable.
        ask: called for each variable that was not given.
        source: the source that the project installs ticketgen from.
        private: returns the variables that are not asked for, given the preset; None if the template is not
            ticketgen's.
    """
    variables = dict(template.variables)
    if private is not None:
        variables["preset"] = list(presets())
    asked = [key for key in variables if not key.startswith("_") and key not in _OURS]
    unknown = sorted(set(given) - set(asked) - {"project"})
    if unknown:
        help = did_you_mean(unknown[0], asked, f"it asks for {', '.join(asked) or 'nothing'}")
        return UNKNOWN_ANSWER.found(f"the template does not ask for {unknown[0]!r}", help)
    given = {**given, "ticketgen": VERSION, "ticketgen_install": source.command}
    prompts = variables.get("__prompts__")
    texts = prompts if isinstance(prompts, dict) else {}
    answers: dict[str, object] = {}
    for key, raw in variables.items():
        if key.startswith("_"):
            answers[key] = raw
            continue
        choices = tuple(str(each) for each in raw) if isinstance(raw, list) else ()
        default = renderer.default(choices[0] if choices else raw, answers)
        text = texts.get(key, key) if isinstance(texts.get(key, key), str) else key
        answer = given[key] if key in given else ask(Question(key, text, default, choices))
        if choices and answer not in choices:
            help = did_you_mean(answer, choices, f"choose one of {', '.join(choices)}")
            return UNKNOWN_ANSWER.found(f"{key}: there is no choice {answer!r}", help)
        answers[key] = answer
    if private is not None:
        answers |= private(str(answers["preset"]))
    return answers
