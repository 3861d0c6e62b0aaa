// The only place that talks to the service: tokens, questions, feedback. What fails is thrown as a Fault.

const SILENCE = 60_000;
const EARLY = 30_000;

class Service {
  #token = undefined;
  #until = 0;
  #pending = null;

  constructor(endpoint, language) {
    this.endpoint = endpoint;
    this.language = language;
  }

  // What the archive holds and questions that it answers; finding these out may take the service seconds.
  greet() {
    return this.#hello({ language: this.language });
  }

  // A question does not wait for a greeting under way: it fetches its token by itself.
  #validToken(renew) {
    if (this.#token !== undefined && !renew && Date.now() < this.#until) return this.#token;
    this.#pending ??= this.#hello({}).then(() => this.#token).finally(() => {
      this.#pending = null;
    });
    return this.#pending;
  }

  async #hello(fields) {
    const reply = await this.#fetch("/v1/tokens", fields);
    if (!reply.ok) throw await faultOfReply(reply);
    const hello = (await jsonOf(reply)) ?? {};
    const seconds = typeof hello.expires_in === "number" ? hello.expires_in : Infinity;
    // Renewed a little early, so that no question meets a token in its last second.
    this.#until = Date.now() + Math.max(seconds * 1000 - EARLY, seconds * 500);
    this.#token = hello.token ?? null;
    return hello;
  }

  // `heard(name, value)` is called for every event on the way; the answer object is returned.
  async ask(fields, controller, heard) {
    let timer = 0;
    const alive = () => {
      clearTimeout(timer);
      timer = setTimeout(() => controller.abort("silent"), SILENCE);
    };
    alive();
    try {
      const reply = await this.#post("/v1/answers", { ...fields, stream: true }, controller.signal);
      const type = reply.headers.get("content-type") ?? "";
      const answer = type.includes("event-stream") ? await this.#listen(reply.body, heard, alive) : readAnswer(await jsonOf(reply));
      if (!answer) throw new Fault("notUnderstood", { detail: "got a reply that is no answer object" });
      return answer;
    } catch (error) {
      if (controller.signal.reason === "silent") throw new Fault("silent");
      throw error instanceof Fault || controller.signal.aborted ? error : new Fault("cut", { detail: String(error) });
    } finally {
      clearTimeout(timer);
    }
  }

  async #listen(body, heard, alive) {
    let answer = null;
    try {
      for await (const { name, data } of readEvents(body)) {
        alive();
        const value = parsed(data);
        if (name === "answer" && !(answer = readAnswer(value))) return null;
        if (name === "error") throw faultOfProblem(value);
        if (name === "done") break;
        heard(name, value);
      }
    } catch (error) {
      // The answer came whole: what broke afterwards takes nothing away.
      if (!answer) throw error;
    }
    if (!answer) throw new Fault("cut", { detail: "the stream ended before the answer" });
    return answer;
  }

  async sendFeedback(fields) {
    await this.#post("/v1/feedback", fields);
  }

  // A token that is no longer accepted is renewed once.
  async #post(path, fields, signal) {
    for (let renewed = false; ; renewed = true) {
      const token = await this.#validToken(renewed);
      signal?.throwIfAborted();
      const reply = await this.#fetch(path, fields, token, signal);
      if (reply.ok) return reply;
      if (reply.status !== 401 || renewed) throw await faultOfReply(reply);
    }
  }

  async #fetch(path, fields, token, signal) {
    const address = this.endpoint + path;
    const headers = { "Content-Type": "application/json" };
    if (token) headers.Authorization = `Bearer ${token}`;
    const body = JSON.stringify(fields);
    try {
      return await fetch(address, { method: "POST", headers, body, signal, credentials: "omit", cache: "no-store" });
    } catch (error) {
      if (signal?.aborted) throw error;
      throw await faultOfNetwork(error, address);
    }
  }
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    throw new Fault("notUnderstood", { detail: "got an event that is not JSON" });
  }
}

async function jsonOf(reply) {
  return parsed(await reply.text());
}
