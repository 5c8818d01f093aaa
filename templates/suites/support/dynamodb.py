"""A fake DynamoDB in this process: the tables of one Region, with conditions, transactions and paging.

It is a fake because moto takes a second per test and this takes milliseconds; ticketgen's own tests compare it with
DynamoDB Local. It supports the operations and expressions that the functions use, and refuses all others. It has no
conflicts between writers, no throttling and no lag: tests simulate those around a call.
"""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from botocore.exceptions import ClientError

__all__ = ["Region", "Table"]

Item = dict[str, Any]  # in DynamoDB's notation
Key = tuple[str, ...]
Condition = Callable[[Item, Mapping[str, Any]], bool]

_TOKEN = re.compile(r"\s*(<>|<=|>=|[=<>(),]|[:#]?\w+)")
_NUMBERS = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def _invalid(message: str) -> ClientError:
    return ClientError({"Error": {"Code": "ValidationException", "Message": message}}, "call")


class _Parser:
    """A recursive-descent parser of conditions, filters and key conditions.

    https://docs.aws.amazon.com/amazondynamodb/latest/developerguide/Expressions.OperatorsAndFunctions.html
    """

    def __init__(self, text: str) -> None:
        self.tokens: list[str] = []
        place = 0
        while place < len(text.rstrip()):
            found = _TOKEN.match(text, place)
            if found is None:
                raise _invalid(f"Syntax error in {text!r}")
            self.tokens.append(found[1])
            place = found.end()
        self.names: set[str] = set()
        self.values: set[str] = set()

    def _take(self, *expected: str) -> str:
        if not self.tokens or (expected and self.tokens[0].upper() not in expected):
            raise _invalid(f"Syntax error; expected {expected} at {' '.join(self.tokens[:4])!r}")
        return self.tokens.pop(0)

    def _at(self, word: str) -> bool:
        return bool(self.tokens) and self.tokens[0].upper() == word

    def whole(self) -> Condition:
        """The whole condition."""
        found = self._or()
        if self.tokens:
            raise _invalid(f"Syntax error at {' '.join(self.tokens[:4])!r}")
        return found

    def _or(self) -> Condition:
        parts = [self._and()]
        while self._at("OR"):
            self._take()
            parts.append(self._and())
        return parts[0] if len(parts) == 1 else lambda item, values: any(part(item, values) for part in parts)

    def _and(self) -> Condition:
        parts = [self._not()]
        while self._at("AND"):
            self._take()
            parts.append(self._not())
        return parts[0] if len(parts) == 1 else lambda item, values: all(part(item, values) for part in parts)

    def _not(self) -> Condition:
        if self._at("NOT"):
            self._take()
            inner = self._not()
            return lambda item, values: not inner(item, values)
        if self._at("("):
            self._take()
            inner = self._or()
            self._take(")")
            return inner
        if self.tokens[1:2] == ["("] and self.tokens[0].startswith(("attribute_", "begins_with")):
            return self._function()
        return self._comparison()

    def _function(self) -> Condition:
        name = self._take()
        self._take("(")
        path = self._operand()
        if name == "begins_with":
            self._take(",")
            start = self._operand()
            self._take(")")
            return lambda item, values: _begins(path(item, values), start(item, values))
        self._take(")")
        if name == "attribute_exists":
            return lambda item, values: path(item, values) is not None
        if name == "attribute_not_exists":
            return lambda item, values: path(item, values) is None
        raise _invalid(f"the fake does not support {name}")

    def _operand(self) -> Callable[[Item, Mapping[str, Any]], Any]:
        token = self._take()
        if token.startswith("#"):
            raise _invalid("the fake does not support expression attribute names")
        if token.startswith(":"):
            self.values.add(token)

            def value(item: Item, values: Mapping[str, Any]) -> Any:
                if token not in values:
                    raise _invalid(
                        f"An expression attribute value used in expression is not defined: {token}"
                    )
                return values[token]

            return value
        self.names.add(token)
        return lambda item, values: item.get(token)

    def _comparison(self) -> Condition:
        left = self._operand()
        sign = self._take("=", "<>", "<", "<=", ">", ">=", "BETWEEN", "IN").upper()
        if sign == "BETWEEN":
            low = self._operand()
            self._take("AND")
            high = self._operand()
            return lambda item, values: (
                _ordered(">=", left(item, values), low(item, values))
                and _ordered("<=", left(item, values), high(item, values))
            )
        if sign == "IN":
            self._take("(")
            among = [self._operand()]
            while self._at(","):
                self._take()
                among.append(self._operand())
            self._take(")")
            return lambda item, values: any(_same(left(item, values), one(item, values)) for one in among)
        right = self._operand()
        if sign == "=":
            return lambda item, values: _same(left(item, values), right(item, values))
        if sign == "<>":
            return lambda item, values: not _same(left(item, values), right(item, values))
        return lambda item, values: _ordered(sign, left(item, values), right(item, values))


