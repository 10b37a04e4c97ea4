"""Judge gradients: how far each is from the truth, and what verdict follows."""
