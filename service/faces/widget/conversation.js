// The turns of one conversation, kept in this tab's session storage until the reader clears them or closes the tab.

const HISTORY = 40;
const TURN_LENGTH = 8000;

class Conversation {
  constructor(key) {
    this.key = key;
    this.turns = this.#load();
  }

  #load() {
    try {
      const stored = JSON.parse(sessionStorage.getItem(this.key) ?? "[]");
      return stored.filter((turn) => typeof turn?.question === "string").map((turn) => this.#restored(turn));
    } catch {
      // Storage is off in this browser, or holds something else: the conversation begins empty.
      return [];
    }
  }

  #restored(turn) {
    const answer = readAnswer(turn.answer);
    if (answer) return { ...turn, answer, state: answer.answered ? "answered" : "refused" };
    // The page was left while it was being answered.
    return { ...turn, answer: null, state: turn.state === "failed" ? "failed" : "stopped" };
  }

  save() {
    const kept = [...this.turns];
    for (;;) {
      try {
        sessionStorage.setItem(this.key, JSON.stringify(kept));
        return;
      } catch {
        // Full or off: forget the oldest, at last everything.
        if (!kept.length) return;
        kept.splice(0, Math.ceil(kept.length / 4));
      }
    }
  }

  clear() {
    this.turns = [];
    try {
      sessionStorage.removeItem(this.key);
    } catch {
      // Nothing was stored then.
    }
  }

  // What was said before `turn`, as the service takes it.
  historyBefore(turn) {
    const said = this.turns.slice(0, this.turns.indexOf(turn)).filter((one) => one.answer);
    return said
      .flatMap((one) => [
        { role: "user", content: one.question },
        { role: "assistant", content: one.answer.answer },
      ])
      .filter((one) => one.content.trim())
      .slice(-HISTORY)
      .map((one) => ({ ...one, content: cut(one.content, 0, TURN_LENGTH) }));
  }
}
