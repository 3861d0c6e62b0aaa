// The element: launcher and panel (or, with `page`, the whole page), attributes in, events out.

const QUESTION_LENGTH = 2000;
const STEP_ANNOUNCED = 1500;
const SHEET = new CSSStyleSheet();
SHEET.replaceSync(STYLE);
const CHATS = new Set();

class CitewellChat extends HTMLElement {
  static observedAttributes = ["endpoint", "heading", "placeholder", "language", "theme", "filters", "open", "page"];

  #ids = 0;
  #running = null;
  #drawn = false;
  #stepTimer = 0;
  #network = () => this.#showNetwork();

  constructor() {
    super();
    this.attachShadow({ mode: "open" });
  }

  connectedCallback() {
    CHATS.add(this);
    for (const name of ["online", "offline"]) addEventListener(name, this.#network);
    if (!this.#drawn) this.#draw();
  }

  disconnectedCallback() {
    this.stop();
    CHATS.delete(this);
    for (const name of ["online", "offline"]) removeEventListener(name, this.#network);
  }

  attributeChangedCallback(name, before, after) {
    if (!this.#drawn || before === after || name === "theme") return;
    if (name === "open") this.#showPanel();
    else this.#draw();
  }

  // Ask as if the reader had typed it; resolves to the answer object, or null when there was none to be had.
  async ask(question) {
    const text = String(question ?? "").trim();
    if (!text || !this.#drawn) return null;
    this.stop();
    if (!this.page) this.toggleAttribute("open", true);
    this.welcome.remove();
    const turn = { question: text, state: "asking", answer: null };
    this.conversation.turns.push(turn);
    const view = new TurnView(turn, this);
    this.views.push(view);
    this.log.append(view.element);
    return this.#run(view);
  }

  // Forget the conversation, here and in the tab's storage.
  clear() {
    this.stop();
    this.conversation.clear();
    this.#drawTurns();
    this.input.focus();
  }

  stop() {
    this.#running?.();
  }

  get page() {
    return this.hasAttribute("page");
  }

  // Of the heading; questions and sources stand below it.
  get level() {
    return this.page ? 1 : 2;
  }

  retry(view) {
    this.stop();
    view.turn.fault = null;
    view.turn.state = "asking";
    view.draw();
    this.input.focus();
    this.#run(view);
  }

  nextId() {
    return ++this.#ids;
  }

  byId(within, id) {
    return within.querySelector(`#${CSS.escape(id)}`);
  }

  emit(name, detail) {
    this.dispatchEvent(new CustomEvent(name, { detail, bubbles: true, composed: true }));
  }

  announce(text) {
    clearTimeout(this.#stepTimer);
    this.#stepTimer = 0;
    this.announcer.replaceChildren(make("p", {}, text));
  }

  async #run(view) {
    const { turn } = view;
    const controller = new AbortController();
    const filters = this.filters.value;
    const alive = () => turn.state === "asking";
    const end = (state) => {
      if (this.#running === stop) this.#running = null;
      turn.state = state;
      this.#showBusy();
      view.draw();
      this.conversation.save();
    };
    const stop = () => {
      if (this.shadowRoot.activeElement === this.stopButton) this.input.focus();
      end("stopped");
      controller.abort();
      this.announce(this.words.say("stopped"));
    };
    this.#running = stop;
    if (!this.greeted) this.#greet();
    turn.filtered = this.filters.chosen;
    this.#showBusy();
    this.conversation.save();
    this.#scrollTo(view.element, "start");
    try {
      const fields = { question: turn.question, history: this.conversation.historyBefore(turn), ...(filters && { filters }) };
      const answer = await this.service.ask(fields, controller, (name, value) => alive() && this.#heard(view, name, value));
      if (!alive()) return null;
      turn.answer = answer;
      end(answer.answered ? "answered" : "refused");
      this.passages?.draw(answer);
      this.announce(this.words.say("answer", { answer: spokenAnswer(answer) }));
      this.#scrollTo(view.element, "nearest-start");
      this.emit("citewell-answer", answer);
      return answer;
    } catch (error) {
      if (!alive()) return null;
      const fault = error instanceof Fault ? error : new Fault("failed", { detail: String(error) });
      turn.fault = { kind: fault.kind, until: fault.wait ? Date.now() + fault.wait * 1000 : 0 };
      end("failed");
      this.announce(this.words.say(fault.kind));
      this.#scrollTo(view.element, "nearest-start");
      this.emit("citewell-error", { ...fault.problem, kind: fault.kind });
      return null;
    }
  }

  #heard(view, name, value) {
    if (name === "delta" && typeof value?.text === "string") view.grow(value.text);
    if (name === "status" && view.step(value)) {
      // Only a step that lasts is worth saying.
      this.#stepTimer ||= setTimeout(() => this.announce(view.status.textContent), STEP_ANNOUNCED);
    }
  }

  #draw() {
    this.stop();
    this.#drawn = true;
    this.words = new Words(languageTag(this.getAttribute("language")) ?? languageTag(closestLanguage(this)) ?? languageTag(navigator.language));
    this.endpoint = endpointOf(this.getAttribute("endpoint"));
    this.service = new Service(this.endpoint, this.words.locale);
    const twins = [...CHATS].filter((chat) => chat.endpoint === this.endpoint);
    const place = twins.indexOf(this);
    this.conversation = new Conversation(`citewell:${this.endpoint}${place > 0 ? `#${place + 1}` : ""}`);
    this.archive = null;
    this.token = undefined;
    this.greeted = null;
    const heading = this.getAttribute("heading") || this.words.say("heading");
    this.filters = new FiltersView(filtersOf(this.getAttribute("filters")), this);
    this.passages = this.page ? new PassagesView(this) : null;
    this.#adoptStyle();
    this.shadowRoot.replaceChildren(this.page ? this.#drawPage(heading) : this.#drawCorner(heading));
    this.#drawTurns();
    if (this.page) this.#watchWidth();
    this.#showPanel();
    this.#showNetwork();
  }

  // Several launchers on one page stand above each other.
  #adoptStyle() {
    const floating = [...CHATS].filter((chat) => !chat.page);
    const own = new CSSStyleSheet();
    own.replaceSync(`:host { --place: ${Math.max(0, floating.indexOf(this))}; }`);
    this.shadowRoot.adoptedStyleSheets = [SHEET, own];
  }

  #drawCorner(heading) {
    const { words } = this;
    this.launcher = make("button", { type: "button", part: "launcher", class: "launcher", "aria-haspopup": "dialog", "aria-expanded": "false", "aria-controls": "panel",
      click: () => this.#open() }, icon("quote"), make("span", {}, heading));
    this.panel = make("section", { part: "panel", class: "panel", id: "panel", role: "dialog", "aria-labelledby": "heading", hidden: true, keydown: (event) => this.#closeByKey(event) },
      make("header", { class: "top" },
        make("h2", { part: "heading", class: "heading", id: "heading", dir: "auto" }, heading),
        iconButton("clear", "clear", words.say("clear"), () => this.clear()),
        iconButton("close", "close", words.say("close"), () => this.#close())),
      this.#drawTalk());
    const label = this.conversation.key.includes("#") ? `${heading} (${this.conversation.key.split("#")[1]})` : heading;
    return this.#drawRoot("corner", { role: "region", "aria-label": label }, this.launcher, this.panel);
  }

  #drawPage(heading) {
    this.launcher = null;
    this.panel = make("section", { part: "panel", class: "whole", "aria-labelledby": "heading" },
      make("header", { class: "top" },
        make("h1", { part: "heading", class: "heading", id: "heading", dir: "auto" }, heading),
        button("clear", this.words.say("clear"), () => this.clear(), { class: "plain" })),
      make("div", { class: "columns" }, this.filters.element, this.#drawTalk(), this.passages.element));
    return this.#drawRoot("wide", {}, this.panel);
  }

  #drawRoot(name, attributes, ...children) {
    this.announcer = make("div", { class: "hidden", role: "status" });
    return make("div", { class: `root ${name}`, lang: this.words.language, dir: this.words.direction, ...attributes }, children, this.announcer);
  }

  #drawTalk() {
    const { words } = this;
    this.log = make("div", { part: "log", class: "log", role: "log", "aria-live": "polite", "aria-labelledby": "heading", ...(!this.page && { tabindex: "0" }) });
    this.welcome = make("div", { class: "welcome" });
    this.offline = make("p", { part: "offline", class: "offline", role: "status", hidden: true });
    this.input = make("textarea", { part: "input", class: "input", id: "input", rows: "1", maxlength: String(QUESTION_LENGTH), autocomplete: "off", enterkeyhint: "send",
      placeholder: this.getAttribute("placeholder") || words.say("placeholder"), keydown: (event) => this.#sendByKey(event) });
    directByText(this.input);
    this.sendButton = make("button", { type: "submit", part: "send", class: "round", "aria-label": words.say("send"), title: words.say("send") }, icon("send"));
    this.stopButton = iconButton("stop", "stop", words.say("stop"), () => this.stop(), { class: "round", hidden: true });
    this.form = make("form", { part: "form", class: "form", submit: (event) => this.#send(event) },
      make("label", { class: "hidden", for: "input" }, words.say("question")), this.input, this.sendButton, this.stopButton);
    this.talk = make("div", { class: "talk" }, this.log, make("div", { class: "foot" }, this.offline, this.form));
    return this.talk;
  }

  #drawTurns() {
    this.views = this.conversation.turns.map((turn) => new TurnView(turn, this));
    this.log.replaceChildren(...this.views.map((view) => view.element));
    this.#drawPassages();
    this.#showWelcome();
  }

  #drawPassages() {
    this.passages?.draw(this.conversation.turns.findLast((turn) => turn.answer)?.answer);
  }

  // The chat page begins with the form; in the panel the form stays at the bottom.
  #showWelcome() {
    const empty = !this.conversation.turns.length;
    this.welcome.remove();
    if (empty && this.page) this.talk.append(this.welcome);
    else if (empty) this.log.append(this.welcome);
    this.#showBusy();
  }

  #drawWelcome(hello) {
    const { words } = this;
    const { articles, published } = this.archive ?? {};
    const suggested = hello?.suggestions;
    const questions = Array.isArray(suggested?.questions) ? suggested.questions.filter((one) => typeof one === "string") : [];
    const holds = Number.isInteger(articles) && [words.say("articles", { n: articles }), words.period(published?.first, published?.last)].filter(Boolean).join(" · ");
    const suggestions = questions.map((question) => make("li", {}, button("suggestion", question, () => {
      this.input.focus();
      this.ask(question);
    }, { class: "suggestion", dir: "auto" })));
    this.welcome.replaceChildren(...[
      make("p", { class: "intro" }, articles === 0 ? words.say("empty") : words.say("intro")),
      articles > 0 && make("p", { class: "soft" }, holds),
      questions.length > 0 && make(`h${this.level + 1}`, { class: "label" }, words.say("suggestions")),
      questions.length > 0 && make("ul", { class: "suggestions", lang: suggested.language }, suggestions),
    ].filter(Boolean));
  }

  // What the archive holds is asked for once, when the reader first sees the widget.
  #greet() {
    this.#drawWelcome(null);
    this.greeted = this.service.greet().then((hello) => {
      this.archive = hello.archive ?? null;
      this.token = hello.token ?? null;
      this.#drawWelcome(hello);
      if (this.archive) this.filters.draw(this.archive);
      // What was drawn before without it, unless the reader is there just now.
      const late = this.views.filter((view) => view.turn.state === "refused" && !view.element.contains(this.shadowRoot.activeElement));
      for (const view of late) view.draw();
      this.#drawPassages();
    }).catch(() => {
      // Told when a question is asked; until then nothing is missing.
      this.greeted = null;
    });
  }

  #open() {
    this.toggleAttribute("open", true);
    this.input.focus();
  }

  #close() {
    this.toggleAttribute("open", false);
    this.launcher.focus();
  }

  #showPanel() {
    const open = this.page || this.hasAttribute("open");
    this.panel.hidden = !open;
    if (this.launcher) {
      this.launcher.hidden = open;
      this.launcher.setAttribute("aria-expanded", String(open));
    }
    if (open && !this.greeted) this.#greet();
    if (open && !this.page) this.log.lastElementChild?.scrollIntoView?.({ block: "nearest" });
  }

  #showNetwork() {
    const offline = navigator.onLine === false;
    this.offline.textContent = offline ? this.words.say("offline") : "";
    this.offline.hidden = !offline;
    if (!offline && !this.panel.hidden && !this.greeted) this.#greet();
  }

  #showBusy() {
    const busy = this.#running !== null;
    this.sendButton.hidden = busy;
    this.stopButton.hidden = !busy;
    this.shadowRoot.firstElementChild?.classList.toggle("empty", !this.conversation.turns.length);
  }

  #watchWidth() {
    const wide = matchMedia("(min-width: 64rem)");
    const show = () => {
      for (const side of [this.filters.element, this.passages.element]) side.open = wide.matches;
    };
    wide.onchange = show;
    this.wide = wide;
    show();
  }

  #send(event) {
    event.preventDefault();
    const question = this.input.value.trim();
    if (!question || this.#running) return;
    this.input.value = "";
    this.input.removeAttribute("dir");
    this.ask(question);
  }

  #sendByKey(event) {
    // While an input method composes, Enter chooses a word.
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    this.form.requestSubmit();
  }

  #closeByKey(event) {
    if (event.key !== "Escape" || event.isComposing) return;
    event.stopPropagation();
    this.#close();
  }

