"""The resource types of Amazon Lookout for Vision."""
