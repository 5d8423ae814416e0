"""Small histories with their right answer: labels, edits, outages, times, former contact points.

A test looks at what was decided for one of the people of evidence_history.py, and after which load.
"""

from __future__ import annotations

import hmac
from dataclasses import dataclass
from datetime import datetime

import pytest
from consent_evidence import Source
from evidence_history import (
    COLUMNS,
    COPIES,
    COUNTRIES,
    ELSEWHERE,
    ENDS,
    FILE,
    LOADS,
    NO,
    NOTHING,
    PURPOSES,
    UNPIVOTED,
    YES,
    answers,
    labels,
    scripted,
)
from evidence_project import MODELS, EvidenceProject
from evidence_script import Seen, look


@dataclass
class Played:
    """The project after its loads."""

    project: EvidenceProject
    seen: list[Seen]
    then: Seen
    """What was decided and known between the second load and the last."""


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Played:
    project = EvidenceProject(
        tmp_path_factory.mktemp("law"),
        PURPOSES,
        segments={"us_readers": "us_news"},
        variables={"accepted_drops": 1_000},
        models={**MODELS, COLUMNS: Source("state")},
        further={COLUMNS: UNPIVOTED},
        tables={"columns": FILE},
    ).create()
    seen = scripted().play(project, labels, answers)
    middle = datetime(2026, 3, 15)
    project.build(datetime(2026, 4, 2, 12), as_of=middle, known_at=middle)
    return Played(project, seen, look(project, "main_asof"))


@pytest.mark.parametrize("model", ["ledger", "state"])
@pytest.mark.parametrize("name", ["dated", "undated"])
def test_a_label_that_is_mapped_late_decides_from_then_on(
    played: Played, model: str, name: str
) -> None:
    address = f"late.{name}.{model}@example.com"
    consent = f"{address}:News"
    assert played.seen[0].reason(address, "newsletter") == NO
    assert played.seen[0].listed(consent_id=consent, raw_value="OPT_IN")
    assert played.seen[1].reason(address, "newsletter") == YES
    assert not played.seen[1].listed(consent_id=consent)


def test_a_misspelt_answer_holds_until_the_right_one(played: Played) -> None:
    address = "misspelt@example.com"
    assert [each.reason(address, "newsletter") for each in played.seen[:3]] == [YES, NO, YES]
    assert [bool(each.listed(raw_value="subscribd")) for each in played.seen[:3]] == [
        False,
        True,
        False,
    ]


def test_who_was_never_asked_has_said_nothing(played: Played) -> None:
    assert played.seen[0].reason("never@example.com", "newsletter") == YES
    assert not played.seen[0].listed(raw_value="NEVER_SUBSCRIBED")


@pytest.mark.parametrize("address", ["unsub.deleted@example.com", "new.unsub.moved@example.com"])
def test_an_answer_that_nobody_mapped_stands_when_its_row_goes(
    played: Played, address: str
) -> None:
    for number in (1, 2):
        permitted, _ = played.seen[number].reason(address, "newsletter") or (True, "")
        assert not permitted
    assert played.seen[3].reason(address, "newsletter") == YES


@pytest.mark.parametrize("order", ["first", "last"])
@pytest.mark.parametrize("case", [*COPIES])
def test_of_two_copies_the_unclear_one_denies_unless_the_other_was_said_later(
    played: Played, case: str, order: str
) -> None:
    expected = YES if case == "newer" else NO
    for seen in played.seen:
        assert seen.reason(f"twice.{case}.{order}@example.com", "newsletter") == expected


def test_a_word_that_is_known_ends_an_unclear_one_when_its_time_has_come(played: Played) -> None:
    for seen in played.seen:
        assert seen.reason("mistyped@example.com", "newsletter") == NO


def test_an_unclear_answer_is_not_over_because_its_last_row_is_gone(played: Played) -> None:
    for seen in played.seen:
        assert seen.reason("twofold@example.com", "newsletter") == NO


def test_a_row_that_has_moved_counts_for_who_had_its_old_address(played: Played) -> None:
    assert [each.reason("stays@example.com", "newsletter") for each in played.seen] == [YES] * 4
    assert played.seen[2].reason("comes@example.com", "newsletter") == NOTHING


def test_a_corrected_label_has_moved_all_that_it_said(played: Played) -> None:
    first, last = played.seen[0], played.seen[-1]
    assert first.reason("+31612345010", "sms_offers") == YES
    assert last.reason("+31612345010", "sms_offers") == NOTHING
    assert last.reason("mix@example.com", "newsletter") == YES


def test_an_answer_without_an_option_is_listed_with_its_status(played: Played) -> None:
    assert played.seen[0].listed(consent_id="blank", status="denied")


def test_a_link_opened_after_the_withdrawal_has_the_time_of_the_request(played: Played) -> None:
    assert played.seen[-1].reason("link@example.com", "updates") == NO


def test_a_yes_stays_with_the_address_that_it_was_given_for(played: Played) -> None:
    assert played.seen[0].reason("plain@example.com", "newsletter") == YES
    last = played.seen[-1]
    assert last.reason("plain.new@example.com", "newsletter") == ELSEWHERE
    assert not last.may_be_used("plain.new@example.com", "newsletter")


