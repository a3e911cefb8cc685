"""The function that turns what Lookout for Equipment describes into metrics."""
