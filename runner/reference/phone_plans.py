"""Generates what `clean_phone` knows of the world's numbering plans.

    python -m runner.reference.phone_plans            writes the two files
    python -m runner.reference.phone_plans --check    fails when they are out of date

Facts come from the `phonenumbers` package (libphonenumber's metadata, Apache licence), a
development dependency. Each SQL rule is the simplest of a few candidates that provably
gives libphonenumber's answer; `reading` says what the SQL does with every digit string,
so that a test can compare the two exactly. A plan that no candidate fits stops the
generator.
"""

from __future__ import annotations

import argparse
import csv
import io
import itertools
import json
import re
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import phonenumbers

from runner.reference import digits, phone_rules
from runner.reference.digits import Node
from runner.reference.phone_rules import CALLING_CODES, REGIONS, Rewrite

PROJECT = Path(__file__).resolve().parents[2]
MACRO = PROJECT / "macros" / "staging" / "_phone_plans.sql"
SEED = PROJECT / "seeds" / "reference" / "phone_numbering_plans.csv"

MAX_PATTERN = 60
"""A rule that needs a longer pattern to be complete is not worth its SQL."""


def _bracketed(pattern: str) -> str:
    """The pattern as one part of a longer one."""
    depth = 0
    for character in pattern:
        depth += {"(": 1, ")": -1}.get(character, 0)
        if character == "|" and depth == 0:
            return f"(?:{pattern})"
    return pattern


# ------------------------------------------------------------ valid numbers


def _alternatives(patterns: Iterable[str]) -> str:
    """One regex for any of several, bracketed where it must be."""
    distinct = list(dict.fromkeys(patterns))
    if len(distinct) == 1 and "|" not in distinct[0]:
        return distinct[0]
    return f"(?:{'|'.join(distinct)})"


def _needed(patterns: list[str], numbers: Node) -> list[str]:
    """The patterns without those that the others cover."""
    kept = sorted(patterns, key=len)
    for pattern in sorted(patterns, key=len, reverse=True):
        others = [other for other in kept if other != pattern]
        if digits.union_of(digits.from_regex(other) for other in others) == numbers:
            kept = others
    return kept


@cache
def valid_pattern(calling_code: int) -> str:
    """The shortest known regex of the valid national numbers of a calling code."""
    numbers = phone_rules.valid_numbers(calling_code)
    patterns: list[str] = []
    for region in CALLING_CODES[calling_code]:
        plan = phone_rules.plan_of(calling_code, region)
        for name in phone_rules.NUMBER_TYPES:
            kind = getattr(plan, name)
            if kind is not None and kind.national_number_pattern:
                patterns.append(kind.national_number_pattern.replace("\\d", "."))
    patterns = list(dict.fromkeys(patterns))
    candidates = [_alternatives([digits.to_regex(numbers)])]
    if digits.union_of(digits.from_regex(pattern) for pattern in patterns) == numbers:
        candidates.append(_alternatives(_needed(patterns, numbers)))
    return min(candidates, key=lambda text: (len(text), text))


# ----------------------------------------------------- behind a calling code


@dataclass(frozen=True)
class Trunk:
    """Digits to drop between a calling code and the national number: `removed`, where
    `kept` follows. Of two lengths that could be dropped, the longer one.
    """

    removed: str
    kept: str = ".*"

    def rewrite(self) -> Rewrite:
        """The rule as a rewrite of what follows the calling code."""
        result: Rewrite = {}
        claimed = digits.NOTHING
        any_removed, kept = digits.from_regex(self.removed), digits.from_regex(self.kept)
        for length in range(digits.MAX_LENGTH, 0, -1):
            removed = digits.intersection(any_removed, digits.digits(length))
            inputs = digits.difference(digits.concatenation(removed, kept), claimed)
            claimed = digits.union(claimed, inputs)
            phone_rules.add(result, length, "", inputs)
        return result


