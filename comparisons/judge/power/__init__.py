"""What a pass is worth: the error that would have been seen."""
