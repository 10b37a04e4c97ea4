"""torch's tensors as nodes of a graph: axes, storages and moved entries."""
