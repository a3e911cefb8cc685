"""Which files of a bucket belong to which component."""

from __future__ import annotations

from typing import ClassVar

from cdk_lookout.equipment.patterns import check_key_pattern


class KeyPattern:
    """How the keys of the files below the prefix name the component that they belong to.

    To ingest into a dataset without a schema, the service needs it: components are detected by it.
    """

    #: A folder for each component: `pump/2024-01.csv`. What the service assumes for a dataset with a schema.
    FOLDER: ClassVar[KeyPattern]
    #: Files that begin with the component and an underscore: `pump_2024-01.csv`.
    UNDERSCORE: ClassVar[KeyPattern]
    #: Files that begin with the component and a hyphen: `pump-2024-01.csv`.
    HYPHEN: ClassVar[KeyPattern]
    #: Files that begin with the component and a dot: `pump.2024-01.csv`, or just `pump.csv`.
    DOT: ClassVar[KeyPattern]
    #: Files that begin with the component and a space: `pump 2024-01.csv`.
    SPACE: ClassVar[KeyPattern]

    def __init__(self, pattern: str) -> None:
        """Use one of the constants, or `of`."""
        self._pattern = pattern

    @classmethod
    def of(cls, pattern: str) -> KeyPattern:
        """A pattern that has no constant here.

        :param pattern: as the API takes it, such as `{prefix}/{component_name}_*`: at most 2,048 characters with
            `{component_name}` in them.
        :raises InvalidProperty: when it is not.
        """
        return cls(check_key_pattern("pattern", "KeyPattern.of", pattern))

    @property
    def pattern(self) -> str:
        """The pattern as the API takes it."""
        return self._pattern


KeyPattern.FOLDER = KeyPattern("{prefix}/{component_name}/*")
KeyPattern.UNDERSCORE = KeyPattern("{prefix}/{component_name}_*")
KeyPattern.HYPHEN = KeyPattern("{prefix}/{component_name}-*")
KeyPattern.DOT = KeyPattern("{prefix}/{component_name}.*")
KeyPattern.SPACE = KeyPattern("{prefix}/{component_name} *")
