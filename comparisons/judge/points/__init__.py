"""Judge the gradients of functions of points: their status, at kinks and at infinity too."""
