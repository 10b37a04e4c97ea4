"""Derive closed-form adjoints with SymPy and evaluate them stably, to judge gradients by.

    >>> import symdiff
    >>> print(symdiff.adjoints(symdiff.neuron("tanh")))
    L̄ = 1
    ȳ = y − t
    z̄ = ȳ sech²(z)
    w̄ = z̄ x
    b̄ = z̄
    x̄ = z̄ w
    t̄ = t − y

This package never imports torch; `comparisons` does.
"""

import lazy_loader

__getattr__, __dir__, __all__ = lazy_loader.attach_stub(__name__, __file__)
