"""What random people and rules are made of: attributes, activities, texts, patterns, numbers."""

from __future__ import annotations

from typing import Any

ATTRIBUTES = {
    "country": "string",
    "first_name": "string",
    "nick_name": "string",
    "birth_date": "date",
    "renews_on": "date",
    "lifetime_value": "numeric(18, 2)",
    "target_value": "numeric(18, 2)",
    "points": "bigint",
    "score": "double precision",
    "is_employee": "boolean",
    "is_trial": "boolean",
    "customer_since": "timestamp",
    "last_visit": "timestamp",
}
ACTIVITIES = {
    "orders": {
        "total": "numeric(18, 2)",
        "quantity": "bigint",
        "weight": "double precision",
        "category": "string",
        "gift_note": "string",
        "is_returned": "boolean",
        "shipped_on": "date",
        "paid_at": "timestamp",
    },
    "visits": {"page": "string", "seconds": "bigint"},
    # of one activity only the day is known
    "logins": {"occurred_at": "date", "device": "string"},
}
KINDS = {
    "string": "text",
    "date": "date",
    "numeric(18, 2)": "number",
    "bigint": "number",
    "double precision": "number",
    "boolean": "boolean",
    "timestamp": "timestamp",
}
TEXTS = [
    "NL", "BE", "nl", "US", "NO", "", " ", "O'Brien", "50%", "a_c", "abc", "ABC", "back\\slash",
    "--", "/* no */", "Zoë", "Zoe\u0308", "ZOË", "İstanbul", "straße", "日本", "🙂", "two\nlines",
    "tab\there", "{{ 1 + 1 }}", "{% raw %}", "{# note #}", "a'); drop table profiles; --", "$1",
    "%s", '"quoted"', "null", "None", "nan", "a.c", "x$", "^x", "12", "A1b2", "ab12cd",
]  # fmt: skip
PATTERNS = [
    "a.c", "^a", "c$", "^$|x"[3:], "[A-Z]", "[^a-z]", "\\d+", "^[A-Z]{2}$", "(N|B)[LE]", "o|e",
    "\\.", "\\$", "ë", "^.{3}$", "^(NL|BE)$", "[0-9]{2,}", "'", "\\\\", "[%_]", "[a\\-z]", "s\\*?",
    "^(a|b)?.", "日.", "[^\\d]$", "two.", "^[^a]", "x\\$$", "\\{\\{",
]  # fmt: skip
NUMBERS: list[Any] = [
    0,
    1,
    -1,
    2,
    3,
    10,
    99,
    100,
    250,
    1000,
    0.5,
    -0.25,
    19.99,
    1.5,
    1e3,
    12345678901,
]
OTHER_PURPOSES = ("partner_news", "profiling", "use", "sale", "storage")
ORDERED = ("lt", "lte", "gt", "gte", "between", "not_between")
ZONES = ("UTC", "Europe/Amsterdam", "America/Sao_Paulo", "Asia/Kolkata", "Pacific/Apia")
