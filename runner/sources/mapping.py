"""Which column of a file is which column of the contract: a proposal, for people to read.

Names decide, in the languages that exports come in, and values where names do not. What is not
sure is left out: a column that nobody mapped is a gap that shows, a wrong one is not.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from runner.sources.columns import Column, SourceFile

_SURE = 0.8
_LIKELY = 0.5
_PURPOSE = ("purpose", "option", "topic", "subject", "preference", "zweck", "doel", "onderwerp")
_STATUS = ("status", "state", "value", "choice", "answer", "waarde", "keuze", "antwort", "wert")
_NAMES: Mapping[str, tuple[str, ...]] = {
    "email": ("email", "e mail", "mail", "mailadresse", "emailadres", "courriel", "correo"),
    "phone": ("phone", "mobile", "mobiel", "telefoon", "telefon", "tel", "handy", "telephone"),
    "country": ("country", "land", "pays", "land code", "country code"),
    "first_name": ("first name", "given name", "firstname", "voornaam", "vorname", "prenom"),
    "last_name": ("last name", "family name", "surname", "lastname", "achternaam", "nachname"),
    "birth_date": ("birth date", "date of birth", "birthday", "dob", "geboortedatum"),
    "gender": ("gender", "sex", "geslacht", "geschlecht"),
    "language": ("language", "lang", "locale", "taal", "sprache", "langue"),
    "street": ("street", "address", "address line 1", "straat", "strasse", "rue"),
    "postal_code": ("postal code", "postcode", "zip", "zip code", "plz", "code postal"),
    "city": ("city", "town", "plaats", "woonplaats", "ort", "stadt", "ville"),
    "customer_since": ("created", "created at", "registered at", "joined at", "customer since"),
    "updated_at": (
        "updated",
        "updated at",
        "modified",
        "modified at",
        "changed at",
        "last modified",
        "gewijzigd op",
        "gewijzigd",
    ),
    "consent_id": ("consent id", "id", "event id"),
    "recorded_at": (
        "recorded at",
        "changed at",
        "changed on",
        "date",
        "datum",
        "timestamp",
        "created at",
        "requested at",
        "given at",
        "updated at",
    ),
    "confirmed_at": ("confirmed at", "confirmed", "double opt in at", "bevestigd op"),
    "expires_at": ("expires at", "valid until", "expiry", "geldig tot", "gueltig bis"),
}
_IDS = ("id", "number", "no", "nummer", "nr", "key", "code")
_CONSENT_WORDS = frozenset(
    {"opt", "optin", "optout", "consent", "subscribed", "unsubscribed", "contact", "toestemming"}
)


@dataclass
class Proposal:
    """What a file seems to be.

    Attributes:
        entity: customers or consents.
        record_id: the column with the primary key; None where none is sure.
        keys: alternate key → column.
        attributes: attribute of the profile → column (customers).
        times: updated_at (customers), recorded_at, confirmed_at, expires_at (consents) → column.
        purpose: the column with the purpose's label (consents).
        status: the column with the status's label (consents).
        answers: columns that look like consent given in the customer's own row (customers).
        unused: columns that nothing was proposed for.
    """

    entity: str
    record_id: Column | None = None
    keys: dict[str, Column] = field(default_factory=dict)
    attributes: dict[str, Column] = field(default_factory=dict)
    times: dict[str, Column] = field(default_factory=dict)
    purpose: Column | None = None
    status: Column | None = None
    answers: list[Column] = field(default_factory=list)
    unused: list[Column] = field(default_factory=list)


def propose(
    source: SourceFile,
    keys: Iterable[str],
    attributes: Iterable[str],
    purposes: Iterable[str],
    entity: str | None = None,
) -> Proposal:
    """Proposes the mapping of a file's columns.

    Args:
        source: the file.
        keys: the project's alternate keys.
        attributes: the project's profile attributes.
        purposes: the project's purposes.
        entity: customers or consents; None lets the columns tell.
    """
    left = list(source.columns)
    purpose = _named(left, _PURPOSE)
    status = _named(left, _STATUS)
    if entity is None:
        entity = "consents" if purpose and status else "customers"
    found = Proposal(entity)
    if entity == "consents":
        found.purpose, found.status = _take(left, purpose), _take(left, status)
    for key in keys:
        column = _key(left, key)
        if column is not None:
            found.keys[key] = column
            left.remove(column)
    if entity == "consents":
        found.record_id = _take(left, _named(left, _NAMES["consent_id"], exact=True))
        for time in ("confirmed_at", "expires_at", "recorded_at"):
            column = _take(left, _named(left, _NAMES[time], exact=True))
            if column is not None:
                found.times[time] = column
        found.unused = left
        return found
    column = _take(left, _named(left, _NAMES["updated_at"], exact=True))
    if column is not None:
        found.times["updated_at"] = column
    found.record_id = _take(left, _primary_key(left))
    for attribute in attributes:
        names = (attribute.replace("_", " "), *_NAMES.get(attribute, ()))
        column = _take(left, _named(left, names, exact=True))
        if column is not None:
            found.attributes[attribute] = column
    known = [tuple(purpose.split("_")) for purpose in purposes]
    found.answers = [
        column
        for column in left
        if column.looks["answer"] >= _SURE
        and (
            _CONSENT_WORDS & set(column.words)
            or any(set(words) <= set(column.words) for words in known)
        )
    ]
    found.unused = [column for column in left if column not in found.answers]
    return found


def _take(left: list[Column], column: Column | None) -> Column | None:
    if column in left and column is not None:
        left.remove(column)
    return column


def _named(columns: list[Column], names: Iterable[str], *, exact: bool = False) -> Column | None:
    for name in names:
        wanted = tuple(name.split())
        for column in columns:
            same = "".join(column.words) == "".join(wanted)  # e-mail is email
            if same or (not exact and set(wanted) <= set(column.words)):
                return column
    return None


def _key(columns: list[Column], key: str) -> Column | None:
    """The column of an alternate key: by its values for e-mail and phone, else by its name."""
    by_name = _named(columns, (key.replace("_", " "), *_NAMES.get(key, ())))
    if key != "email":
        return by_name
    if by_name is not None and by_name.looks["email"] >= _LIKELY:
        return by_name
    return next((column for column in columns if column.looks["email"] >= _SURE), None)


def _primary_key(columns: list[Column]) -> Column | None:
    candidates = [column for column in columns if column.is_unique]
    return _named(candidates, _IDS) or _named([c for c in columns if c.filled == 1], _IDS)
