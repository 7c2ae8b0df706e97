"""The networks, and all that happens offline: data, training, checkpoints."""
