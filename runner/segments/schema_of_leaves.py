"""The schema of consent dates, sequences, comparisons, lists, earlier stays, deliveries, limits."""

from __future__ import annotations

from typing import Any

from runner.segments.language import language

Schema = dict[str, Any]
_NAME = {"type": "string", "pattern": "^[A-Za-z_][A-Za-z0-9_]*$"}
_TEXTS = {"type": "array", "items": {"type": "string"}, "minItems": 1}


def consent_dates(texts: dict[str, str]) -> dict[str, Schema]:
    """What stands beside `consent` where the grant's dates or source are asked for."""
    from runner.segments.schema import ref, said

    return {
        "recorded": said(ref("date_tests"), texts["recorded"]),
        "expires": said(ref("date_tests"), texts["expires"]),
        "from": said(dict(_TEXTS), texts["from"]),
    }


def sequences(texts: dict[str, str]) -> dict[str, Schema]:
    """What stands beside `activity` where something has to follow, or not."""
    from runner.segments.schema import ref, said

    return {
        "followed_by": said(ref("sequence"), texts["followed_by"]),
        "not_followed_by": {
            **said(ref("sequence"), texts["not_followed_by"]),
            "required": ["within"],
        },
    }


def leaf(subject: str, head: Schema) -> Schema:
    """One of the leaves that have no other subject's keys."""
    from runner.segments.schema import object_of, ref, said

    given = language()
    match subject:
        case "compare":
            known = given["compare_operators"].values()
            names = list(dict.fromkeys(name for each in known for name in each))
            right = {
                name: said(ref("right_side"), given["operators"][name]["doc"]) for name in names
            }
            left = said(ref("side"), given["subjects"]["compare"])
            return {
                **object_of({"compare": left, **right}, required=["compare"]),
                "minProperties": 2,
                "maxProperties": 2,
            }
        case "list":
            texts = given["list_keys"]
            values = {
                key: said(dict(_TEXTS), texts[key]) for key in ("any_of", "all_of", "none_of")
            }
            count = said(ref("number_tests"), texts["count"])
            return object_of({"list": head, **values, "count": count}, required=["list"])
        case "member_of":
            texts = given["member_keys"]
            keys = {
                "within_last": said(ref("duration"), texts["within_last"]),
                "now": said({"const": True}, texts["now"]),
                "entered": said(ref("date_tests"), texts["entered"]),
                "left": said(ref("date_tests"), texts["left"]),
            }
            return {**object_of({"member_of": head, **keys}, ["member_of"]), "minProperties": 2}
        case _:
            texts = given["delivered_keys"]
            keys = {
                "within_last": said(ref("duration"), texts["within_last"]),
                "count": said(ref("number_tests"), texts["count"]),
            }
            return object_of({"delivered": head, **keys}, required=["delivered"])


def limit() -> Schema:
    """How many members there are at most."""
    from runner.segments.schema import object_of, said

    given = language()
    texts = given["limit_by_keys"]
    order = {
        "field": said(dict(_NAME), texts["field"]),
        "order": said({"enum": given["orders"]}, texts["order"]),
    }
    by: Schema = {"anyOf": [{"const": "random"}, object_of(order, required=["field", "order"])]}
    texts = given["limit_keys"]
    to = {"type": "integer", "minimum": 1, "maximum": 1_000_000_000}
    return object_of({"to": said(to, texts["to"]), "by": said(by, texts["by"])}, ["to", "by"])


def parts() -> dict[str, Schema]:
    """The definitions that these need."""
    from runner.segments.schema import count_of, object_of, one_of, operators_of, ref, said

    given = language()
    of_times = {
        name: each for name, each in given["operators"].items() if "timestamp" in each["for"]
    }
    span = one_of({unit: count_of(given["most"][unit]) for unit in given["spans"]})
    texts = given["sequence_keys"]
    pair = {"type": "object", "minProperties": 1, "maxProperties": 1, "additionalProperties": _NAME}
    same = {"type": "array", "items": {"anyOf": [dict(_NAME), pair]}, "minItems": 1}
    sequence = {
        "activity": said(dict(_NAME), texts["activity"]),
        "within": said(ref("span"), texts["within"]),
        "same": said(same, texts["same"]),
        "where": said(ref("activity_where"), texts["where"]),
    }
    times = {name: given["operators"][name] for name in given["activity_time"]}
    side = {
        "field": dict(_NAME),
        "activity": dict(_NAME),
        "where": ref("activity_where"),
        **operators_of(times, only=("timestamp",), others=False),
        **{
            name: said(dict(_NAME) if each["of"] else {"const": True}, each["doc"])
            for name, each in given["aggregates"].items()
        },
    }
    factor = {"type": "number", "exclusiveMinimum": 0, "maximum": 1_000_000_000}
    texts = given["compare_keys"]
    further = {"times": said(factor, texts["times"]), "plus": said(ref("span"), texts["plus"])}
    one = {
        "oneOf": [
            {"required": ["field"], "not": {"anyOf": _any_of([*given["aggregates"], "where"])}},
            {
                "required": ["activity"],
                "oneOf": [{"required": [name]} for name in given["aggregates"]],
            },
        ]
    }
    return {
        "date_tests": {
            **object_of(operators_of(of_times, only=("timestamp",), others=False)),
            "minProperties": 1,
        },
        "span": span,
        "sequence": object_of(sequence, required=["activity"]),
        "side": {**object_of(side), **one},
        "right_side": {**object_of({**side, **further}), **one},
    }


def _any_of(names: list[str]) -> list[Schema]:
    return [{"required": [name]} for name in names]