def _trunk_candidates(calling_code: int) -> Iterable[tuple[Trunk, ...]]:
    rules = phone_rules.national_rules(phone_rules.main_plan(calling_code))
    wanted = phone_rules.after_calling_code(calling_code)
    lengths = digits.union_of(
        digits.intersection(digits.digits(dropped + n), inputs) and digits.digits(n)
        for (dropped, _), inputs in wanted.items()
        for n in range(digits.MAX_LENGTH)
        if dropped
    )

    # a carrier code is one only where a whole number follows
    carriers: dict[Node, Node] = {}
    for prefix, added, rests in rules:
        if prefix and not added and rests != digits.ANYTHING:
            kept = digits.intersection(rests, lengths)
            before = carriers.get(kept, digits.NOTHING)
            carriers[kept] = digits.union(before, digits.literal(prefix))
    first = tuple(
        Trunk(digits.to_regex(removed), digits.to_regex(kept)) for kept, removed in carriers.items()
    )
    plain = digits.union_of(
        digits.literal(prefix)
        for prefix, added, rests in rules
        if prefix and not added and rests == digits.ANYTHING
    )
    if plain == digits.NOTHING:
        yield first
        return
    not_zero = digits.from_regex("[1-9].*")
    kept_patterns = (
        ".*",
        "[1-9].*",
        digits.to_regex(lengths),
        digits.to_regex(digits.intersection(not_zero, lengths)),
    )
    yield from ((*first, Trunk(digits.to_regex(plain), kept)) for kept in kept_patterns)
    by_length = [
        digits.to_regex(removed)
        for n in range(digits.MAX_LENGTH, 0, -1)
        if (removed := digits.intersection(plain, digits.digits(n))) != digits.NOTHING
    ]
    for combination in itertools.product(kept_patterns, repeat=len(by_length)):
        yield (*first, *map(Trunk, by_length, combination))

    # each prefix where the rest tells it from a number that begins with the same digits
    numbers = phone_rules.valid_numbers(calling_code)
    exact = []
    for prefix in reversed(digits.sample(plain, 10)):
        begun = digits.concatenation(digits.literal(prefix), digits.ANYTHING)
        right = wanted.get((len(prefix), ""), digits.NOTHING)
        others = digits.difference(phone_rules.inputs_of(wanted), right)
        dropped = {(len(prefix), ""): digits.difference(begun, right)}
        wrong = phone_rules.inputs_of(phone_rules.kept_where(dropped, numbers))
        spoiled = digits.difference(numbers, digits.union(phone_rules.inputs_of(wanted), wrong))
        inside = digits.union(right, digits.intersection(begun, spoiled))
        outside = digits.union(wrong, others)
        told_by = _separating(digits.after(inside, prefix), digits.after(outside, prefix))
        exact.append(Trunk(prefix, told_by))
    yield (*first, *exact)


def mobile_areas(calling_code: int) -> Node:
    """Argentina: the area codes behind which `15` means mobile; a 9 before them does too."""
    plan = phone_rules.main_plan(calling_code)
    pattern = plan.national_prefix_for_parsing or ""
    found = re.fullmatch(r"0\?\(\?:\((?P<area>.*)\)15\)\?", pattern)
    if not found or plan.national_prefix_transform_rule != "9\\1":
        return digits.NOTHING
    return digits.from_regex(found["area"])


def _mobile_rewrite(calling_code: int) -> Rewrite:
    """Behind a trunk zero always; without one where that makes ten digits and the 9."""
    areas = mobile_areas(calling_code)
    result: Rewrite = {}
    for area in digits.sample(areas, digits.count(areas)):
        for zero, rest in (("0", digits.ANYTHING), ("", digits.digits(10 - len(area)))):
            inputs = digits.concatenation(digits.literal(zero + area + "15"), rest)
            phone_rules.add(result, len(zero + area) + 2, "9" + area, inputs)
    return result


def _first_of(rules: Iterable[Rewrite]) -> Rewrite:
    """Each input by the first rule that has it."""
    result: Rewrite = {}
    left = digits.ANYTHING
    for rule in rules:
        result = phone_rules.merged(result, phone_rules.restricted(rule, left))
        left = digits.difference(left, phone_rules.inputs_of(rule))
    return result


def _trunk_reading(calling_code: int, trunks: tuple[Trunk, ...]) -> Rewrite:
    rules = [_mobile_rewrite(calling_code), *(trunk.rewrite() for trunk in trunks)]
    rules.append({(0, ""): digits.ANYTHING})
    return phone_rules.kept_where(_first_of(rules), phone_rules.valid_numbers(calling_code))


