"""Judge the gradients of whole graphs entry by entry, by the rounding of honest code."""
