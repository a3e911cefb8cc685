"""What runs on a device: the agent that answers for models of Lookout for Vision, out of components for Greengrass.

A component holds these modules and those of the detection, its model, and nothing of the server: see `docs/edge.md`.
"""