@cache
def trunks_of(calling_code: int) -> tuple[Trunk, ...]:
    """The simplest trunk rule with which SQL gives libphonenumber's answer."""
    wanted = phone_rules.after_calling_code(calling_code)
    numbers = phone_rules.valid_numbers(calling_code)
    safe: list[tuple[int, int, int]] = []
    candidates = list(_trunk_candidates(calling_code))
    for order, trunks in enumerate(candidates):
        reading = _trunk_reading(calling_code, trunks)
        lost = phone_rules.differences(reading, wanted)
        wrong = digits.intersection(lost, phone_rules.inputs_of(reading))
        brief = all(len(trunk.kept) <= MAX_PATTERN for trunk in trunks)
        if brief and _exclusive(trunks) and wrong == digits.NOTHING:
            bare = digits.intersection(lost, numbers)
            safe.append((digits.count(bare), digits.count(lost), order))
    if not safe:
        raise ValueError(f"no trunk rule is safe for +{calling_code}")
    return candidates[min(safe)[-1]]


def _exclusive(trunks: tuple[Trunk, ...]) -> bool:
    """Whether no input fits two of the rules, between which engines would choose differently."""
    seen = digits.NOTHING
    for trunk in trunks:
        inputs = phone_rules.inputs_of(trunk.rewrite())
        if digits.intersection(seen, inputs) != digits.NOTHING:
            return False
        seen = digits.union(seen, inputs)
    return True


@cache
def _behind_calling_code(calling_code: int) -> tuple[tuple[tuple[int, str], Node], ...]:
    reading = _trunk_reading(calling_code, trunks_of(calling_code))
    code = str(calling_code)
    return tuple(phone_rules.behind(digits.literal(code), len(code), reading, code).items())


@cache
def _international() -> tuple[tuple[tuple[int, str], Node], ...]:
    return tuple(
        phone_rules.merged(*(dict(_behind_calling_code(code)) for code in CALLING_CODES)).items()
    )


def international_reading() -> Rewrite:
    """What the SQL makes of the digits behind a plus."""
    return dict(_international())


# --------------------------------------------------------- without a plus


@cache
def international_prefixes(region: str) -> tuple[Trunk, ...]:
    """What dials abroad from a region, and what must follow it."""
    through = phone_rules.abroad(region)
    together = Trunk(digits.to_regex(digits.union_of(map(digits.literal, through))), "[1-9].*")
    wanted: Rewrite = {}
    for prefix, begun in through.items():
        phone_rules.add(wanted, len(prefix), "", begun)
    if phone_rules.differences(together.rewrite(), wanted) == digits.NOTHING:
        return (together,)
    by_kept: dict[str, Node] = {}
    for prefix, begun in through.items():
        kept = digits.to_regex(digits.after(begun, prefix))
        before = by_kept.get(kept, digits.NOTHING)
        by_kept[kept] = digits.union(before, digits.literal(prefix))
    return tuple(Trunk(digits.to_regex(some), kept) for kept, some in by_kept.items())


def _abroad(region: str) -> Rewrite:
    return _first_of(trunk.rewrite() for trunk in international_prefixes(region))


def local_numbers(region: str) -> tuple[Node, str] | None:
    """Numbers that a region dials without area code, and that area code."""
    for prefix, added, numbers in phone_rules.national_rules(phone_rules.region_plan(region)):
        if not prefix and added:
            return numbers, added
    return None


def _separating(inside: Node, outside: Node) -> str:
    """A regex of all of `inside` and nothing of `outside`, as short as we know one."""
    return min(_separations(inside, outside), key=lambda text: (len(text), text))


def _separations(inside: Node, outside: Node) -> list[str]:
    """The same told apart by first digits; by length, where need be by length and first
    digits, else exactly; and, which may be wrong, by length alone.
    """
    candidates = list(_by_first_digits(inside, outside, digits.ANYTHING))
    exact = strict = lenient = digits.NOTHING
    for length in range(1, digits.MAX_LENGTH + 1):
        every = digits.digits(length)
        wanted, unwanted = (digits.intersection(every, each) for each in (inside, outside))
        if wanted == digits.NOTHING:
            continue
        simple = _by_first_digits(wanted, unwanted, every)
        coarse = min(simple, key=lambda node: len(digits.to_regex(node)), default=wanted)
        exact = digits.union(exact, coarse)
        lenient = digits.union(lenient, every)
        strict = digits.union(strict, every if unwanted == digits.NOTHING else digits.NOTHING)
    candidates += [exact, strict, lenient]
    return [digits.to_regex(node) for node in candidates if node != digits.NOTHING]


