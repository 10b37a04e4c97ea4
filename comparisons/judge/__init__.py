"""The judge: how far a gradient is from the truth, and what follows from that."""
