"""The atlas: every framework's gradients beside one truth, function by function, type by type."""
