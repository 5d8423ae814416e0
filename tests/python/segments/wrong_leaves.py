"""Leaves of the language's second edition that make no sense, each with its message."""

from __future__ import annotations

from wrong_rules import Wrong, where

FOLLOWED = "{activity: orders, followed_by: %s}"
NOT_FOLLOWED = "{activity: orders, not_followed_by: %s}"


def limit(text: str) -> str:
    return f"contacts_nobody: a test\nlimit: {text}\n"


WRONG_LEAVES: dict[str, Wrong] = {
    # consent dates
    "dates_of_denied": Wrong(
        where("{consent: newsletter, is: denied, recorded: {within_last: {days: 3}}}"),
        "where.is: beside recorded, expires and from it is permitted or granted.",
    ),
    "dates_without_channel": Wrong(
        where("{consent: profiling, expires: {within_next: {days: 3}}}"),
        "where.consent: the purpose 'profiling' has no channel, so no contact point has a grant",
        shape=False,
    ),
    "dates_operator": Wrong(
        where("{consent: newsletter, recorded: {within_lst: {days: 3}}}"),
        "where.recorded.within_lst: unknown operator (did you mean 'within_last'?)",
    ),
    "dates_text": Wrong(
        where("{consent: newsletter, expires: soon}"),
        "where.expires: write {within_last: {days: 30}}, not the text 'soon'.",
    ),
    "dates_from_text": Wrong(
        where("{consent: newsletter, from: shop}"),
        "where.from: write a list of values, such as [vip, trade], not the text 'shop'.",
    ),
    "dates_key": Wrong(
        where("{consent: newsletter, expire: {within_next: {days: 3}}}"),
        "where.expire: unknown key (did you mean 'expires'?)",
    ),
    # sequences
    "followed_text": Wrong(
        where(FOLLOWED % "visits"),
        "where.followed_by: write {activity: <the second one>, within: {hours: 72}}.",
    ),
    "followed_unknown": Wrong(
        where(FOLLOWED % "{activity: visit}"),
        "where.followed_by.activity: 'visit' is no activity (did you mean 'visits'?).",
        shape=False,
    ),
    "followed_key": Wrong(
        where(FOLLOWED % "{activity: visits, withn: {days: 1}}"),
        "where.followed_by.withn: unknown key (did you mean 'within'?)",
    ),
    "followed_nested": Wrong(
        where(FOLLOWED % "{activity: visits, followed_by: {activity: orders}}"),
        "where.followed_by.followed_by: unknown key",
    ),
    "followed_months": Wrong(
        where(FOLLOWED % "{activity: visits, within: {months: 1}}"),
        "where.followed_by.within.months: no exact span; write hours, days, weeks.",
    ),
    "followed_hours_of_days": Wrong(
        where(FOLLOWED % "{activity: logins, within: {hours: 1}}"),
        "where.followed_by.within.hours: one of the two times is a date without time; write days.",
        shape=False,
    ),
    "not_followed_without_within": Wrong(
        where(NOT_FOLLOWED % "{activity: visits}"),
        "where.not_followed_by.within: say how long it must not have followed, such as {days: 3}.",
    ),
    "not_followed_short_window": Wrong(
        where(
            "{activity: orders, within_last: {days: 2}, not_followed_by: {activity: visits, "
            "within: {hours: 72}}}"
        ),
        "where.within_last: the window is shorter than `within` of not_followed_by, so nothing in "
        "it has waited long enough.",
        shape=False,
    ),
    "same_unknown": Wrong(
        where(FOLLOWED % "{activity: visits, same: [pag]}"),
        "where.followed_by.same[0]: 'pag' is no field of the activity orders",
        shape=False,
    ),
    "same_other_type": Wrong(
        where(FOLLOWED % "{activity: visits, same: [{category: seconds}]}"),
        "where.followed_by.same[0]: category is text in the activity orders; seconds is number in "
        "the activity visits. They must have one type.",
        shape=False,
    ),
    "same_text": Wrong(
        where(FOLLOWED % "{activity: visits, same: page}"),
        "where.followed_by.same: write a list of columns, such as [cart_id]",
    ),
    "followed_other_column": Wrong(
        where(FOLLOWED % "{activity: visits, where: {field: total, gt: 3}}"),
        "where.followed_by.where.field: 'total' is no field of the activity visits",
        shape=False,
    ),
    # comparisons
    "compare_without_operator": Wrong(
        where("{compare: {field: points}}"),
        "where: a comparison has one operator, such as gt; here are 0.",
    ),
    "compare_value": Wrong(
        where("{compare: {field: points}, gt: 3}"),
        "where.gt: write {field: <name>}, or an activity with one aggregate",
    ),
    "compare_two_aggregates": Wrong(
        where("{compare: {activity: orders, sum: total, count: true}, gt: {field: points}}"),
        "where.compare: a side has one aggregate, such as {sum: total}; here are 2.",
    ),
    "compare_kinds": Wrong(
        where("{compare: {field: points}, gt: {field: birth_date}}"),
        "where.gt: birth_date is date; points is number.",
        shape=False,
    ),
    "compare_booleans": Wrong(
        where("{compare: {field: is_trial}, eq: {field: is_employee}}"),
        "where.eq: numbers, texts and times are compared; is_trial is boolean.",
        shape=False,
    ),
    "compare_operator_of_times": Wrong(
        where("{compare: {field: birth_date}, gt: {field: renews_on}}"),
        "where.gt: `gt` does not compare dates; write one of eq, ne, before",
        shape=False,
    ),
    "compare_times_nothing": Wrong(
        where("{compare: {field: points}, gt: {field: points, times: 0}}"),
        "where.gt.times: write a number of more than 0, such as 1.5.",
    ),
    "compare_times_of_days": Wrong(
        where("{compare: {field: birth_date}, before: {field: renews_on, times: 2}}"),
        "where.before.times: is for numbers; renews_on is date.",
        shape=False,
    ),
    "compare_plus_of_numbers": Wrong(
        where("{compare: {field: points}, gt: {field: points, plus: {days: 2}}}"),
        "where.gt.plus: is for times; points is number.",
        shape=False,
    ),
    "compare_contact_key": Wrong(
        where("{compare: {field: country}, eq: {field: email}}"),
        "where.eq.field: a contact key may only be asked for with is_missing.",
        shape=False,
    ),
    "compare_count_of_column": Wrong(
        where("{compare: {activity: orders, count: total}, gt: {field: points}}"),
        "where.compare.count: write true.",
    ),
    "compare_followed": Wrong(
        where(
            "{compare: {activity: orders, count: true, followed_by: {activity: visits}}, "
            "gt: {field: points}}"
        ),
        "where.compare.followed_by: unknown key",
    ),
    # lists
    "list_unknown": Wrong(
        where("{list: tag}"), "where.list: 'tag' is no list (did you mean 'tags'?).", shape=False
    ),
    "list_key": Wrong(
        where("{list: tags, any: [vip]}"),
        "where: two subjects in one condition (list, any); write two conditions under `all`.",
    ),
    "list_text": Wrong(
        where("{list: tags, any_of: vip}"),
        "where.any_of: write a list of values, such as [vip, trade], not the text 'vip'.",
    ),
    "list_number": Wrong(
        where("{list: tags, any_of: [5]}"),
        "where.any_of[0]: 5 is a number, a value of the list is text: write '5'.",
    ),
    # earlier stays
    "member_of_unknown": Wrong(
        where("{member_of: no_gaurd, now: true}"),
        "where.member_of: 'no_gaurd' is no segment (did you mean 'no_guard'?).",
        shape=False,
    ),
    "member_of_ever": Wrong(
        where("{member_of: no_guard}"), "where: say when: within_last, now, entered, left;"
    ),
    "member_of_not_now": Wrong(
        where("{member_of: no_guard, now: false}"), "where.now: write true; for the rest, {not:"
    ),
    "member_of_text": Wrong(
        where("{member_of: no_guard, entered: yesterday}"),
        "where.entered: write {within_last: {days: 30}}, not the text 'yesterday'.",
    ),
    # earlier deliveries
    "delivered_unknown": Wrong(
        where("{delivered: leters}"),
        "where.delivered: 'leters' is no export (did you mean 'letters'?).",
        shape=False,
    ),
    "delivered_count": Wrong(
        where("{delivered: letters, count: 2}"),
        "where.count: write {gte: 2}, not a number.",
    ),
    # texts
    "texts_empty": Wrong(
        where("{field: country, contains: []}"),
        "where.contains: the list is empty; write at least one text.",
    ),
    "texts_number": Wrong(
        where("{field: country, starts_with: [A, 5]}"),
        "where.starts_with[1]: 5 is a number, country is text: write '5'.",
    ),
    "text_reversed": Wrong(
        where("{field: country, between: [NL, BE]}"),
        "where.between: the bounds are reversed: 'NL' is greater than 'BE'.",
        shape=False,
    ),
    "text_order_folded": Wrong(
        where("{field: country, gte: a, eq: B, ignore_case: true}"),
        "where.ignore_case: texts are ordered by code point, capitals first; write that as a "
        "condition of its own.",
        shape=False,
    ),
    # limits
    "limit_number": Wrong(limit("10"), "limit: write {to: 1000, by: {field: <name>, order: desc}}"),
    "limit_nobody": Wrong(
        limit("{to: 0, by: random}"),
        "limit.to: 0 is no whole number of members from 1 to a billion.",
    ),
    "limit_without_order": Wrong(
        limit("{to: 5, by: {field: points}}"), "limit.by.order: say which come first: asc or desc."
    ),
    "limit_without_by": Wrong(limit("{to: 5}"), "limit.by: write random, or {field: <name>"),
    "limit_field": Wrong(
        limit("{to: 5, by: {field: point, order: asc}}"),
        "limit.by.field: 'point' is no field of a profile (did you mean 'points'?).",
        shape=False,
    ),
    "limit_boolean": Wrong(
        limit("{to: 5, by: {field: is_trial, order: asc}}"),
        "limit.by.field: is_trial is boolean, which has no order.",
        shape=False,
    ),
    "limit_contact_key": Wrong(
        limit("{to: 5, by: {field: email, order: asc}}"),
        "limit.by.field: a contact key may only be asked for with is_missing.",
        shape=False,
    ),
}
