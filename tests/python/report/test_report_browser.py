"""The page in a real Chromium: it draws, complains of nothing, and everybody can use it."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_core_python.sync_playwright import Axe
from clone import run
from playwright.sync_api import Browser, Page, sync_playwright

pytestmark = pytest.mark.slow
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome") or ""


@pytest.fixture(scope="module")
def pages(delivered: Path, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The demo's page in both languages, and that of a project with nobody in it."""
    folder = tmp_path_factory.mktemp("browser") / "dbt-consent"
    shutil.copytree(delivered, folder, symlinks=True)
    for tongue in ("en", "nl"):
        assert run(folder, f"consent report --language {tongue} -o {tongue}.html").returncode == 0
    empty = tmp_path_factory.mktemp("nobody") / "mine"
    for place, command in (
        (empty.parent, f"consent init {empty.name} --yes"),
        (empty, "consent refresh"),
        (empty, "consent report -o empty.html"),
    ):
        done = run(place, command)
        assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return {
        "en": folder / "en.html",
        "nl": folder / "nl.html",
        "empty": empty / "empty.html",
    }


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    assert CHROMIUM, "Chromium is missing: apt-get install chromium"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield browser
        browser.close()


def opened(browser: Browser, path: Path, **options: Any) -> tuple[Page, list[str]]:
    """The page, drawn, and all that it complained of or asked the network for."""
    context = browser.new_context(**options)
    page = context.new_page()
    heard: list[str] = []
    page.on("console", lambda message: heard.append(f"{message.type}: {message.text}"))
    page.on("pageerror", lambda error: heard.append(str(error)))
    page.on(
        "request",
        lambda request: None if request.url.startswith("file:") else heard.append(request.url),
    )
    page.goto(path.as_uri())
    page.wait_for_function("document.documentElement.dataset.drawn === 'all'", timeout=120_000)
    return page, heard


@pytest.mark.parametrize(
    ("name", "scheme", "width"),
    [
        ("en", "light", 1440),
        ("en", "dark", 390),
        ("nl", "dark", 768),
        ("nl", "light", 390),
        ("empty", "light", 768),
    ],
)
def test_it_draws_and_everybody_can_read_it(
    browser: Browser, pages: dict[str, Path], name: str, scheme: str, width: int
) -> None:
    page, heard = opened(
        browser, pages[name], color_scheme=scheme, viewport={"width": width, "height": 900}
    )
    assert heard == []
    specs = page.locator("script.drawing-data").count()
    assert page.locator(".drawn .live svg").count() == specs
    assert specs > 20 or name == "empty"
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    # no drawing is cut off, and none is wider than its place
    wide = page.eval_on_selector_all(
        ".live svg", "all => all.filter(e => e.getBoundingClientRect().right > innerWidth).length"
    )
    assert wide == 0
    page.eval_on_selector_all("details", "all => all.forEach(e => e.open = true)")
    found = Axe().run(page)
    serious = [each for each in found["violations"] if each["impact"] in ("serious", "critical")]
    assert [(each["id"], each["nodes"][0]["html"][:200]) for each in serious] == []
    page.context.close()


def test_it_can_be_used_by_keyboard(browser: Browser, pages: dict[str, Path]) -> None:
    page, _ = opened(browser, pages["en"], viewport={"width": 1440, "height": 900})
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    page.keyboard.press("Enter")
    assert page.url.endswith("#glance")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.parentElement.open")
    page.keyboard.press("Tab")
    assert "the numbers" in page.evaluate("document.activeElement.ariaLabel")
    page.context.close()


def test_without_scripts_the_drawings_are_there(browser: Browser, pages: dict[str, Path]) -> None:
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(pages["en"].as_uri())
    drawings = page.locator(".still svg")
    assert drawings.count() == page.locator("script.drawing-data").count() > 20
    assert drawings.first.is_visible() and not page.locator(".live").first.is_visible()
    context.close()


def test_paper_has_the_drawings_too(browser: Browser, pages: dict[str, Path]) -> None:
    page, _ = opened(browser, pages["en"], viewport={"width": 1440, "height": 900})
    page.emulate_media(media="print")
    assert page.locator(".still svg").first.is_visible()
    assert not page.locator(".live").first.is_visible()
    assert page.locator("nav").first.is_hidden()
    assert len(page.pdf(format="A4")) > 50_000
    page.context.close()
