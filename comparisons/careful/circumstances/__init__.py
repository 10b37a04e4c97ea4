"""Ask for the same gradient in other circumstances: layouts, modes, forward mode, batches."""
