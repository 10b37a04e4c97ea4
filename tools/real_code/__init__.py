"""Check the activations, losses, norms and layers of published packages."""
