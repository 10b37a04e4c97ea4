"""Send a user's function with its definition to the processes of a sweep."""

from __future__ import annotations

import pickle
import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from comparisons.subjects.functions import from_function
from comparisons.subjects.subject import Subject
from comparisons.sweeps.code_digest import digest
from symdiff import Definition

_ALONE = "pass executor=concurrent.futures.ThreadPoolExecutor(1)"
_WAY_OUT = f"define it at the top of a module, or {_ALONE}"


@dataclass(frozen=True)
class OwnFunction:
    """A function, its definition and a digest of its code that tells two apart.

    Another process imports the function and makes sure that it is the same there.
    """

    name: str
    formula: str
    code: str
    definition: Definition = field(compare=False, repr=False)
    _function: Callable[..., Any] | bytes = field(compare=False, repr=False)

    @classmethod
    def of(cls, subject: Subject) -> OwnFunction:
        """The function of a subject that `from_function` made."""
        definition, function = subject.definition, subject.forward
        assert definition is not None  # noqa: S101 - its maker's promise
        formula = str(definition.valued(definition.formula))
        return cls(str(subject), formula, digest(function), definition, function)

    @property
    def subject(self) -> Subject:
        """The subject, rebuilt in this process.

        Raises: ValueError, one sentence, if the function is not here, or another one is.
        """
        function = self._function
        if isinstance(function, bytes):
            try:
                function = pickle.loads(function)  # noqa: S301 - what this very sweep packed
            except (ImportError, AttributeError, TypeError, pickle.UnpicklingError) as error:
                raise ValueError(
                    f"{self.name} is not found in a fresh process ({error}); {_WAY_OUT}"
                ) from None
            if digest(function) != self.code:
                raise ValueError(
                    f"{self.name} is another function in a fresh process: its file, or what it "
                    f"goes by, was changed since it was imported; import it anew, or {_ALONE}"
                )
        return from_function(function, self.definition)

    @cached_property
    def travels(self) -> bool:
        """Whether an import finds the function in another process."""
        try:
            self.__getstate__()
        except ValueError:
            return False
        return True

    def __getstate__(self) -> dict[str, Any]:
        try:
            packed = pickle.dumps(self._function)
        except (pickle.PicklingError, AttributeError, TypeError, ValueError) as error:
            raise ValueError(
                f"{self.name} cannot travel to other processes ({error}); {_WAY_OUT}"
            ) from None
        if b"__main__" in packed and not hasattr(sys.modules["__main__"], "__file__"):
            raise ValueError(
                f"{self.name} cannot travel to other processes, for it is in no file; {_WAY_OUT}"
            )
        return {
            "name": self.name,
            "formula": self.formula,
            "code": self.code,
            "definition": self.definition,
            "_function": packed,
        }
