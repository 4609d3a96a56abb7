"""Every page, in both languages, wide and on a small phone: no barriers, nothing from elsewhere, a picture kept."""

from __future__ import annotations

import pytest
from tests.support.axe import barriers
from tests.support.browser import Stack, Visitor
from tests.support.reading_aloud import assert_readable_aloud

from zorgstroom_ui.navigation import ADDRESSES

pytestmark = [pytest.mark.browser, pytest.mark.slow, pytest.mark.timeout(400)]

#: 320 pixels is also what is left of 1280 at 400%.
WIDTHS = (1280, 320)
LANGUAGES = ("nl", "en")
#: Elements that stick out of the page and are not in a frame of their own that scrolls.
TOO_WIDE = """width => [...document.querySelectorAll(".zs *")].filter(element =>
  element.checkVisibility() && !element.closest("thead, .zs-scroll, svg") &&
  element.getBoundingClientRect().right > width + 1).map(element => element.outerHTML.slice(0, 150))"""


def address_of(stack: Stack, page: str, language: str) -> str:
    plans = "".join(f"&plan={plan.id}" for plan in stack.plans) if page == "vergelijken" else ""
    # The first page is where a visitor begins.
    path = "" if page == ADDRESSES[0] else page
    return f"{stack.address}/{path}?taal={language}&s={stack.plans[0].id}{plans}"


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("page", ADDRESSES)
def test_nobody_meets_a_barrier(
    live_stack: Stack, visitor: Visitor, page: str, language: str, width: int
) -> None:
    visitor.page.set_viewport_size({"width": width, "height": 900})
    visitor.open(address_of(live_stack, page, language))
    assert visitor.language() == language
    assert_readable_aloud(visitor.page)
    visitor.page.keyboard.press("Tab")
    skip = visitor.page.evaluate("document.activeElement.textContent")
    assert skip == {"nl": "Naar inhoud", "en": "Skip to content"}[language]
    assert visitor.page.evaluate("document.documentElement.scrollWidth") <= width
    assert visitor.page.evaluate(TOO_WIDE, width) == []
    visitor.screenshot(f"{page or 'start'}-{language}-{width}")
    assert barriers(visitor.page) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_page_has_a_title_of_its_own(live_stack: Stack, visitor: Visitor, language: str) -> None:
    titles = []
    for page in ADDRESSES:
        visitor.open(address_of(live_stack, page, language))
        titles.append(visitor.page.title())
    assert len(set(titles)) == len(titles)
    assert all(titles)
