// One turn in, its place in the log out: the question, what is happening, then the answer, the refusal or the fault.

const STEPS = { waiting: "ahead", understanding: null, searching: "articles", reading: "passages", checking: "quotes", writing: null };

class TurnView {
  constructor(turn, chat) {
    this.turn = turn;
    this.chat = chat;
    const id = `question-${chat.nextId()}`;
    this.body = make("div", { class: "body" });
    // Steps and parts would be read out one by one; what matters is announced once, elsewhere.
    this.element = make("article", { part: "turn", class: "turn", "aria-live": "off", "aria-labelledby": id },
      make(`h${chat.level + 1}`, { part: "question", class: "question", id, dir: "auto" }, turn.question),
      this.body);
    this.draw();
  }

  draw() {
    const { turn, chat } = this;
    this.element.dataset.state = turn.state;
    if (turn.state === "asking") this.#drawAsking();
    else if (turn.state === "answered") this.body.replaceChildren(this.#part([...answerView(turn.answer, chat), answerTools(turn, chat)]));
    else if (turn.state === "refused") this.body.replaceChildren(this.#part([...refusalView(turn.answer, chat, turn), answerTools(turn, chat)]));
    else if (turn.state === "failed") this.body.replaceChildren(faultView(turn.fault ?? { kind: "cut" }, chat, () => chat.retry(this)));
    else this.body.replaceChildren(make("div", { class: "error" }, make("p", {}, chat.words.say("stopped")),
      button("retry", chat.words.say("retry"), () => chat.retry(this), { class: "plain" })));
  }

  #part(children) {
    return make("div", { part: "answer", class: "answer" }, children);
  }

  #drawAsking() {
    this.status = make("p", { part: "status", class: "status" }, this.chat.words.say("asking"));
    this.growing = make("p", { class: "statement growing", dir: "auto", "aria-busy": "true" });
    this.body.replaceChildren(this.status, this.growing);
  }

  // A step as the service tells it; false for one that is not known or has nothing to count.
  step(status) {
    const name = status?.step;
    if (!Object.hasOwn(STEPS, name ?? "")) return false;
    const figure = STEPS[name] && status[STEPS[name]];
    if (figure !== null && !(figure > 0)) return false;
    if (name === "searching") this.turn.searched = figure;
    this.status.textContent = this.chat.words.say(name, { n: figure });
    return true;
  }

  grow(text) {
    this.growing.append(text);
  }
}
