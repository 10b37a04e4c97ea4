"""Check a document by a JSON Schema that ships beside the code."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from pathlib import Path
from typing import Any

from symdiff.notation.printable import printable

LONGEST = 200  # characters of a document that a sentence about it quotes


@dataclass(frozen=True)
class Schema:
    """A JSON Schema in the file `schema.json` of a package.

    Source: json-schema.org, draft 2020-12.
    """

    package: str

    @cached_property
    def definition(self) -> dict[str, Any]:
        """The schema as the file holds it."""
        text = files(self.package).joinpath("schema.json").read_text(encoding="utf-8")
        found: dict[str, Any] = json.loads(text)
        return found

    def require(self, document: dict[str, Any], path: Path) -> None:
        """Raise a ValueError of one sentence if the document, read from `path`, does not fit."""
        try:
            misfit = next(iter(self._validator.iter_errors(document)), None)
        except ValueError:  # its limit of recursion, which is below JSON's
            raise ValueError(f"{path} is nested too deeply for its schema") from None
        if misfit is not None:
            place = (f"[{k}]" if isinstance(k, int) else f".{k}" for k in misfit.instance_path)
            raise ValueError(
                f"{path} does not fit the schema at ${printable(''.join(place), LONGEST)}: "
                f"{printable(misfit.message, LONGEST)}"
            )

    def fits(self, document: dict[str, Any]) -> bool:
        """Whether the document fits; False too if it is nested too deep to be checked."""
        try:
            return bool(self._validator.is_valid(document))
        except ValueError:  # as above
            return False

    @cached_property
    def _validator(self) -> Any:
        from jsonschema_rs import Draft202012Validator

        return Draft202012Validator(self.definition)
