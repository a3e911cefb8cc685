"""How good the detectors are, on public data sets that the user has on disk: `make quality DATA=directory`."""
