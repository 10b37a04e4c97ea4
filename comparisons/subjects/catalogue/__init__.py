"""symdiff's catalogue beside torch's code for each entry."""