  // `nearest-start`: only when the turn is not in view, its beginning.
  #scrollTo(element, block) {
    if (block === "start") element.scrollIntoView({ block, behavior: calm() ? "auto" : "smooth" });
    else if (element.getBoundingClientRect().bottom > this.form.getBoundingClientRect().top) element.scrollIntoView({ block: "start" });
  }
}

// The direction of what is typed; while there is nothing, that of the placeholder.
function directByText(field) {
  field.addEventListener("input", () => {
    if (field.value) field.dir = "auto";
    else field.removeAttribute("dir");
  });
}

// The nearest `lang` around the element, out of shadow roots too.
function closestLanguage(element) {
  for (let at = element; at; at = at.getRootNode().host) {
    const found = at.closest("[lang]")?.lang;
    if (found) return found;
  }
  return null;
}

// Without a trailing slash; by default where the script came from.
function endpointOf(attribute) {
  const base = SCRIPT?.src ? new URL(".", SCRIPT.src).href : location.origin;
  try {
    const url = new URL(attribute || base, document.baseURI);
    return (url.origin + url.pathname).replace(/\/$/, "");
  } catch {
    return base.replace(/\/$/, "");
  }
}

function filtersOf(attribute) {
  if (!attribute) return {};
  try {
    const filters = JSON.parse(attribute);
    if (filters && typeof filters === "object" && !Array.isArray(filters)) return filters;
  } catch {
    // Said below.
  }
  console.error(`citewell-chat: got filters=${attribute}; allowed is a JSON object such as {"language": ["fr"]}`);
  return {};
}
