"""Small histories of people, played in one project of four loads: labels, edits, outages, times.

What was decided for each of them, and after which load, stands in test_evidence_loads.py.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from evidence_script import Script

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


COPIES = {
    "equal": ("2026-01-05", "2026-01-05"),
    "undated": (None, None),
    "dated": (None, "2026-01-05"),
    "older": ("2026-01-08", "2026-01-05"),
    "newer": ("2026-01-05", "2026-01-08"),
}
"""When each copy is dated, the unclear one first."""


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
    # both copies of one answer in one file, one of them in a word that nobody knows
    for case, (unclear, yes) in COPIES.items():
        for order in ("first", "last"):
            address = f"twice.{case}.{order}@example.com"
            script.record(f"twice.{case}.{order}", address)
            said = [("PERHAPS", unclear), ("yes", yes)]
            for word, at in said if order == "first" else said[::-1]:
                script.says(STATE, address, "News", word, at, id=address)
    # both copies go on to another address, and then they are gone
    script.record("twofold", "twofold@example.com")
    script.says(LEDGER, "twofold@example.com", "News", "yes", "2025-12-01", id="twofold-yes")
    for number, address in enumerate(("twofold@example.com", "twofold.new@example.com")):
        for word in ("PERHAPS", "yes"):
            script.says(STATE, address, "News", word, "2026-01-05", id="twofold", loads=[number])
    # the word that is known is dated in a year to come, and counts for nothing before
    script.record("mistyped", "mistyped@example.com")
    script.says(LEDGER, "mistyped@example.com", "News", "yes", "2025-12-01", id="mistyped-yes")
    for word, at in (("PERHAPS", "2026-01-05"), ("yes", "2062-01-05")):
        script.says(STATE, "mistyped@example.com", "News", word, at, id="mistyped")
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
    # the row of one answer goes on to another address; somebody comes to the old one
    for name, loads in (("stays", None), ("comes", [2, 3])):
        script.record(name, f"{name}@example.com", loads=loads)
        for number in range(len(LOADS)):
            address = f"{name}{'.new' if number else ''}@example.com"
            script.says(STATE, address, "News", "yes", "2026-01-05", id=name, loads=[number])
    script.record("old-owner", "+31612345030", loads=[0])
    script.record("old-owner", "+31612345031", loads=[1, 2, 3])
    script.record("new-owner", "+31612345030", loads=[1, 2, 3])
    script.says(LEDGER, "+31612345030", "Texts", "yes", "2026-01-05")
