"""Say what a pass is worth: the least error that would have been seen."""
