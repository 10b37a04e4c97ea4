"""Judge all 2³² values of float32, in 256 blocks that any process can take."""
