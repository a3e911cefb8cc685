"""What the demo tells: the story of the reference app, and one for each app in examples/."""

from demo.stories.cross_account import CrossAccount
from demo.stories.inspect_bottles import InspectBottles
from demo.stories.labels import Labels
from demo.stories.package_for_the_edge import PackageForTheEdge
from demo.stories.reference import Reference
from demo.stories.schedulers import Schedulers
from demo.stories.story import Story
from demo.stories.train_from_a_bucket import TrainFromABucket
from demo.stories.weekly_promotion import WeeklyPromotion

#: By name, in the order in which they are told; those of the examples have the names of their directories.
STORIES: dict[str, type[Story]] = {
    "reference": Reference,
    "train_from_a_bucket": TrainFromABucket,
    "labels": Labels,
    "weekly_promotion": WeeklyPromotion,
    "cross_account": CrossAccount,
    "schedulers": Schedulers,
    "inspect_bottles": InspectBottles,
    "package_for_the_edge": PackageForTheEdge,
}
