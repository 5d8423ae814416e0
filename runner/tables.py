"""Tables of text that fit the terminal and break no name, path, number or time.

Text wraps at spaces only. What does not fit that way leaves its column: it stands on a line of its
own below its row, with the column's name before it.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence

_GAP = 2
_INDENT = "  "


def lines(
    columns: Sequence[str], rows: Sequence[Sequence[str]], numeric: Sequence[bool], width: int
) -> list[str]:
    """The head and the rows, as lines of at most `width` letters where words allow it.

    Args:
        columns: their names.
        rows: a text for each column.
        numeric: which columns stand to the right and are not wrapped.
        width: letters in a line.
    """
    beside, below = _places(columns, rows, numeric, width)
    widths = _widths(columns, rows, numeric, beside, width)
    out = _row([columns[index] for index in beside], widths, [numeric[index] for index in beside])
    for row in rows:
        out += _row([row[index] for index in beside], widths, [numeric[index] for index in beside])
        for index in below:
            if row[index]:
                out += _wrapped(
                    f"{columns[index]}: {row[index]}" if columns[index] else row[index],
                    width,
                    _INDENT,
                )
    return out


def _places(
    columns: Sequence[str], rows: Sequence[Sequence[str]], numeric: Sequence[bool], width: int
) -> tuple[list[int], list[int]]:
    """The columns that stand beside each other, and those that have no room there."""
    beside = list(range(len(columns)))
    below: list[int] = []
    while len(beside) > 1 and _needed(columns, rows, numeric, beside, least=True) > width:
        widest = max(
            (index for index in beside[1:] if not numeric[index]),
            key=lambda index: _least(columns, rows, numeric, index),
            default=beside[-1],
        )
        beside.remove(widest)
        below.append(widest)
    return beside, sorted(below)


def _needed(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    numeric: Sequence[bool],
    beside: Sequence[int],
    least: bool,
) -> int:
    widths = [
        _least(columns, rows, numeric, index) if least else _most(columns, rows, index)
        for index in beside
    ]
    return sum(widths) + _GAP * (len(widths) - 1)


def _least(
    columns: Sequence[str], rows: Sequence[Sequence[str]], numeric: Sequence[bool], index: int
) -> int:
    cells = [row[index] for row in rows]
    words = cells if numeric[index] else [word for cell in cells for word in cell.split()]
    return max(len(each) for each in [*columns[index].split(), *words, ""])


def _most(columns: Sequence[str], rows: Sequence[Sequence[str]], index: int) -> int:
    return max(len(each) for each in [columns[index], *(row[index] for row in rows)])


def _widths(
    columns: Sequence[str],
    rows: Sequence[Sequence[str]],
    numeric: Sequence[bool],
    beside: Sequence[int],
    width: int,
) -> list[int]:
    """Each column gets what its words need, and what is left goes where it saves most lines."""
    least = [_least(columns, rows, numeric, index) for index in beside]
    most = [_most(columns, rows, index) for index in beside]
    free = width - sum(least) - _GAP * (len(beside) - 1)
    # short columns are filled first: a name on one line reads better than a text with fewer
    for place in sorted(range(len(beside)), key=lambda place: most[place] - least[place]):
        more = min(max(free, 0), most[place] - least[place])
        least[place] += more
        free -= more
    return least


def _row(cells: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]) -> list[str]:
    wrapped = [
        [cell] if len(cell) <= width else _wrapped(cell, width)
        for cell, width in zip(cells, widths, strict=True)
    ]
    out = []
    for number in range(max(len(each) for each in wrapped)):
        parts = []
        for each, width, right in zip(wrapped, widths, numeric, strict=True):
            text = each[number] if number < len(each) else ""
            parts.append(text.rjust(width) if right else text.ljust(width))
        out.append((" " * _GAP).join(parts).rstrip())
    return out


def _wrapped(text: str, width: int, indent: str = "") -> list[str]:
    return textwrap.wrap(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=indent * 2,
        break_long_words=False,
        break_on_hyphens=False,
    ) or [""]
