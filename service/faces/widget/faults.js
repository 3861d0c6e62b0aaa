// What went wrong, as a kind that has one sentence in the texts, with the problem object for the page's own script.

const KINDS = { 401: "unauthorised", 403: "forbidden", 404: "notUnderstood", 405: "notUnderstood", 413: "invalid", 422: "invalid",
  429: "tooMany", 502: "unreachable", 503: "busy", 504: "unreachable" };

class Fault extends Error {
  // `wait`: seconds until asking again makes sense, where the service says so.
  constructor(kind, problem = {}, wait = null) {
    super(kind);
    this.kind = kind;
    this.wait = wait;
    this.problem = { type: "about:blank", title: kind, status: 0, detail: kind, ...problem };
  }
}

function faultOfProblem(problem, wait = null) {
  return new Fault(KINDS[problem?.status] ?? "failed", problem, wait);
}

// A reply that is no success; its body is a problem object, unless something else stands between.
async function faultOfReply(reply) {
  let problem = {};
  try {
    problem = await reply.json();
  } catch {
    problem = { detail: `got ${reply.status} without a problem object` };
  }
  return faultOfProblem({ ...problem, status: reply.status }, secondsToWait(reply.headers.get("retry-after")));
}

// Retry-After holds seconds or a date.
function secondsToWait(header) {
  if (!header) return null;
  const seconds = /^\d+$/.test(header.trim()) ? Number(header) : (Date.parse(header) - Date.now()) / 1000;
  return Number.isFinite(seconds) && seconds > 0 ? Math.ceil(seconds) : null;
}

const blockedOrigins = new Set();
document.addEventListener("securitypolicyviolation", (event) => {
  if (event.disposition === "enforce" && event.effectiveDirective === "connect-src") blockedOrigins.add(event.blockedURI);
});

// fetch says only that it failed; the page's policy and the network tell the rest, the policy a moment later.
async function faultOfNetwork(error, address) {
  await new Promise((resolve) => setTimeout(resolve, 50));
  const detail = { detail: `${address}: ${error.message}` };
  const { origin } = new URL(address);
  if ([...blockedOrigins].some((blocked) => blocked.startsWith(origin))) return new Fault("blocked", detail);
  return new Fault(navigator.onLine === false ? "offline" : "unreachable", detail);
}
