"""Texts that would run something, and documents that are full of them."""

# Each would run something, leave its place, or lie, in HTML, MathML, Markdown or on a terminal.
PAYLOADS = (
    r"\text{<script>document.title='hacked'</script>}",
    r"\text{<img src=x onerror=\"document.title='hacked'\">}",
    r"\href{javascript:document.title='hacked'}{x}",
    r"\text{</math><svg onload=document.title='hacked'>}",
    r"\style{background:url(https://example.org/a)}{x}",
    r"\class{\" onclick=\"document.title='hacked'}{x}",
    "</style><script>document.title='hacked'</script>",
    "<iframe srcdoc='<script>top.document.title=1</script>'></iframe>",
    "\"><script>document.title='hacked'</script>",
    "{{ 7 * 7 }}{% raw %}",
    "| a | b |\n|---|---|\n",
    "```\n<script>document.title='hacked'</script>\n```",
    "[x](javascript:document.title='hacked')",
    "\x1b]0;hacked\x07\x1b[2J\nAll agree.",
    "\u202egnorw\u2028",
)


NAMED = {"parameters", "absent", "problems", "caught_by", "versions"}


def poisoned(value, payload, key=""):
    """The value with the payload at the end of every text that may hold any text."""
    fixed = {"kind", "dtype", "verdict", "status", "hex", "decimal"}
    if isinstance(value, str):
        return value if key in fixed else value + payload
    if isinstance(value, dict):
        kept = fixed | {"profile", "curve", "counts"}
        return {
            k if key not in NAMED else k + payload: v if k in kept else poisoned(v, payload, k)
            for k, v in value.items()
        }
    return [poisoned(v, payload, key) for v in value] if isinstance(value, list) else value


def all_poisoned(sound):
    """A document whose every text holds every payload; rows are few, so that pages stay small."""
    rows = {}
    for row in sound["rows"]:
        rows.setdefault((row["kind"], row.get("verdict")), row)
    rows = [poisoned(r, p) for r in rows.values() for p in PAYLOADS]
    return {**poisoned({**sound, "rows": []}, PAYLOADS[0]), "rows": rows}
