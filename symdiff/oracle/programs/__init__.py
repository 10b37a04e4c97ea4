"""Programs of arrays in balls: their entries, and which of them hang on which."""
