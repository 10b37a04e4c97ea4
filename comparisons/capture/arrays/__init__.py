"""Arrays as torch lays them out, as nodes: axes, storages, entries moved."""
