"""The design tokens: every name that a style uses is there, and text can be read on what is behind it."""

from __future__ import annotations

import re
import tomllib
from pathlib import Path

import pytest

import zorgstroom_ui
from zorgstroom import style

pytestmark = pytest.mark.unit

UI = Path(zorgstroom_ui.__file__).parent
#: Text and what is behind it, by the names of tokens; 4.5 is WCAG 1.4.3.
PAIRS = [
    ("--utrecht-document-color", "--utrecht-document-background-color"),
    ("--utrecht-document-color", "--utrecht-surface-background-color"),
    ("--utrecht-heading-color", "--utrecht-surface-background-color"),
    ("--utrecht-link-color", "--utrecht-document-background-color"),
    ("--utrecht-link-color", "--utrecht-alert-info-background-color"),
    ("--utrecht-link-color", "--utrecht-alert-warning-background-color"),
    ("--utrecht-skip-link-color", "--utrecht-skip-link-background-color"),
    ("--utrecht-button-primary-action-color", "--utrecht-button-primary-action-background-color"),
    ("--utrecht-button-secondary-action-color", "--utrecht-button-secondary-action-background-color"),
    ("--utrecht-alert-warning-color", "--utrecht-alert-warning-background-color"),
    ("--utrecht-table-caption-color", "--utrecht-document-background-color"),
    ("--utrecht-form-field-description-color", "--utrecht-surface-background-color"),
    ("--zs-loss-color", "--utrecht-document-background-color"),
]


def luminance(colour: str) -> float:
    channels = [int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    dark, light = sorted((luminance(first), luminance(second)))
    return (light + 0.05) / (dark + 0.05)


def test_contrast_is_computed_as_wcag_has_it() -> None:
    assert contrast("#000000", "#FFFFFF") == pytest.approx(21)
    assert contrast("#777777", "#FFFFFF") == pytest.approx(4.48, abs=0.005)


@pytest.mark.parametrize(("text", "behind"), PAIRS)
def test_text_can_be_read_on_what_is_behind_it(text: str, behind: str) -> None:
    assert contrast(style.tokens()[text], style.tokens()[behind]) >= 4.5


def test_focus_and_filled_shapes_stand_out() -> None:
    white = style.tokens()["--utrecht-document-background-color"]
    for name in ("--utrecht-focus-outline-color", "--zs-gain-color", "--zs-loss-fill-color"):
        assert contrast(style.tokens()[name], white) >= 3


def test_every_token_that_a_style_uses_is_there() -> None:
    used = set(re.findall(r"var\((--[a-z0-9-]+)", (UI / "style.css").read_text("utf-8")))
    assert used
    assert used <= style.tokens().keys()
    assert all("var(" not in value for value in style.tokens().values())


def test_the_style_has_no_colour_of_its_own() -> None:
    assert not re.findall(r"#[0-9a-fA-F]{3,8}\b", (UI / "style.css").read_text("utf-8"))


def test_the_theme_of_the_screens_is_that_of_the_tokens() -> None:
    theme = tomllib.loads((UI / "config.toml").read_text("utf-8"))["theme"]
    tokens = style.tokens()
    assert theme["primaryColor"] == tokens["--utrecht-button-primary-action-background-color"]
    assert theme["textColor"] == tokens["--utrecht-document-color"]
    assert theme["linkColor"] == tokens["--utrecht-link-color"]
    assert theme["secondaryBackgroundColor"] == tokens["--utrecht-surface-background-color"]
    assert theme["borderColor"] == tokens["--utrecht-separator-color"]
    assert f"{theme['baseFontSize']}px" == tokens["--utrecht-document-font-size"]
