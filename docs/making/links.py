"""What is wrong with a built site: links and anchors that lead nowhere, and anything fetched from elsewhere."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote, urldefrag, urlsplit

# Attributes that a browser follows by itself, as against a link, which a person follows.
_FETCHED = {"src", "srcset", "poster", "data", "action"}
_IN_STYLE = re.compile(r"url\(\s*['\"]?([^'\")]+)|@import\s+['\"]([^'\"]+)")


class _Page(HTMLParser):
    """The ids and the references of a page; a reference is (address, whether it is fetched)."""

    def __init__(self) -> None:
        super().__init__()
        self.ids: set[str] = set()
        self.references: list[tuple[str, bool]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given = {name: value or "" for name, value in attrs}
        self.ids |= {given[name] for name in ("id", "name") if name in given}
        # What a canonical link names is an address, not a file to load.
        if "href" in given and given.get("rel") != "canonical":
            self.references.append((given["href"], tag == "link"))
        self.references += [(given[name], True) for name in _FETCHED & set(given) if given[name]]
        self.references += [(found, True) for found in _of_style(given.get("style", ""))]


def faults(site: Path) -> list[str]:
    """Return one line for each reference in a site's pages and style sheets that leads nowhere or fetches from away."""
    pages = {path: _read(path) for path in sorted(site.rglob("*.html"))}
    found = []
    for path, page in pages.items():
        for address, fetched in page.references:
            said = _fault(site, path, address, fetched, pages)
            if said is not None:
                found.append(f"{path.relative_to(site)}: {address}: {said}")
    for path in sorted(site.rglob("*.css")):
        away = [address for address in _of_style(path.read_text(encoding="utf-8")) if _is_away(address)]
        found += [f"{path.relative_to(site)}: {address}: is fetched from elsewhere" for address in away]
    return found


def _read(path: Path) -> _Page:
    page = _Page()
    page.feed(path.read_text(encoding="utf-8"))
    return page


def _of_style(style: str) -> list[str]:
    return [one or other for one, other in _IN_STYLE.findall(style)]


def _is_away(address: str) -> bool:
    parts = urlsplit(address)
    return bool(parts.netloc) or parts.scheme in ("http", "https")


def _fault(site: Path, path: Path, address: str, fetched: bool, pages: dict[Path, _Page]) -> str | None:
    if _is_away(address):
        return "is fetched from elsewhere" if fetched else None
    if urlsplit(address).scheme:
        return None
    place, anchor = urldefrag(address)
    place = unquote(place.split("?", 1)[0])
    above = site if place.startswith("/") else path.parent
    target = (above / place.lstrip("/")).resolve() if place else path
    if target.is_dir():
        target /= "index.html"
    if not target.is_file():
        return "no such file"
    if anchor and target in pages and unquote(anchor) not in pages[target].ids:
        return "no such anchor"
    return None
