"""What is judged, from a name or from a user: torch code beside the graph of its adjoints."""
