"""Compare torch's gradients with the closed forms that symdiff derives.

    >>> import comparisons
    >>> comparisons.compare("tanh", dtype="float32").verdict
    <Verdict.AGREES: 'agrees'>

Nothing heavy is imported until it is used: pytest loads this package as a plugin. The names are in
the stub beside this file.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
