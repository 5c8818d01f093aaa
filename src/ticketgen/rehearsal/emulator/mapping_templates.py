"""Mapping templates of API Gateway: the part of Velocity's language that chooses a header of an answer.

    #set($name = EXPRESSION)   #set($context.responseOverride.header.NAME = EXPRESSION)
    #if(EXPRESSION) … #elseif(EXPRESSION) … #else … #end
    EXPRESSION: "text", $name, $input.params().header.get("NAME"), ==, !=, !, &&, ||, parentheses

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html
"""

from __future__ import annotations

import re
from collections.abc import Mapping

__all__ = ["overridden_headers"]

_OVERRIDE = "$context.responseOverride.header."
_DIRECTIVE = re.compile(r"#(set|if|elseif)\(|#(else|end)\b")
_TOKEN = re.compile(
    r"\s*(\|\||&&|==|!=|!|\(|\)|\"[^\"$]*\"|\$input\.params\(\)\.header\.get\(\"[\w-]+\"\)|\$[a-z]\w*)"
)
_ASSIGNMENT = re.compile(rf"(\$[a-z]\w*|{re.escape(_OVERRIDE)}[\w-]+)\s*=\s*(.+)", re.DOTALL)


def overridden_headers(template: str, headers: Mapping[str, str]) -> dict[str, str]:
    """Evaluate a template for a request, and return the headers that it sets in the answer.

    Raises:
        NotImplementedError: it uses something else of the language.
    """
    names: dict[str, str | None] = {}
    overridden: dict[str, str] = {}
    # For each open #if: whether this branch is evaluated, and whether a branch of it was.
    branches: list[tuple[bool, bool]] = []
    position = 0
    for found in _DIRECTIVE.finditer(template):
        if found.start() < position:
            continue
        if template[position : found.start()].strip():
            raise NotImplementedError(f"a template with the text {template[position : found.start()]!r}")
        position, kind = found.end(), found[1] or found[2]
        argument = ""
        if found[1]:
            argument, position = _argument(template, position)
        outside = all(active for active, _ in branches[:-1])
        if kind == "if":
            chosen = all(active for active, _ in branches) and _true(argument, names, headers)
            branches.append((chosen, chosen))
        elif kind in ("elseif", "else"):
            _, done = branches.pop()
            chosen = outside and not done and (kind == "else" or _true(argument, names, headers))
            branches.append((chosen, done or chosen))
        elif kind == "end":
            branches.pop()
        elif all(active for active, _ in branches):
            assigned = _ASSIGNMENT.fullmatch(argument.strip())
            if assigned is None:
                raise NotImplementedError(f"#set({argument})")
            value = _Expression(assigned[2], names, headers).value()
            if assigned[1].startswith(_OVERRIDE):
                overridden[assigned[1].removeprefix(_OVERRIDE)] = str(value or "")
            else:
                names[assigned[1]] = value if isinstance(value, str) else None
    if branches or template[position:].strip():
        raise NotImplementedError("a template with an open #if, or with text at its end")
    return overridden


def _argument(template: str, start: int) -> tuple[str, int]:
    depth = 1
    for position in range(start, len(template)):
        depth += {"(": 1, ")": -1}.get(template[position], 0)
        if depth == 0:
            return template[start:position], position + 1
    raise NotImplementedError("a template with an open parenthesis")


def _true(text: str, names: Mapping[str, str | None], headers: Mapping[str, str]) -> bool:
    return bool(_Expression(text, names, headers).value())


class _Expression:
    """An expression, evaluated from left to right; undefined names are None."""

    def __init__(self, text: str, names: Mapping[str, str | None], headers: Mapping[str, str]) -> None:
        self._names, self._headers = names, headers
        self._tokens, position = [], 0
        while text[position:].strip():
            token = _TOKEN.match(text, position)
            if token is None:
                raise NotImplementedError(f"the expression {text!r}")
            self._tokens.append(token[1])
            position = token.end()

    def value(self) -> str | bool | None:
        """The value."""
        found = self._any()
        if self._tokens:
            raise NotImplementedError(f"the expression ends with {' '.join(self._tokens)}")
        return found

    def _take(self, *wanted: str) -> str:
        return self._tokens.pop(0) if self._tokens and self._tokens[0] in wanted else ""

    def _any(self) -> str | bool | None:
        found = self._all()
        while self._take("||"):
            other = self._all()
            found = bool(found) or bool(other)
        return found

    def _all(self) -> str | bool | None:
        found = self._comparison()
        while self._take("&&"):
            other = self._comparison()
            found = bool(found) and bool(other)
        return found

    def _comparison(self) -> str | bool | None:
        found = self._single()
        while operator := self._take("==", "!="):
            found = (found == self._single()) is (operator == "==")
        return found

    def _single(self) -> str | bool | None:
        if self._take("!"):
            found = self._single()
            return found is None or found is False  # in Velocity 1.7, an empty text is true
        if self._take("("):
            found = self._any()
            if not self._take(")"):
                raise NotImplementedError("an expression with an open parenthesis")
            return found
        if not self._tokens:
            raise NotImplementedError("an expression that ends too early")
        token = self._tokens.pop(0)
        if token.startswith('"'):
            return token[1:-1]
        if token.startswith("$input"):
            return self._headers.get(
                token.split('"')[1], ""
            )  # API Gateway gives "" for one that is not there
        if token.startswith("$"):
            return self._names.get(token)
        raise NotImplementedError(f"the expression begins with {token}")
