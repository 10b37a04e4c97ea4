"""Compute the true value of a closed form with a proven bound.

`enclose` is the one way in. Its names are loaded when first used, so that importing this package
needs neither python-flint nor numba.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
