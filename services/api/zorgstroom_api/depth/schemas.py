"""What can be asked about what is behind a number; the answers are in `zorgstroom.depth_document`."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from zorgstroom.depth_document import Subject
from zorgstroom_api.results.schemas import Values

_Name = Annotated[str, Field(max_length=80)]


class YearsQuery(BaseModel):
    """Which indicator, of what."""

    model_config = ConfigDict(extra="forbid")

    indicator: _Name
    #: One line for each combination of these; none: everything together.
    by: list[Subject] = Field(default=[], max_length=3)
    location: Values = []
    profile: Values = []
    group: Values = []
    area: Values = []
    pool: Values = []
    band: Values = []
    limit: int = Field(default=500, ge=1, le=5_000)

    def filters(self) -> dict[str, list[str]]:
        """Return the filters that are set and that tables have a column for."""
        names = ("location", "profile", "area", "pool", "band")
        return {name: values for name in names if (values := getattr(self, name))}


class MovesQuery(BaseModel):
    """Which patients who go elsewhere."""

    model_config = ConfigDict(extra="forbid")

    profile: Values = []
    group: Values = []
    #: Where they go today or under the plan.
    location: Values = []
    area: Values = []
    #: Where they live: ``roaz:Limburg``.
    region: Annotated[str, Field(max_length=120)] | None = None
    #: Fifths of the inhabitants by socio-economic score of their gemeente; 1 is the lowest.
    ses: list[Annotated[int, Field(ge=1, le=5)]] = Field(default=[], max_length=5)
