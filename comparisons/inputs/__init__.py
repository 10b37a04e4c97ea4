"""Where gradients are judged: chosen points, cotangents, arrays drawn at random."""
