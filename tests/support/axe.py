"""Looking for barriers on a page with axe-core, which comes with the tests: nothing is fetched.

    assert barriers(visitor.page) == []

What Streamlit itself draws in a way that a page cannot change stands in `STREAMLIT`, each with its reason; everything
else that axe-core finds is ours.
"""

from __future__ import annotations

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

#: WCAG 2.1 at levels A and AA, and what axe-core advises as good practice.
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"],
    "resultTypes": ["violations"],
}
#: (rule, part of the element, why it is left).
STREAMLIT: tuple[tuple[str, str, str], ...] = (
    (
        "presentation-role-conflict",
        "stFileUploaderDropzone",
        "the field to drop a file on says that it is decoration; the button in it is a button with a name",
    ),
    (
        "region",
        'role="listbox"',
        "an opened list of choices stands at the end of the document; focus is in it, and it has the name of its field",
    ),
    (
        "region",
        "data-floating-ui-portal",
        "the opened menu stands at the end of the document; focus is in it, and it has the name of its button",
    ),
)


def barriers(page: Page, only: str | None = None) -> list[str]:
    """Return what axe-core finds on a page, or in one part of it, as ``rule (impact): element``."""
    found = Axe().run(page, context=only, options=RULES)
    return [
        f"{violation['id']} ({violation['impact']}): {node['html'][:200]}"
        for violation in found.response["violations"]
        for node in violation["nodes"]
        if not _is_streamlits(violation["id"], node["html"])
    ]


def _is_streamlits(rule: str, element: str) -> bool:
    return any(rule == known and part in element for known, part, _ in STREAMLIT)