def _by_first_digits(inside: Node, outside: Node, every: Node) -> list[Node]:
    """The separations by the first none, one, two or three digits, if there are any."""
    for known in range(4):
        heads = digits.sample(digits.digits(known), 10**known)
        yes = [head for head in heads if digits.after(inside, head) != digits.NOTHING]
        no = [head for head in heads if digits.after(outside, head) != digits.NOTHING]
        if not set(yes) & set(no):
            begun = [
                digits.concatenation(digits.union_of(map(digits.literal, each)), digits.ANYTHING)
                for each in (yes, no)
            ]
            return [
                digits.intersection(every, begun[0]),
                digits.difference(every, begun[1]),
            ]
    return []


@cache
def own_calling_code(region: str) -> str:
    """What must follow a region's calling code so that it is one, even without a plus."""
    code = REGIONS[region]
    wanted = phone_rules.nationally_dialled(region)
    national = _reading_without_own_code(region)
    international = dict(_behind_calling_code(code))
    begun = digits.concatenation(digits.literal(str(code)), digits.ANYTHING)
    begun = digits.difference(begun, phone_rules.inputs_of(_abroad(region)))
    not_own = digits.intersection(phone_rules.differences(wanted, international), begun)
    not_national = digits.intersection(phone_rules.differences(wanted, national), begun)
    # where neither is right, the one that makes nothing of it
    rejects = digits.difference(begun, phone_rules.inputs_of(international))
    own = digits.difference(not_national, digits.difference(not_own, rejects))
    other = digits.difference(not_own, own)
    inside, outside = (digits.after(inputs, str(code)) for inputs in (own, other))
    if inside == digits.NOTHING:
        return ""
    safe: list[tuple[int, int, int, str]] = []
    for pattern in _separations(inside, outside):
        taken = digits.intersection(begun, _behind_literal(str(code), pattern))
        left = digits.difference(begun, taken)
        reading = phone_rules.merged(
            phone_rules.restricted(international, taken), phone_rules.restricted(national, left)
        )
        lost = phone_rules.differences(reading, phone_rules.restricted(wanted, begun))
        wrong = digits.intersection(lost, phone_rules.inputs_of(reading))
        unwieldy = max(0, len(pattern) - MAX_PATTERN)
        safe.append((unwieldy, digits.count(wrong), digits.count(lost), pattern))
    return min(safe)[-1]


def _behind_literal(prefix: str, pattern: str) -> Node:
    return digits.concatenation(digits.literal(prefix), digits.from_regex(pattern))


def _reading_without_own_code(region: str) -> Rewrite:
    code = str(REGIONS[region])
    local = local_numbers(region)
    full: Rewrite = {(0, code): digits.ANYTHING}
    if local:
        full = _first_of([{(0, code + local[1]): local[0]}, full])
    return phone_rules.then(full, dict(_behind_calling_code(REGIONS[region])))


def national_reading(region: str) -> Rewrite:
    """What the SQL makes of digits without a plus, dialled in a region."""
    code = str(REGIONS[region])
    own_pattern = own_calling_code(region)
    own = _behind_literal(code, own_pattern) if own_pattern else digits.NOTHING
    abroad = _abroad(region)
    through = phone_rules.inputs_of(abroad)
    own = digits.difference(own, through)
    rest = digits.difference(digits.ANYTHING, digits.union(through, own))
    return phone_rules.merged(
        phone_rules.then(abroad, international_reading()),
        phone_rules.restricted(dict(_behind_calling_code(REGIONS[region])), own),
        phone_rules.restricted(_reading_without_own_code(region), rest),
    )


# ---------------------------------------------------------------- files


def _countries(regions: Iterable[str]) -> str:
    """A regex of some country codes: `A[DE]|NL`."""
    by_first: dict[str, str] = {}
    for region in sorted(regions):
        by_first[region[0]] = by_first.get(region[0], "") + region[1]
    texts = [
        first + (seconds if len(seconds) == 1 else f"[{seconds}]")
        for first, seconds in by_first.items()
    ]
    return texts[0] if len(texts) == 1 else f"(?:{'|'.join(texts)})"


