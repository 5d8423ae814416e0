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
    return Described(tuple(_Teller(words(tongue)).rule(rule)), exact)


@cache
def words(tongue: str) -> Mapping[str, Any]:
    """The words of one language."""
    read: dict[str, Any] = tomllib.loads(WORDS.read_text(encoding="utf-8"))[tongue]
    return read


class _Teller:
    """Puts the words of one language together."""

    def __init__(self, said: Mapping[str, Any]) -> None:
        self._said = said

    def rule(self, rule: Mapping[str, Any]) -> Iterator[Line]:
        """The guard with the conditions below it, then the rest."""
        guard = "contact_for" if "contact_for" in rule else "contacts_nobody"
        people = self._fill(self._said[guard], name=_name(str(rule.get("contact_for"))))
        where = rule.get("where")
        if where is None:
            yield Line(self._fill(self._said["everyone"], people=people))
        else:
            given = where if isinstance(where, Mapping) else {"all": where}
            group = next((name for name in ("all", "any") if name in given), "")
            inner = given[group] if group else [given]
            head = {"all": "all_hold", "any": "any_holds", "": "one"}[
                group if len(inner) > 1 else ""
            ]
            yield Line(
                self._fill(self._said[head], people=people),
                tuple(self._line(each) for each in inner),
            )
        if "contacts_nobody" in rule:
            reason = (Word(_visible(str(rule["contacts_nobody"])).rstrip("."), "value"),)
            yield Line(self._fill(self._said["reason"], value=reason))
        if rule.get("attributes"):
            names = self._joined([_name(each) for each in rule["attributes"]], "and")
            yield Line(self._fill(self._said["attributes"], names=names))

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
                link = Word(f" {self._said[between]} ")
                return (Word("("), *_between(parts, link), Word(")"))
        if "not" in given:
            return (*self._words("inline_not"), Word(" ("), *self._inline(given["not"]), Word(")"))
        return self._leaf(given)

    def _leaf(self, leaf: Mapping[str, Any]) -> Words:
        subject = next(name for name in language()["subjects"] if name in leaf)
        said = self._said["subjects"][subject]
        rest = {key: value for key, value in leaf.items() if key != subject}
        match subject:
            case "field":
                name = str(leaf["field"])
                return self._fill(said, name=_name(name), tests=self._tests(rest, name))
            case "consent":
                return self._consent(said, leaf)
            case "activity":
                return self._activity(said, leaf)
            case "sample":
                share = {"from": 0, "below": 100, **leaf["sample"]}
                return self._fill(said, **{key: self._value(one) for key, one in share.items()})
        if rest:
            raise KeyError(f"no words for {', '.join(rest)} beside {subject}")
        return self._fill(said, name=_name(str(leaf[subject])))

    def _consent(self, said: str, leaf: Mapping[str, Any]) -> Words:
        name = _name(str(leaf["consent"]))
        asked = leaf.get("is", "permitted")
        if asked == "permitted":
            return self._fill(said, name=name)
        statuses = asked if isinstance(asked, list) else [asked]
        known = self._said["statuses"]
        values = self._joined([(Word(known[one], "value"),) for one in statuses], "or")
        return self._fill(self._said["consent_keys"]["is"], name=name, values=values)

    def _activity(self, said: str, leaf: Mapping[str, Any]) -> Words:
        rows = self._fill(said, name=_name(str(leaf["activity"])))
        aggregates = [key for key in leaf if key in self._said["aggregates"]]
        times = {
            key: value
            for key, value in leaf.items()
            if key not in aggregates and key not in ("activity", "where")
        }
        conditions: list[Words] = []
        if times:
            conditions.append((*self._words("time"), Word(" "), *self._tests(times, "")))
        if "where" in leaf:
            where = leaf["where"]
            several = where if isinstance(where, list) else where.get("all", [where])
            conditions += [self._inline(each) for each in several]
        if conditions:
            inner = _between(conditions, Word("; "))
            rows = self._fill(self._said["list_of"], name=rows, conditions=inner)
        if not aggregates:
            return self._fill(self._said["at_least_one"], rows=rows)
        tests = self._joined([self._aggregate(key, leaf[key]) for key in aggregates], "and")
        return self._fill(self._said["aggregated"], rows=rows, tests=tests)

    def _aggregate(self, name: str, given: Mapping[str, Any]) -> Words:
        of = str(given.get("of", ""))
        tests = {key: value for key, value in given.items() if key != "of"}
        said = self._said["aggregates"][name]
        return self._fill(said, name=_name(of), tests=self._tests(tests, of))

    def _tests(self, operators: Mapping[str, Any], about: str) -> Words:
        parts = [
            self._operator(name, operand, about)
            for name, operand in operators.items()
            if name != "ignore_case"
        ]
        found = self._joined(parts, "and", comma=False)
        if operators.get("ignore_case"):
            found = (*found, Word(" "), *self._words("ignore_case"))
        return found

    def _operator(self, name: str, operand: Any, about: str) -> Words:
        takes = language()["operators"][name]["takes"]
        said = self._said["operators"][name]
        if takes == "number_tests":
            return self._fill(said, tests=self._tests(operand, ""))
        if takes == "flag":
            return self._words("is_missing" if operand else "is_not_missing", "operators")
        if takes == "range":
            low, high = (self._value(each, about, takes) for each in operand)
            return self._fill(said, low=low, high=high)
        if "{values}" in said:
            many = operand if isinstance(operand, list) else [operand]
            shown = [self._value(each, about, takes) for each in many]
            return self._fill(said, values=self._joined(shown, "or"))
        return self._fill(said, value=self._value(operand, about, takes))

    def _value(self, given: Any, about: str = "", takes: str = "value") -> Words:
        match takes:
            case "period":
                return (Word(self._said["periods"][given], "value"),)
            case "month":
                return (Word(self._said["months"]["names"][given - 1], "value"),)
            case "weekday":
                return (Word(self._said["weekdays"][given], "value"),)
            case "duration" | "days":
                return self._duration(given)
        if isinstance(given, Mapping):
            if "field" in given:
                return self._fill(self._said["other_field"], name=_name(str(given["field"])))
            ((name, count),) = given.items()
            unit = language()["relative_days"][name]["unit"]
            span = self._duration({unit: count})
            return self._fill(self._said["relative_days"][name], value=span)
        return (Word(self._literal(given), "value", about),)

    def _duration(self, given: Mapping[str, Any]) -> Words:
        ((unit, count),) = given.items()
        singular, plural = self._said["durations"][unit]
        return (Word(f"{count} {singular if count == 1 else plural}", "value"),)

    def _literal(self, given: Any) -> str:
        match given:
            case bool():
                return str(self._said["yes" if given else "no"])
            case int():
                return str(given)
            case float() | Decimal():
                text = format(Decimal(repr(given) if isinstance(given, float) else given), "f")
                text = text.removesuffix(".0")
                return text.replace(".", self._said["decimal_mark"])
            case datetime() | date():
                return given.isoformat()
        text = _visible(str(given))
        return text if _DAY.fullmatch(text) else f"“{text}”"

    def _words(self, key: str, part: str = "") -> Words:
        return (Word((self._said[part] if part else self._said)[key]),)

    def _joined(self, parts: Sequence[Words], last: str, comma: bool = True) -> Words:
        """One, two and three."""
        link = f" {self._said[last]} "
        out: list[Word] = []
        for index, part in enumerate(parts):
            if index:
                out.append(Word(link if index == len(parts) - 1 or not comma else ", "))
            out.extend(part)
        return tuple(out)

    def _fill(self, template: str, **places: Words) -> Words:
        out: list[Word] = []
        for index, piece in enumerate(_PLACE.split(template)):
            if index % 2:
                out.extend(places[piece])
            elif piece:
                out.append(Word(piece))
        return tuple(out)


def _name(text: str) -> Words:
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
