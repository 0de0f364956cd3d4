"""The labels of a text in GEM's first stage: whether it tells of a procedure, on what, about what, with which tools."""

from __future__ import annotations

from typing import NamedTuple

from gem_sim.canonical import Json

PLATFORMS = ("operator", "computer", "phone", "machine", "other")
DOMAINS = (
    "adult",
    "arts_and_entertainment",
    "autos_and_vehicles",
    "beauty_and_fitness",
    "books_and_literature",
    "business_and_industrial",
    "computers_and_electronics",
    "finance",
    "food_and_drink",
    "games",
    "health",
    "hobbies_and_leisure",
    "home_and_garden",
    "internet_and_telecom",
    "jobs_and_education",
    "law_and_government",
    "news",
    "online_communities",
    "people_and_society",
    "pets_and_animals",
    "real_estate",
    "science",
    "sensitive_subjects",
    "shopping",
    "sports",
    "travel_and_transportation",
)
TASK_CATEGORIES = (
    "databases",
    "multimedia_processing",
    "cloud_platforms",
    "calendar_management",
    "cryptocurrency",
    "location_services",
    "communication",
    "search",
    "file_systems",
    "web_scraping",
    "ecommerce_and_retail",
    "customer_data_platforms",
    "developer_tools",
    "virtualization",
    "version_control",
    "research_and_data",
    "aigc",
    "travel_and_transportation",
    "note_taking",
    "language_translation",
    "rag_systems",
    "security_and_iam",
    "social_media",
    "monitoring",
    "weather_services",
    "customer_support",
    "blockchain",
    "knowledge_and_memory",
    "financial_trading",
    "marketing",
    "enterprise_business_intelligence",
    "transportation_logistics",
    "iphone_android",
    "smart_home",
    "education_elearning",
    "robot_control",
    "website_control",
    "gaming_entertainment",
)


class Labels(NamedTuple):
    """What a teacher says of a text; `procedural` is whether it has multi-step operations, `summary` one sentence."""

    procedural: bool
    summary: str
    platform: str
    domains: tuple[str, ...]
    task_category: str

    def as_json(self) -> dict[str, Json]:
        """Return the labels as one JSON object."""
        return {**self._asdict(), "domains": list(self.domains)}
