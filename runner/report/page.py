"""The page: one file of HTML that asks the network for nothing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from runner import clock
from runner.dbt import Project
from runner.errors import ConsentError
from runner.report.figures import Figure, Numbers, Row
from runner.report.numbers import numbers
from runner.report.small import Unsaid
from runner.report.texts import Texts, texts
from runner.segments.words import describe

HERE = Path(__file__).parent
PARTS = ("glance", "consent", "segments", "ahead", "deliveries", "people", "quality")
_ID = re.compile(r'(\bid="|url\(#|href="#)')


def report(project: Project, tongue: str = "en", exact: bool = False) -> str:
    """The page as text.

    Args:
        project: the parsed project, with its target.
        tongue: of its words.
        exact: show small counts and all values of rules, for internal use.

    Raises:
        ConsentError: nothing is built yet, or the libraries of the charts are not installed.
    """
    charts = _charts()
    return render(project.name, numbers(project, exact), texts(tongue), exact, charts, project)


def render(
    name: str, found: Numbers, said: Texts, exact: bool, charts: Any, project: Project
) -> str:
    """The page of numbers that were read."""
    environment = Environment(
        loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    environment.globals |= {"t": said, "Unsaid": Unsaid}
    drawn = _Drawn(said, charts)
    page = environment.get_template("page.html.j2")
    return page.render(
        project=name,
        moment=f"{clock.now():%Y-%m-%d %H:%M}",
        exact=exact,
        parts=PARTS,
        found=found,
        figure=drawn.figure,
        rules={
            each.name: Markup(describe(each.rule, said.tongue, exact).as_html())
            for each in found.segments
        },
        style=Markup((HERE / "page.css").read_text(encoding="utf-8")),
        script=Markup((HERE / "page.js").read_text(encoding="utf-8")),
        library=Markup(charts.library(project.target_path)),
        options=Markup(_json(charts.locales(said.locale))),
    )


def sentence(figure: Figure, said: Texts) -> str:
    """What a picture shows, for who does not see it."""
    values = [
        (row[column], _label(row, figure, column, said))
        for row in figure.rows
        for column in figure.columns
        if type(row[column]) is int or type(row[column]) is float
    ]
    head = f"{said.said['figures'][figure.name]['title']}. "
    if not values:
        return head + said["rows"].format(count=len(figure.rows))
    value, label = max(values, key=lambda each: float(str(each[0])))
    if not value:
        return head + said["all_zero"]
    return head + said["greatest"].format(label=label, value=said.cell(value))


def _label(row: Row, figure: Figure, column: str, said: Texts) -> str:
    names = [
        said.cell(row[key], key)
        for key in figure.columns
        if not isinstance(row[key], int | float | Unsaid) and row[key] not in (None, "")
    ]
    several = sum(type(row[key]) is int for key in figure.columns) > 1
    return ", ".join([*names, *([said.column(column)] if several else [])])


class _Drawn:
    """Figures as the page has them."""

    def __init__(self, said: Texts, charts: Any) -> None:
        self._said, self._charts = said, charts

    def figure(self, figure: Figure) -> Mapping[str, Any]:
        """Title, drawing, sentence and table."""
        said = self._said
        told = said.said["figures"][figure.name]
        text = sentence(figure, said)
        has_marks = any(type(cell) in (int, float) for row in figure.rows for cell in row.values())
        found = {
            "key": figure.key,
            "title": told["title"],
            "unit": told["unit"],
            "sentence": text,
            "columns": [said.column(column) for column in figure.columns],
            "numeric": [
                any(isinstance(row[column], int | float | Unsaid) for row in figure.rows)
                for column in figure.columns
            ],
            "rows": [[said.cell(row[c], c) for c in figure.columns] for row in figure.rows],
            "svg": "",
            "spec": "",
        }
        if has_marks:
            spec = self._charts.spec(figure, said, text)
            svg = self._charts.svg(spec, said.locale)
            found["svg"] = Markup(_apart(svg, figure.key))
            found["spec"] = Markup(_json(spec))
        return found


def _apart(svg: str, key: str) -> str:
    """The ids of a drawing made its own, since all drawings are in one page."""
    return _ID.sub(lambda found: f"{found[1]}{key}-", svg)


def _json(value: Any) -> str:
    """JSON that may stand inside of a script."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    return text.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _charts() -> Any:
    try:
        from runner.report import drawing
    except ImportError as error:
        raise ConsentError(
            f"The report needs a library that is not installed ({error.name}).",
            "Install the extra `report`: pip install 'dbt-consent[report]'.",
        ) from error
    return drawing
