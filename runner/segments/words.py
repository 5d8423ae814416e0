"""A segment's rule in words, for who does not read rules: English and Dutch.

The words stand beside the language's definition (macros/segments/segment_words.toml); here they
are put together. Nothing is left out: every key and every value of the rule is in its sentences.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from functools import cache
from html import escape
from typing import Any

from runner.segments import words_of_leaves
from runner.segments.language import DEFINITION, language

WORDS = DEFINITION.with_name("segment_words.toml")
LANGUAGES = ("en", "nl")
HIDDEN = "…"
_PLACE = re.compile(r"\{(\w+)\}")
_PERSONAL = re.compile(r"(^|_)(name|names|id|ids|uuid|key|number)$")
_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_CONTROL = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


@dataclass(frozen=True)
class Word:
    """A piece of a sentence.

    Attributes:
        kind: `name` (a field, purpose, segment …), `value`, or nothing.
        about: of a value, the field that it is compared with.
    """

    text: str
    kind: str = ""
    about: str = ""


Words = tuple[Word, ...]


@dataclass(frozen=True)
class Line:
    """A sentence, and what stands below it."""

    words: Words
    inner: tuple[Line, ...] = ()


@dataclass(frozen=True)
class Described:
    """A rule in words.

    Attributes:
        exact: False hides values of names and ids, which may say who somebody is.
    """

    lines: tuple[Line, ...]
    exact: bool = field(default=True)

    def as_text(self) -> str:
        """Lines; what stands below another is indented."""
        return "\n".join(
            "  " * depth + ("- " if depth else "") + self._plain(line)
            for depth, line in _walk(self.lines)
        )

    def as_markdown(self) -> str:
        """A list; names and values as code."""
        out: list[str] = []
        for depth, line in _walk(self.lines):
            text = "".join(_marked(word, self._shown(word)) for word in line.words)
            if depth == 0:
                out.append(("\n" if out else "") + text + "\n")
            else:
                out.append("  " * (depth - 1) + f"- {text}")
        return "\n".join(out) + "\n"

    def as_html(self) -> str:
        """Paragraphs and lists; names and values have a class of their own."""
        return "".join(f"<p>{self._html(line)}</p>{self._list(line.inner)}" for line in self.lines)

    def _list(self, lines: Sequence[Line]) -> str:
        if not lines:
            return ""
        items = (f"<li>{self._html(line)}{self._list(line.inner)}</li>" for line in lines)
        return f"<ul>{''.join(items)}</ul>"

    def _html(self, line: Line) -> str:
        return "".join(
            f'<span class="{word.kind}">{escape(self._shown(word))}</span>'
            if word.kind
            else escape(word.text)
            for word in line.words
        )

    def _plain(self, line: Line) -> str:
        return "".join(self._shown(word) for word in line.words)

    def _shown(self, word: Word) -> str:
        hidden = not self.exact and word.kind == "value" and _PERSONAL.search(word.about)
        return HIDDEN if hidden else word.text


def describe(rule: Mapping[str, Any], tongue: str = "en", exact: bool = True) -> Described:
    """A valid rule, as its properties file has it, in words.

    Args:
        rule: what stands under `segment:`.
        tongue: one of LANGUAGES.
        exact: False hides values of names and ids.

    Raises:
        KeyError: the language has no word for a key of the rule.
    """
    return Described(tuple(Teller(words(tongue)).rule(rule)), exact)


@cache
def words(tongue: str) -> Mapping[str, Any]:
    """The words of one language."""
    read: dict[str, Any] = tomllib.loads(WORDS.read_text(encoding="utf-8"))[tongue]
    return read


class Teller:
    """Puts the words of one language together."""

    def __init__(self, said: Mapping[str, Any]) -> None:
        """Begins with the words of one language."""
        self.said = said

    def rule(self, rule: Mapping[str, Any]) -> Iterator[Line]:
        """The guard with the conditions below it, then the rest."""
        guard = "contact_for" if "contact_for" in rule else "contacts_nobody"
        people = self.fill(self.said[guard], name=as_name(str(rule.get("contact_for"))))
        where = rule.get("where")
        if where is None:
            yield Line(self.fill(self.said["everyone"], people=people))
        else:
            given = where if isinstance(where, Mapping) else {"all": where}
            group = next((name for name in ("all", "any") if name in given), "")
            inner = given[group] if group else [given]
            head = {"all": "all_hold", "any": "any_holds", "": "one"}[
                group if len(inner) > 1 else ""
            ]
            yield Line(
                self.fill(self.said[head], people=people),
                tuple(self._line(each) for each in inner),
            )
        if "contacts_nobody" in rule:
            reason = (Word(_visible(str(rule["contacts_nobody"])).rstrip("."), "value"),)
            yield Line(self.fill(self.said["reason"], value=reason))
        if "limit" in rule:
            yield Line(words_of_leaves.limit(self, rule["limit"]))
        if rule.get("attributes"):
            names = self.joined([as_name(each) for each in rule["attributes"]], "and")
            yield Line(self.fill(self.said["attributes"], names=names))

    def _line(self, given: Mapping[str, Any]) -> Line:
        """A condition as lines: groups have theirs below them."""
        for group in ("all", "any"):
            if group in given:
                return Line(self._words(group), tuple(self._line(each) for each in given[group]))
        if "not" not in given:
            return Line(self._leaf(given))
        inner = given["not"]
        for group in ("all", "any"):
            if group in inner:
                return Line(
                    self._words(f"not_{group}"), tuple(self._line(each) for each in inner[group])
                )
        if "not" in inner:
            return Line(self._words("not"), (self._line(inner),))
        return Line((*self._words("not"), Word(" "), *self._leaf(inner)))

    def _inline(self, given: Any) -> Words:
        """A condition inside a sentence."""
        if not isinstance(given, Mapping):
            given = {"all": given}
        for group, between in (("all", "and"), ("any", "or")):
            if group in given:
                parts = [self._inline(each) for each in given[group]]
                if len(parts) == 1:
                    return parts[0]
                link = Word(f" {self.said[between]} ")
                return (Word("("), *_between(parts, link), Word(")"))
        if "not" in given:
            return (*self._words("inline_not"), Word(" ("), *self._inline(given["not"]), Word(")"))
        return self._leaf(given)

    def _leaf(self, leaf: Mapping[str, Any]) -> Words:
        subject = next(name for name in language()["subjects"] if name in leaf)
        said = self.said["subjects"][subject]
        rest = {key: value for key, value in leaf.items() if key != subject}
        match subject:
            case "field":
                name = str(leaf["field"])
                return self.fill(said, name=as_name(name), tests=self.tests(rest, name))
            case "consent":
                return self._consent(said, leaf)
            case "activity":
                return self.activity(said, leaf)
            case "compare" | "list" | "member_of" | "delivered":
                return words_of_leaves.leaf(self, subject, leaf)
            case "sample":
                share = {"from": 0, "below": 100, **leaf["sample"]}
                return self.fill(said, **{key: self.value(one) for key, one in share.items()})
        if rest:
            raise KeyError(f"no words for {', '.join(rest)} beside {subject}")
        return self.fill(said, name=as_name(str(leaf[subject])))

    def _consent(self, said: str, leaf: Mapping[str, Any]) -> Words:
        name = as_name(str(leaf["consent"]))
        asked = leaf.get("is", "permitted")
        if {"recorded", "expires", "from"} & set(leaf):
            return words_of_leaves.consent_dates(self, leaf)
        if asked == "permitted":
            return self.fill(said, name=name)
        statuses = asked if isinstance(asked, list) else [asked]
        known = self.said["statuses"]
        values = self.joined([(Word(known[one], "value"),) for one in statuses], "or")
        return self.fill(self.said["consent_keys"]["is"], name=name, values=values)

    def activity(self, said: str, leaf: Mapping[str, Any]) -> Words:
        """Rows of an activity and what is asked of them."""
        rows = self.rows(self.fill(said, name=as_name(str(leaf["activity"]))), leaf)
        aggregates = [key for key in leaf if key in self.said["aggregates"]]
        if not aggregates:
            return self.fill(self.said["at_least_one"], rows=rows)
        tests = self.joined([self._aggregate(key, leaf[key]) for key in aggregates], "and")
        return self.fill(self.said["aggregated"], rows=rows, tests=tests)

    def rows(self, rows: Words, leaf: Mapping[str, Any]) -> Words:
        """Rows, with their dates, conditions and what follows them in parentheses."""
        times = {key: value for key, value in leaf.items() if key in language()["activity_time"]}
        conditions: list[Words] = []
        if times:
            conditions.append((*self._words("time"), Word(" "), *self.tests(times, "")))
        if "where" in leaf:
            where = leaf["where"]
            several = where if isinstance(where, list) else where.get("all", [where])
            conditions += [self._inline(each) for each in several]
        for key in ("followed_by", "not_followed_by"):
            if key in leaf:
                conditions.append(words_of_leaves.sequence(self, key, leaf[key]))
        return self.with_conditions(rows, conditions)

    def with_conditions(self, rows: Words, conditions: Sequence[Words]) -> Words:
        """Rows, with what is known of them in parentheses."""
        if not conditions:
            return rows
        inner = _between(conditions, Word("; "))
        return self.fill(self.said["list_of"], name=rows, conditions=inner)

    def _aggregate(self, name: str, given: Mapping[str, Any]) -> Words:
        of = str(given.get("of", ""))
        tests = {key: value for key, value in given.items() if key != "of"}
        said = self.said["aggregates"][name]
        return self.fill(said, name=as_name(of), tests=self.tests(tests, of))

    def tests(self, operators: Mapping[str, Any], about: str) -> Words:
        """Operators, joined."""
        parts = [
            self.operator(name, operand, about)
            for name, operand in operators.items()
            if name != "ignore_case"
        ]
        found = self.joined(parts, "and", comma=False)
        if operators.get("ignore_case"):
            found = (*found, Word(" "), *self._words("ignore_case"))
        return found

    def operator(self, name: str, operand: Any, about: str) -> Words:
        """One operator with its operand."""
        takes = language()["operators"][name]["takes"]
        said = self.said["operators"][name]
        if takes == "texts":
            many = operand if isinstance(operand, list) else [operand]
            shown = [self.value(each, about) for each in many]
            return self.fill(said, value=self.joined(shown, "or"))
        if takes == "number_tests":
            return self.fill(said, tests=self.tests(operand, ""))
        if takes == "flag":
            return self._words("is_missing" if operand else "is_not_missing", "operators")
        if takes == "range":
            low, high = (self.value(each, about, takes) for each in operand)
            return self.fill(said, low=low, high=high)
        if "{values}" in said:
            many = operand if isinstance(operand, list) else [operand]
            shown = [self.value(each, about, takes) for each in many]
            return self.fill(said, values=self.joined(shown, "or"))
        return self.fill(said, value=self.value(operand, about, takes))

    def value(self, given: Any, about: str = "", takes: str = "value") -> Words:
        """An operand."""
        match takes:
            case "period":
                return (Word(self.said["periods"][given], "value"),)
            case "month":
                return (Word(self.said["months"]["names"][given - 1], "value"),)
            case "weekday":
                return (Word(self.said["weekdays"][given], "value"),)
            case "duration" | "days":
                return self.duration(given)
        if isinstance(given, Mapping):
            if "field" in given:
                return self.fill(self.said["other_field"], name=as_name(str(given["field"])))
            ((name, count),) = given.items()
            unit = language()["relative_days"][name]["unit"]
            span = self.duration({unit: count})
            return self.fill(self.said["relative_days"][name], value=span)
        return (Word(self._literal(given), "value", about),)

    def duration(self, given: Mapping[str, Any]) -> Words:
        """A number of days, weeks, months, years or hours."""
        ((unit, count),) = given.items()
        singular, plural = self.said["durations"][unit]
        return (Word(f"{count} {singular if count == 1 else plural}", "value"),)

    def _literal(self, given: Any) -> str:
        match given:
            case bool():
                return str(self.said["yes" if given else "no"])
            case int():
                return str(given)
            case float() | Decimal():
                text = format(Decimal(repr(given) if isinstance(given, float) else given), "f")
                text = text.removesuffix(".0")
                return text.replace(".", self.said["decimal_mark"])
            case datetime() | date():
                return given.isoformat()
        text = _visible(str(given))
        return text if _DAY.fullmatch(text) else f"“{text}”"

    def _words(self, key: str, part: str = "") -> Words:
        return (Word((self.said[part] if part else self.said)[key]),)

    def joined(self, parts: Sequence[Words], last: str, comma: bool = True) -> Words:
        """One, two and three."""
        link = f" {self.said[last]} "
        out: list[Word] = []
        for index, part in enumerate(parts):
            if index:
                out.append(Word(link if index == len(parts) - 1 or not comma else ", "))
            out.extend(part)
        return tuple(out)

    def fill(self, template: str, **places: Words) -> Words:
        """A sentence with its places filled."""
        out: list[Word] = []
        for index, piece in enumerate(_PLACE.split(template)):
            if index % 2:
                out.extend(places[piece])
            elif piece:
                out.append(Word(piece))
        return tuple(out)


def as_name(text: str) -> Words:
    """A name as a word of its own kind."""
    return (Word(text, "name"),)


def _between(parts: Sequence[Words], link: Word) -> Words:
    out: list[Word] = []
    for index, part in enumerate(parts):
        out.extend((link, *part) if index else part)
    return tuple(out)


def _visible(text: str) -> str:
    """One line: what would break it is spelt."""
    return "".join(_CONTROL.get(letter, letter) for letter in text)


def _marked(word: Word, text: str) -> str:
    if not word.kind:
        return text
    ticks = "`" * (max((len(run) for run in re.findall("`+", text)), default=0) + 1)
    edge = " " if text.startswith("`") or text.endswith("`") else ""
    return f"{ticks}{edge}{text}{edge}{ticks}"


def _walk(lines: Sequence[Line], depth: int = 0) -> Iterator[tuple[int, Line]]:
    for line in lines:
        yield depth, line
        yield from _walk(line.inner, depth + 1)
