"""What the map of a region can be coloured by: the value of an area, its classes, and how it is written."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from zorgstroom.places_document import AreaInfo, NearestSite
from zorgstroom.text import Language, translate
from zorgstroom.text.numbers import number, percent

#: From light to dark; the last stands out.
_SHADES = ("#E3ECF6", "#A9C7E3", "#6397C9", "#2E6BA8", "#12335C", "#D55E00")
_MINUTES = (10.0, 15.0, 20.0, 25.0, 30.0)
_FIFTHS = (1.5, 2.5, 3.5, 4.5)


@dataclass(frozen=True)
class Layer:
    """A way to colour areas; `ends` are the upper ends of the classes but the last."""

    key: str
    value: Callable[[AreaInfo], float | None]
    written: Callable[[float, Language], str]
    ends: tuple[float, ...]
    shades: tuple[str, ...] = _SHADES

    def colour(self, value: float | None) -> str:
        """Return the colour of a value; grey where there is none."""
        if value is None:
            return "#BFBFBF"
        return self.shades[sum(value >= end for end in self.ends)]

    def name(self, language: Language) -> str:
        """Return what it is called."""
        return translate(f"ui.region.layer.{self.key}", language)

    def text(self, area: AreaInfo, language: Language) -> str:
        """Return the value of an area as it is read."""
        value = self.value(area)
        return translate("ui.region.no_value", language) if value is None else self.written(value, language)

    def legend(self, language: Language) -> list[tuple[str, str]]:
        """Return colour and text of every class."""
        if self.key == "ses":
            words = [translate(f"ui.region.ses.{fifth}", language) for fifth in range(1, 6)]
            return list(zip(self.shades, words, strict=False))
        written = [self.written(end, language) for end in self.ends]
        words = [translate("ui.region.class.under", language, value=written[0])]
        words += [
            translate("ui.region.class.between", language, low=low, high=high)
            for low, high in pairwise(written)
        ]
        words.append(translate("ui.region.class.over", language, value=written[-1]))
        return list(zip(self.shades, words, strict=False))


def _minutes_of(site: NearestSite | None) -> float | None:
    return None if site is None else site.minutes


def _minutes(value: float, language: Language) -> str:
    return translate("ui.region.minutes", language, n=number(value, language))


def _share(value: float, language: Language) -> str:
    return percent(value, language)


def _fifth(value: float, language: Language) -> str:
    return translate(f"ui.region.ses.{round(value)}", language)


def share_of(area: AreaInfo, bands: Sequence[str]) -> float:
    """Return which part of the inhabitants is of these age bands."""
    return sum(area.ages[band] for band in bands) / max(1, area.inhabitants)


LAYERS: tuple[Layer, ...] = (
    Layer("emergency", lambda area: _minutes_of(area.emergency), _minutes, _MINUTES),
    Layer("obstetrics", lambda area: _minutes_of(area.obstetrics), _minutes, _MINUTES),
    Layer("usual", lambda area: _minutes_of(area.usual), _minutes, _MINUTES),
    # The other way round: the lowest fifth stands out.
    Layer(
        "ses",
        lambda area: float(area.ses_fifth),
        _fifth,
        _FIFTHS,
        ("#D55E00", "#12335C", "#2E6BA8", "#6397C9", "#E3ECF6"),
    ),
    Layer("65plus", lambda area: share_of(area, ("65_74", "75plus")), _share, (0.15, 0.18, 0.21, 0.24, 0.27)),
    Layer("75plus", lambda area: share_of(area, ("75plus",)), _share, (0.06, 0.08, 0.1, 0.12, 0.14)),
)
BY_KEY = {layer.key: layer for layer in LAYERS}
