{#
    The language of segment rules, as data: the one definition that the compiler, the
    validation, the JSON Schema (schemas/segment_rule.schema.json) and the reference in
    docs/segments.md share. A pure literal: runner/segments/language.py reads it from this
    file, so names and constants are written as Python and Jinja both read them.

    rule        keys of a rule, with what they mean
    groups      conditions made of conditions
    subjects    what a leaf is about
    *_keys      what stands beside a subject, or inside of one of its keys
    spans       units of an exact span, in hours
    statuses    what `is` may ask for
    operators   per operator: the kinds of values it is `for`, what its operand `takes`,
                and the operator whose exact negation it is (`negates`)
    aggregates  over the rows of an activity: `of` which kinds of columns, the kind of the
                `result` (`same` as the column's), and its value without rows (`empty`)
#}
{% macro segment_language() -%}
    {{ return({
        "rule": {
            "contact_for": "The guard: the purpose that members may be contacted for. Only who has a permitted contact point for it is a member, and that contact point is in the output.",
            "contacts_nobody": "Instead of a guard: the reason why this segment is never used to contact anybody.",
            "where": "One condition, or a list of conditions that all hold. Left out: everyone.",
            "attributes": "Attributes of the profile to show beside profile_id and the contact point.",
            "limit": "At most so many members, cut after rule and guard. No part of rule_of.",
        },
        "groups": {
            "all": "Every one of the conditions holds.",
            "any": "At least one of the conditions holds.",
            "not": "The one condition does not hold.",
        },
        "subjects": {
            "field": "An attribute of the profile; inside an activity, a column of the activity. A contact key may only be asked for with is_missing.",
            "consent": "A purpose. Permitted, unless `is` asks for another status of the profile.",
            "rule_of": "Another segment: its rule holds, without its guard.",
            "activity": "Rows of a declared activity model, not later than as_of, that satisfy `where` on the same row and the leaf's own operators on the activity's time. At least one row, unless aggregates ask for more.",
            "source": "The profile has a record from that source system.",
            "sample": "A stable share of the profiles in percent, independent for different names.",
            "compare": "A value of the profile, a field or one aggregate of an activity, compared with another one.",
            "list": "The values of a declared list over all records of the profile. At least one, unless the keys ask for more.",
            "member_of": "An earlier stay in a segment, guard included, that began before this run. One stay satisfies all keys.",
            "delivered": "Earlier deliveries of an export in which a contact point that the profile has or had stood in the audience. At least one, unless count asks for more.",
        },
        "consent_keys": {
            "is": "A status, or a list of statuses; beside the other keys permitted or granted.",
            "recorded": "Date operators on the time of the grant that decides on one contact point of the purpose's channel.",
            "expires": "Date operators on its end, or the earliest end of the grants of purposes above that the permission rests on.",
            "from": "The sources that the grant may come from.",
        },
        "activity_keys": {
            "where": "One condition on the activity's columns, or a list of conditions that all hold on the same row.",
            "followed_by": "A row counts when there is a later row of another activity, or of the same, at most `within` after it.",
            "not_followed_by": "A row counts when there is no such row, and `within` has passed.",
        },
        "sequence_keys": {
            "activity": "The second activity.",
            "within": "The exact span from the first row to the second; days are 24 hours. Days are compared where one of the two is a date.",
            "same": "Columns that must be equal in both rows; {first: second} where names differ. The second row may then be of any profile.",
            "where": "Conditions on the second row's columns.",
        },
        "spans": {"hours": 1, "days": 24, "weeks": 168},
        "compare_keys": {
            "times": "On the right: so many times the value, more than 0.",
            "plus": "On the right: so much later than the time.",
        },
        "compare_operators": {
            "number": ["eq", "ne", "lt", "lte", "gt", "gte"],
            "text": ["eq", "ne", "lt", "lte", "gt", "gte"],
            "time": ["eq", "ne", "before", "after", "on_or_before", "on_or_after"],
        },
        "list_keys": {
            "any_of": "At least one of the values.",
            "all_of": "Every one of the values.",
            "none_of": "None of the values. The exact negation of `any_of`.",
            "count": "Number operators on the number of different values.",
        },
        "member_keys": {
            "within_last": "The stay overlaps that time.",
            "now": "true: the stay is open.",
            "entered": "Date operators on the time at which it began.",
            "left": "Date operators on the time at which it ended.",
        },
        "delivered_keys": {
            "within_last": "Deliveries in that time.",
            "count": "Number operators on the number of deliveries.",
        },
        "limit_keys": {
            "to": "How many members there are at most.",
            "by": "random, or the field whose order says who comes first; who misses it comes last.",
        },
        "limit_by_keys": {
            "field": "An attribute of the profile.",
            "order": "asc or desc.",
        },
        "orders": ["asc", "desc"],
        "sample_keys": {
            "name": "What the split is called: shares of different names are independent.",
            "from": "Where the share starts, in percent; 0 unless given.",
            "below": "Where the share ends, in percent; 100 unless given.",
        },
        "statuses": ["permitted", "granted", "pending", "expired", "denied", "no_record"],
        "operators": {
            "eq": {"for": ["text", "number", "boolean", "date", "timestamp"], "takes": "value", "doc": "Equal to the value."},
            "ne": {"for": ["text", "number", "boolean", "date", "timestamp"], "takes": "value", "negates": "eq", "doc": "Not equal to the value, or missing."},
            "in": {"for": ["text", "number", "boolean", "date", "timestamp"], "takes": "values", "doc": "Equal to one of the values."},
            "not_in": {"for": ["text", "number", "boolean", "date", "timestamp"], "takes": "values", "negates": "in", "doc": "Equal to none of the values, or missing."},
            "is_missing": {"for": ["text", "number", "boolean", "date", "timestamp"], "takes": "flag", "doc": "There is no value (true), or there is one (false)."},
            "lt": {"for": ["number", "text"], "takes": "value", "doc": "Less than the value."},
            "lte": {"for": ["number", "text"], "takes": "value", "doc": "Less than the value or equal to it."},
            "gt": {"for": ["number", "text"], "takes": "value", "doc": "Greater than the value."},
            "gte": {"for": ["number", "text"], "takes": "value", "doc": "Greater than the value or equal to it."},
            "between": {"for": ["number", "text", "date", "timestamp"], "takes": "range", "doc": "From the first value to the second, both included; texts by code point."},
            "not_between": {"for": ["number", "text", "date", "timestamp"], "takes": "range", "negates": "between", "doc": "Outside of the range, or missing."},
            "contains": {"for": ["text"], "takes": "texts", "doc": "The text, or one of several, occurs in it."},
            "not_contains": {"for": ["text"], "takes": "texts", "negates": "contains", "doc": "Neither the text nor one of several occurs in it, or it is missing."},
            "starts_with": {"for": ["text"], "takes": "texts", "doc": "It starts with the text, or with one of several."},
            "ends_with": {"for": ["text"], "takes": "texts", "doc": "It ends with the text, or with one of several."},
            "matches": {"for": ["text"], "takes": "pattern", "doc": "The regular expression occurs in it."},
            "before": {"for": ["date", "timestamp"], "takes": "value", "doc": "On an earlier day."},
            "after": {"for": ["date", "timestamp"], "takes": "value", "doc": "On a later day."},
            "on_or_before": {"for": ["date", "timestamp"], "takes": "value", "doc": "On that day or earlier."},
            "on_or_after": {"for": ["date", "timestamp"], "takes": "value", "doc": "On that day or later."},
            "within_last": {"for": ["date", "timestamp"], "takes": "duration", "doc": "Today or in that time before, never in the future."},
            "within_next": {"for": ["date", "timestamp"], "takes": "duration", "doc": "Today or in that time after, never in the past."},
            "in_current": {"for": ["date", "timestamp"], "takes": "period", "doc": "In the day, week (from Monday), month, quarter or year of as_of."},
            "month_is": {"for": ["date", "timestamp"], "takes": "month", "doc": "In one of the months, 1 to 12."},
            "day_of_month_is": {"for": ["date", "timestamp"], "takes": "day_of_month", "doc": "On one of the days of the month, 1 to 31."},
            "weekday_is": {"for": ["date", "timestamp"], "takes": "weekday", "doc": "On one of the weekdays."},
            "anniversary_within": {"for": ["date", "timestamp"], "takes": "days", "doc": "Its day and month come in that many days, today included; 29 February on the 28th in other years."},
            "age": {"for": ["date", "timestamp"], "takes": "number_tests", "doc": "Completed years since then, on the day of as_of."},
        },
        "modifiers": {
            "ignore_case": {"with": ["eq", "ne", "in", "not_in", "contains", "not_contains", "starts_with", "ends_with"], "without": ["lt", "lte", "gt", "gte", "between", "not_between"], "doc": "Text operators of the same leaf fold A to Z."},
        },
        "aggregates": {
            "count": {"of": [], "result": "number", "empty": 0, "doc": "The number of rows."},
            "count_distinct": {"of": ["text", "number", "boolean", "date", "timestamp"], "result": "number", "empty": 0, "doc": "The number of different values."},
            "sum": {"of": ["number"], "result": "number", "empty": 0, "doc": "The total."},
            "avg": {"of": ["number"], "result": "number", "empty": None, "doc": "The mean."},
            "min": {"of": ["number", "date", "timestamp"], "result": "same", "empty": None, "doc": "The smallest value."},
            "max": {"of": ["number", "date", "timestamp"], "result": "same", "empty": None, "doc": "The greatest value."},
            "first_at": {"of": [], "result": "timestamp", "empty": None, "doc": "The time of the first row."},
            "last_at": {"of": [], "result": "timestamp", "empty": None, "doc": "The time of the last row."},
        },
        "activity_time": [
            "before", "after", "on_or_before", "on_or_after", "between", "not_between",
            "within_last", "in_current", "month_is", "day_of_month_is", "weekday_is",
        ],
        "number_tests": [
            "eq", "ne", "in", "not_in", "is_missing", "lt", "lte", "gt", "gte", "between",
            "not_between",
        ],
        "relative_days": {
            "days_ago": {"unit": "days", "sign": -1},
            "weeks_ago": {"unit": "weeks", "sign": -1},
            "months_ago": {"unit": "months", "sign": -1},
            "years_ago": {"unit": "years", "sign": -1},
            "days_ahead": {"unit": "days", "sign": 1},
            "weeks_ahead": {"unit": "weeks", "sign": 1},
            "months_ahead": {"unit": "months", "sign": 1},
            "years_ahead": {"unit": "years", "sign": 1},
        },
        "durations": ["days", "weeks", "months", "years", "hours"],
        "periods": ["day", "week", "month", "quarter", "year"],
        "weekdays": ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"],
        "most": {"depth": 100, "days": 36600, "weeks": 5200, "months": 1200, "years": 100, "hours": 876000, "anniversary_days": 366},
        "reserved_attributes": ["profile_id", "key_type", "key_value"],
    }) }}
{%- endmacro %}
