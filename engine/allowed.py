"""What a type allows, as half a sentence for messages and documents: "a whole number from 0 to 65535"."""

from msgspec import ValidationError, inspect


def allowed(info: inspect.Type) -> str:
    match info:
        case inspect.IntType():
            return f"a whole number{_range(info)}"
        case inspect.FloatType():
            return f"a number{_range(info)}"
        case inspect.BoolType():
            return "true or false"
        case inspect.LiteralType():
            return "one of " + ", ".join(f'"{value}"' for value in info.values)
        case inspect.CollectionType():
            return f"a list{_count(info)}, each item {allowed(info.item_type)}"
        case inspect.StructType():
            return "a table with " + ", ".join(field.encode_name for field in info.fields)
        case inspect.DictType():
            return f"a table{_count(info)}, each value {allowed(info.value_type)}"
        case inspect.StrType():
            return _text(info)
        case _:
            return "a value"


def wrong_at(name: str, error: ValidationError) -> str:
    """Where inside of a value the error is: " (wrong at `name[0].field`)"; "" = all of it."""
    _, _, place = str(error).rpartition(" - at `$")
    return f" (wrong at `{name}{place.rstrip('`')}`)" if place and place != str(error) else ""


def _range(info: inspect.IntType | inspect.FloatType) -> str:
    if info.ge is not None and info.le is not None:
        return f" from {info.ge} to {info.le}"
    return f" of at least {info.ge}" if info.ge is not None else ""


def _count(info: inspect.CollectionType | inspect.DictType) -> str:
    if info.max_length is None:
        return ""
    return f" of {info.min_length} to {info.max_length}" if info.min_length else f" of at most {info.max_length}"


def _text(info: inspect.StrType) -> str:
    if info.pattern is not None:
        return f"a text like {info.pattern}"
    if info.max_length is not None:
        return f"a text of {info.min_length or 0} to {info.max_length} characters"
    return "a text"
