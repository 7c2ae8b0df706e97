"""Other programs' checkpoints brought into ours: read as data, never executed."""
