"""Choose where gradients are judged: points, cotangents, arrays drawn at random."""