def _grouped(keys: Iterable[tuple[str, str]]) -> dict[str, list[str]]:
    """{rule: regions with it}, the most frequent first."""
    groups: dict[str, list[str]] = {}
    for rule, region in keys:
        groups.setdefault(rule, []).append(region)
    return dict(sorted(groups.items(), key=lambda item: (-len(item[1]), item[1])))


def international_prefix_patterns() -> list[str]:
    """Regexes of `<country><digits>` that dial abroad; their captures join to what is
    behind the prefix.
    """
    plain: list[tuple[str, str]] = []
    patterns: list[str] = []
    for region in REGIONS:
        trunks = international_prefixes(region)
        if len(trunks) == 1:
            plain.append((_bracketed(trunks[0].removed), region))
            continue
        rules = "|".join(f"{trunk.removed}({_bracketed(trunk.kept)})" for trunk in trunks)
        patterns.append(f"^{region}(?:{rules})$")
    rules = "|".join(
        f"{_countries(regions)}{prefix}" for prefix, regions in _grouped(plain).items()
    )
    return [f"^(?:{rules})([1-9].*)$", *patterns]


def own_calling_code_pattern() -> str:
    """A regex of `<country><digits>` that begin with the country's calling code."""
    rules = []
    pairs = [(own_calling_code(region), region) for region in REGIONS]
    for pattern, regions in _grouped(pair for pair in pairs if pair[0]).items():
        countries = "|".join(f"{region}{REGIONS[region]}" for region in sorted(regions))
        rules.append(f"(?:{countries}){_bracketed(pattern)}")
    return f"^(?:{'|'.join(rules)})$"


def local_number_pattern() -> str:
    """A regex of `<country><digits>` that lack an area code."""
    pairs = [
        (digits.to_regex(local[0]), region)
        for region in REGIONS
        if (local := local_numbers(region))
    ]
    rules = [
        f"{_countries(regions)}{_bracketed(pattern)}"
        for pattern, regions in _grouped(pairs).items()
    ]
    return f"^(?:{'|'.join(rules)})$"


def trunk_patterns(leading_digit: str) -> list[str]:
    """Regexes of E.164 with a trunk prefix in it, by the first digit of the calling code;
    their captures join to the number without. At most nine captures each.
    """
    zero = [
        str(code)
        for code in CALLING_CODES
        if str(code)[0] == leading_digit and trunks_of(code) == (Trunk("0"),)
    ]
    rules: list[tuple[str, int]] = []
    if zero:
        rules.append((f"([+](?:{'|'.join(zero)}))0", 1))
    for code in CALLING_CODES:
        trunks = trunks_of(code)
        if str(code)[0] != leading_digit or not trunks or str(code) in zero:
            continue
        parts = [
            _bracketed(trunk.removed) + ("" if trunk.kept == ".*" else f"({trunk.kept})$")
            for trunk in trunks
        ]
        captures = 1 + sum(trunk.kept != ".*" for trunk in trunks)
        together = parts[0] if len(parts) == 1 else f"(?:{'|'.join(parts)})"
        rules.append((f"([+]{code}){together}", captures))
    patterns: list[list[str]] = []
    used = 9
    for rule, captures in rules:
        if used + captures > 9:
            patterns.append([])
            used = 0
        patterns[-1].append(rule)
        used += captures
    return [f"^(?:{'|'.join(each)})" for each in patterns]


def mobile_patterns(leading_digit: str) -> list[str]:
    """Regexes of E.164 with a mobile `15` behind the area code: a 9 before it is meant."""
    patterns = []
    for code in CALLING_CODES:
        areas = mobile_areas(code)
        if str(code)[0] != leading_digit or areas == digits.NOTHING:
            continue
        patterns.append(f"^([+]{code})0({digits.to_regex(areas)})15")
        rules = "|".join(
            f"({digits.to_regex(some)})15(.{{{10 - length}}})"
            for length in range(1, 10)
            if (some := digits.intersection(areas, digits.digits(length))) != digits.NOTHING
        )
        patterns.append(f"^([+]{code})(?:{rules})$")
    return patterns


