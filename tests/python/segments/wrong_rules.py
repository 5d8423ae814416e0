"""Rules that make no sense, each with the message that it gets.

`shape` says whether the JSON Schema sees it too; what depends on the names and types of the project
only the compiler knows.
"""

from __future__ import annotations

from typing import NamedTuple


class Wrong(NamedTuple):
    """A wrong rule: its text under `segment:`, and the message, after the file's name."""

    rule: str
    message: str
    shape: bool = True


def where(condition: str) -> str:
    return f"contacts_nobody: a test\nwhere: {condition}\n"


WRONG: dict[str, Wrong] = {
    # the rule itself
    "no_guard": Wrong(
        "where: {field: country, eq: NL}",
        "segment: there is no guard. Write contact_for: <purpose>, or contacts_nobody:",
    ),
    "both_guards": Wrong(
        "contact_for: newsletter\ncontacts_nobody: no",
        "contact_for: a rule has contact_for or contacts_nobody, not both.",
    ),
    "guard_unknown": Wrong(
        "contact_for: newsleter",
        "contact_for: 'newsleter' is no purpose (did you mean 'newsletter'?).",
        shape=False,
    ),
    "guard_without_channel": Wrong(
        "contact_for: profiling",
        "contact_for: the purpose 'profiling' has no channel, so nobody can be contacted for it. "
        "Ask for it in a condition: {consent: profiling}.",
        shape=False,
    ),
    "guard_list": Wrong("contact_for: [newsletter]", "contact_for: a list is no purpose"),
    "guard_null": Wrong("contact_for:", "contact_for: null is no purpose"),
    "reason_empty": Wrong('contacts_nobody: " "', "contacts_nobody: write the reason as a text."),
    "key_unknown": Wrong(
        "contact_for: newsletter\nwher: {field: country, eq: NL}",
        "wher: unknown key (did you mean 'where'?); a rule has contact_for, contacts_nobody, "
        "where, attributes, limit.",
    ),
    "rule_list": Wrong("- contact_for", "segment: the rule is a list; write a mapping"),
    "attribute_contact_key": Wrong(
        "contact_for: newsletter\nattributes: [email]",
        "attributes[0]: 'email' is a contact key; the guard supplies the only one, and it is the "
        "permitted one. Leave it out.",
        shape=False,
    ),
    "attribute_reserved": Wrong(
        "contact_for: newsletter\nattributes: [country, key_value]",
        "attributes[1]: 'key_value' is a column of every segment; leave it out.",
    ),
    "attribute_unknown": Wrong(
        "contact_for: newsletter\nattributes: [contry]",
        "attributes[0]: 'contry' is no attribute of a profile (did you mean 'country'?).",
        shape=False,
    ),
    "attribute_consent": Wrong(
        "contact_for: newsletter\nattributes: [consent_newsletter]",
        "attributes[0]: 'consent_newsletter' is no attribute of a profile",
        shape=False,
    ),
    "attribute_twice": Wrong(
        "contact_for: newsletter\nattributes: [country, country]",
        "attributes[1]: 'country' stands there twice.",
    ),
    "attributes_text": Wrong(
        "contact_for: newsletter\nattributes: country",
        "attributes: write a list of names, such as [first_name, country].",
    ),
    # conditions and what they are about
    "where_empty": Wrong(where("[]"), "where: the list is empty; leave `where` out for everyone."),
    "where_text": Wrong(where("country"), "where: a condition is a mapping such as"),
    "all_empty": Wrong(
        where("{all: []}"), "where.all: the list is empty; write at least one condition."
    ),
    "any_mapping": Wrong(
        where("{any: {field: country, eq: NL}}"),
        "where.any: write a list of conditions, not a mapping.",
    ),
    "not_list": Wrong(
        where("{not: [{field: country, eq: NL}]}"),
        "where.not: `not` takes one condition, not a list. For several, write {not: {any: [...]}}.",
    ),
    "group_and_more": Wrong(
        where("{any: [{field: country, eq: NL}], eq: NL}"),
        "where.eq: `any` stands alone; put this into a condition of its own.",
    ),
    "two_subjects": Wrong(
        where("{all: [{field: country, source: crm, eq: NL}]}"),
        "where.all[0]: two subjects in one condition (field, source); write two conditions under "
        "`all`.",
    ),
    "no_subject": Wrong(
        where("[{field: country, eq: NL}, {feild: country, eq: NL}]"),
        "where[1]: the condition has no subject, only 'feild', 'eq' (did you mean 'field'?); "
        "write one of all, any, not, field, consent, rule_of, activity, source, sample, compare, "
        "list, member_of, delivered.",
    ),
    "segment_for_rule_of": Wrong(
        where("{segment: other}"),
        "where: the condition has no subject, only 'segment' (did you mean 'rule_of'?)",
    ),
    "field_unknown": Wrong(
        where("{all: [{field: country, eq: NL}, {not: {field: lifetime_valu, gt: 3}}]}"),
        "where.all[1].not.field: 'lifetime_valu' is no field of a profile (did you mean "
        "'lifetime_value'?).",
        shape=False,
    ),
    "field_consent": Wrong(
        where("{field: consent_newsletter, eq: true}"),
        "where.field: 'consent_newsletter' is no field; write {consent: newsletter}.",
        shape=False,
    ),
    "field_contact_key": Wrong(
        where("{field: email, ends_with: '@example.com'}"),
        "where.ends_with: a contact key may only be asked for with is_missing.",
        shape=False,
    ),
    "field_against_contact_key": Wrong(
        where("{field: country, eq: {field: email}}"),
        "where.eq.field: a contact key may only be asked for with is_missing.",
        shape=False,
    ),
    "field_without_operator": Wrong(
        where("{field: country}"),
        "where: there is no operator; say what is asked of 'country', such as {field: country, "
        "is_missing: false}.",
    ),
    "purpose_unknown": Wrong(
        where("{consent: newslettre}"),
        "where.consent: 'newslettre' is no purpose (did you mean 'newsletter'?).",
        shape=False,
    ),
    "purpose_list": Wrong(
        where("{consent: [newsletter], is: granted}"), "where.consent: a list is no purpose"
    ),
    "status_unknown": Wrong(
        where("{consent: newsletter, is: grant}"),
        "where.is: 'grant' is no status (did you mean 'granted'?); write permitted, granted, "
        "pending, expired, denied, no_record.",
    ),
    "status_empty": Wrong(
        where("{consent: newsletter, is: []}"), "where.is: the list is empty; write at least one of"
    ),
    "status_without_channel": Wrong(
        where("{consent: profiling, is: granted}"),
        "where.is: the purpose 'profiling' has no channel; only permitted may be asked.",
        shape=False,
    ),
    "consent_with_operator": Wrong(
        where("{consent: newsletter, eq: granted}"),
        "where.eq: unknown key; known here: consent, is, recorded, expires, from.",
    ),
    "rule_of_unknown": Wrong(
        where("{rule_of: no_gaurd}"),
        "where.rule_of: 'no_gaurd' is no segment (did you mean 'no_guard'?).",
        shape=False,
    ),
    "rule_of_itself": Wrong(
        where("{not: {rule_of: rule_of_itself}}"),
        "where.not.rule_of: a cycle: rule_of_itself → rule_of_itself.",
        shape=False,
    ),
    # told where the rule stands that closes the cycle
    "cycle": Wrong(
        where("{rule_of: cycle_back}"), "where.rule_of: a cycle: cycle_back → cycle →", False
    ),
    "cycle_back": Wrong(
        where("{rule_of: cycle}"), "where.rule_of: a cycle: cycle → cycle_back →", False
    ),
    "source_unknown": Wrong(
        where("{source: webshp}"),
        "where.source: 'webshp' is no source of customers (did you mean 'webshop'?); "
        "vars.customer_sources lists them.",
        shape=False,
    ),
    "activity_unknown": Wrong(
        where("{activity: order}"),
        "where.activity: 'order' is no activity (did you mean 'orders'?).",
        shape=False,
    ),
    "activity_key_unknown": Wrong(
        where("{activity: orders, cuont: {gte: 2}}"),
        "where.cuont: unknown key (did you mean 'count'?)",
    ),
    "activity_not_for_time": Wrong(
        where("{activity: orders, within_next: {days: 3}}"), "where.within_next: unknown key"
    ),
    "activity_other_subject": Wrong(
        where("{activity: orders, where: {consent: newsletter}}"),
        "where.where.consent: the conditions on the activity orders are about its fields: write "
        "{field: ...}.",
    ),
    "activity_field_of_profile": Wrong(
        where("{activity: orders, where: [{field: totl, gt: 1}]}"),
        "where.where[0].field: 'totl' is no field of the activity orders (did you mean 'total'?).",
        shape=False,
    ),
    "aggregate_without_column": Wrong(
        where("{activity: orders, sum: {gte: 5}}"), "where.sum.of: say which column; the activity"
    ),
    "aggregate_of_text": Wrong(
        where("{activity: orders, sum: {of: category, gte: 5}}"),
        "where.sum.of: sum is for numbers; category is text.",
        shape=False,
    ),
    "aggregate_number": Wrong(
        where("{activity: orders, count: 2}"), "where.count: write {gte: 2}, not a number."
    ),
    "aggregate_without_operator": Wrong(
        where("{activity: orders, max: {of: total}}"), "where.max: there is no operator; say what"
    ),
    "aggregate_other_field": Wrong(
        where("{activity: orders, max: {of: total, gte: {field: quantity}}}"),
        "where.max.gte: {field: ...} stands only in a condition on a field; write a value.",
    ),
    "sample_without_name": Wrong(
        where("{sample: {below: 50}}"), "where.sample.name: write what the split is called"
    ),
    "sample_share": Wrong(
        where("{sample: {name: a, below: 120}}"),
        "where.sample.below: 120 is no number of percent from 0 to 100.",
    ),
    "sample_reversed": Wrong(
        where("{sample: {name: a, from: 50, below: 50}}"),
        "where.sample: from 50 is not below 50, so nobody is in.",
        shape=False,
    ),
    "sample_key": Wrong(where("{sample: {name: a, above: 5}}"), "where.sample.above: unknown key"),
    # operators and operands
    "operator_unknown": Wrong(
        where("{field: country, equals: NL}"),
        "where.equals: unknown operator; for text there are eq, ne, in, not_in, is_missing, lt, "
        "lte, gt, gte, between, not_between, contains, not_contains, starts_with, ends_with, "
        "matches.",
    ),
    "operator_misspelt": Wrong(
        where("{field: country, start_with: N}"),
        "where.start_with: unknown operator (did you mean 'starts_with'?)",
    ),
    "operator_of_other_kind": Wrong(
        where("{field: country, on_or_after: 2026-01-31}"),
        "where.on_or_after: `on_or_after` is for dates and timestamps; country is text. For text "
        "there are eq, ne, in",
        shape=False,
    ),
    "contains_of_number": Wrong(
        where("{field: points, contains: '1'}"),
        "where.contains: `contains` is for text; points is number.",
        shape=False,
    ),
    "text_for_number": Wrong(
        where("{field: points, gte: '18'}"),
        "where.gte: '18' is a text, points is number: write 18, without quotes and exponent.",
        shape=False,
    ),
    "number_in_quotes_for_floats": Wrong(
        where("{field: score, in: ['1.50', 2]}"),
        "where.in[0]: '1.50' is a text, score is number: write 1.5, without quotes and exponent.",
        shape=False,
    ),
    "number_with_exponent": Wrong(
        where("{field: points, gte: 1e3}"),
        "where.gte: '1e3' is a text, points is number: write 1000, without quotes and exponent.",
        shape=False,
    ),
    "pattern_with_other_digits": Wrong(
        where("{field: country, matches: 'a{\u0663}'}"),
        "where.matches: the regular expression 'a{\u0663}' is not one that all engines read alike: "
        "`{` starts no repeat such as {2,5}; write \\{ for the character.",
        shape=False,
    ),
    "number_for_text": Wrong(
        where("{field: country, eq: 12}"),
        "where.eq: 12 is a number, country is text: write '12'.",
        shape=False,
    ),
    "unquoted_no": Wrong(
        where("{field: country, in: [NL, NO]}"),
        "where.in[1]: false is a boolean, country is text: YAML reads an unquoted NO as false; "
        "write 'NO'.",
        shape=False,
    ),
    "text_for_boolean": Wrong(
        where("{field: is_employee, eq: 'true'}"),
        "where.eq: 'true' is a text, is_employee is boolean.",
        shape=False,
    ),
    "null_literal": Wrong(
        where("{field: country, eq: null}"),
        "where.eq: null is no value; ask for missing values with is_missing: true.",
    ),
    "null_in_list": Wrong(
        where("{field: country, not_in: [NL, null]}"), "where.not_in[1]: null is no value"
    ),
    "list_for_eq": Wrong(
        where("{field: country, eq: [NL]}"),
        "where.eq: one value stands here, not a list; for several write `in` or `not_in`.",
    ),
    "in_without_list": Wrong(
        where("{field: country, in: NL}"), "where.in: write a list, not the text 'NL'."
    ),
    "in_empty": Wrong(
        where("{field: country, in: []}"),
        "where.in: the list is empty; nothing is ever one of no values.",
    ),
    "contains_empty": Wrong(
        where("{field: country, contains: ''}"),
        "where.contains: the text is empty, so everything would satisfy it.",
    ),
    "is_missing_text": Wrong(
        where("{field: country, is_missing: 'yes'}"),
        "where.is_missing: write true or false, not the text 'yes'.",
    ),
    "between_reversed": Wrong(
        where("{field: points, between: [20, 10]}"),
        "where.between: the bounds are reversed: 20 is greater than 10.",
        shape=False,
    ),
    "between_days_reversed": Wrong(
        where("{field: birth_date, not_between: [2001-01-01, 2000-12-31]}"),
        "where.not_between: the bounds are reversed: 2001-01-01 is greater than 2000-12-31.",
        shape=False,
    ),
    "between_one": Wrong(
        where("{field: points, between: [20]}"),
        "where.between: a range has two values, the lowest and the highest; here are 1.",
    ),
    "between_three": Wrong(where("{field: points, between: [1, 2, 3]}"), "here are 3."),
    "not_a_number": Wrong(
        where("{field: score, gt: .nan}"),
        "where.gt: nan is no number that a field could have.",
        False,
    ),
    "infinite": Wrong(where("{field: score, lt: .inf}"), "where.lt: inf is no number", False),
    "too_many_digits": Wrong(
        where("{field: points, lt: 12345678901234567890}"),
        "has more than 18 digits before or after the point.",
        shape=False,
    ),
    "no_day": Wrong(
        where("{field: birth_date, before: '2026-02-30'}"),
        "where.before: '2026-02-30' is no day of the calendar.",
        shape=False,
    ),
    "day_as_text": Wrong(
        where("{field: birth_date, before: yesterday}"),
        "where.before: 'yesterday' is a text, birth_date is date. Write a day such as 2026-01-31, "
        "or {days_ago: 30}.",
    ),
    "day_with_time": Wrong(
        where("{field: customer_since, before: 2026-01-31 10:00:00}"),
        "where.before: '2026-01-31T10:00:00' has a time; write a day such as 2026-01-31.",
    ),
    "relative_unknown": Wrong(
        where("{field: birth_date, before: {day_ago: 3}}"),
        "where.before.day_ago: no relative day (did you mean 'days_ago'?)",
    ),
    "relative_negative": Wrong(
        where("{field: birth_date, before: {days_ago: -3}}"),
        "where.before.days_ago: -3 is no whole number from 0 to 36600.",
    ),
    "relative_two": Wrong(
        where("{field: birth_date, before: {days_ago: 3, weeks_ago: 1}}"),
        "where.before: a relative day has one key, not days_ago and weeks_ago.",
    ),
    "window_unknown": Wrong(
        where("{field: birth_date, within_last: {day: 3}}"),
        "where.within_last.day: no unit (did you mean 'days'?); write days, weeks, months, years",
    ),
    "window_number": Wrong(
        where("{field: birth_date, within_last: 30}"),
        "where.within_last: write one duration, such as {days: 30}, not a number.",
    ),
    "window_hours_of_date": Wrong(
        where("{field: birth_date, within_last: {hours: 30}}"),
        "where.within_last.hours: birth_date is a date without time; write days.",
        shape=False,
    ),
    "period_unknown": Wrong(
        where("{field: birth_date, in_current: months}"),
        "where.in_current: 'months' is no period (did you mean 'month'?)",
    ),
    "month_out_of_range": Wrong(
        where("{field: birth_date, month_is: [1, 13]}"),
        "where.month_is[1]: 13 is no number from 1 to 12.",
    ),
    "weekday_unknown": Wrong(
        where("{field: birth_date, weekday_is: munday}"),
        "where.weekday_is: 'munday' is no weekday (did you mean 'monday'?)",
    ),
    "anniversary_weeks": Wrong(
        where("{field: birth_date, anniversary_within: {weeks: 1}}"),
        "where.anniversary_within: write {days: n}, n a whole number from 0 to 366.",
    ),
    "age_number": Wrong(
        where("{field: birth_date, age: 18}"),
        "where.age: write operators for the number of years, such as {gte: 18}, not a number.",
    ),
    "age_of_text": Wrong(
        where("{field: birth_date, age: {starts_with: '1'}}"),
        "where.age.starts_with: `starts_with` is for text; the age is number.",
    ),
    "other_field_of_other_kind": Wrong(
        where("{field: country, eq: {field: points}}"),
        "where.eq.field: points is number; country is text.",
        shape=False,
    ),
    "ignore_case_of_number": Wrong(
        where("{field: points, eq: 3, ignore_case: true}"),
        "where.ignore_case: is for text; points is number.",
        shape=False,
    ),
    "ignore_case_alone": Wrong(
        where("{field: country, is_missing: true, ignore_case: true}"),
        "where.ignore_case: goes with",
    ),
    "ignore_case_of_pattern": Wrong(
        where("{field: country, matches: n, ignore_case: true}"),
        "where.ignore_case: does not go with `matches`; write both cases in a class, such as [Aa].",
    ),
    # regular expressions outside of the subset
    **{
        f"pattern_{number}": Wrong(
            where(f"{{field: country, matches: '{pattern}'}}"), message, shape=False
        )
        for number, (pattern, message) in enumerate(
            [
                (r"\w+", r"`\w` is outside of the subset; only punctuation and \d are escaped."),
                (r"\bNL", r"`\b` is outside of the subset"),
                ("(?i)nl", "`(?` is outside of the subset; write a plain group."),
                ("(?=a)", "`(?` is outside of the subset"),
                ("a*?", "`?` repeats nothing, or a repeat."),
                ("*a", "`*` repeats nothing, or a repeat."),
                ("a**", "`*` repeats nothing, or a repeat."),
                ("a{3,2}", "{3,2} has its bounds reversed."),
                ("a{256}", "{256} repeats more than 255 times"),
                ("(a{20}){20}", "{20} repeats more than 255 times, repeats inside of it counted."),
                ("a{,3}", "`{` starts no repeat"),
                ("[[:alpha:]]", r"a `[` in a class is written \[."),
                ("[ë]", "a class holds ASCII characters only; write (ë|...) instead."),
                ("[z-a]", "the range z-a is reversed."),
                ("[a-Z]", "a `-` in a class stands between two letters or digits"),
                ("[abc", "a class is not closed."),
                ("[]", "a class is empty."),
                ("(abc", "a group is not closed."),
                ("abc)", "`)` closes no group"),
                ("a()", "a group or one of its alternatives is empty."),
                ("a|", "there is nothing after a `|`."),
                ("|a", "there is nothing before a `|`."),
                ("^a|b", "a `|` beside an anchor needs a group, such as ^(a|b)$."),
                ("a|b$", "a `|` beside an anchor needs a group"),
                ("a^b", r"`^` stands at the start only; write \^ for the character."),
                ("a$b", r"`$` stands at the end only; write \$ for the character."),
                (r"(a)\1", r"`\1` is outside of the subset"),
                ("^", "it matches everything."),
            ]
        )
    },
}
