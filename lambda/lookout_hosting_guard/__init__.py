"""The function that starts and stops a hosted model at its hours."""
