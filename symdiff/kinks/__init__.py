"""Find where a function of one variable changes its formula, and its derivative on both sides.

The breakpoints over all of float64's range are isolated with proof, by interval arithmetic; what
is not isolated is said. python-flint is imported when first asked.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
