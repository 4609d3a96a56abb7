"""Areas: where patients live, and the regions an area belongs to (regions are not nested)."""

from __future__ import annotations

from dataclasses import dataclass

AGE_BANDS: tuple[str, ...] = ("0_14", "15_24", "25_44", "45_64", "65_74", "75plus")

#: Ways to divide the country; each area is in exactly one region of each.
REGION_KINDS: tuple[str, ...] = ("roaz", "zorgkantoorregio", "province", "corop", "ggd")


@dataclass(frozen=True)
class Area:
    """A gemeente, or a part of one with several acute sites.

    `spread_km` is the root mean square distance of inhabitants to the area's point; the mean distance
    of inhabitants to a site at distance d of the point is then close to sqrt(d^2 + spread_km^2).
    """

    id: str
    name: str
    gemeente_id: str
    roaz: str
    zorgkantoorregio: str
    province: str
    corop: str
    ggd: str
    latitude: float
    longitude: float
    spread_km: float
    access_factor: float
    #: 1 very urban to 5 not urban.
    urbanity: int
    #: Socio-economic score of the gemeente in standard deviations; higher is better off.
    ses_score: float = 0.0

    def region(self, kind: str) -> str:
        """Return the region of `kind` (one of `REGION_KINDS`) this area is in."""
        return str(getattr(self, kind))


@dataclass(frozen=True)
class Region:
    """One region of one division of the country, such as ROAZ Limburg."""

    kind: str
    name: str

    def __str__(self) -> str:
        return f"{self.kind}:{self.name}"
