"""Datasets as they go over the line."""

from __future__ import annotations

from pydantic import BaseModel

from zorgstroom.domain.hospital import Confidence, EdHours, HospitalType, LocationRole


class LocationInfo(BaseModel):
    """A hospital site."""

    id: str
    name: str
    organisation_id: str
    type: HospitalType
    role: LocationRole
    place: str
    gemeente_id: str
    roaz: str
    province: str
    #: WGS 84.
    latitude: float
    longitude: float
    ed: EdHours


class ProfileInfo(BaseModel):
    """A kind of care, and the locations that provide it now."""

    id: str
    name_nl: str
    name_en: str
    group: str
    complex: bool
    #: Patients a year in Dutch hospitals.
    volume_per_year: float
    locations: list[str]


class NormInfo(BaseModel):
    """A minimum number of procedures per location per year."""

    id: str
    profile_id: str
    minimum: int
    valid_from: str
    valid_to: str
    status: str
    confidence: Confidence
    source: str
    note: str


class SourceInfo(BaseModel):
    """Where figures come from."""

    id: str
    title: str
    publisher: str
    year: str
    address: str
    licence: str
    read: str


class OwnFigureInfo(BaseModel):
    """A figure an organisation gave itself, with the default it replaced."""

    kind: str
    location_id: str
    #: Pool, clinic or care profile.
    subject: str
    value: float
    default: float | None
    unit: str
    source: str
    date: str


class DatasetInfo(BaseModel):
    """What a run is made on."""

    id: str
    version: str
    digest: str
    base_year: int
    #: Years for which there are numbers of inhabitants.
    demand_years: list[int]
    areas: int
    #: {division of the country: names of its regions}.
    regions: dict[str, list[str]]
    locations: list[LocationInfo]
    profiles: list[ProfileInfo]
    norms: list[NormInfo]
    #: Whether it holds figures that are not to be passed on.
    confidential: bool
    #: Name and version of the dataset the own figures were put into; empty without own figures.
    based_on: str
    own: list[OwnFigureInfo]


class Sources(BaseModel):
    """All sources of a dataset."""

    items: list[SourceInfo]
