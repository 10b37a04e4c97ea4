"""The atlas judges every framework's gradient of every function in every type."""
