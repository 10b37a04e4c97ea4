"""What symdiff knows by name: its catalogue beside torch's code for each entry."""
