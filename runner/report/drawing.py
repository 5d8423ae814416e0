"""Drawings by Vega: as SVG for paper, and the library that draws them in a browser."""

from __future__ import annotations

import hashlib
from importlib.metadata import version
from pathlib import Path
from typing import Any

import vl_convert

from runner.private import private_files
from runner.report.charts import WIDTH, spec
from runner.report.figures import Spec

__all__ = ["library", "locales", "spec", "svg"]

_SNIPPET = "window.vegaEmbed = vegaEmbed;"
"""What the script leaves to the page."""


def svg(given: Spec, locale: Any) -> str:
    """A drawing that needs no script."""
    # fonts of the reader may be wider than those that are measured with here
    room = {"left": 24, "top": 4, "right": 46, "bottom": 4}
    text: str = vl_convert.vegalite_to_svg(
        {**given, "width": WIDTH, "padding": room},
        allowed_base_urls=[],
        format_locale=locale,
        time_format_locale=locale,
    )
    return text


def locales(locale: Any) -> dict[str, Any]:
    """How the browser's drawings write numbers and days."""
    return {
        "formatLocale": vl_convert.get_format_locale(locale),
        "timeFormatLocale": vl_convert.get_time_format_locale(locale),
    }


def library(folder: Path) -> str:
    """The script that draws in the browser, kept in `folder`: making it takes seconds."""
    digest = hashlib.sha256(_SNIPPET.encode()).hexdigest()[:8]
    place = folder / f"vega-{version('vl-convert-python')}-{digest}.js"
    if place.is_file():
        return place.read_text(encoding="utf-8")
    text: str = vl_convert.javascript_bundle(_SNIPPET)
    text = text.replace("</script", "<\\/script").replace("<!--", "<\\!--")
    with private_files():
        folder.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
    return text
