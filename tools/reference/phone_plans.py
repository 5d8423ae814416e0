"""Generates what `clean_phone` knows of the world's numbering plans.

    python -m tools.reference.phone_plans            writes the two files
    python -m tools.reference.phone_plans --check    fails when they are out of date

Facts come from the `phonenumbers` package (libphonenumber's metadata, Apache licence), a
development dependency; `phone_sql` turns them into rules.
"""

from __future__ import annotations

import argparse
import csv
import io
import json
import re
import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import phonenumbers

from tools.reference import digits, phone_rules
from tools.reference.phone_rules import CALLING_CODES, REGIONS
from tools.reference.phone_sql import (
    Trunk,
    bracketed,
    international_prefixes,
    local_numbers,
    mobile_areas,
    own_calling_code,
    trunks_of,
    valid_pattern,
)

PROJECT = Path(__file__).resolve().parents[2]
MACRO = PROJECT / "macros" / "staging" / "_phone_plans.sql"
SEED = PROJECT / "seeds" / "reference" / "phone_numbering_plans.csv"


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
            plain.append((bracketed(trunks[0].removed), region))
            continue
        rules = "|".join(f"{trunk.removed}({bracketed(trunk.kept)})" for trunk in trunks)
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
        rules.append(f"(?:{countries}){bracketed(pattern)}")
    return f"^(?:{'|'.join(rules)})$"


def local_number_pattern() -> str:
    """A regex of `<country><digits>` that lack an area code."""
    pairs = [
        (digits.to_regex(local[0]), region)
        for region in REGIONS
        if (local := local_numbers(region))
    ]
    rules = [
        f"{_countries(regions)}{bracketed(pattern)}" for pattern, regions in _grouped(pairs).items()
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
            bracketed(trunk.removed) + ("" if trunk.kept == ".*" else f"({trunk.kept})$")
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
    {version}. Generated by `python -m tools.reference.phone_plans`: do not edit.

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
