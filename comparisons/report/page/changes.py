"""Write what changed between two runs as Markdown, for a comment under a pull request."""

from __future__ import annotations

from comparisons.report.page.markdown import shown_as_it_is
from comparisons.report.summaries.changes import Changes

_OPEN = 10  # sentences of a kind that stand open; more are folded up


def changes_as_markdown(changes: Changes) -> str:
    """A headline with the counts, then one list for each kind; GitHub folds the long ones."""
    kinds = {"worse": changes.worse, "better": changes.better, "changed": changes.other}
    counts = [f"{len(found)} {kind}" for kind, found in kinds.items() if found]
    parts = [f"**Gradients: {', '.join(counts) or 'no difference'}**"]
    for kind, sentences in kinds.items():
        if not sentences:
            continue
        listed = "\n".join(f"- {shown_as_it_is(sentence)}" for sentence in sentences)
        title = kind.capitalize()
        if len(sentences) > _OPEN:
            parts.append(f"<details><summary>{title}</summary>\n\n{listed}\n\n</details>")
        else:
            parts.append(f"{title}:\n\n{listed}")
    return "\n\n".join(parts)
