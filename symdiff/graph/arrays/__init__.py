"""Arrays of numbers: what the steps of a lowered graph do with them."""
