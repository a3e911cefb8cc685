"""How a server tells how it is: health, metrics, logs, and who did what."""
