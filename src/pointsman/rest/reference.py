"""The readable page of the api's document: one file of HTML, nothing to load, no script.

What is told is what the document says; this is only how it looks.
"""

from __future__ import annotations

from html import escape
from typing import Any

__all__ = ["page"]

Json = dict[str, Any]


def page(document: Json) -> str:
    """The document as HTML."""
    by_tag: dict[str, list[tuple[str, str, Json]]] = {}
    for path, methods in document["paths"].items():
        for method, told in methods.items():
            by_tag.setdefault(told["tags"][0], []).append((method.upper(), path, told))
    links = "".join(f'<a href="#{escape(tag)}">{escape(tag)}</a> ' for tag in by_tag)
    parts = [
        f'<h2 id="{escape(tag)}">{escape(tag)}</h2>' + "".join(map(_operation, operations))
        for tag, operations in by_tag.items()
    ]
    version = escape(document["info"]["version"])
    return _PAGE.format(version=version, links=links, parts="".join(parts))


def _operation(row: tuple[str, str, Json]) -> str:
    method, path, told = row
    rows = [
        _parameter(each["name"], each["in"], each["schema"], each.get("required", False))
        for each in told["parameters"]
    ]
    for content in list(told.get("requestBody", {}).get("content", {}).values())[:1]:
        schema = content["schema"]
        needed = schema.get("required", [])
        rows += [
            _parameter(name, "body", value, name in needed)
            for name, value in schema["properties"].items()
        ]
    answers = ", ".join(told["responses"])
    return (
        f"<details><summary><b>{method}</b> <code>{escape(path)}</code><br>"
        f"{escape(told['summary'])}</summary>"
        f"<table>{''.join(rows)}</table><p>Answers: {escape(answers)}</p></details>"
    )


def _parameter(name: str, where: str, schema: Json, required: bool) -> str:
    told = _value(schema) + (", required" if required else "")
    cells = (f"<code>{escape(name)}</code>", escape(where), escape(told))
    return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _value(schema: Json) -> str:
    """A schema in a few words."""
    if schema["type"] == "array":
        return f"list of: {_value(schema['items'])}"
    if "enum" in schema:
        return " | ".join(schema["enum"])
    words = [schema.get("format") or schema["type"]]
    for key, told in (("minimum", "from"), ("maximum", "to"), ("maxLength", "up to")):
        if key in schema:
            words.append(f"{told} {schema[key]}")
    if "pattern" in schema:
        words.append(f"like {schema['pattern']}")
    return " ".join(words)


_PAGE = """<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Pointsman {version}: REST API</title>
<style>
  :root {{ color-scheme: light dark }}
  body {{ font: 16px/1.5 system-ui, sans-serif; margin: 2rem auto; max-width: 60rem; padding: 0 1rem }}
  nav a {{ display: inline-block; margin-right: .8rem }}
  details {{ border: 1px solid #8886; border-radius: .4rem; margin: .4rem 0; padding: .4rem .8rem }}
  summary {{ cursor: pointer }}
  table {{ border-collapse: collapse; margin: .6rem 0; width: 100% }}
  td {{ border-top: 1px solid #8884; overflow-wrap: anywhere; padding: .2rem .6rem .2rem 0; vertical-align: top }}
</style>
<h1>REST API</h1>
<p>Pointsman {version}. The same as a document for programs: <a href="/openapi.json">openapi.json</a>.</p>
<nav>{links}</nav>
{parts}
</html>
"""
