"""Small histories with their right answer: labels, edits, outages, times, former contact points.

Every person below is played in one project of four loads; a test looks at what was decided for
one of them, and after which load.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pytest
from consent_evidence import Source
from evidence_project import MODELS, EvidenceProject
from evidence_script import Script, Seen, look

LOADS = tuple(
    datetime.fromisoformat(f"2026-{day} 12:00:00") for day in ("02-01", "03-01", "03-02", "04-01")
)
STATE, LEDGER, COLUMNS = "stg_lab__state", "stg_lab__ledger", "stg_lab__columns"
PURPOSES: dict[str, dict[str, Any]] = {
    "newsletter": {"enforcement": "opt_in", "channel": "email"},
    "updates": {"channel": "email", "double_opt_in": True},
    "sms_offers": {"channel": "phone"},
    "us_news": {"channel": "email", "enforcement_by_country": {"US": "opt_out"}},
    "de_news": {
        "enforcement": "opt_out",
        "channel": "email",
        "enforcement_by_country": {"DE": "opt_in"},
    },
}
UNPIVOTED = """
    {{ dbt_consent.unpivot_consents(
        relation='lab.columns',
        source_name='crm',
        record_id='id',
        keys={'email': 'email'},
        consents=[
            {
                'column': 'newsletter_opt_in', 'purpose': 'newsletter', 'granted': ['yes'],
                'denied': ['no'], 'recorded_at': dbt_consent.to_utc('newsletter_opt_in_at'),
            },
            {
                'column': 'do_not_contact', 'purpose': 'use', 'denied': ['true'],
                'nothing': ['false'], 'recorded_at': dbt_consent.to_utc('do_not_contact_at'),
            },
        ],
    ) }}
