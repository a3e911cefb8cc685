"""Where a dataset's contents come from."""

from __future__ import annotations

from cdk_lookout.equipment.dataset_schema import DatasetSchema
from cdk_lookout.equipment.interfaces import IDataset
from cdk_lookout.validation import check_kind


class DatasetSource:
    """Where a dataset's contents come from. To change it replaces the dataset."""

    def __init__(self, *, schema: DatasetSchema | None = None, dataset: IDataset | None = None) -> None:
        """Use `schema`, `detected` or `imported`."""
        self._schema = schema
        self._dataset = dataset

    @classmethod
    def schema(cls, schema: DatasetSchema) -> DatasetSource:
        """A new, empty dataset with that schema. API: CreateDataset."""
        check_kind("schema", "DatasetSource.schema", schema, "from_components", "a DatasetSchema")
        return cls(schema=schema)

    @classmethod
    def detected(cls) -> DatasetSource:
        """A new, empty dataset; the service detects the schema with the first ingestion. API: CreateDataset."""
        return cls()

    @classmethod
    def imported(cls, source: IDataset) -> DatasetSource:
        """A copy of another dataset, its data included. API: ImportDataset.

        :param source: of this account, or of one that lets this one import it; across accounts, take
            `Dataset.from_dataset_arn`.
        """
        check_kind(
            "source", "DatasetSource.imported", source, "dataset_arn", "a dataset, such as Dataset.from_dataset_arn"
        )
        return cls(dataset=source)

    @property
    def dataset_schema(self) -> DatasetSchema | None:
        """The schema, when that is where the contents come from."""
        return self._schema

    @property
    def dataset(self) -> IDataset | None:
        """The dataset that is imported, when that is where the contents come from."""
        return self._dataset
