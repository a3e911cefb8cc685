"""Who calls, and may they: policies, and the question that every operation asks."""