def test_a_no_on_the_old_address_stands_on_the_new_one(played: Played) -> None:
    found = played.seen[-1].reason("refused.new@example.com", "newsletter")
    assert found == (False, "denied_elsewhere")


def test_a_complaint_on_the_old_address_stands_on_the_new_one(played: Played) -> None:
    found = played.seen[-1].reason("complained.new@example.com", "use")
    assert found == (False, "denied_elsewhere")


def test_a_source_that_asks_again_has_a_yes_for_the_new_address(played: Played) -> None:
    assert played.seen[-1].reason("asked_again.new@example.com", "newsletter") == YES


def test_a_date_that_comes_with_the_new_address_is_no_later_yes(played: Played) -> None:
    assert played.seen[-1].reason("aged.new@example.com", "newsletter") == ELSEWHERE


def test_what_was_lifted_while_the_record_had_the_address_is_over(played: Played) -> None:
    assert played.seen[0].reason("lifted@example.com", "use") == YES
    assert played.seen[3].reason("lifted.new@example.com", "use") == (True, "not_denied")


def test_a_row_is_gone_by_the_kind_of_its_own_model(played: Played) -> None:
    last = played.seen[1]
    assert last.reason("both@example.com", "newsletter") == NOTHING
    assert last.reason("shop@example.com", "newsletter") == YES


def test_within_an_outage_that_has_ended_the_row_was_not_there(played: Played) -> None:
    assert played.then.reason("outage@example.com", "newsletter") == NOTHING
    assert played.seen[3].reason("outage@example.com", "newsletter") == YES


def test_a_bounce_that_arrived_later_was_not_known(played: Played) -> None:
    assert played.then.reason("bounced@example.com", "newsletter") == YES
    assert played.seen[3].reason("bounced@example.com", "newsletter") == (False, "suppressed")


@pytest.mark.parametrize(("number", "end"), list(enumerate(ENDS)))
def test_an_end_that_the_calendar_does_not_have_has_come(
    played: Played, number: int, end: str
) -> None:
    address = f"end.{number}@example.com"
    assert played.seen[0].reason(address, "newsletter") == (False, "expired")
    assert played.seen[0].listed(consent_id=f"{address}:News", raw_value=end)


def test_a_time_before_1900_is_none(played: Played) -> None:
    assert played.seen[0].reason("ancient@example.com", "newsletter") == NO


def test_a_yes_may_have_the_time_of_its_confirmation_only(played: Played) -> None:
    found = [each.reason("confirmed@example.com", "newsletter") for each in played.seen[1:]]
    assert found == [NO, NO, YES]


def test_opt_out_in_a_country_permits_without_consent(played: Played) -> None:
    last = played.seen[-1]
    assert last.reason("american@example.com", "us_news") == (True, "not_denied")
    assert ("us_readers", "american@example.com") in last.members


@pytest.mark.parametrize("name", COUNTRIES)
def test_a_country_that_cannot_be_read_counts_as_the_strictest(played: Played, name: str) -> None:
    expected = (True, "not_denied") if name == "dutch" else NOTHING
    assert played.seen[0].reason(f"{name}@example.com", "de_news") == expected


@pytest.mark.parametrize("name", ["kept", "wiped"])
def test_an_undated_no_to_storage_counts_from_its_first_load(played: Played, name: str) -> None:
    address = f"{name}@example.com"
    assert [each.is_kept(address) for each in played.seen[:3]] == [False, True, True]
    message = f"email:{address}".encode()
    hashed = hmac.digest(b"", message, "sha256").hex()
    dates = played.project.warehouse.rows(
        f"select denied_at from tombstones where contact_point_hash = '{hashed}'"
    )
    assert dates == [(LOADS[0],)]


def test_a_no_to_storage_outlives_the_address_that_said_it(played: Played) -> None:
    assert [each.is_kept("+31612345020") for each in played.seen] == [False, False, True, True]


def test_an_erased_person_stays_withheld_under_a_new_address(played: Played) -> None:
    assert [each.is_kept("renamed.new@example.com") for each in played.seen[1:]] == [False] * 3
    assert not played.seen[3].is_kept("renamed@example.com")


@pytest.mark.parametrize("name", ["yes-no", "flagged", "once-flagged", "later-flagged"])
@pytest.mark.parametrize("order", ["first", "last"])
def test_no_copy_of_a_customer_hides_the_no_of_another(
    played: Played, name: str, order: str
) -> None:
    permitted, _ = played.seen[0].reason(f"{name}.{order}@example.com", "newsletter") or (True, "")
    assert not permitted


def test_a_number_that_went_to_somebody_else_left_its_yes_behind(played: Played) -> None:
    assert played.seen[0].reason("+31612345030", "sms_offers") == YES
    assert played.seen[1].reason("+31612345030", "sms_offers") == NOTHING
    assert played.seen[1].reason("+31612345031", "sms_offers") == NOTHING
