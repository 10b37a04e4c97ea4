"""The frameworks beside torch, and torch itself, one file each."""
