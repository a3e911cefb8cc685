"""What learns from data and judges data: arrays in, scores out. Nothing here knows an API, a storage or a clock."""
