"""A running service in; its suggested questions all asked once, so that the next page shows every one it will show."""

import httpx

ROUNDS = 20  # each asks for some seconds, and the next one goes on from there


def warm_suggestions(address: str, origin: str, *languages: str) -> None:
    """Fetch tokens for a page of `origin` until two replies agree; raises httpx.HTTPError when there is none."""
    with httpx.Client(base_url=address, timeout=120, trust_env=False, headers={"Origin": origin}) as client:
        for language in languages:
            before = None
            for _ in range(ROUNDS):
                reply = client.post("/v1/tokens", json={"language": language}).raise_for_status()
                found = (reply.json()["suggestions"] or {}).get("questions")
                if found and found == before:
                    break
                before = found
