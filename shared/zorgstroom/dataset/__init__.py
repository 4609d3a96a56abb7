"""The dataset: facts about people, hospitals and care with their sources, as tables in a folder.

`load_dataset` gives a complete dataset, `load_primary` the facts alone.
"""

from zorgstroom.dataset.loading import (
    DEFAULT_DATASET,
    dataset_folder,
    load_dataset,
    load_primary,
    shipped_datasets,
)

__all__ = ["DEFAULT_DATASET", "dataset_folder", "load_dataset", "load_primary", "shipped_datasets"]
