"""The same numbers in other circumstances: layouts, modes, forward mode, batches."""