def _same(left: Any, right: Any) -> bool:
    return left is not None and left == right


def _begins(left: Any, right: Any) -> bool:
    return left is not None and "S" in left and bool(left["S"].startswith(right["S"]))


def _ordered(sign: str, left: Any, right: Any) -> bool:
    """Compare two values of the same type; text by its bytes."""
    if left is None or right is None or left.keys() != right.keys():
        return False
    ((kind, first),), ((_, second),) = left.items(), right.items()
    if kind not in ("N", "S"):
        raise _invalid(f"{sign} on {kind}")
    pair = (float(first), float(second)) if kind == "N" else (first.encode(), second.encode())
    return bool(_NUMBERS[sign](*pair))


@cache
def _parsed(text: str) -> tuple[Condition, frozenset[str]]:
    parser = _Parser(text)
    return parser.whole(), frozenset(parser.values)


def _holds(expressions: Sequence[str | None], item: Item, values: Mapping[str, Any] | None) -> bool:
    """Whether all expressions hold. DynamoDB refuses values that no expression uses."""
    parsed = [_parsed(text) for text in expressions if text]
    unused = set(values or ()) - {name for _, used in parsed for name in used}
    if unused:
        raise _invalid(f"Value provided in ExpressionAttributeValues unused in expressions: {unused}")
    return all(condition(item, values or {}) for condition, _ in parsed)


_ASSIGNMENT = re.compile(
    r"(\w+) = (?:(:\w+)|(?:(\w+)|if_not_exists\((\w+), (:\w+)\))(?: \+ (:\w+))?)(?:, |$)"
)


def _assignments(update: str) -> tuple[tuple[str, Callable[[Item, Mapping[str, Any]], Any]], ...]:
    """The attributes that an update sets, each with its value: `:v`, `name`, `if_not_exists(name, :v)`, or + `:v`."""
    text = update.removeprefix("SET ")
    found = list(_ASSIGNMENT.finditer(text))
    if text == update or "".join(part[0] for part in found) != text:
        raise _invalid(f"the fake does not support the update {update!r}")
    return tuple((part[1], _assigned(part)) for part in found)


def _assigned(part: re.Match[str]) -> Callable[[Item, Mapping[str, Any]], Any]:
    def value(item: Item, values: Mapping[str, Any]) -> Any:
        first = values[part[2]] if part[2] else item.get(part[3] or part[4]) or values.get(part[5] or "")
        if first is None:
            raise _invalid("The provided expression refers to an attribute that does not exist in the item")
        return {"N": str(int(first["N"]) + int(values[part[6]]["N"]))} if part[6] else first

    return value


@dataclass
class Table:
    """A table with its key attributes and items."""

    name: str
    keys: tuple[str, ...]
    types: Mapping[str, str]
    items: dict[Key, Item] = field(default_factory=dict)

    def key_of(self, item: Item, *, whole: bool = False) -> Key:
        """The key of an item, or of a request's `Key`, which may contain nothing else.

        Raises:
            ClientError: the key is missing, has another type, is empty, or contains more than the key attributes.
        """
        if whole and set(item) != set(self.keys):
            raise _invalid(f"The provided key element does not match the schema: {set(item)} in {self.name}")
        found = []
        for name in self.keys:
            value = item.get(name, {}).get(self.types.get(name, "S"))
            if not value:
                raise _invalid(f"The provided key element does not match the schema: {name} in {self.name}")
            found.append(value)
        return tuple(found)

    def sorted(self) -> list[tuple[Key, Item]]:
        """The items in the order of their keys."""
        return sorted(self.items.items(), key=lambda pair: [part.encode() for part in pair[0]])


