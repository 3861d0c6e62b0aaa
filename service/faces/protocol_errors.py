"""A path and its problem in; status and body as that path's own protocol has them out, None where it has none."""

from collections.abc import Mapping
from typing import Any

CHAT_COMPLETIONS = "/v1/chat/completions"
MODELS = "/v1/models"
MCP = "/mcp"
_CODES = {401: "invalid_api_key", 404: "model_not_found"}
_INVALID_REQUEST, _INTERNAL_ERROR = -32600, -32603  # https://www.jsonrpc.org/specification#error_object


def error_of_protocol(path: str, problem: Mapping[str, Any]) -> tuple[int, dict[str, Any]] | None:
    """The error for a path that programs of another protocol call; `problem` is the object of RFC 9457."""
    if path in (CHAT_COMPLETIONS, MODELS) or path.startswith(f"{MODELS}/"):
        return openai_error(problem)
    return json_rpc_error(problem) if path == MCP else None


def openai_error(problem: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
    """OpenAI's shape; what is wrong in a request is 400 there, and `param` names the first place."""
    status = 400 if problem["status"] == 422 else int(problem["status"])
    errors = problem.get("errors", [])
    error = {
        "message": str(problem["detail"]).removeprefix("body."),
        "type": "server_error" if status >= 500 else "invalid_request_error",
        "param": errors[0]["place"].removeprefix("body.") if errors else None,
        "code": _CODES.get(status),
    }
    return status, {"error": error}


def json_rpc_error(problem: Mapping[str, Any]) -> tuple[int, dict[str, Any]]:
    """JSON-RPC's shape, without the id of a request that was not read."""
    status = int(problem["status"])
    error = {
        "code": _INTERNAL_ERROR if status >= 500 else _INVALID_REQUEST,
        "message": problem["detail"],
        "data": {"status": status, "request_id": problem["request_id"]},
    }
    return status, {"jsonrpc": "2.0", "id": None, "error": error}