"""
FILE = dict.fromkeys(
    (
        "id",
        "email",
        "newsletter_opt_in",
        "newsletter_opt_in_at",
        "do_not_contact",
        "do_not_contact_at",
    ),
    "varchar",
)
YES, NO = (True, "granted"), (False, "denied")
ELSEWHERE, NOTHING = (False, "granted_elsewhere"), (False, "no_record")


def labels(number: int) -> Mapping[tuple[str, str], str]:
    """`Mix-up` was mapped to the wrong purpose at first."""
    return {
        ("", "news"): "newsletter",
        ("", "texts"): "sms_offers",
        ("", "keep"): "storage",
        ("", "all"): "use",
        ("", "mix-up"): "sms_offers" if number == 0 else "newsletter",
    }


def answers(number: int) -> Mapping[tuple[str, str], str]:
    """Two words were mapped late."""
    found = {
        ("", "yes"): "granted",
        ("", "subscribed"): "granted",
        ("", "no"): "denied",
        ("", "asked"): "pending",
        ("", "never_subscribed"): "nothing",
    }
    if number > 0:
        found["", "opt_in"] = "granted"
    if number == 3:
        found["", "unsub"] = "nothing"
    return found


def scripted() -> Script:
    script = Script(LOADS)
    late_labels(script)
    edited_addresses(script)
    kinds_of_sources(script)
    unreadable_times(script)
    storage_and_erasure(script)
    countries(script)
    contradictory_copies(script)
    passing_on(script)
    return script


def late_labels(script: Script) -> None:
    for model in (LEDGER, STATE):
        for name, at in (("dated", "2026-01-05"), ("undated", None)):
            address = f"late.{name}.{model[9:]}@example.com"
            script.record(address, address)
            script.says(model, address, "News", "OPT_IN", at)
    script.record("misspelt", "misspelt@example.com")
    for number, word in enumerate(("subscribed", "subscribd", "subscribed", "subscribed")):
        script.says(STATE, "misspelt@example.com", "News", word, "2026-01-05", loads=[number])
    script.record("never", "never@example.com")
    script.says(STATE, "never@example.com", "News", "NEVER_SUBSCRIBED")
    script.says(LEDGER, "never@example.com", "News", "yes", "2026-01-05")
    # the row with a word that nobody knows goes, or is moved to another address
    for name in ("deleted", "moved"):
        address = f"unsub.{name}@example.com"
        script.record(name, address, loads=[0])
        script.record(name, address if name == "deleted" else f"new.{address}", loads=[1, 2, 3])
        script.says(LEDGER, address, "News", "yes", "2025-12-01")
        script.says(LEDGER, f"new.{address}", "News", "yes", "2025-12-01")
        script.says(STATE, address, "News", "UNSUB", "2026-01-05", id=f"unsub-{name}", loads=[0])
    new = "new.unsub.moved@example.com"
    script.says(STATE, new, "News", "UNSUB", "2026-01-05", id="unsub-moved", loads=[1, 2, 3])
    script.record("mix", "mix@example.com", "+31612345010")
    for value in ("mix@example.com", "+31612345010"):
        script.says(LEDGER, value, "Mix-up", "yes", "2026-01-05")
    script.record("blank", "blank@example.com")
    script.says(STATE, "blank@example.com", " ", "no", "2026-01-05", id="blank")
    # the request, a withdrawal in another place, and the link that is opened afterwards
    script.record("link", "link@example.com")
    script.says(LEDGER, "link@example.com", "updates", "asked", "2026-01-01", id="link", loads=[0])
    script.says(LEDGER, "link@example.com", "updates", "no", "2026-01-05", id="withdrawal")
    script.says(
        LEDGER,
        "link@example.com",
        "updates",
        "yes",
        "2026-01-09",
        confirmed="2026-01-09",
        id="link",
        loads=[1, 2, 3],
    )


def edited_addresses(script: Script) -> None:
    """Columns of a customer file whose address becomes another in the second load."""
    for name in ("plain", "refused", "complained", "asked_again"):
        for number in range(len(LOADS)):
            address = f"{name}@example.com" if number == 0 else f"{name}.new@example.com"
            day = "2026-03-01" if name == "asked_again" and number else "2025-11-04"
            script.record(name, address, loads=[number])
            script.copy(
                [number],
                id=name,
                email=address,
                newsletter_opt_in="yes",
                newsletter_opt_in_at=day,
            )
    script.says(LEDGER, "refused@example.com", "News", "no", "2026-02-01")
    script.suppress("complained@example.com", "complained", "2026-02-01")
    script.record("aged", "aged@example.com", loads=[0])
    script.says(STATE, "aged@example.com", "News", "yes", id="aged", loads=[0])
    script.record("aged", "aged.new@example.com", loads=[1, 2, 3])
    script.says(
        STATE, "aged.new@example.com", "News", "yes", "2025-06-01", id="aged", loads=[1, 2, 3]
    )
    script.record("lifted", "lifted@example.com", loads=[0, 1, 2])
    script.record("lifted", "lifted.new@example.com", loads=[3])
    script.says(LEDGER, "lifted@example.com", "All", "no", "2026-01-05", id="lifted-no")
    script.says(LEDGER, "lifted@example.com", "All", "yes", "2026-01-20", id="lifted-yes")


def kinds_of_sources(script: Script) -> None:
    script.record("both", "both@example.com")
    script.says(LEDGER, "both@example.com", "sms_offers", "no", "2026-01-05")
    script.says(STATE, "both@example.com", "News", "yes", "2026-01-05", loads=[0])
    script.record("shop", "shop@example.com")
    script.says(LEDGER, "shop@example.com", "News", "yes", "2026-01-05", source="shop", loads=[0])
    script.record("outage", "outage@example.com")
    script.says(STATE, "outage@example.com", "News", "yes", "2026-01-05", loads=[0, 3])
    script.record("bounced", "bounced@example.com")
    script.says(LEDGER, "bounced@example.com", "News", "yes", "2026-01-05")
    script.suppress("bounced@example.com", "bounced", "2026-01-15", loads=[3])


ENDS = (
    "2026-02-29",
    "2026-11-31",
    "2026-04-31T00:00:00Z",
    "2025-02-30 10:00",
    "2025-06-31T10:00:00+02:00",
)


def unreadable_times(script: Script) -> None:
    for number, end in enumerate(ENDS):
        address = f"end.{number}@example.com"
        script.record(address, address)
        script.says(LEDGER, address, "News", "yes", "2026-01-05", expires=end)
    script.record("ancient", "ancient@example.com")
    script.says(LEDGER, "ancient@example.com", "News", "yes", id="ancient-yes")
    script.says(
        LEDGER, "ancient@example.com", "News", "no", "0001-01-01T00:00:00+01:00", id="ancient-no"
    )
    script.record("confirmed", "confirmed@example.com")
    script.says(LEDGER, "confirmed@example.com", "News", "no", "2026-03-01", id="confirmed-no")
    script.says(
        LEDGER, "confirmed@example.com", "News", "yes", confirmed="2026-04-01", id="confirmed-yes"
    )


def storage_and_erasure(script: Script) -> None:
    script.record("kept", "kept@example.com")
    script.says(STATE, "kept@example.com", "Keep", "no", id="keep-no")
    script.record("wiped", "wiped@example.com")
    script.suppress("wiped@example.com", "erased")
    for name in ("kept", "wiped"):
        script.says(
            LEDGER,
            f"{name}@example.com",
            "Keep",
            "yes",
            "2026-02-20",
            id=f"{name}-yes",
            loads=[1, 2, 3],
        )
    # the address with the no is cleared, the phone said yes before that
    script.record("cleared", "cleared@example.com", "+31612345020", loads=[0])
    script.record("cleared", "+31612345020", loads=[1, 2, 3])
    script.says(LEDGER, "cleared@example.com", "Keep", "no", "2026-01-05", id="cleared-no")
    script.says(LEDGER, "+31612345020", "Keep", "yes", "2026-02-01", id="cleared-yes")
    script.says(
        LEDGER, "+31612345020", "Keep", "yes", "2026-03-01T18:00:00", id="cleared-2", loads=[2, 3]
    )
    # an erased address is no record's any more, and comes back with an old list
    script.record("renamed", "renamed@example.com", loads=[0])
    script.record("renamed", "renamed.new@example.com", loads=[1, 2, 3])
    script.suppress("renamed@example.com", "erased", "2026-02-20", loads=[1, 2, 3])
    script.record("old-list", "renamed@example.com", loads=[2, 3], source="shop")


COUNTRIES = {
    "germany": "Germany",
    "deu": "DEU",
    "d": "D",
    "nowhere": None,
    "lower": "de",
    "spaced": " De ",
    "dutch": "NL",
}


def countries(script: Script) -> None:
    script.record("american", "american@example.com", country="US")
    for name, country in COUNTRIES.items():
        script.record(name, f"{name}@example.com", country=country)


def contradictory_copies(script: Script) -> None:
    """One customer twice in the file, the copies in both orders."""
    yes = {"newsletter_opt_in": "yes", "newsletter_opt_in_at": "2026-01-05"}
    copies: dict[str, list[dict[str, Any]]] = {
        "yes-no": [yes, {"newsletter_opt_in": "no", "newsletter_opt_in_at": "2026-01-05"}],
        "flagged": [yes | {"do_not_contact": "true"}, yes | {"do_not_contact": "false"}],
        "once-flagged": [{"do_not_contact": "true"}, yes],
        "later-flagged": [{"do_not_contact": "true", "do_not_contact_at": "2026-01-20"}, yes],
    }
    for name, lines in copies.items():
        for order, turned in (("first", lines), ("last", lines[::-1])):
            address = f"{name}.{order}@example.com"
            script.record(f"{name}.{order}", address)
            for line in turned:
                script.copy(id=f"{name}.{order}", email=address, **line)


def passing_on(script: Script) -> None:
    script.record("old-owner", "+31612345030", loads=[0])
    script.record("old-owner", "+31612345031", loads=[1, 2, 3])
    script.record("new-owner", "+31612345030", loads=[1, 2, 3])
    script.says(LEDGER, "+31612345030", "Texts", "yes", "2026-01-05")


# -- what was decided ----------------------------------------------------------------------------


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
