"""The simplest SQL rules that read a phone number as libphonenumber does.

Each rule is the simplest of a few candidates that provably gives libphonenumber's answer;
`international_reading` and `national_reading` say what the SQL does with every digit string,
so that a test can compare the two exactly. A plan that no candidate fits stops the generator.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

from tools.reference import digits, phone_rules
from tools.reference.digits import Node
from tools.reference.phone_rules import CALLING_CODES, REGIONS, Rewrite

MAX_TRUNK = 60
"""A trunk rule that needs a longer pattern to be complete is not worth its SQL: numbers with
both a calling code and a trunk prefix are rare."""

MAX_OWN_CODE = 500
"""The same for a calling code without a plus, which messengers and many systems write."""


def bracketed(pattern: str) -> str:
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
    told: list[list[Trunk]] = [[], []]
    for prefix in reversed(digits.sample(plain, 10)):
        begun = digits.concatenation(digits.literal(prefix), digits.ANYTHING)
        right = wanted.get((len(prefix), ""), digits.NOTHING)
        others = digits.difference(phone_rules.inputs_of(wanted), right)
        dropped = {(len(prefix), ""): digits.difference(begun, right)}
        wrong = phone_rules.inputs_of(phone_rules.kept_where(dropped, numbers))
        spoiled = digits.difference(numbers, digits.union(phone_rules.inputs_of(wanted), wrong))
        inside = digits.after(digits.union(right, digits.intersection(begun, spoiled)), prefix)
        outside = digits.after(digits.union(wrong, others), prefix)
        told[0].append(Trunk(prefix, _separating(inside, outside)))
        if inside == digits.NOTHING:
            continue
        told[1].append(Trunk(prefix, _exactly_separating(inside, outside)))
    yield from ((*first, *exact) for exact in told)


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
        brief = all(len(trunk.kept) <= MAX_TRUNK for trunk in trunks)
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


def _exactly_separating(inside: Node, outside: Node) -> str:
    """The shortest known regex of all of `inside` that has nothing of `outside` for certain."""
    known = [
        text
        for text in _separations(inside, outside)
        if digits.intersection(digits.from_regex(text), outside) == digits.NOTHING
        and digits.difference(inside, digits.from_regex(text)) == digits.NOTHING
    ]
    return min([*known, digits.to_regex(inside)], key=lambda text: (len(text), text))


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
        unwieldy = max(0, len(pattern) - MAX_OWN_CODE)
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
