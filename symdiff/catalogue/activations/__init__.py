"""The elementwise activations, a family a file, one stanza each."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from symdiff.catalogue.activations.bells_and_waves import BELLS_AND_WAVES
from symdiff.catalogue.activations.exponentials import EXPONENTIALS
from symdiff.catalogue.activations.gates import GATES
from symdiff.catalogue.activations.rectifiers import RECTIFIERS
from symdiff.catalogue.activations.shrinkages import SHRINKAGES
from symdiff.catalogue.activations.sigmoids import SIGMOIDS
from symdiff.catalogue.named import Named
from symdiff.definition import Definition, smooth

__all__ = ["activations", "families", "smooth"]

families: Mapping[str, Mapping[str, Definition]] = MappingProxyType(
    {
        "rectifiers": RECTIFIERS,
        "exponentials": EXPONENTIALS,
        "sigmoids": SIGMOIDS,
        "shrinkages": SHRINKAGES,
        "gates": GATES,
        "bells and waves": BELLS_AND_WAVES,
    }
)

activations: Mapping[str, Definition] = Named(
    "activations",
    {name: entry for family in families.values() for name, entry in family.items()},
)
