#!/usr/bin/env python3
"""Remakes Tests/Fixtures/schemas/cases.json: schemas, values, and what PyPI's jsonschema (Draft202012Validator) says of them.

    pip install jsonschema && python3 tools/make-schema-fixtures.py Tests/Fixtures/schemas/cases.json
"""
import json
import random
import sys

import jsonschema

VALUES = [
    None, True, False, 0, 1, -1, 2, 7, 10, 1.0, 1.5, 0.0075, 4.5, 1e20, "", "a", "ab", "abc", "12", "2024-01-01", "é", "\U0001F4A9", "billing",
    [], [1], [1, 2], [1, 1], [1, 1.0], ["a", "b"], [1, "a"], ["a", 1, 2], [[1], [1]], [{"a": 1}, {"a": 1.0}], [1, 2, 3, 4], [None], [True, 1],
    {}, {"a": 1}, {"a": "x"}, {"b": 1}, {"a": 1, "b": 2}, {"a": 1, "b": "x", "c": None}, {"ab": 1}, {"kind": "text", "value": "x"},
    {"kind": "text", "value": 3}, {"kind": "number", "value": 3}, {"kind": "number"}, {"name": "n", "children": []},
    {"name": "n", "children": [{"name": "m", "children": []}]}, {"name": "n", "children": [{"name": 3}]}, {"a/b": 1}, {"a~b": 1}, {"a": {"b": [1, 2]}},
    {"a": {"b": [1, "2"]}}, {"label": "billing", "confidence": 0.7}, {"label": "other", "confidence": 1.7}, {"label": "billing", "confidence": 0.7, "x": 1},
]
SCHEMAS = [
    True, False, {}, {"type": "integer"}, {"type": "number"}, {"type": ["string", "null"]}, {"type": "boolean"}, {"type": "array"}, {"type": "object"},
    {"enum": [1, "a", [1], {"a": 1}, None]}, {"const": 1}, {"const": [1, 1.0]}, {"const": {"a": 1}}, {"const": False}, {"const": True},
    {"multipleOf": 2}, {"multipleOf": 1.5}, {"multipleOf": 0.0001}, {"maximum": 1}, {"minimum": 1}, {"exclusiveMaximum": 1}, {"exclusiveMinimum": 1},
    {"maxLength": 1}, {"minLength": 2}, {"pattern": "^a+$"}, {"pattern": "\\d{4}-\\d\\d"}, {"maxItems": 1}, {"minItems": 2}, {"uniqueItems": True},
    {"contains": {"type": "integer"}}, {"contains": {"const": 1}, "minContains": 2}, {"contains": {"const": 1}, "minContains": 0, "maxContains": 1},
    {"prefixItems": [{"type": "integer"}, {"type": "string"}]}, {"prefixItems": [{"type": "integer"}], "items": False},
    {"items": {"type": "integer"}}, {"prefixItems": [{"type": "string"}], "items": {"type": "integer"}},
    {"maxProperties": 1}, {"minProperties": 2}, {"required": ["a"]}, {"dependentRequired": {"a": ["b"]}}, {"dependentSchemas": {"a": {"minProperties": 2}}},
    {"propertyNames": {"maxLength": 1}}, {"properties": {"a": {"type": "integer"}}, "additionalProperties": False},
    {"patternProperties": {"^a": {"type": "integer"}}, "additionalProperties": {"type": "null"}}, {"additionalProperties": {"type": "integer"}},
    {"allOf": [{"type": "integer"}, {"minimum": 1}]}, {"anyOf": [{"type": "string"}, {"minimum": 2}]}, {"oneOf": [{"type": "integer"}, {"minimum": 2}]},
    {"not": {"type": "string"}}, {"if": {"type": "integer"}, "then": {"minimum": 1}, "else": {"type": "string"}}, {"if": {"type": "integer"}},
    {"if": {"properties": {"kind": {"const": "text"}}, "required": ["kind"]}, "then": {"properties": {"value": {"type": "string"}}},
     "else": {"properties": {"value": {"type": "number"}}}},
    {"$defs": {"node": {"type": "object", "required": ["name", "children"], "properties": {
        "name": {"type": "string"}, "children": {"type": "array", "items": {"$ref": "#/$defs/node"}}}}}, "$ref": "#/$defs/node"},
    {"properties": {"a/b": {"type": "string"}}}, {"$defs": {"a/b": {"type": "integer"}, "c~d": {"type": "string"}}, "anyOf": [{"$ref": "#/$defs/a~1b"}, {"$ref": "#/$defs/c~0d"}]},
    {"$defs": {"x": {"$anchor": "small", "maximum": 1}}, "$ref": "#small"}, {"$ref": "#/$defs/x", "type": "number", "$defs": {"x": {"minimum": 1}}},
    {"properties": {"a": True}, "unevaluatedProperties": False}, {"allOf": [{"properties": {"a": {"type": "integer"}}}], "unevaluatedProperties": False},
    {"anyOf": [{"properties": {"a": {"type": "integer"}}, "required": ["a"]}, {"properties": {"b": {"type": "integer"}}, "required": ["b"]}], "unevaluatedProperties": False},
    {"if": {"required": ["a"], "properties": {"a": True}}, "then": {"properties": {"b": True}}, "unevaluatedProperties": False},
    {"prefixItems": [True], "unevaluatedItems": {"type": "string"}}, {"contains": {"type": "integer"}, "unevaluatedItems": {"type": "string"}},
    {"type": "object", "required": ["label", "confidence"], "additionalProperties": False, "properties": {
        "label": {"enum": ["billing", "other"]}, "confidence": {"type": "number", "minimum": 0, "maximum": 1}}},
    {"items": {"$ref": "#"}}, {"properties": {"children": {"items": {"$ref": "#"}}, "name": {"type": "string"}}},
]


def combined(random_):
    """Schemas put together by chance, so that keywords meet."""
    plain = [s for s in SCHEMAS if isinstance(s, dict) and not any(k.startswith("$") for k in s) and s]
    for _ in range(120):
        chosen = random_.sample(plain, 2)
        kind = random_.choice(["allOf", "anyOf", "oneOf", "merge", "not", "items", "property"])
        if kind == "merge":
            yield {**chosen[0], **chosen[1]}
        elif kind == "not":
            yield {"not": chosen[0], **chosen[1]} if "not" not in chosen[1] else {"not": chosen[0]}
        elif kind == "items":
            yield {"items": chosen[0], "contains": chosen[1]}
        elif kind == "property":
            yield {"properties": {"a": chosen[0]}, "patternProperties": {"b": chosen[1]}, "unevaluatedProperties": random_.choice([True, False, chosen[0]])}
        else:
            yield {kind: chosen}


def main():
    cases = []
    for schema in SCHEMAS + list(combined(random.Random(7))):
        jsonschema.Draft202012Validator.check_schema(schema)
        validator = jsonschema.Draft202012Validator(schema)
        cases.append({"schema": schema, "valid": [validator.is_valid(value) for value in VALUES]})
    with open(sys.argv[1], "w") as file:
        json.dump({"values": VALUES, "cases": cases}, file, separators=(",", ":"))
        file.write("\n")


main()