def _code_table(entries: Iterable[tuple[str, str]], width: int) -> str:
    """`|AC247 |AD376 |…`: what follows a country, padded, to be found by position."""
    return "".join(f"|{region}{value:<{width}}" for region, value in entries)


def _rewrites(patterns: Iterable[str]) -> list[dict[str, object]]:
    return [
        {"pattern": pattern, "captures": len(re.findall(r"\((?!\?)", pattern))}
        for pattern in patterns
    ]


def facts() -> dict[str, object]:
    """All that the macro knows."""
    numbers: dict[str, dict[str, object]] = {}
    for leading_digit in "123456789":
        numbers[leading_digit] = {
            "mobiles": _rewrites(mobile_patterns(leading_digit)),
            "trunks": _rewrites(trunk_patterns(leading_digit)),
            "valid": {
                str(code): valid_pattern(code)
                for code in sorted(CALLING_CODES, key=str)
                if str(code)[0] == leading_digit
            },
        }
    area_codes = (
        (region, f"{REGIONS[region]}{local[1]}")
        for region in REGIONS
        if (local := local_numbers(region))
    )
    return {
        "calling_codes": _code_table(((r, str(code)) for r, code in REGIONS.items()), 3),
        "area_codes": _code_table(area_codes, 7),
        "international_prefixes": _rewrites(international_prefix_patterns()),
        "own_calling_code": own_calling_code_pattern(),
        "local_number": local_number_pattern(),
        "numbers": numbers,
    }


def macro_text() -> str:
    """The Jinja file."""
    literal = json.dumps(facts(), indent=4, ensure_ascii=True)
    body = "\n".join(f"    {line}" if line else "" for line in literal.splitlines()).strip()
    version = phonenumbers.__version__
    return f"""{{#
    The world's numbering plans as clean_phone reads them, from libphonenumber's metadata
    {version}. Generated by `python -m runner.reference.phone_plans`: do not edit.

    calling_codes           |country, calling code, padded to three
    area_codes              |country, calling code and area code, padded to seven
    international_prefixes  country and digits that dial abroad
    own_calling_code        country and digits that begin with its calling code
    local_number            country and digits without area code
    numbers                 by first digit of the calling code: what to rewrite behind it
                            (`15` of Argentine mobiles, trunk prefixes), what is valid
#}}
{{% macro _phone_plans() -%}}
    {{{{ return({body}) }}}}
{{%- endmacro %}}
"""


def seed_text() -> str:
    """The CSV file: what a reader wants to know of each country's plan."""
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(SEED_COLUMNS)
    for region, code in REGIONS.items():
        plan = phone_rules.region_plan(region)
        fixed, mobile = (_example(plan, kind) for kind in ("fixed_line", "mobile"))
        writer.writerow(
            [
                region,
                code,
                plan.international_prefix,
                plan.national_prefix or "",
                min(plan.general_desc.possible_length),
                max(plan.general_desc.possible_length),
                *fixed,
                *mobile,
            ]
        )
    return out.getvalue()


SEED_COLUMNS = (
    "country",
    "calling_code",
    "international_prefix",
    "trunk_prefix",
    "shortest_number",
    "longest_number",
    "example_fixed_line",
    "example_fixed_line_e164",
    "example_mobile",
    "example_mobile_e164",
)


def _example(plan: Any, kind: str) -> tuple[str, str]:
    """An example number as it is written at home, and in E.164."""
    numbers = getattr(plan, kind)
    national = numbers.example_number if numbers else None
    if not national:
        return "", ""
    number = phonenumbers.parse(f"+{plan.country_code}{national}")
    return (
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.NATIONAL),
        phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164),
    )


def main(arguments: list[str] | None = None) -> int:
    """Write the files, or say which are out of date."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing, exit with 1")
    options = parser.parse_args(arguments)
    stale = [
        (path, text)
        for path, text in ((MACRO, macro_text()), (SEED, seed_text()))
        if not path.exists() or path.read_text(encoding="utf-8") != text
    ]
    for path, text in stale:
        if options.check:
            print(f"out of date: {path.relative_to(PROJECT)}", file=sys.stderr)
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
            print(f"written: {path.relative_to(PROJECT)}", file=sys.stderr)
    return 1 if stale and options.check else 0


if __name__ == "__main__":
    sys.exit(main())
