"""`make demo`: a stack's whole life, with the real CDK CLI, on a local cloud."""
