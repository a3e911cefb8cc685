"""How requests come in and answers go out, for every server of ours: bounded, and not from pages of other origins."""
