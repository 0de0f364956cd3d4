"""Units of measure: how they are spelled, and which of them convert."""

from __future__ import annotations

from typing import Final

# Codes of currencies, which stand before an amount; `usd`, `eur` and some more also stand behind it.
CURRENCIES: Final = ("chf", "eur", "usd", "gbp", "sek", "nok", "dkk", "cad", "aud", "nzd", "jpy", "pln", "czk", "inr")

# Spelling → the unit's one name. Units of one dimension convert; see `SCALES`.
UNITS: Final[dict[str, str]] = {
    spelling: unit
    for unit, spellings in {
        "mm": "mm millimeter millimeters millimetre millimetres",
        "cm": "cm centimeter centimeters centimetre centimetres",
        "m": "m meter meters metre metres",
        "km": "km kilometer kilometers kilometre kilometres",
        "inch": "inch inches in",
        "foot": "foot feet ft",
        "mile": "mile miles mi",
        "mg": "mg milligram milligrams",
        "g": "g gram grams",
        "kg": "kg kilogram kilograms kilo kilos",
        "lb": "lb lbs pound pounds",
        "ml": "ml millilitre millilitres milliliter milliliters",
        "l": "l litre litres liter liters",
        "ms": "ms millisecond milliseconds",
        "second": "second seconds sec secs",
        "minute": "minute minutes min mins",
        "hour": "hour hours hr hrs h",
        "day": "day days",
        "week": "week weeks",
        "month": "month months",
        "year": "year years",
        "night": "night nights",
        "kb": "kb kilobytes",
        "mb": "mb megabytes",
        "gb": "gb gigabytes",
        "tb": "tb terabytes",
        "degree": "degree degrees °c °f °",
        "point": "point points",
        "money": "dollar dollars usd euro euros eur gbp chf yen",
        "wh": "wh",
        "kwh": "kwh",
        "mwh": "mwh",
        "w": "w watt watts",
        "kw": "kw kwp kilowatt kilowatts",
        "cent": "cent cents ct",
        "percent": "percent pct",
        "km/h": "km/h kmh kph",
        "m/s": "m/s",
        "mph": "mph mi/h",
    }.items()
    for spelling in spellings.split()
}
# Unit → dimension and size in the dimension's base unit.
SCALES: Final[dict[str, tuple[str, float]]] = {
    "m/s": ("speed", 1.0),
    "km/h": ("speed", 1 / 3.6),
    "mph": ("speed", 0.44704),
    "cent": ("money", 1.0),
    "money": ("money", 100.0),
    "mm": ("length", 1.0),
    "cm": ("length", 10.0),
    "m": ("length", 1000.0),
    "km": ("length", 1e6),
    "inch": ("length", 25.4),
    "foot": ("length", 304.8),
    "mile": ("length", 1609344.0),
    "mg": ("weight", 0.001),
    "g": ("weight", 1.0),
    "kg": ("weight", 1000.0),
    "lb": ("weight", 453.59237),
    "ml": ("volume", 1.0),
    "l": ("volume", 1000.0),
    "ms": ("duration", 0.001),
    "second": ("duration", 1.0),
    "minute": ("duration", 60.0),
    "hour": ("duration", 3600.0),
    "day": ("duration", 86400.0),
    "week": ("duration", 604800.0),
    "night": ("duration", 86400.0),
    "month": ("months", 1.0),
    "year": ("months", 12.0),
    "wh": ("energy", 1.0),
    "kwh": ("energy", 1e3),
    "mwh": ("energy", 1e6),
    "w": ("power", 1.0),
    "kw": ("power", 1e3),
    "kb": ("size", 1.0),
    "mb": ("size", 1e3),
    "gb": ("size", 1e6),
    "tb": ("size", 1e9),
}
# Units that only measure: in the name of a field they say how, and not what.
MEASURES: Final = frozenset(
    unit
    for unit, (dimension, _) in SCALES.items()
    if dimension in ("length", "weight", "volume", "size", "energy", "power")
) | {"degree", "percent", "ms"}
