"""The formats' own schemas."""

from __future__ import annotations

import json
from functools import cache
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import jsonschema
import xmlschema

from tests.paths import ROOT

if TYPE_CHECKING:
    from jsonschema.protocols import Validator

_SCHEMAS = ROOT / "tests" / "data" / "schemas"

#: https://docs.gitlab.com/ci/testing/code_quality/#code-quality-report-format: all of it is required.
_CODE_QUALITY = {
    "type": "array",
    "items": {
        "type": "object",
        "required": ["description", "check_name", "fingerprint", "severity", "location"],
        "additionalProperties": False,
        "properties": {
            "description": {"type": "string", "minLength": 1},
            "check_name": {"type": "string", "minLength": 1},
            "fingerprint": {"type": "string", "pattern": "^[0-9a-f]{64}$"},
            "severity": {"enum": ["info", "minor", "major", "critical", "blocker"]},
            "location": {
                "type": "object",
                "required": ["path", "lines"],
                "additionalProperties": False,
                "properties": {
                    # Relative to the repository, and "./" must not come first.
                    "path": {"type": "string", "minLength": 1, "not": {"pattern": r"^\./"}},
                    "lines": {
                        "type": "object",
                        "required": ["begin"],
                        "properties": {"begin": {"type": "integer", "minimum": 1}},
                    },
                },
            },
        },
    },
}


@cache
def _sarif_validator() -> Validator:
    schema = json.loads((_SCHEMAS / "sarif-schema-2.1.0.json").read_text(encoding="utf-8"))
    return jsonschema.Draft4Validator(schema)


@cache
def _junit_schema() -> xmlschema.XMLSchema:
    return xmlschema.XMLSchema(_SCHEMAS / "junit-10.xsd")


def parse_sarif(text: str) -> dict[str, Any]:
    """The one run of a SARIF log that is valid."""
    document = json.loads(text)
    _sarif_validator().validate(document)
    (run,) = document["runs"]
    assert isinstance(run, dict)
    return run


def parse_code_quality(text: str) -> list[dict[str, Any]]:
    """The issues of a Code Quality report that is valid."""
    issues: list[dict[str, Any]] = json.loads(text)
    jsonschema.validate(issues, _CODE_QUALITY)
    marks = [issue["fingerprint"] for issue in issues]
    assert len(set(marks)) == len(marks), "GitLab drops an issue whose fingerprint it has seen"
    return issues


def parse_junit(text: str) -> ET.Element:
    """The root of a JUnit report that is valid."""
    _junit_schema().validate(text)
    return ET.fromstring(text)