@dataclass
class Region:
    """DynamoDB in a Region.

    Attributes:
        tables: by name.
        page: how many items a page of a Query or a Scan holds.
    """

    tables: dict[str, Table]
    page: int = 1000
    _done: set[str] = field(default_factory=set)

    def call(self, operation: str, parameters: Mapping[str, Any]) -> Any:
        """Serve a call, as `client.put_item(...)` makes it.

        Raises:
            ClientError: as DynamoDB's.
        """
        return getattr(self, f"_{operation}")(**parameters)

    def _table(self, name: str) -> Table:
        if name not in self.tables:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException", "Message": name}}, "call")
        return self.tables[name]

    def _GetItem(self, TableName: str, Key: Item, ConsistentRead: bool = False) -> Any:
        table = self._table(TableName)
        found = table.items.get(table.key_of(Key, whole=True))
        return {} if found is None else {"Item": dict(found)}

    def _BatchGetItem(self, RequestItems: Mapping[str, Any]) -> Any:
        responses: dict[str, list[Item]] = {}
        if sum(len(wanted["Keys"]) for wanted in RequestItems.values()) > 100:
            raise _invalid("Too many items requested for the BatchGetItem call")
        if not all(wanted["Keys"] for wanted in RequestItems.values()):
            raise _invalid("Member must have length greater than or equal to 1")
        for name, wanted in RequestItems.items():
            table = self._table(name)
            keys = [table.key_of(key, whole=True) for key in wanted["Keys"]]
            if len(set(keys)) != len(keys):
                raise _invalid("Provided list of item keys contains duplicates")
            found = (table.items.get(key) for key in keys)
            responses[name] = [_projected(item, wanted.get("ProjectionExpression")) for item in found if item]
        return {"Responses": responses, "UnprocessedKeys": {}}

    def _write(self, kind: str, table: Table, action: Mapping[str, Any]) -> tuple[Key, Item | None]:
        """The key of a write, and the item that it would leave.

        Raises:
            ClientError: its condition does not hold, or it is invalid.
        """
        subject = action["Item" if kind == "Put" else "Key"]
        key = table.key_of(subject, whole=kind != "Put")
        before = table.items.get(key)
        given = dict(action.get("ExpressionAttributeValues") or {})
        update = action.get("UpdateExpression")
        assigned = _assignments(update) if update else ()
        condition = action.get("ConditionExpression") or ""
        used, others = set(re.findall(r":\w+", condition)), set(re.findall(r":\w+", update or ""))
        checked = {name: value for name, value in given.items() if name in used or name not in others}
        if not _holds([condition], before or {}, checked):
            old = before if action.get("ReturnValuesOnConditionCheckFailure") == "ALL_OLD" else None
            raise ClientError(
                {
                    "Error": {
                        "Code": "ConditionalCheckFailedException",
                        "Message": "The conditional request failed",
                    },
                    "Item": old or {},
                },
                "call",
            )
        if kind == "Put":
            return key, dict(subject)
        if kind == "Delete":
            return key, None
        if kind == "Update":
            return key, {
                **(before or subject),
                **{name: operand(before or {}, given) for name, operand in assigned},
            }
        return key, before

    def _apply(self, table: Table, key: Key, item: Item | None) -> None:
        if item is None:
            table.items.pop(key, None)
        else:
            table.items[key] = item

    def _single(self, kind: str, action: Mapping[str, Any]) -> Any:
        table = self._table(action["TableName"])
        self._apply(table, *self._write(kind, table, action))
        return {}

    def _PutItem(self, **action: Any) -> Any:
        return self._single("Put", action)

    def _UpdateItem(self, **action: Any) -> Any:
        wanted = action.get("ReturnValues", "NONE")
        if wanted not in ("NONE", "ALL_NEW"):
            raise _invalid(f"the fake does not support ReturnValues {wanted}")
        self._single("Update", action)
        table = self._table(action["TableName"])
        return {"Attributes": dict(table.items[table.key_of(action["Key"])])} if wanted == "ALL_NEW" else {}

    def _DeleteItem(self, **action: Any) -> Any:
        return self._single("Delete", action)

    def _TransactWriteItems(self, TransactItems: Sequence[Any], ClientRequestToken: str = "") -> Any:
        if not 1 <= len(TransactItems) <= 100:
            raise _invalid("Member must have length less than or equal to 100")
        writes, reasons, seen = [], [], set()
        for part in TransactItems:
            ((kind, action),) = part.items()
            table = self._table(action["TableName"])
            key = table.key_of(action["Item" if kind == "Put" else "Key"])
            if (table.name, key) in seen:
                raise _invalid("Transaction request cannot include multiple operations on one item")
            seen.add((table.name, key))
        if ClientRequestToken and ClientRequestToken in self._done:
            return {}
        for part in TransactItems:
            ((kind, action),) = part.items()
            table = self._table(action["TableName"])
            try:
                writes.append((table, *self._write(kind, table, action)))
                reasons.append({"Code": "None"})
            except ClientError as error:
                if error.response["Error"]["Code"] != "ConditionalCheckFailedException":
                    raise
                reason = {"Code": "ConditionalCheckFailed", "Message": "The conditional request failed"}
                reasons.append(reason | ({"Item": error.response["Item"]} if error.response["Item"] else {}))
        if len(writes) < len(TransactItems):
            raise ClientError(
                {
                    "Error": {"Code": "TransactionCanceledException", "Message": "Transaction cancelled"},
                    "CancellationReasons": reasons,
                },
                "TransactWriteItems",
            )
        for (table, key, item), part in zip(writes, TransactItems, strict=True):
            if "ConditionCheck" not in part:
                self._apply(table, key, item)
        self._done.add(ClientRequestToken)
        return {}

    def _TransactGetItems(self, TransactItems: Sequence[Any]) -> Any:
        if not 1 <= len(TransactItems) <= 100:
            raise _invalid("Member must have length less than or equal to 100")
        return {"Responses": [self._GetItem(**part["Get"]) for part in TransactItems]}

    def _Query(self, TableName: str, KeyConditionExpression: str, **more: Any) -> Any:
        table = self._table(TableName)
        if not re.match(
            rf"{table.keys[0]} = :\w+(?: AND {'|'.join(table.keys[1:]) or '$'}\b|$)", KeyConditionExpression
        ):
            raise _invalid(
                f"Query condition missed key schema element {table.keys[0]}: {KeyConditionExpression}"
            )
        for low, high in re.findall(r"BETWEEN (:\w+) AND (:\w+)", KeyConditionExpression):
            values = more["ExpressionAttributeValues"]
            if not _ordered("<=", values[low], values[high]):
                raise _invalid(
                    "Invalid KeyConditionExpression: The BETWEEN operator requires upper bound to be greater than or "
                    "equal to lower bound"
                )
        return self._read(table, KeyConditionExpression, **more)

    def _Scan(self, TableName: str, **more: Any) -> Any:
        return self._read(self._table(TableName), None, **more)

    def _read(
        self,
        table: Table,
        keys: str | None,
        FilterExpression: str | None = None,
        ProjectionExpression: str | None = None,
        ExpressionAttributeValues: Mapping[str, Any] | None = None,
        ExclusiveStartKey: Item | None = None,
        ConsistentRead: bool = False,
        ScanIndexForward: bool = True,
        Limit: int = 1_000_000,
    ) -> Any:
        start = [part.encode() for part in table.key_of(ExclusiveStartKey)] if ExclusiveStartKey else None
        after = operator.gt if ScanIndexForward else operator.lt
        matching: Iterator[tuple[Key, Item]] = (
            (key, item)
            for key, item in (table.sorted() if ScanIndexForward else reversed(table.sorted()))
            if start is None or after([part.encode() for part in key], start)
        )
        values = ExpressionAttributeValues or {}
        used = {name for text in (keys, FilterExpression) if text for name in _parsed(text)[1]}
        if set(values) - used:
            raise _invalid(
                f"Value provided in ExpressionAttributeValues unused in expressions: {set(values) - used}"
            )
        chosen = [(key, item) for key, item in matching if keys is None or _parsed(keys)[0](item, values)]
        size = min(self.page, Limit)
        page, rest = chosen[:size], chosen[size:]
        kept = [
            item for _, item in page if FilterExpression is None or _parsed(FilterExpression)[0](item, values)
        ]
        answer: dict[str, Any] = {
            "Items": [_projected(item, ProjectionExpression) for item in kept],
            "Count": len(kept),
            "ScannedCount": len(page),
        }
        if rest:
            answer["LastEvaluatedKey"] = {name: page[-1][1][name] for name in table.keys}
        return answer


def _projected(item: Item, names: str | None) -> Item:
    if names is None:
        return dict(item)
    wanted = {name.strip() for name in names.split(",")}
    return {name: value for name, value in item.items() if name in wanted}
