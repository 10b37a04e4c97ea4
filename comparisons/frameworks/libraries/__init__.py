"""The frameworks, a file each."""
