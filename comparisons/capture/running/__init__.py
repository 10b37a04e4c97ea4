"""The user's code as it runs: its inputs, its seed, its lines and local variables."""
