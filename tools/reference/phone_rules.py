"""How libphonenumber reads a phone number, as exact sets of digit strings.

The `phonenumbers` package parses one number at a time. Here the same steps (strip an
international prefix, a calling code or a trunk prefix, then check the national pattern)
work on the set of all digit strings at once. So the generator of the SQL can prove
that a simpler rule gives the same answer on every input, instead of trying examples.

The steps follow `phonenumbers.parse` and `is_valid_number`, version of the lock file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache, partial
from typing import Any, TypeAlias

from phonenumbers import COUNTRY_CODE_TO_REGION_CODE
from phonenumbers.phonemetadata import PhoneMetadata

from tools.reference import digits
from tools.reference.digits import Node

NUMBER_TYPES = (
    "premium_rate", "toll_free", "shared_cost", "voip", "personal_number",
    "pager", "uan", "voicemail", "fixed_line", "mobile",
)  # fmt: skip

Rewrite: TypeAlias = dict[tuple[int, str], Node]
"""What becomes of digit strings: {(dropped, added): inputs}. Each input loses its first
`dropped` digits and gets `added` in front; an input in no set becomes nothing."""

Rule: TypeAlias = tuple[str, str, Node]
"""A national prefix, what replaces it, and the rests of the number that it needs."""


def plan_of(calling_code: int, region: str) -> Any:
    """The metadata of a region; region '001' is a calling code of no country."""
    return PhoneMetadata.metadata_for_region_or_calling_code(calling_code, region)


CALLING_CODES: dict[int, tuple[str, ...]] = {
    code: tuple(regions) for code, regions in sorted(COUNTRY_CODE_TO_REGION_CODE.items())
}

REGIONS: dict[str, int] = {
    region: code
    for region, code in sorted(
        (region, code) for code, regions in CALLING_CODES.items() for region in regions
    )
    if region != "001"
}


def main_plan(calling_code: int) -> Any:
    """The plan that libphonenumber applies to international numbers of a calling code."""
    return plan_of(calling_code, CALLING_CODES[calling_code][0])


def region_plan(region: str) -> Any:
    """The plan of a country."""
    return plan_of(REGIONS[region], region)


# ---------------------------------------------------------------- rewrites


def add(rewrite: Rewrite, dropped: int, added: str, inputs: Node) -> None:
    """Add inputs to a rewrite in the one canonical form: never drop a digit to add it again."""
    inputs = digits.intersection(inputs, digits.ANYTHING)
    if inputs == digits.NOTHING:
        return
    if dropped and added:
        before = digits.concatenation(digits.digits(dropped - 1), digits.literal(added[-1]))
        same = digits.intersection(inputs, digits.concatenation(before, digits.ANYTHING))
        add(rewrite, dropped - 1, added[:-1], same)
        inputs = digits.difference(inputs, same)
    if inputs != digits.NOTHING:
        key = (dropped, added)
        rewrite[key] = digits.union(rewrite.get(key, digits.NOTHING), inputs)


def merged(*rewrites: Rewrite) -> Rewrite:
    """All of several rewrites with disjoint inputs."""
    result: Rewrite = {}
    for rewrite in rewrites:
        for (dropped, added), inputs in rewrite.items():
            add(result, dropped, added, inputs)
    return result


def restricted(rewrite: Rewrite, inputs: Node) -> Rewrite:
    """The rewrite of some inputs only."""
    result: Rewrite = {}
    for (dropped, added), known in rewrite.items():
        add(result, dropped, added, digits.intersection(known, inputs))
    return result


def behind(prefixes: Node, length: int, rewrite: Rewrite, added: str = "") -> Rewrite:
    """The rewrite of what follows a prefix of one length, which is dropped or replaced."""
    result: Rewrite = {}
    for (dropped, more), inputs in rewrite.items():
        add(result, length + dropped, added + more, digits.concatenation(prefixes, inputs))
    return result


def kept_where(rewrite: Rewrite, results: Node) -> Rewrite:
    """The rewrite of those inputs whose result is in a set."""
    result: Rewrite = {}
    for (dropped, added), inputs in rewrite.items():
        fitting = digits.concatenation(digits.digits(dropped), digits.after(results, added))
        add(result, dropped, added, digits.intersection(inputs, fitting))
    return result


def then(first: Rewrite, second: Rewrite) -> Rewrite:
    """One rewrite after the other."""
    result: Rewrite = {}
    for (dropped, added), inputs in first.items():
        for (dropped_next, added_next), inputs_next in second.items():
            rest = digits.after(inputs_next, added)
            if rest == digits.NOTHING:
                continue
            both = digits.intersection(inputs, digits.concatenation(digits.digits(dropped), rest))
            if dropped_next <= len(added):
                add(result, dropped, added_next + added[dropped_next:], both)
            else:
                add(result, dropped + dropped_next - len(added), added_next, both)
    return result


def inputs_of(rewrite: Rewrite) -> Node:
    """All inputs that become something."""
    return digits.union_of(rewrite.values())


def differences(left: Rewrite, right: Rewrite) -> Node:
    """The inputs that do not become the same."""
    return digits.union_of(
        digits.union(
            digits.difference(left.get(key, digits.NOTHING), right.get(key, digits.NOTHING)),
            digits.difference(right.get(key, digits.NOTHING), left.get(key, digits.NOTHING)),
        )
        for key in left.keys() | right.keys()
    )


# ------------------------------------------------------------- descriptions


def lengths(numbers: Any) -> Node:
    """All strings of the possible lengths of a description."""
    return digits.union_of(digits.digits(n) for n in numbers.possible_length if n > 0)


def described(numbers: Any) -> Node:
    """The national numbers that fit a description: its pattern and its lengths."""
    if numbers is None or not numbers.national_number_pattern:
        return digits.NOTHING
    pattern = digits.from_regex(numbers.national_number_pattern)
    return digits.intersection(pattern, lengths(numbers)) if numbers.possible_length else pattern


@cache
def _valid_in_plan(calling_code: int, region: str) -> Node:
    plan = plan_of(calling_code, region)
    of_a_type = digits.union_of(described(getattr(plan, name)) for name in NUMBER_TYPES)
    return digits.intersection(described(plan.general_desc), of_a_type)


@cache
def valid_numbers(calling_code: int) -> Node:
    """National numbers that are valid behind a calling code, in whichever of its regions."""
    regions = CALLING_CODES[calling_code]
    claimed = valid = digits.NOTHING
    for region in regions:
        plan = plan_of(calling_code, region)
        fitting = _valid_in_plan(calling_code, region)
        if len(regions) > 1 and plan.leading_digits:
            # the region owns its leading digits, whether the rest is valid or not
            leading = digits.from_regex(plan.leading_digits)
            owned = digits.concatenation(leading, digits.ANYTHING)
        else:
            owned = fitting
        valid = digits.union(valid, digits.intersection(digits.difference(owned, claimed), fitting))
        claimed = digits.union(claimed, owned)
    return valid


# ---------------------------------------------------------- national prefix


def prefixes(pattern: str) -> Iterator[tuple[str, dict[int, str]]]:
    """Every string that a regex of finite language matches, in the order in which a
    backtracking engine would try them, with its captures.
    """
    import re._constants as codes  # type: ignore[import-not-found]
    import re._parser as parser  # type: ignore[import-not-found]

    def sequence(items: list[Any]) -> Iterator[tuple[str, dict[int, str]]]:
        if not items:
            yield "", {}
            return
        for head, captured in one(items[0]):
            for tail, more in sequence(items[1:]):
                yield head + tail, captured | more

    def one(item: Any) -> Iterator[tuple[str, dict[int, str]]]:
        operation, argument = item
        if operation is codes.LITERAL:
            yield chr(argument), {}
        elif operation is codes.IN:
            for kind, member in argument:
                if kind is codes.LITERAL:
                    yield chr(member), {}
                elif kind is codes.RANGE:
                    yield from ((chr(c), {}) for c in range(member[0], member[1] + 1))
                elif member is codes.CATEGORY_DIGIT:
                    yield from ((str(d), {}) for d in range(10))
                else:
                    raise ValueError(f"unsupported class in {pattern!r}")
        elif operation is codes.BRANCH:
            for branch in argument[1]:
                yield from sequence(list(branch))
        elif operation is codes.SUBPATTERN:
            group, _, _, inner = argument
            for text, captured in sequence(list(inner)):
                yield text, captured | ({group: text} if group else {})
        elif operation is codes.MAX_REPEAT:
            minimum, maximum, inner = argument
            for times in range(maximum, minimum - 1, -1):
                yield from sequence(list(inner) * times)
        else:
            raise ValueError(f"unsupported in {pattern!r}: {operation}")

    return sequence(list(parser.parse(pattern)))


def national_rules(plan: Any) -> list[Rule]:
    """What libphonenumber strips from a national number, first match first."""
    pattern, transform = plan.national_prefix_for_parsing, plan.national_prefix_transform_rule
    if not pattern:
        return []
    whole = re.fullmatch(r"\((?P<local>[^()]*)\)\$(?:\|(?P<others>.*))?", pattern)
    if whole and transform:  # a local number, to which the area code is added
        rules = [("", transform.replace("\\1", ""), digits.from_regex(whole["local"]))]
        return rules + [(p, "", digits.ANYTHING) for p, _ in prefixes(whole["others"] or "")
                        if whole["others"]]  # fmt: skip
    rest = re.fullmatch(r"0\((?P<rest>.*)\)", pattern)
    if rest and transform == "\\1":  # a trunk zero before certain numbers only
        needed = digits.concatenation(digits.from_regex(rest["rest"]), digits.ANYTHING)
        return [("0", "", needed)]
    carrier = re.fullmatch(
        r"(?P<trunk>.*)\(\?:\((?P<carrier>[^()]*)\)\(\\d\{10,11\}\)\)\?", pattern
    )
    if carrier and transform == "\\2":  # a carrier code before a full number only
        full = digits.concatenation(digits.digits(10), digits.ANYTHING)
        return [
            rule
            for trunk, _ in prefixes(carrier["trunk"])
            for rule in (
                *((trunk + code, "", full) for code, _ in prefixes(carrier["carrier"])),
                (trunk, "", digits.ANYTHING),
            )
        ]
    rules = []
    for text, captured in prefixes(pattern):
        added = ""
        if transform and captured:
            added = re.sub(r"\\(\d)", partial(_captured, captured), transform)
        rules.append((text, added, digits.ANYTHING))
    return rules


def _captured(captures: dict[int, str], reference: re.Match[str]) -> str:
    return captures[int(reference[1])]


def _strip(plan: Any, *, only_possible: bool) -> Rewrite:
    """`_maybe_strip_national_prefix_carrier_code`, and the length check that parse adds."""
    general = digits.from_regex(plan.general_desc.national_number_pattern)
    possible = digits.ANYTHING
    if only_possible:
        numbers = plan.general_desc
        possible = digits.difference(
            digits.union(
                lengths(numbers), digits.digits(max(numbers.possible_length) + 1, digits.MAX_LENGTH)
            ),
            digits.union_of(digits.digits(n) for n in numbers.possible_length_local_only),
        )
    result: Rewrite = {}
    claimed = digits.NOTHING
    for prefix, added, rests in national_rules(plan):
        matched = digits.concatenation(digits.literal(prefix), rests)
        matched = digits.difference(matched, claimed)
        claimed = digits.union(claimed, matched)
        rest = digits.after(matched, prefix)
        spoiled = digits.difference(digits.after(general, prefix), digits.after(general, added))
        taken = digits.intersection(digits.difference(rest, spoiled), digits.after(possible, added))
        taken = digits.concatenation(digits.literal(prefix), taken)
        add(result, len(prefix), added, taken)
        add(result, 0, "", digits.difference(matched, taken))
    add(result, 0, "", digits.difference(digits.ANYTHING, claimed))
    return result


# -------------------------------------------------------------------- parse


@cache
def _after_calling_code(calling_code: int) -> tuple[tuple[tuple[int, str], Node], ...]:
    stripped = _strip(main_plan(calling_code), only_possible=True)
    return tuple(kept_where(stripped, valid_numbers(calling_code)).items())


def after_calling_code(calling_code: int) -> Rewrite:
    """What follows a calling code → the valid national number."""
    return dict(_after_calling_code(calling_code))


@cache
def _international() -> tuple[tuple[tuple[int, str], Node], ...]:
    return tuple(
        merged(
            *(
                behind(
                    digits.literal(str(code)), len(str(code)), after_calling_code(code), str(code)
                )
                for code in CALLING_CODES
            )
        ).items()
    )


def international() -> Rewrite:
    """The digits behind a plus or an international prefix → E.164 without its plus."""
    return dict(_international())


def abroad(region: str) -> dict[str, Node]:
    """Each international prefix of a region with the inputs that it begins: the first one
    that matches, where no zero follows.
    """
    result: dict[str, Node] = {}
    seen = digits.NOTHING
    for prefix, _ in prefixes(region_plan(region).international_prefix):
        begun = digits.concatenation(digits.literal(prefix), digits.ANYTHING)
        begun = digits.difference(begun, seen)
        seen = digits.union(seen, begun)
        followed = digits.concatenation(digits.literal(prefix), digits.from_regex("[1-9].*"))
        result[prefix] = digits.intersection(begun, followed)
    return result


def nationally_dialled(region: str) -> Rewrite:
    """Digits without a plus, dialled in a region → E.164 without its plus."""
    plan, code = region_plan(region), str(REGIONS[region])

    # an international prefix
    through = abroad(region)
    by_length: dict[int, Node] = {}
    for prefix, begun in through.items():
        known = by_length.get(len(prefix), digits.NOTHING)
        by_length[len(prefix)] = digits.union(known, begun)
    dialled_abroad = merged(
        *(
            restricted(behind(digits.digits(length), length, international()), begun)
            for length, begun in by_length.items()
        )
    )
    left = digits.difference(digits.ANYTHING, digits.union_of(through.values()))

    # the region's own calling code without a plus, when only that makes a number of it
    general = digits.from_regex(plan.general_desc.national_number_pattern)
    numbers = plan.general_desc
    too_long = digits.difference(
        digits.digits(max(numbers.possible_length) + 1, digits.MAX_LENGTH),
        digits.union_of(digits.digits(n) for n in numbers.possible_length_local_only),
    )
    stripped = behind(digits.literal(code), len(code), _strip(plan, only_possible=False))
    better = digits.difference(inputs_of(kept_where(stripped, general)), general)
    own = digits.intersection(digits.union(better, too_long), left)
    own = digits.intersection(own, inputs_of(stripped))
    own_code = then(restricted(stripped, own), _prefixed(after_calling_code(REGIONS[region]), code))
    left = digits.difference(left, own)

    # a national number
    national = kept_where(
        restricted(_strip(plan, only_possible=True), left), valid_numbers(REGIONS[region])
    )
    return merged(dialled_abroad, own_code, _prefixed(national, code))


def _prefixed(rewrite: Rewrite, code: str) -> Rewrite:
    result: Rewrite = {}
    for (dropped, added), inputs in rewrite.items():
        add(result, dropped, code + added, inputs)
    return result
