"""The sentences of consent dates, sequences, comparisons, lists, earlier stays and deliveries."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from runner.segments.words import Teller, Words

Given = Mapping[str, Any]


def leaf(teller: Teller, subject: str, given: Given) -> Words:
    """One leaf of these subjects."""
    from runner.segments.words import as_name

    said = teller.said["subjects"][subject]
    match subject:
        case "compare":
            return _compare(teller, said, given)
        case "list":
            tests = [_of_list(teller, key, each) for key, each in given.items() if key != "list"]
            found = teller.joined(
                tests or [teller.fill(teller.said["list_keys"]["any"])], "and", comma=False
            )
            return teller.fill(said, name=as_name(given["list"]), tests=found)
        case "member_of":
            known = teller.said["member_keys"]
            parts = [
                teller.fill(known[key], value=teller.duration(each))
                if key == "within_last"
                else teller.fill(known[key])
                if key == "now"
                else teller.fill(known[key], tests=teller.tests(each, ""))
                for key, each in given.items()
                if key != "member_of"
            ]
            found = teller.joined(parts, "and", comma=False)
            return teller.fill(said, name=as_name(given["member_of"]), tests=found)
    rows = teller.fill(said, name=as_name(given["delivered"]))
    if "count" not in given:
        return teller.fill(teller.said["at_least_one"], rows=teller.rows(rows, given))
    asked = teller.tests(given["count"], "")
    number = teller.fill(teller.said["aggregates"]["count"], tests=asked)
    return teller.fill(teller.said["aggregated"], rows=teller.rows(rows, given), tests=number)


def consent_dates(teller: Teller, given: Given) -> Words:
    """A consent leaf that asks for the grant's dates or source."""
    from runner.segments.words import Word, as_name

    known = teller.said["consent_keys"]
    parts = [
        teller.fill(known[key], values=teller.joined([teller.value(one) for one in each], "or"))
        if key == "from"
        else teller.fill(known[key], tests=teller.tests(each, ""))
        for key, each in given.items()
        if key not in ("consent", "is")
    ]
    status = (Word(teller.said["statuses"][given.get("is", "permitted")], "value"),)
    return teller.fill(
        known["dated"],
        name=as_name(given["consent"]),
        value=status,
        tests=teller.joined(parts, "and", comma=False),
    )


def sequence(teller: Teller, key: str, given: Given) -> Words:
    """What follows a row, or does not."""
    from runner.segments.words import as_name

    known = teller.said["sequences"]
    rows = teller.fill(teller.said["subjects"]["activity"], name=as_name(given["activity"]))
    conditions: list[Words] = []
    if "within" in given:
        conditions.append(teller.fill(known["within"], value=teller.duration(given["within"])))
    if "same" in given:
        names = [
            as_name(each)
            if isinstance(each, str)
            else teller.fill(known["pair"], name=as_name(mine), other=as_name(its))
            for each in given["same"]
            for mine, its in ([("", "")] if isinstance(each, str) else each.items())
        ]
        conditions.append(teller.fill(known["same"], values=teller.joined(names, "and")))
    inner = teller.rows(rows, {"where": given["where"]} if "where" in given else {})
    return teller.fill(known[key], rows=teller.with_conditions(inner, conditions))


def _compare(teller: Teller, said: str, given: Given) -> Words:
    ((name, right),) = ((key, each) for key, each in given.items() if key != "compare")
    side = _side(teller, right)
    known = teller.said["compare_keys"]
    if "times" in right:
        side = teller.fill(known["times"], value=teller.value(right["times"]), side=side)
    if "plus" in right:
        side = teller.fill(known["plus"], value=teller.duration(right["plus"]), side=side)
    tests = teller.fill(teller.said["operators"][name], value=side)
    return teller.fill(said, left=_side(teller, given["compare"]), tests=tests)


def _side(teller: Teller, given: Given) -> Words:
    from runner.segments.words import as_name

    if "field" in given:
        return as_name(given["field"])
    known = teller.said["sides"]
    name = next(key for key in known if key in given)
    rows = teller.fill(teller.said["subjects"]["activity"], name=as_name(given["activity"]))
    return teller.fill(known[name], name=as_name(str(given[name])), rows=teller.rows(rows, given))


def _of_list(teller: Teller, key: str, given: Any) -> Words:
    said = teller.said["list_keys"][key]
    if key == "count":
        return teller.fill(said, tests=teller.tests(given, ""))
    last = "and" if key == "all_of" else "or"
    return teller.fill(said, values=teller.joined([teller.value(one) for one in given], last))


def limit(teller: Teller, given: Given) -> Words:
    """How many members there are at most, and who comes first."""
    from runner.segments.words import as_name

    by = given["by"]
    known = teller.said["limits"]
    order = (
        teller.fill(known["random"])
        if by == "random"
        else teller.fill(known[by["order"]], name=as_name(by["field"]))
    )
    return teller.fill(teller.said["limit"], value=teller.value(given["to"]), order=order)
