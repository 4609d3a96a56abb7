"""What somebody who has a page read aloud finds on it: headings, tables, names, pictures."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from playwright.sync_api import Page

_STRUCTURE = """() => {
  const text = element => (element.textContent || "").trim();
  return {
    headings: [...document.querySelectorAll("h1, h2, h3, h4")].map(h => [Number(h.tagName[1]), text(h)]),
    tables: [...document.querySelectorAll("table")].map(table => ({
      caption: table.caption ? text(table.caption) : "",
      loose: [...table.querySelectorAll("th")].filter(cell => !cell.scope).length,
      rows: [...table.rows].filter(row => !row.querySelector("th")).length,
    })),
    nameless: [...document.querySelectorAll("a[href], button, input, summary")].filter(element =>
      !text(element) && !element.getAttribute("aria-label") && !element.labels?.length &&
      !element.querySelector("img[alt]") && element.checkVisibility()).map(element => element.outerHTML.slice(0, 200)),
    pictures: [...document.querySelectorAll("img, canvas, svg[role]")].filter(element =>
      element.checkVisibility() && element.getAttribute("aria-hidden") !== "true" &&
      !element.hasAttribute("alt") && !element.getAttribute("aria-label") &&
      !element.closest("[aria-hidden=true], [role=graphics-document]")).map(element => element.outerHTML.slice(0, 200)),
    doubles: [...document.querySelectorAll("[id]")].map(element => element.id)
      .filter((id, index, all) => all.indexOf(id) !== index),
  };
}"""


def assert_readable_aloud(page: Page) -> None:
    """One h1, no level skipped; tables with caption and headers; everything has a name and nothing is there twice."""
    found: dict[str, Any] = page.evaluate(_STRUCTURE)
    levels = [level for level, _ in found["headings"]]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels)), found["headings"]
    assert all(table["caption"] and not table["loose"] and not table["rows"] for table in found["tables"])
    assert found["nameless"] == []
    assert found["pictures"] == []
    assert found["doubles"] == []
