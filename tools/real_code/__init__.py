"""What a check says of the activations, losses, norms and layers of published packages."""
