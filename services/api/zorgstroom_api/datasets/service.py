"""The dataset this service runs on."""

from __future__ import annotations

import dataclasses
import logging
import threading
from collections.abc import Callable

from zorgstroom.dataset.model import Dataset
from zorgstroom.domain.area import REGION_KINDS
from zorgstroom.errors import NotFound, Unavailable, ZorgstroomError
from zorgstroom_api.datasets.schemas import (
    DatasetInfo,
    LocationInfo,
    NormInfo,
    OwnFigureInfo,
    ProfileInfo,
    SourceInfo,
    Sources,
)

_log = logging.getLogger(__name__)


class DatasetUnreadable(Unavailable):
    """The operator gave this service a dataset that is not there or is wrong; the reader can do nothing."""

    key = "api.dataset_unreadable"


class DatasetService:
    """One dataset, read when it is first needed and kept."""

    def __init__(self, load: Callable[[], Dataset]) -> None:
        self._load = load
        self._lock = threading.Lock()
        self._dataset: Dataset | None = None

    def load(self) -> Dataset:
        """Return the dataset. Raises `DatasetUnreadable`."""
        with self._lock:
            if self._dataset is None:
                try:
                    self._dataset = self._load()
                except ZorgstroomError as error:
                    _log.error("the dataset cannot be read: %s", error)
                    raise DatasetUnreadable from error
            return self._dataset

    @property
    def loaded(self) -> bool:
        """Whether it has been read, so that no request has to wait for it."""
        return self._dataset is not None

    def info(self, dataset_id: str) -> DatasetInfo:
        """Return what the dataset holds. Raises `NotFound` for any other than the one in use."""
        dataset = self.named(dataset_id)
        return DatasetInfo(
            id=dataset.id,
            version=dataset.version,
            digest=dataset.digest,
            base_year=dataset.base_year,
            demand_years=sorted(dataset.population),
            areas=len(dataset.areas),
            regions={kind: list(dataset.regions(kind)) for kind in REGION_KINDS},
            locations=[LocationInfo.model_validate(item, from_attributes=True) for item in dataset.locations],
            profiles=[
                ProfileInfo(
                    id=profile.id,
                    name_nl=profile.name_nl,
                    name_en=profile.name_en,
                    group=profile.group,
                    complex=profile.complex,
                    volume_per_year=profile.volume_per_year,
                    locations=[
                        location.id
                        for location, offers in zip(dataset.locations, dataset.offers[:, index], strict=True)
                        if offers
                    ],
                )
                for index, profile in enumerate(dataset.profiles)
            ],
            norms=[NormInfo.model_validate(dataclasses.asdict(norm)) for norm in dataset.norms],
            confidential=dataset.confidential,
            based_on=dataset.based_on,
            own=[OwnFigureInfo.model_validate(dataclasses.asdict(figure)) for figure in dataset.own],
        )

    def sources(self, dataset_id: str) -> Sources:
        """Return where its figures come from. Raises `NotFound`."""
        dataset = self.named(dataset_id)
        return Sources(
            items=[SourceInfo.model_validate(dataclasses.asdict(item)) for item in dataset.sources]
        )

    def named(self, dataset_id: str) -> Dataset:
        """Return the dataset of this name. Raises `NotFound` for any other than the one in use."""
        dataset = self.load()
        if dataset_id != dataset.id:
            raise NotFound("api.dataset_not_found", id=dataset_id, known=dataset.id)
        return dataset
