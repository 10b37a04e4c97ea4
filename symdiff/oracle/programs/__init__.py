"""Run programs of arrays in balls: their entries, and which of them depend on which."""
