"""Parts of staging models as text: names, keys, times, and the rows of a file under plain names."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import duckdb

from runner.sources.columns import Column, SourceFile
from runner.sources.dialect import quoted
from runner.sources.plan import Plan
from runner.sources.times import ISO

TEXT_TYPE = "{{ dbt.type_string() }}"
TIME_TYPE = "{{ dbt.type_timestamp() }}"
NULL_TEXT = f"cast(null as {TEXT_TYPE})"
NULL_TIME = f"cast(null as {TIME_TYPE})"
_UPPER, _LOWER = frozenset({"country", "gender"}), frozenset({"language"})
_OURS = ("record_key", "version_rank", "every_row", "said_kind", "flag", "source", "answers")


def plain_name(text: str) -> str:
    """Lower-case words joined by `_`: `Klant-Nr` is klant_nr."""
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", text)
    return "_".join(re.findall(r"[a-z0-9]+", spaced.lower()))


def names_of(source: SourceFile) -> dict[str, str]:
    """Column → its name in the model: lower case, no reserved word, no two the same."""
    with duckdb.connect() as connection:
        listed = connection.execute(
            "select keyword_name from duckdb_keywords() where keyword_category <> 'unreserved'"
        ).fetchall()
    reserved = {word for (word,) in listed} | set(_OURS)
    names: dict[str, str] = {}
    for column in source.columns:
        name = plain_name(column.name) or "column"
        name = f"{name}_" if name in reserved or not name[0].isalpha() else name
        while name in names.values():
            name += "_"
        names[column.name] = name
    return names


def literal(text: str) -> str:
    """A text within an expression of Jinja."""
    escaped = text.replace("\\", "\\\\").replace("'", "\\'")
    return f"'{escaped}'"


def sql_text(text: str) -> str:
    """A text literal of SQL in a model: what a file holds is never a template."""
    if "{" in text:
        return f"{{{{ dbt_consent.text_literal({literal(text)}) }}}}"
    return quoted(text)


class Renderer:
    """Turns the columns of a plan into SQL.

    Attributes:
        names: the file's column → its plain name.
        system: the source's name.
    """

    def __init__(self, plan: Plan, system: str) -> None:
        """Both as they are written."""
        self.plan, self.system, self.names = plan, system, names_of(plan.source)

    def column(self, name: str) -> Column:
        """The column of the file."""
        return self.plan.source.column(name)

    def text(self, name: str) -> str:
        """The column as a text, as it came."""
        plain = self.names[name]
        return plain if self.column(name).is_text else f"cast({plain} as {TEXT_TYPE})"

    def macro(self, macro: str, name: str, *more: str) -> str:
        """A call of one of our macros on a column."""
        plain = self.names[name]
        given = f"'{plain}'"
        if not self.column(name).is_text:
            given = f"'cast({plain} as ' ~ dbt.type_string() ~ ')'"
        return f"{{{{ dbt_consent.{macro}({', '.join((given, *more))}) }}}}"

    def key(self, key: str) -> str:
        """An alternate key, normalised."""
        name = self.plan.roles[key]
        if key == "phone" and "country" in self.plan.roles:
            return self.macro(
                "clean_phone", name, f"country='{self.names[self.plan.roles['country']]}'"
            )
        macros = {"email": "clean_email", "phone": "clean_phone"}
        return self.macro(macros.get(key, "clean_code"), name)

    def time(self, name: str, text: str | None = None, of_pair: str | None = None) -> str:
        """A time in UTC, by the form and the zone that were found.

        Args:
            name: the file's column.
            text: the column that holds its text, where it is another by now.
            of_pair: which one is meant of a clock time that comes twice, as `to_utc` takes it.
        """
        found = self.plan.times[name]
        if found.typed and text is None:
            return f"cast({self.names[name]} as {TIME_TYPE})"
        given = literal(text or self.names[name])
        arguments = []
        if found.zone and found.zone != "UTC":
            arguments.append(f"time_zone='{found.zone}'")
        if found.format and found.format != ISO:
            arguments.append(f"format={literal(found.format)}")
            if "%b" in found.format:
                # months are read by three letters
                given = (
                    f"dbt_consent.regexp_replace_all({given}, '([A-Za-z]{{3}})[A-Za-z]+', '\\\\1')"
                )
        if of_pair and found.zone and found.zone != "UTC":
            arguments.append(f"of_pair='{of_pair}'")
        return f"{{{{ dbt_consent.to_utc({', '.join((given, *arguments))}) }}}}"

    def role_time(self, role: str) -> str:
        """The time of a role, or none."""
        name = self.plan.roles.get(role)
        return NULL_TIME if name is None else self.time(name)

    def raw(self, name: str | None) -> str:
        """What the source wrote, for the contract's raw columns."""
        return NULL_TEXT if name is None else self.macro("raw_text", name)

    def attribute(self, attribute: str, data_type: str) -> str:
        """An attribute of the profile, of its declared type."""
        name, kind = self.plan.roles[attribute], data_type.lower()
        if kind in ("string", "text", "varchar"):
            text = self.macro("clean_text", name)
            for case, which in (("ascii_upper", _UPPER), ("ascii_lower", _LOWER)):
                if attribute in which:
                    return f"{{{{ dbt_consent.{case}({text[3:-3]}) }}}}"
            return text
        if kind.startswith("timestamp"):
            return self.time(name)
        if not self.column(name).is_text:
            return f"cast({self.names[name]} as {data_type})"
        if kind in ("date", "boolean"):
            return self.macro(f"clean_{kind}", name)
        cleaned = f"dbt_consent.clean_text('{self.names[name]}')"
        return f"{{{{ dbt.safe_cast({cleaned}, '{data_type}') }}}}"

    def record_key(self, key_columns: Iterable[str] = ()) -> str:
        """The primary key of a record: its id, else its contact point, else a hash of the row.

        Args:
            key_columns: the columns whose content is the key, where there is no id.
        """
        if "id" in self.plan.roles:
            return self.macro("clean_text", self.plan.roles["id"])
        contact = [key for key in self.plan.keys if [self.plan.roles[key]] == list(key_columns)]
        if contact and self.plan.kind == "customers":
            raw = literal(self.text(self.plan.roles[contact[0]]))
            return f"coalesce({self.key(contact[0])}, {{{{ dbt_consent.content_hash([{raw}]) }}}})"
        listed = [self.text(name) for name in key_columns]
        columns = ", ".join(literal(text) for text in listed) or ", ".join(
            literal(self.text(column.name)) for column in self.plan.source.columns
        )
        return f"{{{{ dbt_consent.content_hash([{columns}]) }}}}"

    def rows(self, table: str) -> str:
        """The CTE `source`: the file under plain names."""
        listed = ",\n".join(
            f"        {{{{ adapter.quote({literal(name)}) }}}} as {plain}"
            for name, plain in self.names.items()
        )
        read = f"    select\n{listed}\n    from {{{{ source('{self.system}', '{table}') }}}}"
        if all(name == plain for name, plain in self.names.items()):
            read = f"    select * from {{{{ source('{self.system}', '{table}') }}}}"
        return f"with source as (\n\n{read}\n\n)"

    def said(self, name: str) -> str:
        """A value of a column of labels, as it is compared."""
        return f"{{{{ dbt_consent.ascii_lower({self.macro('clean_text', name)[3:-3]}) }}}}"

    def mapped(self, name: str, meanings: Mapping[str, str], otherwise: str) -> str:
        """A value turned into what it means."""
        whens = " ".join(
            f"when {sql_text(label)} then {quoted(meaning)}"
            for label, meaning in sorted({_lower(v): m for v, m in meanings.items()}.items())
        )
        said = self.said(name)
        return f"case {said} {whens} else {otherwise} end" if whens else otherwise


def _lower(text: str) -> str:
    """Lower case of A to Z only, as the macros compare."""
    return "".join(c.lower() if c.isascii() else c for c in text.strip())


def body(lines: Iterable[str]) -> str:
    """Lines of a select list, indented."""
    return "\n".join(f"        {line}" if line else "" for line in lines)
