"""How figures are drawn: Vega-Lite by Altair, from the rows that the table shows.

Colours are names of the page's style (`var(--…)`), so that one drawing serves light, dark and
paper. What is not said (`small.Unsaid`) has a label and no mark.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import altair as alt

from runner.report.figures import Cell, Figure, Row, Spec, drawn
from runner.report.texts import Texts

WIDTH = 680
_ROW = 24
_INK = "var(--ink)"
_STATUS = {
    "granted": "var(--good)",
    "pending": "var(--wait)",
    "expired": "var(--past)",
    "denied": "var(--bad)",
    "suppressed": "var(--block)",
    "no_record": "var(--none)",
    "grants": "var(--good)",
    "withdrawals": "var(--bad)",
    "members": "var(--c1)",
    "entered": "var(--good)",
    "left": "var(--bad)",
    "now": "var(--c1)",
    "month_ago": "var(--ink)",
    "matches": "var(--c2)",
    "left_out": "var(--none)",
    "delivered": "var(--good)",
    "full": "var(--c1)",
    "added": "var(--good)",
    "removed": "var(--bad)",
    "usual_hours": "var(--c1)",
    "slowest_hours": "var(--ink)",
    "limit_hours": "var(--bad)",
}
_LABELLED = frozenset({"bars", "pairs", "funnel"})
"""Shapes whose longest bar has a label behind it."""
_SERIES = [f"var(--c{number})" for number in (1, 3, 4, 5, 7, 6, 8, 2)]
_CONFIG: dict[str, Any] = {
    "background": "transparent",
    "font": "system-ui, sans-serif",
    "view": {"stroke": None},
    "axis": {
        "labelColor": _INK,
        "titleColor": "var(--soft)",
        "gridColor": "var(--line)",
        "domainColor": "var(--soft)",
        "tickColor": "var(--soft)",
        "labelFontSize": 12,
        "titleFontSize": 12,
        "titleFontWeight": "normal",
        "labelLimit": 200,
    },
    "legend": {
        "labelColor": _INK,
        "titleColor": "var(--soft)",
        "labelFontSize": 12,
        "title": None,
        "orient": "top",
        "labelLimit": 260,
        "symbolStrokeWidth": 0,
        "columns": 3,
    },
    # the description and the table say it; single marks would be read out one after another
    "mark": {"aria": False},
    "text": {"color": _INK, "fontSize": 12},
    "bar": {"stroke": "var(--paper)", "strokeWidth": 1},
}


def spec(figure: Figure, texts: Texts, sentence: str) -> Spec:
    """The drawing of a figure that has rows."""
    chart: Spec = _SHAPES[figure.shape](figure, texts).to_dict()
    chart["config"] = _CONFIG
    if figure.shape in _LABELLED:
        chart["padding"] = {"left": 0, "top": 4, "right": 46, "bottom": 4}
    chart["description"] = sentence
    return chart


def _bars(figure: Figure, texts: Texts) -> Any:
    """Horizontal bars in the order of the rows; `by` stacks them."""
    of, value = figure.drawn["of"], figure.drawn["value"]
    by = figure.drawn.get("by")
    columns = [of, *([by] if by else []), value]
    rows = _rows(figure.rows, texts, columns, value)
    if by:
        return _stack(rows, of, by, texts, str(value), _scale(row["by"] for row in rows))
    bars = alt.Chart(_data(rows)).encode(
        y=_names(rows),
        x=_counts(rows, texts.column(value)),
        tooltip=_tooltip(texts, of, value),
    )
    return _wide(
        bars.mark_bar(color="var(--c1)", height={"band": 0.75})
        + bars.mark_text(align="left", dx=4).encode(x=alt.X("at:Q"), text="label:N"),
        len({row["of"] for row in rows}) * _ROW,
    )


def _stacked(figure: Figure, texts: Texts) -> Any:
    """One bar per row, of the columns that follow."""
    of = figure.drawn["of"]
    series = [column for column in figure.columns if column != of]
    rows = [
        {
            "of": texts.cell(row[of], of),
            "by": texts.column(name),
            "value": drawn(row[name]),
            "label": texts.cell(row[name]),
            "order": index,
        }
        for row in figure.rows
        for index, name in enumerate(series)
    ]
    return _stack(rows, of, "series", texts, "", _colours(series, texts.column))


def _stack(rows: list[Spec], of: str, by: str, texts: Texts, value: str, colours: alt.Scale) -> Any:
    chart = (
        alt.Chart(_data(rows))
        .mark_bar(height={"band": 0.75})
        .encode(
            y=_names(rows),
            x=_counts(rows, texts.column(value) if value else "", stacked=True),
            color=alt.Color("by:N", scale=colours),
            order=alt.Order("order:Q"),
            tooltip=[
                alt.Tooltip("of:N", title=texts.column(of)),
                alt.Tooltip("by:N", title=texts.column(by)),
                alt.Tooltip("label:N", title=texts.column(value) if value else " "),
            ],
        )
    )
    return _wide(chart, len({row["of"] for row in rows}) * _ROW)


def _pairs(figure: Figure, texts: Texts) -> Any:
    """A bar for now, and a mark for what was before."""
    of = figure.drawn["of"]
    names = (
        ["now", "month_ago"] if any(r["month_ago"] is not None for r in figure.rows) else ["now"]
    )
    rows = [
        {
            "of": texts.cell(row[of], of),
            "by": texts.column(name),
            "value": drawn(row[name]),
            "at": drawn(row[name]) or 0,
            "label": texts.cell(row[name]),
        }
        for row in figure.rows
        for name in names
    ]
    base = alt.Chart(_data(rows)).encode(
        y=_names(rows),
        x=_counts(rows),
        color=alt.Color("by:N", scale=_colours(names, texts.column)),
        tooltip=[
            alt.Tooltip("of:N", title=texts.column(of)),
            alt.Tooltip("by:N", title=" "),
            alt.Tooltip("label:N", title=texts.column("people")),
        ],
    )
    now, before = (alt.datum.by == texts.column(name) for name in ("now", "month_ago"))
    chart = base.transform_filter(now).mark_bar(height={"band": 0.6}) + base.transform_filter(
        now
    ).mark_text(align="left", dx=6).encode(x=alt.X("at:Q"), text="label:N", color=alt.value(_INK))
    if len(names) > 1:
        chart += base.transform_filter(before).mark_tick(thickness=3, height={"band": 0.9})
    return _wide(chart, len(figure.rows) * _ROW)


def _lines(figure: Figure, texts: Texts) -> Any:
    """One line per column, over time."""
    of = figure.drawn["of"]
    series = [column for column in figure.columns if column != of]
    rows = [
        {
            "of": drawn(row[of]),
            "by": texts.column(name),
            "value": drawn(row[name]),
            "label": texts.cell(row[name]),
            "day": texts.cell(row[of], of),
        }
        for row in figure.rows
        for name in series
    ]
    return _line(rows, of, texts, _colours(series, texts.column))


def _series(figure: Figure, texts: Texts) -> Any:
    """One line per source and reason, over time."""
    of = figure.drawn["of"]
    rows = [
        {
            "of": drawn(row[of]),
            "by": f"{row['source']}: {texts.cell(row['reason'], 'reason')}",
            "value": drawn(row["rejected_rows"]),
            "label": texts.cell(row["rejected_rows"]),
            "day": texts.cell(row[of], of),
        }
        for row in figure.rows
    ]
    return _line(rows, of, texts, _scale(row["by"] for row in rows))


def _line(rows: list[Spec], of: str, texts: Texts, colours: alt.Scale) -> Any:
    base = alt.Chart(_data(rows)).encode(
        x=_time(rows),
        y=_heights(rows),
        color=alt.Color("by:N", scale=colours),
        tooltip=[
            alt.Tooltip("day:N", title=texts.column(of)),
            alt.Tooltip("by:N", title=" "),
            alt.Tooltip("label:N", title=" "),
        ],
    )
    marks = base.mark_line(strokeWidth=2) + base.mark_point(filled=True, size=28, opacity=1)
    return _wide(marks, 220)


def _size(figure: Figure, texts: Texts) -> Any:
    """Members as a line; who entered stands above zero, who left below."""
    of = figure.drawn["of"]
    names = ["members", "entered", "left"]
    rows = []
    for row in figure.rows:
        for name in names:
            value = drawn(row[name])
            rows.append(
                {
                    "of": drawn(row[of]),
                    "by": texts.column(name),
                    "value": -value if name == "left" and value else value,
                    "label": texts.cell(row[name]),
                    "day": texts.cell(row[of], of),
                }
            )
    base = alt.Chart(_data(rows)).encode(
        x=_time(rows),
        y=_heights(rows),
        color=alt.Color("by:N", scale=_colours(names, texts.column)),
        tooltip=[
            alt.Tooltip("day:N", title=texts.column(of)),
            alt.Tooltip("by:N", title=" "),
            alt.Tooltip("label:N", title=texts.column("people")),
        ],
    )
    line = base.transform_filter(alt.datum.by == texts.column("members"))
    bars = base.transform_filter(alt.datum.by != texts.column("members"))
    return _wide(
        bars.mark_bar(width=5, strokeWidth=0)
        + line.mark_line(strokeWidth=2)
        + line.mark_point(filled=True, size=28, opacity=1),
        160,
    )


def _columns(figure: Figure, texts: Texts) -> Any:
    """Upright bars per month or week, stacked."""
    of, by, value = (figure.drawn[key] for key in ("of", "by", "value"))
    rows = _rows(_summed(figure.rows, of, by, value), texts, [of, by, value], value)
    labels = {str(row[by]): texts.cell(row[by], by) for row in figure.rows}
    known = all(name in _STATUS for name in labels)
    colours = _colours(list(labels), labels.__getitem__) if known else _scale(labels.values())
    every = [texts.cell(each, of) for each in figure.drawn["every"]]
    axis = alt.Axis(title=None, labelAngle=-40, labelOverlap=True)
    chart = (
        alt.Chart(_data(rows))
        .mark_bar(width={"band": 0.8})
        .encode(
            x=alt.X("of:O", sort=None, scale=alt.Scale(domain=every), axis=axis),
            y=_heights(rows, stacked=True),
            color=alt.Color("by:N", scale=colours),
            tooltip=[
                alt.Tooltip("of:N", title=texts.column(of)),
                alt.Tooltip("by:N", title=texts.column(by)),
                alt.Tooltip("label:N", title=texts.column(value)),
            ],
        )
    )
    return _wide(chart, 220)


def _heat(figure: Figure, texts: Texts) -> Any:
    """A field of counts: the darker, the more."""
    x, y, value = (figure.drawn[key] for key in ("x", "y", "value"))
    rows = [
        {
            "x": texts.cell(row[x], x),
            "y": texts.cell(row[y], y),
            "value": drawn(row[value]) or 0,
            "label": texts.cell(row[value]),
        }
        for row in figure.rows
    ]
    base = alt.Chart(_data(rows)).encode(
        x=alt.X(
            "x:O",
            scale=alt.Scale(domain=list(dict.fromkeys(row["x"] for row in rows))),
            axis=alt.Axis(title=None, labelAngle=-40, ticks=False, domain=False),
        ),
        y=_names(rows, "y"),
        tooltip=[
            alt.Tooltip("y:N", title=texts.column(y)),
            alt.Tooltip("x:N", title=texts.column(x)),
            alt.Tooltip("label:N", title=texts.column(value)),
        ],
    )
    shade = alt.Opacity("value:Q", scale=alt.Scale(range=[0.06, 0.6]), legend=None)
    many = len({row["x"] for row in rows}) > 14
    marks = base.mark_rect(color="var(--c1)", stroke="var(--paper)").encode(opacity=shade)
    if not many:
        marks += base.mark_text(fontSize=11).encode(text="label:N")
    return _wide(marks, len({row["y"] for row in rows}) * 28)


def _funnel(figure: Figure, texts: Texts) -> Any:
    """From the widest bar to the narrowest, what is lost in between in grey."""
    rows = []
    for row in figure.rows:
        step, what = str(row["step"]), str(row["what"])
        rest = f": {texts.value(what)}" if what else ""
        rows.append(
            {
                "of": texts.value(step) + rest,
                "by": texts.value(step),
                "value": drawn(row["people"]),
                "at": drawn(row["people"]) or 0,
                "label": texts.cell(row["people"]),
            }
        )
    steps = list(dict.fromkeys(str(row["step"]) for row in figure.rows))
    base = alt.Chart(_data(rows)).encode(
        y=_names(rows),
        x=_counts(rows),
        tooltip=[
            alt.Tooltip("of:N", title=texts.column("step")),
            alt.Tooltip("label:N", title=texts.column("people")),
        ],
    )
    colour = alt.Color("by:N", scale=_colours(steps, texts.value), legend=None)
    return _wide(
        base.mark_bar(height={"band": 0.75}).encode(color=colour)
        + base.mark_text(align="left", dx=4).encode(x=alt.X("at:Q"), text="label:N"),
        len(rows) * _ROW,
    )


def _limits(figure: Figure, texts: Texts) -> Any:
    """How long it takes, against what was promised."""
    of = figure.drawn["of"]
    names = ["usual_hours", "slowest_hours", "limit_hours"]
    rows = [
        {
            "of": str(row[of]),
            "by": texts.column(name),
            "value": drawn(row[name]),
            "label": texts.cell(row[name]),
        }
        for row in figure.rows
        for name in names
    ]
    base = alt.Chart(_data(rows)).encode(
        y=_names(rows),
        x=_counts(rows, texts.column("hours")),
        color=alt.Color("by:N", scale=_colours(names, texts.column)),
        tooltip=[
            alt.Tooltip("of:N", title=texts.column(of)),
            alt.Tooltip("by:N", title=" "),
            alt.Tooltip("label:N", title=texts.column("hours")),
        ],
    )
    usual, slowest, limit = (
        base.transform_filter(alt.datum.by == texts.column(name)) for name in names
    )
    return _wide(
        usual.mark_bar(height={"band": 0.5})
        + slowest.mark_point(filled=True, shape="diamond", size=60, opacity=1)
        + limit.mark_tick(thickness=3, height={"band": 0.9}),
        len(figure.rows) * 30,
    )


def _rows(
    rows: Sequence[Row], texts: Texts, columns: Sequence[str], value: str
) -> list[dict[str, Any]]:
    found = []
    for row in rows:
        each: dict[str, Any] = {
            "of": texts.cell(row[columns[0]], columns[0]),
            "value": drawn(row[value]),
            "at": drawn(row[value]) or 0,
            "label": texts.cell(row[value]),
        }
        if len(columns) == 3:
            each["by"] = texts.cell(row[columns[1]], columns[1])
        found.append(each)
    return found


def _summed(rows: Sequence[Row], of: str, by: str, value: str) -> list[Row]:
    """The bars of one column and colour in one; where one is not said, it is left out."""
    found: dict[tuple[Cell, Cell], Any] = {}
    for row in rows:
        key, add = (row[of], row[by]), row[value]
        before = found.get(key)
        found[key] = (
            before + add
            if type(before) is int and type(add) is int
            else (add if before is None or type(add) is int else before)
        )
    return [{of: key[0], by: key[1], value: each} for key, each in found.items()]


def _time(rows: Sequence[Spec]) -> alt.X:
    """A time axis in UTC."""
    days = sorted({datetime.fromisoformat(row["of"]) for row in rows})
    first, last = days[0], days[-1]
    if first == last:
        first, last = first - timedelta(days=1), last + timedelta(days=1)
    span = last - first
    form = "%H:%M" if span < timedelta(days=2) else "%e %b" if span.days < 300 else "%b %Y"
    axis = alt.Axis(title=None, tickCount=6, labelOverlap=True, grid=False, format=form)
    domain = [first.isoformat(), last.isoformat()]
    return alt.X("of:T", scale=alt.Scale(type="utc", domain=domain), axis=axis)


def _names(rows: Sequence[Spec], key: str = "of") -> alt.Y:
    """An axis of names in the order of the rows, those without a mark among them."""
    return alt.Y(
        f"{key}:N",
        scale=alt.Scale(domain=list(dict.fromkeys(row[key] for row in rows))),
        axis=alt.Axis(title=None, ticks=False, domain=False),
    )


def _counts(rows: Sequence[Spec], title: str = "", stacked: bool = False) -> alt.X:
    """An axis from zero."""
    return alt.X(
        "value:Q",
        scale=alt.Scale(domain=[0, _most(rows, stacked) or 1], nice=True),
        axis=alt.Axis(
            title=title or None,
            tickCount=5,
            tickMinStep=1,
            format=",d",
            labelOverlap=True,
            labelSeparation=6,
        ),
    )


def _heights(rows: Sequence[Spec], stacked: bool = False) -> alt.Y:
    """The same, upright; what goes below zero is told as it is."""
    least = min([0, *(row["value"] for row in rows if row["value"] is not None)])
    return alt.Y(
        "value:Q",
        scale=alt.Scale(domain=[least, _most(rows, stacked) or 1], nice=True),
        axis=alt.Axis(
            title=None,
            tickCount=5,
            tickMinStep=1,
            format=",d",
            labelOverlap=True,
            labelSeparation=6,
        ),
    )


def _most(rows: Sequence[Spec], stacked: bool) -> float:
    sums: dict[str, float] = defaultdict(float)
    for index, row in enumerate(rows):
        sums[row["of"] if stacked else str(index)] += row["value"] or 0
    return max(sums.values(), default=0)


def _tooltip(texts: Texts, of: str, value: str) -> list[alt.Tooltip]:
    return [
        alt.Tooltip("of:N", title=texts.column(of)),
        alt.Tooltip("label:N", title=texts.column(value)),
    ]


def _colours(names: Sequence[str], label: Callable[[str], str]) -> alt.Scale:
    return alt.Scale(domain=[label(name) for name in names], range=[_STATUS[n] for n in names])


def _scale(labels: Iterable[str]) -> alt.Scale:
    names = list(dict.fromkeys(labels))
    return alt.Scale(domain=names, range=[_SERIES[i % len(_SERIES)] for i in range(len(names))])


def _data(rows: Sequence[Spec]) -> alt.InlineData:
    return alt.InlineData(values=list(rows))


def _wide(chart: Any, height: int) -> Any:
    return chart.properties(width="container", height=height)


_SHAPES: dict[str, Callable[[Figure, Texts], Any]] = {
    "bars": _bars,
    "stacked": _stacked,
    "pairs": _pairs,
    "lines": _lines,
    "series": _series,
    "size": _size,
    "columns": _columns,
    "heat": _heat,
    "funnel": _funnel,
    "limits": _limits,
}
