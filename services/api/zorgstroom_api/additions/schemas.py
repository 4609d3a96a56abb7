"""What can be added to the picture of a region."""

from __future__ import annotations

from typing import Annotated

from pydantic import BaseModel, ConfigDict, StringConstraints

from zorgstroom.places_document import LONGEST_ADDITION, LONGEST_AUTHOR
from zorgstroom_api.places.schemas import RegionName

#: Of one region: what is more is no addition to a picture any more.
MOST_ADDITIONS = 100


class AdditionContent(BaseModel):
    """What somebody adds, and as whom he wants to be named: a role or an organisation rather than a person."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "examples": [
                {"region": "roaz:Euregio", "author": "Regiocoördinator", "text": "De bus rijdt niet meer."}
            ]
        },
    )

    #: None: the whole country.
    region: RegionName = None
    author: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_AUTHOR)]
    text: Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=LONGEST_ADDITION)]
