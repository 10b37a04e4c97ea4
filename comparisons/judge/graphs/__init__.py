"""Gradients of whole graphs: how far off honest code may be, entry by entry."""
