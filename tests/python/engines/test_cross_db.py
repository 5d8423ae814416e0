"""What each macro of macros/cross_db gives, the same on every engine.

Inputs are columns of a table, expectations are written out or computed in plain Python; all of
them are built in one invocation of dbt.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import unicodedata
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from engines.macro_lab import ROOT, Case, MacroLab
from engines.warehouse import ENGINE

TEXTS = [
    *(
        "",
        " ",
        "a",
        "B",
        "ä",
        "ss",
        "ß",
        "Z",
        "z",
        "_",
        "-",
        "~",
        "I",
        "i",
        "İ",
        "ı",
        "é",
        "e\u0301",
    ),
    *("10", "9", "%", "a%b", "a_b", "'", "''", '"', "\\", "\\\\", "\\n", "a\nb", "\n", "a\n"),
    *("{{ x }}", "$1", ":x", "?", "--", "/* */", "名", "😀", "\uffff", "Ω", "ﬀ", "E'x'", "N'x'"),
]
PAIRS = [(text, part) for text in ("a%b_c", "Straße\\", "", "aab", "😀x") for part in TEXTS]


def ts(text: str) -> datetime:
    return datetime.fromisoformat(text)


def md5(text: str) -> str:
    return hashlib.md5(text.encode()).hexdigest()


def sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def framed(*texts: str | None) -> str:
    """What content_hash hashes."""
    return md5("".join("-" if text is None else f"{len(text)}:{text}" for text in texts))


def literals() -> Case:
    """The n-th text literal for the n-th row."""
    whens = "".join(
        f"when {n} then {{{{ dbt_consent.MACRO({text!r}) }}}} " for n, text in enumerate(TEXTS)
    )
    # braces of a template are the template's
    whens = whens.replace("{{ x }}'", "{' ~ '{ x }' ~ '}'")
    return Case(
        [(n, text) for n, text in enumerate(TEXTS)], f"case number {whens} end", ("number",)
    )


def of_literals(macro: str) -> Case:
    case = literals()
    return Case(case.rows, case.sql.replace("MACRO", macro), case.columns)


def lowered(text: str) -> str:
    """Lower case letter by letter: without regard to language or to the place in the word."""
    return "".join("σ" if c == "Σ" else "i\u0307" if c == "İ" else c.lower() for c in text)


KEY = b"\x00\x01secret\xff"
NUMBERS = [Decimal("1.50"), Decimal("-0.00"), Decimal("99999999999.99"), None]
CASES: dict[str, Case] = {
    "add_hours": Case(
        [
            (ts("2024-02-28 10:20:30.456789"), ts("2024-03-02 10:20:30.456789")),
            # hours are exact, whatever clocks do
            (ts("2026-03-28 12:00:00"), ts("2026-03-31 12:00:00")),
            (None, None),
        ],
        "{{ dbt_consent.add_hours('ts', 72) }}",
        ("ts",),
    ),
    "add_months": Case(
        [
            ((ts("2024-01-31"), 1), ts("2024-02-29")),
            ((ts("2023-01-31"), 1), ts("2023-02-28")),
            ((ts("2024-02-29"), 12), ts("2025-02-28")),
            ((ts("2024-02-29 10:20:30.456789"), 48), ts("2028-02-29 10:20:30.456789")),
            ((ts("2026-03-31 23:59:59.5"), -1), ts("2026-02-28 23:59:59.5")),
            ((ts("2026-03-31"), 0), ts("2026-03-31")),
            ((None, 1), None),
            ((ts("2026-03-31"), None), None),
        ],
        "{{ dbt_consent.add_months('ts', 'number') }}",
        ("ts", "number"),
    ),
    "by_code_point": Case(
        [(text, sorted(TEXTS).index(text) + 1) for text in TEXTS],
        query="select n, row_number() over (order by {{ dbt_consent.by_code_point('text') }}) "
        "as value from inputs",
    ),
    "min_by_code_point": Case(
        [*((text, "A") for text in ("b", "ı", "B", "A", "ä")), (None, "A")],
        query="select n, (select {{ dbt_consent.min_by_code_point('text') }} from inputs) as value "
        "from inputs",
    ),
    "content_hash": Case(
        [
            (("a", "b", ts("2026-03-01 12:00:00")), framed("a", "b", "2026-03-01 12:00:00.000000")),
            (("a:b", None, None), framed("a:b", None, None)),
            (("a", "", ts("2026-03-01 12:00:00.5")), framed("a", "", "2026-03-01 12:00:00.500000")),
            (("", "é😀", None), framed("", "é😀", None)),
            ((None, None, None), framed(None, None, None)),
        ],
        "{{ dbt_consent.content_hash(['text_a', 'text_b', 'ts'], timestamps=['ts']) }}",
        ("text_a", "text_b", "ts"),
    ),
    "end_of_text": Case(
        [("a", True), ("ba", True), ("a\n", False), ("a\nb", False), ("", False), (None, None)],
        "{{ dbt_consent.matches('text', 'a' ~ dbt_consent.end_of_text()) }}",
    ),
    "java_pattern": Case(
        [("a", "a\\z a[$] a\\$ $a")],
        "{{ dbt_consent.text_literal(dbt_consent.java_pattern('a$') ~ ' ' "
        "~ dbt_consent.java_pattern('a[$]') ~ ' ' ~ dbt_consent.java_pattern('a\\\\$') "
        "~ ' ' ~ dbt_consent.java_pattern('$a')) }}",
    ),
    "first_by": Case(
        [
            *(((1, 2, "b", True), "a"), ((1, 1, "a", True), "a"), ((1, 0, "c", False), "a")),
            *(((2, 1, None, True), None), ((2, 2, "x", True), None), ((3, 1, "y", False), None)),
            *(((4, 1, "x", None), "z"), ((4, 2, "z", True), "z")),
        ],
        columns=("number", "number_rank", "text", "flag"),
        query="select inputs.n, firsts.value from inputs inner join ("
        "select number, {{ dbt_consent.first_by('text', 'number_rank', 'flag') }} as value "
        "from inputs group by number) as firsts on inputs.number = firsts.number",
    ),
    "has_rows": Case(
        [(1, "True False False True")],
        "{% set has = api.Relation.create(database=target.get('database'), schema='lab', "
        "identifier='has_rows') %}"
        "{% set none_ = api.Relation.create(database=target.get('database'), schema='lab', "
        "identifier='nothing') %}"
        "'{{ dbt_consent.has_rows(has) }} {{ dbt_consent.has_rows(has, 'false') }} "
        "{{ dbt_consent.has_rows(none_) }} {{ dbt_consent.has_rows(has, 'number = 1') }}'",
        ("number",),
    ),
    "hex_to_number": Case(
        [
            *(("00000000", 0), ("0000000a", 10), ("7fffffff", 2**31 - 1), ("80000000", 2**31)),
            *(("ffffffff", 2**32 - 1), (None, None)),
        ],
        "{{ dbt_consent.hex_to_number('text') }}",
    ),
    "md5_hex": Case(
        [*((text, md5(text)) for text in TEXTS), (None, None)], "{{ dbt_consent.md5_hex('text') }}"
    ),
    "sha256_hex": Case(
        [*((text, sha256(text.encode())) for text in TEXTS), (None, None)],
        "{{ dbt_consent.sha256_hex('text') }}",
    ),
    "sha256_of_hex_and_text": Case(
        [*((text, sha256(KEY + text.encode())) for text in TEXTS), (None, None)],
        f"{{{{ dbt_consent.sha256_of_hex_and_text('{KEY.hex()}', 'text') }}}}",
    ),
    "sha256_of_hex_and_hex": Case(
        [*((md5(text), sha256(KEY + bytes.fromhex(md5(text)))) for text in TEXTS), (None, None)],
        f"{{{{ dbt_consent.sha256_of_hex_and_hex('{KEY.hex()}', 'text') }}}}",
    ),
    "iso_weekday": Case(
        [(day, day.isoweekday()) for day in (date(2026, 2, 23) + timedelta(n) for n in range(8))]
        + [(date(1900, 1, 1), 1), (None, None)],
        "cast({{ dbt_consent.iso_weekday('day') }} as integer)",
        ("day",),
    ),
    "let": Case(
        [("a", "a-a-a"), ("", "--"), (None, None)],
        "{{ dbt_consent.let('named', \"replace(text, 'x', 'y')\", "
        "\"named || '-' || named || '-' || text\") }}",
    ),
    "text_literal": of_literals("text_literal"),
    "one_line_literal": of_literals("one_line_literal"),
    "optional_text": Case(
        [("a", "a'b\\")],
        "coalesce({{ dbt_consent.optional_text(none) }}, "
        "{{ dbt_consent.optional_text('a\\'b\\\\') }})",
    ),
    "text_list": Case(
        [("a'b", "listed"), ("b", None), (None, None), ("", "listed")],
        "case when text in ({{ dbt_consent.text_list([\"a'b\", '']) }}) then 'listed' "
        "when text in ({{ dbt_consent.text_list([]) }}) then 'never' end",
    ),
    "timestamp_literal": Case(
        [("a", ts("2026-03-01 12:00:00.123456"))],
        "{{ dbt_consent.timestamp_literal('2026-03-01 12:00:00.123456') }}",
    ),
    "date_literal": Case(
        [("a", date(2024, 2, 29))], "{{ dbt_consent.date_literal('2024-02-29') }}"
    ),
    "local_date": Case(
        [
            (ts("2026-03-01 22:59:59"), date(2026, 3, 1)),
            (ts("2026-03-01 23:00:00"), date(2026, 3, 2)),
            (ts("2026-07-01 22:00:00"), date(2026, 7, 2)),
            (ts("2026-03-29 01:00:00"), date(2026, 3, 29)),
            # time zones have no end
            (ts("2040-06-30 21:59:59"), date(2040, 6, 30)),
            (ts("2040-06-30 22:00:00"), date(2040, 7, 1)),
            (None, None),
        ],
        "{{ dbt_consent.local_date('ts', 'Europe/Amsterdam') }}",
        ("ts",),
    ),
    "local_date_of_utc": Case(
        [(ts("2026-03-01 23:59:59"), date(2026, 3, 1)), (ts("2026-03-02"), date(2026, 3, 2))],
        "{{ dbt_consent.local_date('ts', 'UTC') }}",
        ("ts",),
    ),
    "looked_up": Case(
        [("a", "1"), ("b", "B"), ("B", None), ("", "empty"), (None, None), ("c", None)],
        "{{ dbt_consent.looked_up('text', \"select column1 as lookup_key, column2 as lookup_value "
        "from (values ('a', '2'), ('a', '1'), ('b', 'a'), ('b', 'B'), ('', 'empty'), "
        "(null, 'null'), ('c', null)) as listed (column1, column2)\") }}",
    ),
    "matches": Case(
        [
            ("a.b", True),
            ("aXb", False),
            ("x\na.b", True),
            ("A.B", False),
            ("", False),
            (None, None),
        ],
        r"{{ dbt_consent.matches('text', '(?:a|c)[.]b|\\.\\d') }}",
    ),
    "matches_beyond_ascii": Case(
        [("é", True), ("名", True), ("😀", True), ("e", False), ("I", False), ("ı", True)],
        r"{{ dbt_consent.matches('text', '^[\u00a1-\U0010ffff]+$') }}",
    ),
    "number_or_null": Case(
        [*((number, number) for number in NUMBERS)],
        "{{ dbt_consent.number_or_null('price', 'numeric(18, 2)') }}",
        ("price",),
        {"price": "numeric(18, 2)"},
    ),
    "number_or_null_of_double": Case(
        [(1.5, 1.5), (float("nan"), None), (float("inf"), float("inf")), (None, None)],
        "{{ dbt_consent.number_or_null('price', 'double') }}",
        ("price",),
        {"price": "double"},
    ),
    "type_double": Case(
        [("0.1", 0.1), ("1e300", 1e300), ("123456789.123456", 123456789.123456), (None, None)],
        "cast(text as {{ dbt_consent.type_double() }})",
    ),
    "regexp_extract": Case(
        [
            ("in 2026, not 2027", "2026"),
            ("12", None),
            ("", None),
            (None, None),
            ("x\n1234", "1234"),
        ],
        "{{ dbt_consent.regexp_extract('text', '[0-9]{4}') }}",
    ),
    "regexp_replace_all": Case(
        [("+31 (0)6-1", "+31061"), ("abc", ""), ("", ""), (None, None), ("٣1", "1")],
        "{{ dbt_consent.regexp_replace_all('text', '[^0-9+]', '') }}",
    ),
    "regexp_replace_captures": Case(
        [("a1b2", "1a2b"), ("b", "b"), ("a1", "1a"), (None, None)],
        "{{ dbt_consent.regexp_replace_all('text', '([a-z])([0-9])', '\\\\2\\\\1') }}",
    ),
    "regexp_replace_start": Case(
        [("000", "x00"), ("50", "x50"), ("10", "10"), (None, None)],
        "{{ dbt_consent.regexp_replace_all('text', '^(0)|^(5)', 'x\\\\2') }}",
    ),
    "scratch_tables": Case(
        [("a", "1 other gone")],
        "'"
        "{%- if execute -%}"
        "{%- set name = dbt_consent.scratch_prefix(this) ~ '_made' -%}"
        "{%- set made = dbt_consent.create_scratch_table(name, 'select 1 as x') -%}"
        "{{ run_query('select count(*) from ' ~ made).rows[0][0] }} "
        "{{ 'same' if dbt_consent.scratch_prefix('another') in name else 'other' }} "
        "{%- do dbt_consent.drop_scratch_table(made) -%}"
        "{%- do dbt_consent.drop_scratch_table(made) -%}"
        "{%- set again = dbt_consent.create_scratch_table(name, 'select 1 as x') -%}"
        "{%- do dbt_consent.drop_scratch_table(again) -%}"
        "{{- ' gone' -}}"
        "{%- endif -%}"
        "'",
    ),
    "source_loaded_at": Case(
        [(ts("2026-03-01"), "loaded"), (ts("2026-03-02 01:02:03"), "loaded")],
        columns=("ts",),
        query="select inputs.n, loaded.at as value from inputs cross join ("
        "select max(loaded_at) as at from ({{ dbt_consent.source_loaded_at("
        "api.Relation.create(schema='lab', identifier='source_loaded_at'), 'webshop_orders', 'ts') "
        "}}) as of_source (loaded_at)) as loaded",
    ),
    "text_contains": Case(
        [*((pair, pair[1] in pair[0]) for pair in PAIRS), ((None, "a"), None), (("a", None), None)],
        "{{ dbt_consent.text_contains('text', 'text_part') }}",
        ("text", "text_part"),
    ),
    "text_starts_with": Case(
        [*((p, p[0].startswith(p[1])) for p in PAIRS), ((None, "a"), None)],
        "{{ dbt_consent.text_starts_with('text', 'text_part') }}",
        ("text", "text_part"),
    ),
    "text_ends_with": Case(
        [*((p, p[0].endswith(p[1])) for p in PAIRS), ((None, "a"), None)],
        "{{ dbt_consent.text_ends_with('text', 'text_part') }}",
        ("text", "text_part"),
    ),
    "ascii_lower": Case(
        [*((t, re.sub("[A-Z]", lambda c: c[0].lower(), t)) for t in TEXTS), (None, None)],
        "{{ dbt_consent.ascii_lower('text') }}",
    ),
    "ascii_upper": Case(
        [*((t, re.sub("[a-z]", lambda c: c[0].upper(), t)) for t in TEXTS), (None, None)],
        "{{ dbt_consent.ascii_upper('text') }}",
    ),
    "trim_spaces": Case(
        [
            *(("  a b ", "a b"), ("\ta", "\ta"), ("\u00a0a", "\u00a0a"), ("a\n", "a\n")),
            *((" ", ""), ("\u3000", "\u3000"), ("", ""), (None, None)),
        ],
        "{{ dbt_consent.trim_spaces('text') }}",
    ),
    "timestamp_text": Case(
        [
            (ts("2026-03-01 12:00:00.987654"), "2026-03-01 12:00:00"),
            (ts("0999-12-31"), "0999-12-31 00:00:00"),
            (None, None),
        ],
        "{{ dbt_consent.timestamp_text('ts') }}",
        ("ts",),
    ),
    "precise_timestamp_text": Case(
        [
            (ts("2026-03-01 12:00:00.987654"), "2026-03-01 12:00:00.987654"),
            (ts("2026-03-01 12:00:00"), "2026-03-01 12:00:00.000000"),
            (None, None),
        ],
        "{{ dbt_consent.precise_timestamp_text('ts') }}",
        ("ts",),
    ),
    "to_utc": Case(
        [
            ("2026-03-01", ts("2026-03-01")),
            (" 2026-03-01 12:34 ", ts("2026-03-01 12:34")),
            ("2026-03-01T12:34:56", ts("2026-03-01 12:34:56")),
            ("2026-03-01 12:34:56.5", ts("2026-03-01 12:34:56.5")),
            ("2026-03-01T12:34:56.123456Z", ts("2026-03-01 12:34:56.123456")),
            ("2026-03-01T12:34:56z", ts("2026-03-01 12:34:56")),
            ("2026-03-01T00:30:00+01:00", ts("2026-02-28 23:30")),
            ("2026-03-01T00:30:00+0100", ts("2026-02-28 23:30")),
            ("2026-03-01T00:30:00-03", ts("2026-03-01 03:30")),
            ("2026-03-01 00:30 +05:45", ts("2026-02-28 18:45")),
            ("2026-03-01 00:30+05:45", ts("2026-02-28 18:45")),
            ("2026-03-01T00:30:01.5 Z", ts("2026-03-01 00:30:01.5")),
            ("2026-03-01T00:30Z", ts("2026-03-01 00:30")),
            ("2026-03-01T00:30:00+14:59", ts("2026-02-28 09:31")),
            ("2026-03-01T00:30:00.123456789Z", ts("2026-03-01 00:30:00.123456")),
            ("2026-03-01 00:30:00.9999999", ts("2026-03-01 00:30:00.999999")),
            ("2024-02-29", ts("2024-02-29")),
            ("2025-02-29", None),
            ("1900-02-29T12:00:00Z", None),
            ("2000-02-29T12:00:00Z", ts("2000-02-29 12:00")),
            ("2026-02-30T12:00:00Z", None),
            ("2026-13-01", None),
            ("2026-01-32", None),
            ("2026-01-01T24:00:00", None),
            ("2026-01-01T23:60:00", None),
            ("2026-03-01T12:00:00+25:00", None),
            ("01.03.2026", None),
            ("03/01/2026", None),
            ("2026-3-1", None),
            ("infinity", None),
            ("now", None),
            ("2026-03-01\n", None),
            ("2026-03-01 12:00:00 PM", None),
            ("", None),
            (None, None),
        ],
        "{{ dbt_consent.to_utc('text') }}",
    ),
    # how many ends each start reaches: a chain, a fork, a ring, and itself
    "reachable": Case(
        [
            *((("a", "b"), 3), (("b", "c"), 2), (("c", "d"), 1)),
            *((("e", "f"), 2), (("e", "g"), 2)),
            *((("h", "i"), 2), (("i", "h"), 2), (("j", "j"), 1)),
        ],
        columns=("text", "text_to"),
        query=", walked as ({{ dbt_consent.reachable('inputs', 'text', 'text_to') }}) "
        "select inputs.n, cast(reached.ends as bigint) as value from inputs inner join "
        "(select text, count(*) as ends from walked group by text) as reached "
        "on inputs.text = reached.text",
    ),
    "to_utc_of_local_time": Case(
        [
            ("2026-03-01", ts("2026-02-28 23:00")),
            ("2026-07-01 12:00:00", ts("2026-07-01 10:00")),
            ("2026-07-01T12:00:00+00:00", ts("2026-07-01 12:00")),
            ("2026-02-30", None),
            ("soon", None),
            ("  ", None),
            (None, None),
        ],
        "{{ dbt_consent.to_utc('text', time_zone='Europe/Amsterdam') }}",
    ),
    "unless_plain": Case(
        [
            ("a b", "a b"),
            (" a", "a"),
            ("a ", "a"),
            ("a\n", "a\n"),
            ("é ", "é"),
            ("", ""),
            (None, None),
        ],
        "{{ dbt_consent.unless_plain('text', dbt_consent.trim_spaces('text')) }}",
    ),
    "unicode_nfc": Case(
        [*((text, unicodedata.normalize("NFC", text)) for text in TEXTS), (None, None)],
        "{{ dbt_consent.unicode_nfc('text') }}",
    ),
    "unicode_lower": Case(
        [
            *((text, lowered(text)) for text in TEXTS),
            ("ΟΔΟΣ", "οδοσ"),
            ("ÀÉÎ", "àéî"),
            (None, None),
        ],
        "{{ dbt_consent.unicode_lower('text') }}",
    ),
}


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> dict[str, list[Any]]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CONSENT_DATA", str(ROOT / "data/demo"))
        return MacroLab(tmp_path_factory.mktemp("macros")).values(CASES)


@pytest.mark.parametrize("name", CASES)
def test_the_macro_gives(name: str, found: dict[str, list[Any]]) -> None:
    case = CASES[name]
    expected = [value for _, value in case.rows]
    if name == "source_loaded_at":
        expected = [_loaded_at()] * len(expected)
    wrong = [
        (given, value, is_)
        for (given, _), value, is_ in zip(case.rows, expected, found[name], strict=True)
        if is_ != value
    ]
    assert not wrong, "\n".join(f"{g!r}: expected {v!r}, is {i!r}" for g, v, i in wrong)


def _loaded_at() -> datetime:
    """A file's own time on DuckDB, the newest row's elsewhere."""
    if ENGINE != "duckdb":
        return ts("2026-03-02 01:02:03")
    changed = (ROOT / "data/demo/webshop_orders.jsonl").stat().st_mtime_ns // 1000
    return datetime(1970, 1, 1) + timedelta(microseconds=changed)


def test_hmac_is_made_of_the_two_steps() -> None:
    """The two steps of sha256_of_hex_…, put together as their users do, are HMAC-SHA-256."""
    inner = bytes(byte ^ 0x36 for byte in KEY.ljust(64, b"\0"))
    outer = bytes(byte ^ 0x5C for byte in KEY.ljust(64, b"\0"))
    digest = sha256(outer + bytes.fromhex(sha256(inner + b"x")))
    assert digest == hmac.new(KEY, b"x", hashlib.sha256).hexdigest()


def test_every_macro_has_a_case() -> None:
    macros = {
        name
        for path in Path(ROOT / "macros/cross_db").glob("*.sql")
        for name in re.findall(r"{% macro (\w+)\(", path.read_text(encoding="utf-8"))
        if "__" not in name and not name.startswith("_")
    }
    called = " ".join(case.sql + case.query for case in CASES.values())
    # a hook gives no value: the build of every table runs it
    assert macros - set(re.findall(r"dbt_consent\.(\w+)\(", called)) == {"analyze"}
