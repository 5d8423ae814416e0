"""`consent new segment NAME`: a rule with its guard, its model, and its place in the settings."""

from __future__ import annotations

import os
import re

from runner.dbt import Project
from runner.errors import ConsentError, UsageError
from runner.project_file import add_to_list
from runner.segments.files import model_paths

_NAME = re.compile(r"[a-z][a-z0-9_]*")
_SCHEMA = "schemas/segment_rule.schema.json"

_RULE = """\
{modeline}models:
  - name: {name}
    description: Say in a sentence who this is, and what for.
    config:
      meta:
        segment:
          # whom the purpose permits; or, for a list that contacts nobody:
          # contacts_nobody: "the reason"
          contact_for: {purpose}
          # everyone whom the guard lets in. To ask for more, for example:
          # where:
          #   all:
          #     - {{field: country, in: [NL, BE]}}
          #     - {{field: birth_date, age: {{gte: 18}}}}
          #     - not: {{source: crm}}
          # columns beside profile_id and the contact point:
          # attributes: [first_name]
"""
_MODEL = "{{ dbt_consent.segment() }}\n"


def new_segment(project: Project, name: str, purpose: str | None = None) -> list[str]:
    """Writes the pair of files and lists the segment.

    Args:
        project: the parsed project.
        name: of the segment; a model of that name may not exist.
        purpose: what its members may be contacted for; the first purpose with a channel by
            default.

    Returns:
        The files, relative to the project.

    Raises:
        UsageError: no name for a segment, or one that is taken; no such purpose.
        ConsentError: the project has no purpose that contacts people, or lists no segments.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(
            f"'{name}' is no name for a segment.",
            "Use lower case letters, digits and _, beginning with a letter.",
        )
    folder = model_paths(project.folder)[0] / "segments"
    files = [folder / f"{name}.yml", folder / f"{name}.sql"]
    taken = [path.relative_to(project.folder) for path in files if path.exists()]
    if taken or project.has_model(name):
        raise UsageError(f"There is a '{name}' already{f': {taken[0]}' if taken else ''}.")
    declared = dict(project.setting("purposes", {}))
    contacting = [key for key, value in declared.items() if (value or {}).get("channel")]
    if not contacting:
        raise ConsentError(
            "No purpose has a channel, so a segment could contact nobody.",
            "Declare one in vars: purposes: of dbt_project.yml.",
        )
    if purpose is not None and purpose not in contacting:
        raise UsageError(
            f"'{purpose}' is no purpose with a channel.", f"There are: {', '.join(contacting)}."
        )
    add_to_list(project.folder, ("vars", "segments"), name)
    folder.mkdir(parents=True, exist_ok=True)
    schema = project.folder / _SCHEMA
    modeline = (
        f"# yaml-language-server: $schema={os.path.relpath(schema, folder)}\n"
        if schema.is_file()
        else ""
    )
    rule = _RULE.format(modeline=modeline, name=name, purpose=purpose or contacting[0])
    files[0].write_text(rule, encoding="utf-8")
    files[1].write_text(_MODEL, encoding="utf-8")
    return [path.relative_to(project.folder).as_posix() for path in files]
