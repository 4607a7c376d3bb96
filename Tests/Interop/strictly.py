"""Whether answers are what they say: checked against the client's own types, whole, and against /openapi.json."""
import json

import pydantic


def against_type(kind, text, without=()):
    """Reads JSON as a type of the client's, strictly; what the type does not know is an error, but for `without`."""
    value = kind.model_validate_json(text, strict=True)
    unknown = [name for name in extras(value) if name not in without]
    assert not unknown, f"{kind.__name__} does not know {unknown}"
    return value


def extras(value):
    """The names of all members that the client's types do not know."""
    if isinstance(value, pydantic.BaseModel):
        yield from value.model_extra or {}
        for name in type(value).model_fields:
            yield from extras(getattr(value, name))
    elif isinstance(value, list):
        for element in value:
            yield from extras(element)


def against_openapi(document, method, path, value):
    """Checks an answer against what /openapi.json says of its route."""
    content = document["paths"][path][method]["responses"]["200"]["content"]
    check(document, content["application/json"]["schema"], value, path)


KINDS = {"string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict}


def check(document, schema, value, place):
    """The part of JSON Schema that the description uses; a member that it does not name is an error."""
    if schema is True:
        return
    if "$ref" in schema:
        name = schema["$ref"].rsplit("/", 1)[1]
        return check(document, document["components"]["schemas"][name], value, place)
    if "anyOf" in schema:
        errors = []
        for choice in schema["anyOf"]:
            try:
                return check(document, choice, value, place)
            except AssertionError as error:
                errors.append(str(error))
        raise AssertionError(f"{place}: {errors}")
    kind = schema.get("type")
    if kind == "null":
        assert value is None, f"{place} is {value!r}"
        return
    assert kind is None or isinstance(value, KINDS[kind]), f"{place} is {value!r}, no {kind}"
    assert kind not in ("integer", "number") or not isinstance(value, bool), f"{place} is {value!r}, no {kind}"
    assert "enum" not in schema or value in schema["enum"], f"{place} is {value!r}"
    if kind == "array" and "items" in schema:
        for index, element in enumerate(value):
            check(document, schema["items"], element, f"{place}[{index}]")
    if kind == "object" and "properties" in schema:
        missing = [name for name in schema.get("required", []) if name not in value]
        assert not missing, f"{place} lacks {missing}"
        for name, member in value.items():
            assert name in schema["properties"], f"{place}.{name} is not described"
            check(document, schema["properties"][name], member, f"{place}.{name}")
    elif kind == "object" and isinstance(schema.get("additionalProperties"), dict):
        for name, member in value.items():
            check(document, schema["additionalProperties"], member, f"{place}.{name}")


def events(text):
    """The JSON of each event of a stream; None for the end that is no JSON."""
    for block in text.split("\n\n"):
        lines = [line[6:] for line in block.split("\n") if line.startswith("data: ")]
        if lines:
            yield None if lines == ["[DONE]"] else json.loads("\n".join(lines))
