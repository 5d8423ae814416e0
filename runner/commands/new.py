"""New parts of a project, written for its author to go on with."""

from __future__ import annotations

import shlex
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Annotated

import typer

from runner import console
from runner.commands.options import AsJson, project_of
from runner.errors import UsageError

if TYPE_CHECKING:
    from runner.dbt import Project
    from runner.sources.write import Options, Proposal

app = typer.Typer()
new = typer.Typer(no_args_is_help=True, help="Begin a source or a segment.")
app.add_typer(new, name="new")


@new.command("source")
def source_command(
    file: Annotated[
        str, typer.Argument(help="CSV, JSON lines, Parquet or Excel; or a pattern of several.")
    ],
    name: Annotated[
        str | None,
        typer.Option("--name", help="What the source is called.", show_default="the file's name"),
    ] = None,
    kind: Annotated[
        str | None,
        typer.Option(
            "--as",
            help="customers, consents, suppressions or activities.",
            show_default="as its columns say",
        ),
    ] = None,
    like: Annotated[
        str | None,
        typer.Option("--like", help="The tool that wrote it, such as mailchimp:subscribed."),
    ] = None,
    encoding: Annotated[
        str | None, typer.Option("--encoding", help="Of a CSV file.", show_default="as found")
    ] = None,
    record_id: Annotated[
        str | None, typer.Option("--id", help="The column with the primary key.")
    ] = None,
    time_zone: Annotated[
        str | None, typer.Option("--time-zone", help="Of clock times that say none.")
    ] = None,
    mapped: Annotated[
        list[str] | None,
        typer.Option(
            "--map", help="What a column or a value means: 'COLUMN=denial of newsletter'."
        ),
    ] = None,
    ignored: Annotated[
        list[str] | None, typer.Option("--ignore", help="A column that is not about consent.")
    ] = None,
    preview: Annotated[
        bool, typer.Option("--preview", help="Show what it would do, and write nothing.")
    ] = False,
    yes: Annotated[
        bool, typer.Option("--yes", help="Write without asking; no question is answered by it.")
    ] = False,
    as_json: AsJson = False,
) -> None:
    """Read a file, show what each column and value would become, and write a source of it.

    A grant is only ever taken from a column that says so by its name, from a known layout, or
    because you say it; what is open is asked.

    Example: consent new source data/acme_customers.csv --preview
    """
    from runner.sources import show
    from runner.sources.write import Options, propose_source, write_source

    project = project_of(None, None)
    options = Options(
        name, kind, like, encoding, record_id, time_zone, tuple(mapped or ()), tuple(ignored or ())
    )
    found = propose_source(project, file, options)
    if preview and as_json:
        console.show_json(show.as_data(found))
        return
    tell = typer.echo if preview else console.say
    for line in show.lines(found):
        tell(line)
    if preview:
        for line in show.questions(found):
            tell(line)
        return
    asks = console.messages.is_terminal and sys.stdin.isatty() and not yes
    if found.plan.questions and asks:
        found = _asked(project, file, options, found)
    elif found.plan.questions:
        for line in show.questions(found):
            tell(line)
        raise UsageError(
            f"{len(found.plan.questions)} questions about {file} are open, so nothing was written.",
            "Answer each on the command line as shown.",
        )
    if asks and not typer.confirm("Write it?", default=True, err=True):
        raise typer.Exit(1)
    written = write_source(project, found)
    if as_json:
        console.show_json(written)
        return
    for path in written.files:
        typer.echo(path)
    for entry in written.settings:
        console.say(f"dbt_project.yml: {entry}")
    for label in written.labels:
        console.say(f"label {label}")
    if project.engine == "postgres":
        console.say(
            "On PostgreSQL a source is a table: `consent demo --load` fills the tables of all "
            "sources from their files, now and whenever a file is renewed."
        )
    console.say("Read them once, then: consent refresh")


def _asked(project: Project, file: str, options: Options, found: Proposal) -> Proposal:
    """The proposal after a person was asked; while a question is open, it has denials alone.

    Raises:
        UsageError: an answer does not fit, or what is open keeps the file from being read at all.
    """
    from runner.sources import show
    from runner.sources.plan import ROW
    from runner.sources.write import propose_source

    left_open: set[str] = set()
    while waiting := [q for q in found.plan.questions if q.text not in left_open]:
        question = waiting[0]
        console.say(f"? {question.text}\n    {question.answer}")
        said = typer.prompt("Meaning (empty: leave it open)", default="", err=True).strip()
        if not said:
            left_open.add(question.text)
            continue
        place = f"{question.column}={said}"
        if said.startswith(("--map", "--ignore", "--time-zone")):
            place = said
        answered = _with_answer(options, question.column, said, place)
        try:
            found = propose_source(project, file, answered)
        except UsageError as error:
            console.complain(str(error))
            continue
        options = answered
    if found.plan.questions:
        if any(q.column == ROW for q in found.plan.questions) and found.plan.kind == "consents":
            raise UsageError(f"Nobody said which purpose {file} is about, so nothing was written.")
        console.warn("Questions are open: the file gives no grants, its denials are taken.")
        found.plan.without_grants()
    for line in show.lines(found):
        console.say(line)
    return found


def _with_answer(options: Options, column: str, said: str, place: str) -> Options:
    words = shlex.split(said) if place == said else []
    if words[:1] == ["--time-zone"] and len(words) == 2:
        return replace(options, time_zone=words[1])
    if words[:1] == ["--map"] and len(words) == 2:
        place = words[1]
    if said == "ignore" or words[:1] == ["--ignore"]:
        return replace(options, ignored=(*options.ignored, column))
    return replace(options, mapped=(*options.mapped, place))


@new.command("segment")
def segment_command(
    name: Annotated[str, typer.Argument(help="Lower case, digits and _.")],
    purpose: Annotated[
        str | None,
        typer.Option(
            "--contact-for",
            help="What its members may be contacted for.",
            show_default="the first purpose with a channel",
        ),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write a segment's rule, with its guard and an example, and its model; list it.

    Example: consent new segment dutch_speakers
    """
    from runner.segments.new import new_segment

    files = new_segment(project_of(None, None), name, purpose)
    if as_json:
        console.show_json({"segment": name, "files": files})
        return
    for path in files:
        typer.echo(path)
    console.say(f"dbt_project.yml: segments: {name}")
    console.say(f"Write the rule, then: consent validate && dbt build --select {name}")
