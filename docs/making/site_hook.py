"""What mkdocs does besides: links of a page lead to the same places on the site as in the repository.

README.md and its like become pages, and so does each file that a page links to, as `repository/PATH`: Markdown as it
is, anything else as a listing. What a link leads to must exist; a folder is no page.
"""

from __future__ import annotations

import os
import posixpath
import re
from pathlib import Path
from typing import Any

from mkdocs.exceptions import PluginError
from mkdocs.structure.files import File, Files, InclusionLevel

ROOT = Path(__file__).resolve().parent.parent.parent
_FIRST = ("README.md", "ARCHITECTURE.md", "CONTRIBUTING.md", "CHANGELOG.md", "benchmarks/README.md")
# Links outside of code, which is skipped.
_LINK = re.compile(
    r"^(?P<fence>```+|~~~+).*?^(?P=fence)[ ]*$|`[^`\n]+`|\]\((?P<target>[^)#\s]+)(?P<anchor>#[^)\s]*)?\)",
    re.DOTALL | re.MULTILINE,
)
_ELSEWHERE = re.compile(r"[a-z][a-z0-9+.-]*:")
_LANGUAGES = {".py": "python", ".json": "json", ".jsonl": "json", ".toml": "toml", ".md": "markdown", ".yml": "yaml"}


def on_files(files: Files, config: Any) -> Files:
    """Add a page for every file outside docs/ that a page links to, and for those that these link to."""
    waiting = [*_FIRST]
    for file in files.documentation_pages():
        waiting += _outside(f"docs/{file.src_uri}", file.content_string)
    done: set[str] = set()
    while waiting:
        path = waiting.pop(0)
        if path in done:
            continue
        done.add(path)
        text = (ROOT / path).read_text(encoding="utf-8")
        named = path in _FIRST
        content = text if path.endswith(".md") else _listing(path, text)
        level = InclusionLevel.INCLUDED if named else InclusionLevel.NOT_IN_NAV
        files.append(File.generated(config, _on_the_site(path), content=content, inclusion=level))
        if path.endswith(".md"):
            waiting += _outside(path, text)
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Rewrite the links of a page that lead out of docs/, or from outside into it, for their place on the site."""
    here = page.file.src_uri
    path = here.removeprefix("repository/") if here.startswith("repository/") else f"docs/{here}"
    if here.startswith("repository/") and not (ROOT / path).exists():
        return markdown

    def moved(match: re.Match[str]) -> str:
        target = _target(path, match["target"])
        if target is None:
            return match[0]
        place = posixpath.relpath(_on_the_site(target), posixpath.dirname(here) or ".")
        return f"]({place}{match['anchor'] or ''})"

    return _LINK.sub(moved, markdown)


def _outside(path: str, text: str) -> list[str]:
    """Return the files outside docs/ that the page at `path` links to."""
    targets = [_target(path, match["target"]) for match in _LINK.finditer(text)]
    return [target for target in targets if target is not None and not target.startswith("docs/")]


def _target(path: str, link: str | None) -> str | None:
    """Return the file that a link of the page at `path` leads to, from the root; None where it is no link to a file."""
    if link is None or _ELSEWHERE.match(link):
        return None
    target = posixpath.normpath(posixpath.join(posixpath.dirname(path), link))
    if target.startswith("..") or not os.path.isfile(ROOT / target):  # noqa: PTH113
        raise PluginError(f"{path} links to {link}, and there is no such file")
    return target


def _on_the_site(path: str) -> str:
    """Return where a file of the repository stands on the site, as mkdocs names sources."""
    if path.startswith("docs/"):
        return path.removeprefix("docs/")
    return f"repository/{path}" if path.endswith(".md") else f"repository/{path}.md"


def _listing(path: str, text: str) -> str:
    fence = "`" * max(3, 1 + max((len(run) for run in re.findall("`+", text)), default=0))
    language = _LANGUAGES.get(Path(path).suffix, "text")
    return f"---\nsearch:\n  exclude: true\n---\n# {path}\n\n{fence}{language}\n{text.rstrip()}\n{fence}\n"
