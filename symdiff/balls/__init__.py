"""Ball arithmetic: SymPy expressions as functions of balls, or of power series of balls."""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
