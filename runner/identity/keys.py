"""What `vars: alternate_keys` says, as the macro of that name reads it."""

from __future__ import annotations

from runner.dbt import Project


def key_names(project: Project) -> tuple[str, ...]:
    """The kinds of key, in their order; those with a condition among them."""
    return tuple(
        entry if isinstance(entry, str) else next(iter(entry))
        for entry in project.setting("alternate_keys", ["email", "phone"])
    )


def key_conditions(project: Project) -> dict[str, list[str]]:
    """The kinds of key that tie only records which agree on attributes: kind → attributes."""
    return {
        str(kind): list(declaration["only_with"])
        for entry in project.setting("alternate_keys", [])
        if isinstance(entry, dict)
        for kind, declaration in entry.items()
    }
