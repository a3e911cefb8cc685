"""Files as people bring them: text, JSON and rows of labels, read in one way at synthesis, at deployment and locally.

It needs nothing but Python's own modules. The build takes it along into the provider's asset.
"""
