"""What an assistant gave a tool in, its checked arguments out; else a 422 problem that names each wrong place."""

from collections.abc import Mapping
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

from service.faces.problems import validation_problem
from service.faces.request_body import known_fields

Model = TypeVar("Model", bound=BaseModel)
_PLACE = "arguments"


def checked_arguments(model: type[Model], arguments: Mapping[str, Any]) -> Model:
    """The arguments as `model`."""
    try:
        return model.model_validate(arguments)
    except ValidationError as error:
        found = [{**one, "loc": (_PLACE, *one["loc"])} for one in error.errors(include_url=False)]
        raise validation_problem(found, known_fields(model, _PLACE)) from None
