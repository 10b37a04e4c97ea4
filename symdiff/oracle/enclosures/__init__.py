"""Hold values with a proven bound, and make them of balls and running bounds."""
