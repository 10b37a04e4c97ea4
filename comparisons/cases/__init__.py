"""Cases: a subject at inputs in a type, with its truth, and how one is asked for."""
