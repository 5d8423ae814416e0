"""People found by an address, a number, another key or a profile id."""

from __future__ import annotations

from dataclasses import dataclass

from runner.dbt import Project, operation
from runner.errors import UsageError
from runner.warehouse import open_warehouse


@dataclass(frozen=True)
class Found:
    """Whom a text means.

    Attributes:
        profile_ids: every profile that has the contact point, in order; one for a profile id.
        contact_points: what the text is as a contact point, (key_type, key_value); none for a
            profile id.
    """

    profile_ids: tuple[str, ...]
    contact_points: tuple[tuple[str, str], ...] = ()


class NobodyError(UsageError):
    """No profile has what was asked for."""


def contact_points_of(project: Project, who: str) -> tuple[tuple[str, str], ...]:
    """What a text may be as a contact point, normalised by the macros that staging models use.

    Raises:
        UsageError: it is empty.
    """
    require_text(who)
    found = operation("contact_points_of", {"text": who}, project=project)
    return tuple((each["key_type"], each["key_value"]) for each in found)


def require_text(who: str) -> None:
    """Refuses an empty text, which is often a variable that was not set.

    Raises:
        UsageError: it is empty.
    """
    if not who.strip():
        raise UsageError(
            "WHO is empty.",
            "Name an e-mail address, a telephone number, another key or a profile id.",
        )


def find(project: Project, who: str) -> Found:
    """The profiles that a text means; those withheld from everything among them.

    Args:
        project: the parsed project, built.
        who: e-mail address, telephone number, another alternate key, profile id, or source record
            as `source record` or `source|record`. An id that a merge or split replaced leads to
            the profile that has its records now.

    Raises:
        NobodyError: nobody is known by it.
        UsageError: it is empty.
    """
    require_text(who)
    with open_warehouse(project) as warehouse:
        points = project.relation("int_identity__contact_points")
        profiles = project.relation("int_identity__record_profiles")
        rows = warehouse.rows(f"select 1 as found from {profiles} where profile_id = $1", [who])
        if rows:
            return Found((who,))
        rows = warehouse.rows(
            f"select profile_id from {profiles} where source_name || ' ' || source_record_id = $1"
            " or source_name || '|' || source_record_id = $2",
            [who, who],
        )
        if rows:
            return Found((rows[0]["profile_id"],))
        changes = project.relation("profile_id_changes")
        rows = warehouse.rows(
            f"select new_profile_id from {changes} where old_profile_id = $1"
            " order by changed_at desc, new_profile_id",
            [who],
        )
    if rows:
        return find(project, rows[0]["new_profile_id"])
    candidates = contact_points_of(project, who)
    with open_warehouse(project) as warehouse:
        having = {
            (kind, value): [
                str(row["profile_id"])
                for row in warehouse.rows(
                    f"select profile_id from {points} where key_type = $1 and key_value = $2"
                    " order by profile_id",
                    [kind, value],
                )
            ]
            for kind, value in candidates
        }
    known = tuple(point for point in candidates if having[point])
    if not known:
        raise NobodyError(
            f"No profile has {who}.",
            "Give an e-mail address, a telephone number with its country's code, another "
            "alternate key, a profile id, or a source record such as 'crm 17'. "
            "`unmatched_consents` has consent of people whom no customer source knows, "
            "`rejected_keys` what is no key of anybody.",
        )
    ids = {profile_id for point in known for profile_id in having[point]}
    return Found(tuple(sorted(ids)), known)
