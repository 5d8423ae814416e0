"""Finite sets of digit strings, exactly: union, difference, equality, from and to a regex.

A set is a node of a minimal acyclic automaton. Nodes are hash-consed, so that two sets
are equal exactly when they are the same node, and every operation is memoised. Large
enough for a world of phone numbers (10**17 of them take a few thousand nodes), small
enough to read.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TypeAlias

Node: TypeAlias = int
Children: TypeAlias = tuple[int, ...]

MAX_LENGTH = 30
"""Any digits means up to that many: a number has at most 17, what is before it some more."""

_nodes: list[tuple[bool, Children]] = [(False, (0,) * 10), (True, (0,) * 10)]
_ids: dict[tuple[bool, Children], Node] = {node: number for number, node in enumerate(_nodes)}

NOTHING: Node = 0
"""The empty set."""

EMPTY_STRING: Node = 1
"""The set of the empty string."""


def _node(accepts: bool, children: Children) -> Node:
    key = (accepts, children)
    if key not in _ids:
        _ids[key] = len(_nodes)
        _nodes.append(key)
    return _ids[key]


@cache
def union(left: Node, right: Node) -> Node:
    """Strings of either set."""
    if left == right or right == NOTHING:
        return left
    if left == NOTHING:
        return right
    (a, x), (b, y) = _nodes[left], _nodes[right]
    return _node(a or b, tuple(union(c, d) for c, d in zip(x, y, strict=True)))


@cache
def intersection(left: Node, right: Node) -> Node:
    """Strings of both sets."""
    if left == right or NOTHING in (left, right):
        return left if left == right else NOTHING
    (a, x), (b, y) = _nodes[left], _nodes[right]
    return _node(a and b, tuple(intersection(c, d) for c, d in zip(x, y, strict=True)))


@cache
def difference(left: Node, right: Node) -> Node:
    """Strings of the first set that are not in the second."""
    if left in (right, NOTHING):
        return NOTHING
    if right == NOTHING:
        return left
    (a, x), (b, y) = _nodes[left], _nodes[right]
    return _node(a and not b, tuple(difference(c, d) for c, d in zip(x, y, strict=True)))


@cache
def concatenation(left: Node, right: Node) -> Node:
    """A string of the first set followed by one of the second."""
    if left == NOTHING or right == NOTHING:
        return NOTHING
    accepts, children = _nodes[left]
    tails = _node(False, tuple(concatenation(child, right) for child in children))
    return union(tails, right) if accepts else tails


def union_of(sets: Iterable[Node]) -> Node:
    """Strings of any of the sets."""
    result = NOTHING
    for each in sets:
        result = union(result, each)
    return result


def literal(text: str) -> Node:
    """The set of one string of digits."""
    node = EMPTY_STRING
    for digit in reversed(text):
        node = _node(False, tuple(node if index == int(digit) else NOTHING for index in range(10)))
    return node


def after(node: Node, prefix: str) -> Node:
    """What may follow the prefix: the rests of those strings that begin with it."""
    for digit in prefix:
        node = _nodes[node][1][int(digit)]
    return node


@cache
def count(node: Node) -> int:
    """How many strings the set has."""
    if node == NOTHING:
        return 0
    accepts, children = _nodes[node]
    return int(accepts) + sum(count(child) for child in children)


def contains(node: Node, text: str) -> bool:
    """Whether the string of digits is in the set."""
    return _nodes[after(node, text)][0]


def digits(minimum: int, maximum: int | None = None) -> Node:
    """All strings of that many digits."""
    maximum = minimum if maximum is None else maximum
    node = EMPTY_STRING
    for _ in range(maximum - minimum):
        node = _node(True, (node,) * 10)
    for _ in range(minimum):
        node = _node(False, (node,) * 10)
    return node


ANYTHING: Node = digits(0, MAX_LENGTH)
"""All strings of at most MAX_LENGTH digits."""


def sample(node: Node, limit: int) -> list[str]:
    """Some strings of the set, the first ones in their order."""
    found: list[str] = []

    def walk(at: Node, prefix: str) -> None:
        if at == NOTHING or len(found) >= limit:
            return
        accepts, children = _nodes[at]
        if accepts:
            found.append(prefix)
        for digit, child in enumerate(children):
            walk(child, prefix + str(digit))

    walk(node, "")
    return found


# From a regex: literals, `.` or `\d` for any digit, classes, groups, alternation, `?`, `{n}`,
# `{n,m}`, `{n,}`, `.*` and nothing else.


def from_regex(pattern: str) -> Node:
    """The strings of digits that the whole pattern matches; ValueError outside the subset."""
    node, rest = _alternatives(pattern)
    if rest:
        raise ValueError(f"unsupported pattern {pattern!r} at {rest!r}")
    return node


def _alternatives(text: str) -> tuple[Node, str]:
    result, text = _sequence(text)
    while text.startswith("|"):
        node, text = _sequence(text[1:])
        result = union(result, node)
    return result, text


def _sequence(text: str) -> tuple[Node, str]:
    factors: list[Node] = []
    while text and text[0] not in "|)":
        node, text = _atom(text)
        node, text = _repeated(node, text)
        factors.append(node)
    result = EMPTY_STRING
    for node in reversed(factors):
        result = concatenation(node, result)
    return result, text


def _atom(text: str) -> tuple[Node, str]:
    if text[0].isdigit():
        return literal(text[0]), text[1:]
    if text[0] == ".":
        return digits(1), text[1:]
    if text.startswith("\\d"):
        return digits(1), text[2:]
    if text[0] == "[":
        members, text = text[1:].split("]", 1)
        return _class(members), text
    if text[0] == "(":
        node, rest = _alternatives(text[3:] if text.startswith("(?:") else text[1:])
        if not rest.startswith(")"):
            raise ValueError(f"unbalanced or unsupported group at {text!r}")
        return node, rest[1:]
    raise ValueError(f"unsupported at {text!r}")


def _class(members: str) -> Node:
    allowed: set[int] = set()
    position = 0
    while position < len(members):
        if not members[position].isdigit():
            raise ValueError(f"unsupported class [{members}]")
        first = last = int(members[position])
        if members[position + 1 : position + 2] == "-":
            last = int(members[position + 2])
            position += 2
        allowed.update(range(first, last + 1))
        position += 1
    return _node(False, tuple(EMPTY_STRING if d in allowed else NOTHING for d in range(10)))


def _repeated(node: Node, text: str) -> tuple[Node, str]:
    if text.startswith("?"):
        return union(node, EMPTY_STRING), text[1:]
    if text.startswith("*") and node == digits(1):
        return ANYTHING, text[1:]
    if not text.startswith("{"):
        return node, text
    bounds, text = text[1:].split("}", 1)
    low, comma, high = bounds.partition(",")
    minimum = int(low)
    maximum = int(high) if high else MAX_LENGTH if comma else minimum
    result = EMPTY_STRING
    for _ in range(maximum - minimum):
        result = union(EMPTY_STRING, concatenation(node, result))
    for _ in range(minimum):
        result = concatenation(node, result)
    return result, text


# To a regex of the same subset, deterministic: no two alternatives begin with the same digit,
# so that leftmost-first, leftmost-longest and backtracking engines all read it alike.


def to_regex(node: Node) -> str:
    """A pattern that matches exactly the set; the same set always gives the same text."""
    if node == NOTHING:
        raise ValueError("no pattern matches nothing")
    return _render(node)


@cache
def _render(node: Node) -> str:
    run = _run(node)
    if run is not None:
        return run
    accepts, children = _nodes[node]
    by_child: dict[Node, list[int]] = {}
    for digit, child in enumerate(children):
        if child != NOTHING:
            by_child.setdefault(child, []).append(digit)
    parts = [_digit_class(members) + _render(child) for child, members in by_child.items()]
    if not parts:
        return ""
    if accepts:
        return f"(?:{'|'.join(parts)})?"
    return parts[0] if len(parts) == 1 else f"(?:{'|'.join(parts)})"


@cache
def _lengths(node: Node) -> tuple[int, ...] | None:
    """The lengths of the strings, when the set is all strings of those lengths."""
    if node == NOTHING:
        return ()
    accepts, (first, *others) = _nodes[node]
    if any(other != first for other in others):
        return None
    rest = _lengths(first)
    if rest is None:
        return None
    return (*((0,) if accepts else ()), *(length + 1 for length in rest))


def _run(node: Node) -> str | None:
    """`.{n,m}` or several such, when the set is all strings of certain lengths."""
    lengths = _lengths(node)
    if lengths is None:
        return None
    runs: list[list[int]] = []
    for length in lengths:
        if runs and runs[-1][-1] == length - 1:
            runs[-1].append(length)
        else:
            runs.append([length])
    texts = [_repeat(run[0], run[-1]) for run in runs]
    return texts[0] if len(texts) == 1 else f"(?:{'|'.join(reversed(texts))})"


def _repeat(minimum: int, maximum: int) -> str:
    if maximum > MAX_LENGTH // 2:  # as good as any number of digits
        return f".{{{minimum},}}" if minimum > 1 else "." * minimum + ".*"
    if minimum == maximum <= 3:
        return "." * minimum
    return f".{{{minimum}}}" if minimum == maximum else f".{{{minimum},{maximum}}}"


def _digit_class(members: list[int]) -> str:
    if len(members) == 1:
        return str(members[0])
    if len(members) == 10:
        return "."
    text, start = "", members[0]
    for index, digit in enumerate(members):
        if index + 1 == len(members) or members[index + 1] != digit + 1:
            text += (
                str(start)
                if start == digit
                else (f"{start}{digit}" if digit == start + 1 else f"{start}-{digit}")
            )
            start = members[index + 1] if index + 1 < len(members) else digit
    return f"[{text}]"
