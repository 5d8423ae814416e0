"""The page as a reader finds it: its tables and its drawings, by the names of the figures."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any


@dataclass
class Shown:
    """One figure.

    Attributes:
        rows: of its table, the head first.
        spec: what a browser draws.
        has_svg: whether it is drawn for paper too.
    """

    rows: list[list[str]] = field(default_factory=list)
    spec: dict[str, Any] = field(default_factory=dict)
    has_svg: bool = False

    def drawn(self) -> list[dict[str, Any]]:
        """The data of the drawing."""
        (values,) = self.spec["datasets"].values()
        return list(values)


class Page(HTMLParser):
    """Reads a page."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.figures: dict[str, Shown] = {}
        self.tiles: dict[str, str] = {}
        self.addresses: list[str] = []
        self._figure: Shown | None = None
        self._into: list[str] | None = None
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = dict(attrs)
        self.addresses += [
            str(given[name]) for name in ("href", "src", "action") if given.get(name)
        ]
        if tag == "figure":
            self._figure = self.figures.setdefault(str(given["id"]), Shown())
        elif tag == "svg" and self._figure:
            self._figure.has_svg = True
        elif tag == "tr" and self._figure:
            self._figure.rows.append([])
        elif tag in ("td", "th") and self._figure:
            self._figure.rows[-1].append("")
            self._into = self._figure.rows[-1]
        elif tag == "dd" and str(given.get("id")).startswith("tile-"):
            self.tiles[str(given["id"]).removeprefix("tile-")] = ""
            self._into = None
        elif tag == "script" and given.get("class") == "drawing-data":
            self._into = ["spec"]

    def handle_endtag(self, tag: str) -> None:
        if tag == "figure":
            self._figure = None
        if tag in ("td", "th", "script"):
            self._into = None

    def handle_data(self, data: str) -> None:
        if self._into == ["spec"] and self._figure:
            self._figure.spec = json.loads(data)
        elif self._into:
            self._into[-1] += data
        elif self.tiles and not list(self.tiles.values())[-1]:
            self.tiles[list(self.tiles)[-1]] = data.strip()


def number(text: str) -> float:
    """What a cell says."""
    return float(re.sub(r"[^0-9.-]", "", text))
