"""Run the user's code: its inputs, its seed, its lines and local variables."""
